/* The `notices:` block of landfall.yaml.  What is taken names sinks that can be sent to, with nothing in a
 * URL or an address that could end a line of a protocol, and rules that choose among them alone; what is
 * refused says where, why and what to do. */
#include <string.h>

#include "base/err.h"
#include "fuzz.h"
#include "model/diag.h"
#include "model/value.h"
#include "model/value_yaml.h"
#include "region/approvals.h"
#include "region/findings.h"
#include "region/notices.h"
#include "region/project.h"

#define FILE_NAME "fuzz.yaml"

static bool is_one_word(const char *text)
{
    for (; *text; text++)
        if (*text <= ' ' || *text >= 0x7f || strchr("<>\"", *text))
            return false;
    return true;
}

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static void check_hook(const struct notices_sink *s)
{
    MUST_HOLD(s->url && (s->url->kind == VALUE_TEXT || s->url->kind == VALUE_SECRET));
    MUST_HOLD(!s->key || (s->kind == NOTICES_WEBHOOK && s->key->kind == VALUE_SECRET));
    if (s->url->kind == VALUE_SECRET)
        return;
    MUST_HOLD(is_one_word(s->url->text));
    MUST_HOLD(starts(s->url->text, "https://") || starts(s->url->text, "http://"));
    MUST_HOLD(strlen(s->url->text) == s->url->count);
}

static void check_mail(const struct notices_sink *s)
{
    MUST_HOLD(s->to_count > 0 && (s->user == NULL) == (s->password == NULL));
    MUST_HOLD(is_one_word(s->server) && (starts(s->server, "smtp://") || starts(s->server, "smtps://")));
    for (size_t i = 0; i <= s->to_count; i++) {
        const char *address = i < s->to_count ? s->to[i] : s->from;
        MUST_HOLD(is_one_word(address) && strchr(address, '@') && !strpbrk(address, "<>,;:\\()[]"));
    }
}

static void check_sinks(const struct notices *n)
{
    MUST_HOLD(n->sink_count <= NOTICES_SINKS_MOST && n->give_up_ms > 0);
    for (size_t i = 0; i < n->sink_count; i++) {
        const struct notices_sink *s = &n->sinks[i];
        MUST_HOLD(notices_find(n, s->name) == s);
        MUST_HOLD(notices_sink_kind_name(s->kind) != NULL);
        if (s->kind == NOTICES_MAIL)
            check_mail(s);
        else
            check_hook(s);
    }
}

static uint64_t bits_below(size_t count)
{
    return count >= 64 ? UINT64_MAX : (UINT64_C(1) << count) - 1;
}

static void check_rules(const struct notices *n)
{
    uint64_t sinks = 0;
    for (size_t i = 0; i < n->rule_count; i++) {
        const struct notices_rule *r = &n->rules[i];
        MUST_HOLD(r->sinks && r->kinds && !(r->sinks & ~bits_below(n->sink_count)));
        MUST_HOLD(!(r->kinds & ~(uint32_t)bits_below(NOTICES_KIND_COUNT)) && !(r->classes & ~APPROVALS_ALL));
        sinks |= r->sinks;
    }
    for (int kind = 0; kind < NOTICES_KIND_COUNT; kind++) {
        struct notices_subject subject = {.kind = (enum notices_kind)kind};
        MUST_HOLD(!(notices_wanted(n, &subject) & ~sinks));
        /* What is nobody's is kept from nobody who asked for its kind. */
        subject = (struct notices_subject){.kind = subject.kind, .is_step = true, .is_undeclared = true};
        MUST_HOLD((notices_wanted(n, &subject) != 0) == notices_has(n, subject.kind));
    }
}

static void check_refusal(const struct diags *diags, const struct err *err)
{
    MUST_HOLD(diags->errors > 0 && diags->count > 0);
    MUST_HOLD(err->code[0] && err->summary[0] && err->advice[0]);
    MUST_HOLD(starts(err->where, FILE_NAME ":"));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    static const char *const plain[] = {"hooks.internal"};
    static const struct project_http http = {.plain = plain, .plain_count = 1};
    struct arena *mem = arena_new();
    struct origins origins;
    struct findings f;
    struct diags diags;
    struct err err = {0};
    const struct value *v = NULL;
    struct findings_source source = {FILE_NAME, arena_text_n(mem, (const char *)bytes, count), ""};
    origins_init(&origins, mem);
    findings_init(&f, mem, &origins);
    diag_init(&diags, mem);
    ARRAY_PUSH(&f.sources, source);
    if (value_yaml_parse(mem, &origins, FILE_NAME, source.text, strlen(source.text), &v, &err)) {
        struct notices n = notices_parse(&f, v, &http);
        if (findings_report(&f, &diags, &err)) {
            check_sinks(&n);
            check_rules(&n);
        } else {
            check_refusal(&diags, &err);
        }
    }
    findings_done(&f);
    arena_free(mem);
    return 0;
}
