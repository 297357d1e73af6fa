#include "plan/plan_file.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/file.h"
#include "base/outfile.h"
#include "base/tick.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plan/plan.h"
#include "plugin/registry.h"
#include "region/region.h"
#include "store/store.h"

#define FORMAT "landfall.plan/1"
/* 100 000 steps make about 50 MiB; ten times that is no plan any more. */
#define PLAN_FILE_MAX ((size_t)512 << 20)

static const struct outfile_sign sign = {.head = "{\"format\":\"landfall.plan/"};
const struct outfile_kind plan_file_kind = {
    .what = "plan", .code = "plan_file.in_the_way", .signs = &sign, .count = 1};

/* What keeps it from being applied, for whoever is asked to approve it: a line each. */
static void print_broken(struct buf *out, const struct plan *p)
{
    struct buf line;
    bool first = true;
    if (plan_broken_rules(p) == 0)
        return;
    buf_init(&line, 0);
    buf_text(out, "\"broken_rules\":[");
    for (size_t i = 0; i < p->finding_count; i++) {
        const struct plan_finding *f = &p->findings[i];
        if (!f->blocks)
            continue;
        buf_clear(&line);
        buf_print(&line, "%s: %s (rule '%s')", f->address ? f->address : "the plan", f->message, f->rule);
        buf_text(out, first ? "" : ",");
        value_json_print_text(out, line.at, line.count);
        first = false;
    }
    buf_text(out, "],");
    buf_done(&line);
}

/* Besides the body: it is no part of what is approved, and may be over before it is applied. */
static void print_conflicts(struct buf *out, const struct plan *p)
{
    struct buf line;
    bool first = true;
    if (p->totals.conflicts == 0)
        return;
    buf_init(&line, 0);
    buf_text(out, ",\"conflicts\":[");
    for (uint32_t i = 0; i < p->count; i++) {
        if (!plan_is_conflict(&p->steps[i]))
            continue;
        buf_clear(&line);
        buf_print(&line, "%s: %s", p->steps[i].address, p->steps[i].taken->reason);
        buf_text(out, first ? "" : ",");
        value_json_print_text(out, line.at, line.count);
        first = false;
    }
    buf_char(out, ']');
    buf_done(&line);
}

static void print_envelope(struct buf *out, const struct plan *p, const struct value *options,
                           const struct tick *tick, const char *by)
{
    char when[TICK_TEXT];
    tick_print(tick->wall_ms(tick->user), when);
    buf_text(out, "{");
    print_broken(out, p);
    buf_text(out, "\"by\":");
    value_json_print_text(out, by, strlen(by));
    print_conflicts(out, p);
    buf_print(out, ",\"lineage\":\"%s\",\"made\":\"%s\",\"options\":", p->lineage, when);
    value_json_print(out, options);
    buf_text(out, ",\"playbook\":");
    value_json_print_text(out, p->playbook, strlen(p->playbook));
    buf_print(out, ",\"serial\":%lld}", (long long)p->truth->serial);
}

static bool save(const struct plan *p, const struct value *options, const struct tick *tick, const char *by,
                 const char *path, struct err *err)
{
    struct buf out;
    buf_init(&out, 0);
    buf_print(&out, "{\"format\":\"" FORMAT "\",\"digest\":\"%s\",\"envelope\":", p->digest);
    print_envelope(&out, p, options, tick, by);
    buf_text(&out, ",\"body\":");
    buf_add(&out, p->body, p->body_count);
    buf_text(&out, "}\n");
    bool ok = file_replace(path, out.at, out.count, 0644, err);
    buf_done(&out);
    return ok;
}

bool plan_file_save(const struct plan *p, const struct value *options, const struct tick *tick,
                    const char *by, const char *path, struct err *err)
{
    struct arena *tmp = arena_new();
    const char *real = file_real(tmp, path); /* a link stays a link */
    bool ok =
        outfile_check(path, &plan_file_kind, err) && save(p, options, tick, by, real ? real : path, err);
    arena_free(tmp);
    return ok || err_wrap(err, "writing the plan");
}

/* A file as it was read. */
struct source {
    const char *path, *bytes;
    size_t count;
};

/* Whoever does as the advice says must not lose a file that never was a plan. */
static bool damaged(const struct source *from, const char *what, struct err *err)
{
    err_set(err, "plan_file.damaged", "'%s' is not a plan that can be trusted: %s", from->path, what);
    if (!outfile_gives_way(&plan_file_kind, from->bytes, from->count))
        return err_advise(err, "name a file that `landfall plan REGION -o FILE` wrote");
    return err_advise(err, "make it again: landfall plan REGION -o %s", from->path);
}

/* The digest is of the body's bytes as they stand in the file, so nothing is parsed before it is proved
 * whole. */
static bool check_digest(const struct source *from, const char *digest, struct err *err)
{
    static const char mark[] = ",\"body\":";
    const char *body = memmem(from->bytes, from->count, mark, sizeof(mark) - 1);
    if (!body)
        return damaged(from, "it has no body", err);
    body += sizeof(mark) - 1;
    const char *end = from->bytes + from->count;
    while (end > body && (end[-1] == '\n' || end[-1] == ' '))
        end--;
    if (end == body || end[-1] != '}')
        return damaged(from, "it ends in the middle", err);
    char hex[DIGEST_HEX];
    digest_text(body, (size_t)(end - 1 - body), hex);
    if (strcmp(hex, digest) != 0)
        return damaged(from, "its body does not match its digest", err);
    return true;
}

/* What is there and cannot be read may be anything. */
static bool unreadable(const char *path, struct err *err)
{
    if (file_exists(path))
        err_advise(err, "name a file that `landfall plan REGION -o FILE` wrote");
    else
        err_advise(err, "make it first: landfall plan REGION -o %s", path);
    return err_wrap(err, "reading the plan");
}

/* It becomes that of the store that a first apply makes. */
bool plan_file_is_lineage(const char *text)
{
    return strlen(text) == 32 && text[strspn(text, "0123456789abcdef")] == '\0';
}

bool plan_file_load(struct arena *mem, const char *path, struct plan_file *out, struct err *err)
{
    struct source from = {.path = path};
    const struct value *all;
    if (!file_read(mem, path, PLAN_FILE_MAX, &from.bytes, &from.count, err))
        return unreadable(path, err);
    if (!value_json_parse(mem, from.bytes, from.count, &all, err)) {
        struct err why = *err;
        damaged(&from, why.summary, err);
        return false;
    }
    const char *format = value_get_text(all, "format", "");
    if (strcmp(format, FORMAT) != 0) {
        if (strncmp(format, "landfall.plan/", 14) != 0)
            return damaged(&from, "it is no landfall plan", err);
        err_set(err, "plan_file.newer", "'%s' has the format '%s', and this landfall reads " FORMAT, path,
                format);
        return err_advise(err, "apply it with the landfall that made it, or plan again");
    }
    const char *digest = value_get_text(all, "digest", "");
    const struct value *body = value_get(all, "body"), *envelope = value_get(all, "envelope");
    const char *region = value_get_text(body, "region", NULL),
               *lineage = value_get_text(envelope, "lineage", NULL);
    if (lineage && !plan_file_is_lineage(lineage))
        return damaged(&from, "the lineage in it is none", err);
    if (!region || !lineage || value_kind(value_get(body, "steps")) != VALUE_LIST ||
        value_kind(value_get(envelope, "options")) != VALUE_MAP)
        return damaged(&from, "parts of it are missing", err);
    if (!check_digest(&from, digest, err))
        return false;
    *out = (struct plan_file){.region = region,
                              .digest = digest,
                              .lineage = lineage,
                              .made = value_get_text(envelope, "made", ""),
                              .by = value_get_text(envelope, "by", ""),
                              .bytes = from.bytes,
                              .count = from.count,
                              .body = body,
                              .envelope = envelope};
    return true;
}

/* ---- stale: what differs --------------------------------------------------------------------- */

struct stale {
    struct buf text;
    unsigned lines, max, left_out;
};

/* A line is begun; false: there are enough. */
static bool begin(struct stale *s)
{
    if (s->lines >= s->max) {
        s->left_out++;
        return false;
    }
    if (s->lines++ > 0)
        buf_char(&s->text, '\n');
    return true;
}

static void tell(struct stale *s, const char *address, const char *before, const char *now)
{
    if (begin(s))
        buf_print(&s->text, "%s: %s in the plan, now %s", address, before, now);
}

static void compare_steps(struct stale *s, const struct value *before, const struct value *now)
{
    size_t i = 0, j = 0;
    while (i < before->count || j < now->count) {
        const struct value *a = value_item(before, i), *b = value_item(now, j);
        const char *x = value_get_text(a, "address", NULL), *y = value_get_text(b, "address", NULL);
        int order = !a ? 1 : !b ? -1 : strcmp(x ? x : "", y ? y : "");
        if (order < 0) {
            tell(s, x ? x : "?", value_get_text(a, "action", "there"), "no longer a step");
            i++;
        } else if (order > 0) {
            tell(s, y ? y : "?", "no step", value_get_text(b, "action", "there"));
            j++;
        } else {
            const char *was = value_get_text(a, "action", ""), *is = value_get_text(b, "action", "");
            if (strcmp(was, is) != 0)
                tell(s, x, was, is);
            else if (!value_equal(a, b))
                tell(s, x, was, "the same with other values");
            i++;
            j++;
        }
    }
}

static void compare_maps(struct stale *s, const char *what, const struct value *before,
                         const struct value *now)
{
    for (size_t i = 0; value_kind(now) == VALUE_MAP && i < now->count; i++) {
        const char *name = now->pairs[i].key;
        const struct value *was = value_get(before, name);
        if ((!was || !value_equal(was, now->pairs[i].value)) && begin(s))
            buf_print(&s->text, "%s %s: %s since", what, name, was ? "changed" : "new");
    }
}

const char *plan_file_explain_stale(struct arena *mem, const struct plan_file *file, const struct plan *now,
                                    unsigned max)
{
    struct stale s = {.max = max};
    struct err err;
    const struct value *body;
    buf_init(&s.text, 0);
    if (!now->body || !value_json_parse(mem, now->body, now->body_count, &body, &err))
        return "the plan cannot be compared";
    compare_steps(&s, value_get(file->body, "steps"), value_get(body, "steps"));
    const char *was = value_get_text(file->body, "follows", ""), *is = value_get_text(body, "follows", "");
    if (strcmp(was, is) != 0 && s.lines == 0)
        tell(&s, "the region", "not built since", "built by another run");
    compare_maps(&s, "file", value_get(file->body, "files"), value_get(body, "files"));
    compare_maps(&s, "driver", value_get(file->body, "drivers"), value_get(body, "drivers"));
    if (s.left_out)
        buf_print(&s.text, "\nand %u more", s.left_out);
    const char *text = buf_keep(&s.text, mem);
    buf_done(&s.text);
    return text;
}
