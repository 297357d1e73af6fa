#include "region/notices.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/peer.h"
#include "base/str.h"
#include "model/addr.h"
#include "model/value.h"
#include "region/approvals.h"
#include "region/findings.h"
#include "region/keys.h"
#include "region/project.h"

#define CODE           "notices"
#define HOURS_USUAL    72
#define HOURS_MOST     8760 /* a year */
#define HOUR_MS        INT64_C(3600000)
#define MAIL_MOST      254 /* RFC 5321, 4.5.3.1.3: a path of 256 with its two brackets */
#define MAIL_NAME_MOST 64  /* 4.5.3.1.1 */
#define RECIPIENT_MOST 100 /* 4.5.3.1.8: what every server takes */

static const struct keys_rule top_rules[] = {
    {"give_up_after", KEYS_INT, false},
    {"sinks", KEYS_MAP, true},
    {"rules", KEYS_LIST, true},
};
static const struct keys top_keys = {CODE, "'notices'", top_rules, COUNT_OF(top_rules)};

static const struct keys_rule hook_rules[] = {
    {"kind", KEYS_TEXT, true}, {"url", KEYS_TEXT | KEYS_SECRET, true}, {"key", KEYS_SECRET, false}};
static const struct keys_rule slack_rules[] = {{"kind", KEYS_TEXT, true},
                                               {"url", KEYS_TEXT | KEYS_SECRET, true}};
static const struct keys_rule mail_rules[] = {
    {"kind", KEYS_TEXT, true}, {"server", KEYS_TEXT, true}, {"from", KEYS_TEXT, true},
    {"to", KEYS_LIST, true},   {"user", KEYS_TEXT, false},  {"password", KEYS_SECRET, false},
};

static const struct {
    const char *name;
    struct keys keys;
} sink_kinds[] = {
    [NOTICES_WEBHOOK] = {"webhook", {CODE, "a sink of kind 'webhook'", hook_rules, COUNT_OF(hook_rules)}},
    [NOTICES_SLACK] = {"slack", {CODE, "a sink of kind 'slack'", slack_rules, COUNT_OF(slack_rules)}},
    [NOTICES_MAIL] = {"mail", {CODE, "a sink of kind 'mail'", mail_rules, COUNT_OF(mail_rules)}},
};
static const char *const sink_kind_names[] = {"webhook", "slack", "mail"};

static const struct keys_rule rule_rules[] = {
    {"to", KEYS_LIST, true},     {"about", KEYS_LIST, true},  {"owner", KEYS_LIST, false},
    {"stage", KEYS_LIST, false}, {"class", KEYS_LIST, false},
};
static const struct keys rule_keys = {CODE, "a rule of 'notices'", rule_rules, COUNT_OF(rule_rules)};

static const char *const kind_names[NOTICES_KIND_COUNT] = {
    [NOTICES_FAILED] = "failed", [NOTICES_CONFLICT] = "conflict",       [NOTICES_HELD] = "held",
    [NOTICES_WAITS] = "waits",   [NOTICES_RESOLVED] = "resolved",       [NOTICES_BLOCKED] = "blocked",
    [NOTICES_DONE] = "done",     [NOTICES_SHARED_DONE] = "shared_done", [NOTICES_DEADLINE] = "deadline",
    [NOTICES_WAIVER] = "waiver", [NOTICES_RUN_ENDED] = "run_ended",     [NOTICES_APPROVAL] = "approval",
    [NOTICES_DIGEST] = "digest",
};
/* What is never about one step: a rule that chooses among steps would never let it through. */
#define NOT_OF_STEPS                                                                                         \
    (1u << NOTICES_WAIVER | 1u << NOTICES_RUN_ENDED | 1u << NOTICES_APPROVAL | 1u << NOTICES_DIGEST)

const char *notices_kind_name(enum notices_kind kind)
{
    return kind_names[kind];
}

const char *notices_sink_kind_name(enum notices_sink_kind kind)
{
    return sink_kinds[kind].name;
}

/* ---- URLs and addresses ----------------------------------------------------------------------- */

/* What may stand in a URL as it is; all else is percent-encoded, so that no line can be broken with it. */
static bool is_url_text(const char *text)
{
    for (; *text; text++)
        if (!isgraph((unsigned char)*text) || strchr("\"<>\\^`{|}", *text))
            return false;
    return true;
}

/* "host", "host:port", "[::1]:25": where the host ends, NULL when it is none. */
static const char *end_of_host(const char *at)
{
    const char *end = at;
    if (*at == '[') {
        end = strchr(at, ']');
        return end && end > at + 1 ? end + 1 : NULL;
    }
    while (isalnum((unsigned char)*end) || *end == '-' || *end == '.' || *end == '_')
        end++;
    return end > at ? end : NULL;
}

static const char *end_of_port(const char *at)
{
    if (*at != ':')
        return at;
    const char *digit = at + 1;
    uint32_t port = 0;
    for (; isdigit((unsigned char)*digit) && port <= 65535; digit++)
        port = port * 10 + (uint32_t)(*digit - '0');
    return port >= 1 && port <= 65535 && !isdigit((unsigned char)*digit) ? digit : NULL;
}

/* Splits scheme://host[:port]rest; false when it is not of that form. `rest` begins with / or ? or is empty:
 * a user or a password, which would end up in logs of proxies, does not get through. */
static bool split_url(struct findings *f, const char *url, const char *const *schemes, size_t scheme_count,
                      const char **scheme, const char **host, const char **rest)
{
    const char *at = NULL;
    for (size_t i = 0; i < scheme_count && !at; i++)
        if (str_starts(url, schemes[i])) {
            *scheme = schemes[i];
            at = url + strlen(schemes[i]);
        }
    const char *end = at && is_url_text(url) ? end_of_host(at) : NULL;
    const char *port_end = end ? end_of_port(end) : NULL;
    if (!port_end || (*port_end != '\0' && *port_end != '/' && *port_end != '?'))
        return false;
    *host = arena_text_n(f->mem, at, (size_t)(end - at));
    *rest = port_end;
    return true;
}

static bool is_named_plain(const struct project_http *http, const char *host)
{
    size_t size = strlen(host), skip = host[0] == '[' ? 1 : 0;
    for (size_t i = 0; i < http->plain_count; i++)
        if (strlen(http->plain[i]) == size - 2 * skip &&
            strncasecmp(http->plain[i], host + skip, size - 2 * skip) == 0)
            return true;
    return false;
}

/* A secret one is looked at when it is used: its value is not read here. */
static bool check_hook_url(struct findings *f, const struct value *url, const struct project_http *http)
{
    static const char *const schemes[] = {"https://", "http://"};
    const char *scheme, *host, *rest;
    if (value_kind(url) != VALUE_TEXT)
        return true;
    if (!split_url(f, url->text, schemes, COUNT_OF(schemes), &scheme, &host, &rest)) {
        findings_error(f, CODE ".url", url,
                       "write https://HOST/PATH, percent-encoded, without user or password",
                       "'%s' is no URL that can be posted to", url->text);
        return false;
    }
    if (scheme == schemes[0] || peer_is_loopback(host) || is_named_plain(http, host))
        return true;
    findings_error(f, CODE ".plain", url, "use https, or name the host below http.plain",
                   "will not send to '%s' without TLS", host);
    return false;
}

static bool check_mail_server(struct findings *f, const struct value *server)
{
    static const char *const schemes[] = {"smtps://", "smtp://"};
    const char *scheme, *host, *rest;
    if (split_url(f, server->text, schemes, COUNT_OF(schemes), &scheme, &host, &rest) && *rest == '\0')
        return true;
    findings_error(f, CODE ".server", server, "write smtp://HOST:587 (STARTTLS) or smtps://HOST:465",
                   "'%s' is no mail server", server->text);
    return false;
}

static bool is_dot_atom(const char *text, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool dot = text[i] == '.';
        if (dot ? i == 0 || i + 1 == count || text[i + 1] == '.'
                : !isalnum((unsigned char)text[i]) && !strchr("!#$%&'*+-/=?^_`{|}~", text[i]))
            return false;
    }
    return count > 0 && count <= MAIL_NAME_MOST;
}

static bool is_label(const char *text, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isalnum((unsigned char)text[i]) && text[i] != '-')
            return false;
    return count > 0 && count <= 63 && text[0] != '-' && text[count - 1] != '-';
}

static bool is_domain(const char *text)
{
    for (;; text++) {
        size_t size = strcspn(text, ".");
        if (!is_label(text, size))
            return false;
        text += size;
        if (*text == '\0')
            return true;
    }
}

/* An address as mail servers everywhere take it: a dot-atom of RFC 5321 before the @, a domain behind it.
 * Quotes, comments, names and line breaks are none, so that nothing can be smuggled into a header. */
static bool is_mail_address(const char *text)
{
    const char *at = strrchr(text, '@');
    return at && strlen(text) <= MAIL_MOST && is_dot_atom(text, (size_t)(at - text)) && is_domain(at + 1);
}

static bool check_mail_address(struct findings *f, const struct value *address)
{
    if (is_mail_address(address->text))
        return true;
    findings_error(f, CODE ".address", address, "write name@domain, without a display name or brackets",
                   "'%s' is no mail address", address->text);
    return false;
}

/* ---- lists ------------------------------------------------------------------------------------- */

/* The texts of a list; what is no text is a finding.  NULL and an empty list are no texts. */
static const char *const *texts_of(struct findings *f, const struct value *list, const char *what,
                                   size_t *count)
{
    *count = 0;
    if (value_kind(list) != VALUE_LIST)
        return NULL;
    if (list->count == 0)
        findings_error(f, CODE ".empty_list", list, "name one, or remove the key", "%s: the list is empty",
                       what);
    const char **texts = ARENA_ARRAY(f->mem, const char *, list->count + 1);
    for (size_t i = 0; i < list->count; i++)
        if (keys_check_kind(f, CODE, what, KEYS_TEXT, list->items[i]))
            texts[(*count)++] = list->items[i]->text;
    return texts;
}

/* A list of words out of a known few, as bits. */
static uint64_t bits_of(struct findings *f, const struct value *list, const char *what,
                        const char *const *known, size_t known_count)
{
    uint64_t bits = 0;
    size_t count;
    texts_of(f, list, what, &count);
    for (size_t i = 0; count > 0 && i < list->count; i++) {
        const char *word = value_as_text(list->items[i]);
        size_t k = 0;
        while (word && k < known_count && strcmp(known[k], word) != 0)
            k++;
        if (word && k == known_count)
            findings_error(f, CODE ".unknown_word", list->items[i], keys_advice(f, word, known, known_count),
                           "'%s' is no word for '%s'", word, what);
        else if (word)
            bits |= UINT64_C(1) << k;
    }
    return bits;
}

/* ---- sinks ------------------------------------------------------------------------------------- */

static bool parse_mail(struct findings *f, const struct value *map, struct notices_sink *sink)
{
    const struct value *to = value_get(map, "to");
    bool good = check_mail_server(f, value_get(map, "server"));
    good = check_mail_address(f, value_get(map, "from")) && good;
    sink->server = value_get_text(map, "server", NULL);
    sink->from = value_get_text(map, "from", NULL);
    sink->user = value_get_text(map, "user", NULL);
    sink->password = value_get(map, "password");
    sink->to = texts_of(f, to, "to", &sink->to_count);
    for (size_t i = 0; i < to->count; i++)
        good = value_kind(to->items[i]) == VALUE_TEXT && check_mail_address(f, to->items[i]) && good;
    if (sink->to_count > RECIPIENT_MOST) {
        findings_error(f, CODE ".too_many", to, "write to a list of the mail server instead",
                       "%zu recipients are more than the %d that every server takes", sink->to_count,
                       RECIPIENT_MOST);
        good = false;
    }
    if ((sink->user == NULL) == (sink->password == NULL))
        return good;
    findings_error(f, CODE ".half_login", map, "add the other one, or leave out both",
                   sink->user ? "'user' needs 'password'" : "'password' needs 'user'");
    return false;
}

static bool parse_sink(struct findings *f, const struct pair *pair, const struct project_http *http,
                       struct notices_sink *out)
{
    const struct value *map = pair->value, *kind = value_get(map, "kind");
    *out = (struct notices_sink){.name = pair->key};
    if (!addr_name_is_valid(pair->key)) {
        findings_error_key(f, CODE ".sink_name", map, "write lower-case letters, digits, - and _",
                           "'%s' cannot be a sink's name", pair->key);
        return false;
    }
    for (size_t i = NOTICES_WEBHOOK; i < COUNT_OF(sink_kinds); i++)
        if (str_equal(value_as_text(kind), sink_kinds[i].name))
            out->kind = (enum notices_sink_kind)i;
    if (!out->kind && value_kind(kind) == VALUE_TEXT) {
        findings_error(f, CODE ".unknown_word", kind,
                       keys_advice(f, kind->text, sink_kind_names, COUNT_OF(sink_kind_names)),
                       "'%s' is no kind of sink", kind->text);
        return false;
    }
    /* Without a kind, the keys of the plainest one are as good a check as any. */
    if (!keys_check(f, &sink_kinds[out->kind ? out->kind : NOTICES_WEBHOOK].keys, map))
        return false;
    if (out->kind == NOTICES_MAIL)
        return parse_mail(f, map, out);
    out->url = value_get(map, "url");
    out->key = value_get(map, "key");
    return check_hook_url(f, out->url, http);
}

static void parse_sinks(struct findings *f, const struct value *map, const struct project_http *http,
                        struct notices *n)
{
    if (value_kind(map) != VALUE_MAP)
        return;
    if (map->count > NOTICES_SINKS_MOST) {
        findings_error(f, CODE ".too_many", map, "join some of them", "%u sinks are more than %d",
                       (unsigned)map->count, NOTICES_SINKS_MOST);
        return;
    }
    struct notices_sink *sinks = ARENA_ARRAY(f->mem, struct notices_sink, map->count + 1);
    for (size_t i = 0; i < map->count; i++) {
        /* A broken one keeps its place, so that rules which name it are not wrong as well. */
        (void)parse_sink(f, &map->pairs[i], http, &sinks[i]);
        sinks[i].name = map->pairs[i].key;
    }
    n->sinks = sinks;
    n->sink_count = map->count;
}

/* ---- rules ------------------------------------------------------------------------------------- */

static void parse_rule(struct findings *f, const struct value *map, const struct notices *n,
                       struct notices_rule *out)
{
    const char *names[NOTICES_SINKS_MOST], *classes[APPROVALS_CLASS_COUNT];
    const struct value *about = value_get(map, "about");
    if (!keys_check(f, &rule_keys, map))
        return;
    for (size_t i = 0; i < n->sink_count; i++)
        names[i] = n->sinks[i].name;
    for (int c = 0; c < APPROVALS_CLASS_COUNT; c++)
        classes[c] = approvals_class_name((enum approvals_class)c);
    out->sinks = bits_of(f, value_get(map, "to"), "to", names, n->sink_count);
    out->kinds = (uint32_t)bits_of(f, about, "about", kind_names, NOTICES_KIND_COUNT);
    out->owners = texts_of(f, value_get(map, "owner"), "owner", &out->owner_count);
    out->stages = texts_of(f, value_get(map, "stage"), "stage", &out->stage_count);
    out->classes = (uint32_t)bits_of(f, value_get(map, "class"), "class", classes, APPROVALS_CLASS_COUNT);
    for (uint32_t k = 0; k < NOTICES_KIND_COUNT; k++)
        if ((out->kinds & NOT_OF_STEPS & (1u << k)) &&
            (value_get(map, "owner") || value_get(map, "stage") || value_get(map, "class")))
            findings_error(f, CODE ".no_step", about,
                           "give it a rule of its own, without owner, stage and class",
                           "'%s' is not about one step, so nothing can be chosen by owner, stage or class",
                           kind_names[k]);
}

static void parse_rules(struct findings *f, const struct value *list, struct notices *n)
{
    if (value_kind(list) != VALUE_LIST)
        return;
    struct notices_rule *rules = ARENA_ARRAY(f->mem, struct notices_rule, list->count + 1);
    for (size_t i = 0; i < list->count; i++)
        parse_rule(f, list->items[i], n, &rules[i]);
    n->rules = rules;
    n->rule_count = list->count;
}

struct notices notices_parse(struct findings *f, const struct value *map, const struct project_http *http)
{
    struct notices n = {.give_up_ms = HOURS_USUAL * HOUR_MS};
    const struct value *hours = value_get(map, "give_up_after");
    if (map == NULL)
        return n;
    keys_check(f, &top_keys, map);
    if (value_kind(hours) == VALUE_INT && (hours->number < 1 || hours->number > HOURS_MOST))
        findings_error(f, CODE ".range", hours, arena_print(f->mem, "write hours from 1 to %d", HOURS_MOST),
                       "'give_up_after' is %lld", (long long)hours->number);
    else if (value_kind(hours) == VALUE_INT)
        n.give_up_ms = hours->number * HOUR_MS;
    parse_sinks(f, value_get(map, "sinks"), http, &n);
    parse_rules(f, value_get(map, "rules"), &n);
    return n;
}

/* ---- choosing ---------------------------------------------------------------------------------- */

static bool has_text(const char *const *at, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(at[i], text))
            return true;
    return count == 0;
}

static bool lets_through(const struct notices_rule *rule, const struct notices_subject *s)
{
    if (!(rule->kinds & (1u << s->kind)))
        return false;
    bool chooses = rule->owner_count > 0 || rule->stage_count > 0 || rule->classes != 0;
    if (!s->is_step)
        return !chooses;
    return (s->is_undeclared || (has_text(rule->owners, rule->owner_count, s->owner) &&
                                 has_text(rule->stages, rule->stage_count, s->stage))) &&
           (rule->classes == 0 || s->classes == 0 || (rule->classes & s->classes));
}

uint64_t notices_wanted(const struct notices *n, const struct notices_subject *subject)
{
    uint64_t sinks = 0;
    for (size_t i = 0; i < n->rule_count; i++)
        if (lets_through(&n->rules[i], subject))
            sinks |= n->rules[i].sinks;
    return sinks;
}

bool notices_has(const struct notices *n, enum notices_kind kind)
{
    for (size_t i = 0; i < n->rule_count; i++)
        if (n->rules[i].kinds & (1u << kind))
            return true;
    return false;
}

const struct notices_sink *notices_find(const struct notices *n, const char *name)
{
    for (size_t i = 0; i < n->sink_count; i++)
        if (strcmp(n->sinks[i].name, name) == 0)
            return &n->sinks[i];
    return NULL;
}
