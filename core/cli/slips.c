#include "cli/slips.h"

#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/err.h"
#include "base/str.h"
#include "cli/secrets.h"
#include "cli/session.h"
#include "landfall/plugin.h"
#include "model/addr.h"
#include "model/decl.h"
#include "model/origins.h"
#include "model/value.h"
#include "plan/policy.h"
#include "plan/residence.h"
#include "plugin/contract.h"
#include "plugin/registry.h"
#include "region/folder.h"
#include "region/notices.h"
#include "region/project.h"
#include "region/region.h"
#include "region/residency.h"
#include "run/courier.h"
#include "store/store.h"

/* Parts of an address: kind.name, subsystem.type.name. */
#define KIND_PARTS 2
#define TYPE_PARTS 3

static const char *const kinds[] = {"action", "check", "human", "todo"};

typedef ARRAY(const char *) name_list;

struct known {
    struct session *s;
    name_list subsystems; /* and kinds */
    name_list types;      /* dns.record */
    name_list open;       /* subsystems whose types are learned when they are opened */
};

static void known_init(struct known *k, struct session *s)
{
    *k = (struct known){.s = s};
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        ARRAY_PUSH(&k->subsystems, kinds[i]);
}

static void known_done(struct known *k)
{
    ARRAY_DONE(&k->subsystems);
    ARRAY_DONE(&k->types);
    ARRAY_DONE(&k->open);
}

static void know_type(struct known *k, const char *subsystem, const char *type)
{
    ARRAY_PUSH(&k->types, arena_print(k->s->mem, "%s.%s", subsystem, type));
}

static void know_drivers(struct known *k)
{
    size_t count;
    const struct driver *const *at = registry_drivers(k->s->registry, &count);
    for (size_t i = 0; i < count; i++) {
        ARRAY_PUSH(&k->subsystems, at[i]->subsystem);
        for (size_t t = 0; t < at[i]->contract.type_count; t++)
            know_type(k, at[i]->subsystem, at[i]->contract.types[t].facts.name);
    }
}

static bool know_plugins(struct known *k, struct err *err)
{
    struct registry_found *found;
    size_t count;
    struct session *s = k->s;
    if (!session_open_plugin_folders(s, err) ||
        !registry_scan(s->mem, s->plugin_folders, s->plugin_folder_count, &found, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct lf_plugin *p = found[i].plugin;
        if (!p)
            continue;
        ARRAY_PUSH(&k->subsystems, p->subsystem);
        if (!p->resources)
            ARRAY_PUSH(&k->open, p->subsystem);
        for (size_t t = 0; p->resources && p->resources[t]; t++)
            know_type(k, p->subsystem, p->resources[t]->name);
    }
    return true;
}

/* ---- patterns ------------------------------------------------------------------------------------------ */

static size_t part_count(const char *pattern)
{
    size_t n = 1;
    for (; *pattern; pattern++)
        n += *pattern == '.';
    return n;
}

/* Its first `count` parts. */
static const char *first_parts(struct arena *mem, const char *pattern, size_t count)
{
    const char *end = pattern;
    for (size_t i = 0; i < count && *end; i++) {
        end += i > 0;
        end += strcspn(end, ".");
    }
    return arena_text_n(mem, pattern, (size_t)(end - pattern));
}

static bool fits_one_of(const char *pattern, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (addr_matches(pattern, names[i]))
            return true;
    }
    return false;
}

/* What was built by a driver that is gone from the region has steps, too: they are destroyed. */
static bool fits_the_store(const struct session *s, const char *pattern)
{
    for (size_t i = 0; i < s->truth.res_count; i++) {
        if (addr_matches(pattern, s->truth.res[i].address))
            return true;
    }
    return false;
}

static bool fits(struct known *k, const char *pattern)
{
    struct arena *mem = k->s->mem;
    size_t parts = part_count(pattern);
    const char *head = first_parts(mem, pattern, 1);
    if (parts <= KIND_PARTS && fits_one_of(head, kinds, COUNT_OF(kinds)))
        return true;
    if (parts <= TYPE_PARTS && (fits_one_of(first_parts(mem, pattern, 2), k->types.at, k->types.count) ||
                                fits_one_of(head, k->open.at, k->open.count)))
        return true;
    return fits_the_store(k->s, pattern);
}

/* Another region of the project may use it: then the rule means that one. */
static bool is_served_elsewhere(const struct session *s, const char *subsystem)
{
    const char *const *names;
    size_t count;
    struct err none;
    const char *begin = arena_print(s->mem, "%s-", subsystem);
    for (size_t i = 0; i < s->plugin_folder_count; i++) {
        if (!folder_list(s->mem, s->plugin_folders[i], ".so", &names, &count, &none))
            continue;
        for (size_t n = 0; n < count; n++) {
            if (str_starts(names[n], begin))
                return true;
        }
    }
    return false;
}

/* The part that is wrong replaced by what comes near it; NULL: nothing does. */
static const char *meant(struct known *k, const char *pattern)
{
    struct arena *mem = k->s->mem;
    const char *head = first_parts(mem, pattern, 1), *both = first_parts(mem, pattern, 2), *near;
    if (!fits_one_of(head, k->subsystems.at, k->subsystems.count)) {
        near = str_nearest(head, k->subsystems.at, k->subsystems.count);
        return near ? arena_print(mem, "%s%s", near, pattern + strlen(head)) : NULL;
    }
    near = strcmp(head, both) != 0 ? str_nearest(both, k->types.at, k->types.count) : NULL;
    if (near && strcmp(near, both) == 0) /* it is right so far, and then goes on for too long */
        return NULL;
    return near ? arena_print(mem, "%s%s", near, pattern + strlen(both)) : NULL;
}

static void check_pattern(struct known *k, const struct policy_rule *r, const char *pattern,
                          struct diags *out)
{
    struct session *s = k->s;
    const char *head = first_parts(s->mem, pattern, 1);
    if (fits(k, pattern) ||
        (!fits_one_of(head, k->subsystems.at, k->subsystems.count) && is_served_elsewhere(s, head)))
        return;
    const char *near = meant(k, pattern);
    struct diag one = {
        .severity = DIAG_WARNING,
        .code = "policy.each",
        .where = arena_print(s->mem, "%s:%u", r->file, r->line),
        .summary =
            arena_print(s->mem, "the rule '%s' looks at '%s', and no step can be one", r->name, pattern),
        .advice = near ? arena_print(s->mem, "did you mean '%s'?", near)
                       : "an address is subsystem.type.name, or human.name, todo.name, action.name, "
                         "check.name; the types: landfall describe",
    };
    diag_add(out, &one);
}

static void check_rules(struct known *k, struct diags *out)
{
    size_t count;
    const struct policy_rule *at = policy_rules(k->s->policy, &count);
    for (size_t i = 0; i < count; i++) {
        for (size_t p = 0; p < at[i].each_count; p++)
            check_pattern(k, &at[i], at[i].each[p], out);
    }
}

void slips_of_rules(struct session *s, struct diags *out)
{
    struct known k;
    if (!s->policy || !s->registry)
        return;
    known_init(&k, s);
    know_drivers(&k);
    check_rules(&k, out);
    known_done(&k);
}

bool slips_of_rules_anywhere(struct session *s, struct diags *out, struct err *err)
{
    struct known k;
    known_init(&k, s);
    bool ok = know_plugins(&k, err);
    if (ok)
        check_rules(&k, out);
    known_done(&k);
    return ok;
}

/* ---- durations ----------------------------------------------------------------------------------------- */

static void know_calls(struct known *k)
{
    size_t count;
    const struct driver *const *at = registry_drivers(k->s->registry, &count);
    for (size_t i = 0; i < count; i++) {
        for (size_t c = 0; c < at[i]->contract.call_count; c++)
            know_type(k, at[i]->subsystem, at[i]->contract.calls[c].facts.name);
    }
}

static bool is_name(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

/* A step first: 'human.dpa' is nearer to this playbook's steps than to any type. */
static const char *duration_meant(const struct known *k, const struct decls *decls, const char *key)
{
    const char **names = ARENA_ARRAY(k->s->mem, const char *, decls->count + k->types.count + 1);
    size_t count = 0, length = strlen(key);
    for (size_t i = 0; i < decls->count; i++)
        names[count++] = decls->at[i].address;
    for (size_t i = 0; i < k->types.count; i++)
        names[count++] = k->types.at[i];
    names[count++] = "check";
    const char *near = str_nearest(key, names, count);
    for (size_t i = 0; i < count && !near; i++) {
        if (strncmp(names[i], key, length) == 0 && strchr("-_.", names[i][length]))
            near = names[i];
    }
    return near;
}

static void tell_duration(struct known *k, const struct pair *p, enum diag_severity severity,
                          struct diags *out)
{
    struct session *s = k->s;
    const struct origin *at = origins_get(s->region->origins, p->value->where);
    const char *near = duration_meant(k, session_decls(s), p->key);
    struct diag one = {
        .severity = severity,
        .code = "region.duration",
        .where = at ? arena_print(s->mem, "%s:%u:%u", at->file, at->key_line, at->key_column) : NULL,
        .summary = arena_print(
            s->mem, "a time is said for '%s', which is no step, type or call of this region", p->key),
        .advice = near ? arena_print(s->mem, "did you mean '%s'?", near)
                       : "name a step of the playbook, or a type or call of a driver, or remove it",
    };
    diag_add(out, &one);
}

void slips_of_durations(struct session *s, enum diag_severity severity, struct diags *out)
{
    struct known k;
    const struct value *map = value_get(s->region->rehearse, "durations");
    if (value_kind(map) != VALUE_MAP || !s->registry || !s->playbook)
        return;
    known_init(&k, s);
    know_drivers(&k);
    know_calls(&k);
    for (size_t i = 0; i < map->count; i++) {
        const char *key = map->pairs[i].key;
        if (strcmp(key, "check") != 0 && !decl_find(session_decls(s), key) &&
            !is_name(k.types.at, k.types.count, key))
            tell_duration(&k, &map->pairs[i], severity, out);
    }
    known_done(&k);
}

/* ---- launch ---------------------------------------------------------------------------------------------
 */

static void tell_follower(struct session *s, const struct value *one, struct diags *out)
{
    const struct decls *decls = session_decls(s);
    const struct origin *at = origins_get(s->region->origins, one->where);
    const char **names = ARENA_ARRAY(s->mem, const char *, decls->count + 1);
    for (size_t i = 0; i < decls->count; i++)
        names[i] = decls->at[i].address;
    const char *near = str_nearest(one->text, names, decls->count);
    const struct diag d = {
        .severity = DIAG_WARNING,
        .code = "region.can_follow",
        .where = at ? arena_print(s->mem, "%s:%u:%u", at->file, at->line, at->column) : NULL,
        .summary =
            arena_print(s->mem, "'%s' may follow after launch, and no step has that address", one->text),
        .advice = near ? arena_print(s->mem, "did you mean '%s'?", near)
                       : "name a step as the plan does, or remove it: what is meant blocks launch as before",
    };
    diag_add(out, &d);
}

void slips_of_launch(struct session *s, struct diags *out)
{
    const struct value *list = value_get(s->region->launch, "can_follow");
    for (size_t i = 0; value_kind(list) == VALUE_LIST && i < list->count; i++) {
        const char *address = value_as_text(list->items[i]);
        if (address && !decl_find(session_decls(s), address))
            tell_follower(s, list->items[i], out);
    }
}

/* ---- residency ----------------------------------------------------------------------------------------- */

/* One mistake, and the steps that share it. */
struct mislaid {
    const char *category, *place, *by; /* place NULL: the region does not name the category */
    const struct decl *first;
    size_t count;
};

typedef ARRAY(struct mislaid) mislaid_list;

static void add_mislaid(mislaid_list *list, const char *category, const char *place, const char *by,
                        const struct decl *d)
{
    for (size_t i = 0; i < list->count; i++) {
        struct mislaid *one = &list->at[i];
        if (str_equal(one->category, category) && str_equal(one->place, place)) {
            one->count++;
            return;
        }
    }
    ARRAY_PUSH(list, ((struct mislaid){category, place, by, d, 1}));
}

/* Is it for the service to say where it is?  What the step does not say itself its type may be told later,
 * and what stands stays where it is. */
static bool is_told_later(const struct session *s, const struct decl *d, const struct contract_type *type,
                          const char *asked_by)
{
    const struct schema *schema = type->facts.schema;
    const struct store_snapshot *t = &s->truth;
    for (size_t i = 0; i < schema->count; i++) {
        const struct schema_attr *a = &schema->attrs[i];
        if (!(a->flags & SCHEMA_PLACE))
            continue;
        const struct value *v = value_get(d->attrs, a->name);
        if (v && value_kind(v) != VALUE_TEXT)
            return true;
        bool stands = str_find_sorted(d->address, t->res, t->res_count, sizeof(*t->res)) < t->res_count;
        if (strcmp(asked_by, "region") == 0)
            return stands || type->has_plan || a->fallback;
        return stands && strcmp(asked_by, "driver") == 0;
    }
    return false;
}

/* Where the step will be, as far as the files decide it; NULL: they do not. */
static const char *said_place(struct session *s, const struct decl *d, const char **by)
{
    const struct driver *driver = registry_find(s->registry, d->subsystem, d->instance);
    const struct contract_type *type = driver ? driver_type(driver, d->type) : NULL;
    struct residence is;
    if (!type || d->kind != DECL_RESOURCE) /* what is looked up says itself where it is */
        return NULL;
    const struct residence_ask ask = {.region = s->region,
                                      .driver = driver,
                                      .type = type,
                                      .address = d->address,
                                      .holds = value_list(s->mem, NULL, 0),
                                      .asked = d->attrs};
    residence_judge(s->mem, &ask, &is);
    *by = is.asked_by;
    return is_told_later(s, d, type, is.asked_by) ? NULL : is.asked;
}

/* As a plan: it asks of what a service has, and not of what a person or an action does. */
static void find_mislaid(struct session *s, const struct decl *d, mislaid_list *list)
{
    if (d->meta.holds_count == 0 || (d->kind != DECL_RESOURCE && d->kind != DECL_EXISTING))
        return;
    const char *by = NULL, *place = said_place(s, d, &by);
    for (size_t i = 0; i < d->meta.holds_count; i++) {
        const char *category = d->meta.holds[i];
        if (value_kind(value_get(s->region->residency, category)) != VALUE_LIST)
            add_mislaid(list, category, NULL, NULL, d);
        else if (place && !residency_allows(s->region, category, place))
            add_mislaid(list, category, place, by, d);
    }
}

/* A place that is not the step's own word is mended elsewhere: "'place' of driver 'queue'
 * (regions/eu.yaml:31)".
 */
static const char *source_of(const struct session *s, const struct mislaid *one)
{
    const struct decl *d = one->first;
    const struct region *r = s->region;
    for (size_t i = 0; str_equal(one->by, "driver") && i < r->driver_count; i++) {
        const struct region_driver *it = &r->drivers[i];
        const struct origin *at = origins_get(r->origins, it->where);
        if (at && str_equal(it->subsystem, d->subsystem) && str_equal(it->instance, d->instance))
            return arena_print(s->mem, "the place is that of driver '%s%s%s' (%s:%u)", it->subsystem,
                               it->instance[0] ? "/" : "", it->instance, at->file, at->line);
    }
    return str_equal(one->by, "region") ? "the place is that of the region" : NULL;
}

/* As a plan says it of the first of them. */
static void tell_mislaid(struct session *s, const struct mislaid *one, struct diags *out)
{
    const struct decl *d = one->first;
    const struct residency_use use = {.address = d->address,
                                      .holds = &one->category,
                                      .holds_count = 1,
                                      .place = one->place,
                                      .where = arena_print(s->mem, "%s:%u", d->file, d->line)};
    const size_t before = out->count;
    residency_check(s->region, &use, 1, out);
    if (out->count == before) /* there are too many to keep */
        return;
    struct diag *told = &out->at[before];
    const char *source = source_of(s, one);
    const char *more = one->count == 1 ? NULL
                                       : arena_print(out->mem, "and %zu more step%s", one->count - 1,
                                                     one->count == 2 ? "" : "s");
    const char *lines[] = {source, told->detail, more};
    const char *detail = NULL;
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        if (lines[i])
            detail = detail ? arena_print(out->mem, "%s\n%s", detail, lines[i]) : lines[i];
    told->detail = detail;
}

/* A region that keeps nothing at home is most likely a slip in one of the two. */
static void check_home(struct session *s, struct diags *out)
{
    const struct region *r = s->region;
    const struct value *map = r->residency;
    const char **names;
    size_t count = 0, most = 0;
    for (size_t i = 0; i < map->count; i++)
        most += value_kind(map->pairs[i].value) == VALUE_LIST ? map->pairs[i].value->count : 0;
    names = ARENA_ARRAY(s->mem, const char *, most + 1);
    for (size_t i = 0; i < map->count; i++) {
        if (residency_allows(r, map->pairs[i].key, r->place))
            return;
        const struct value *places = map->pairs[i].value;
        for (size_t k = 0; value_kind(places) == VALUE_LIST && k < places->count; k++)
            names[count++] = value_as_text(places->items[k]);
    }
    const struct origin *at = origins_get(r->origins, value_get(r->view, "place")->where);
    const char *near = str_nearest(r->place, names, count);
    struct diag one = {
        .severity = DIAG_WARNING,
        .code = "residency.not_at_home",
        .where = at ? arena_print(s->mem, "%s:%u:%u", at->file, at->line, at->column) : NULL,
        .summary = arena_print(s->mem, "region '%s' is in '%s', and by its residency nothing may live there",
                               r->name, r->place),
        .advice = near ? arena_print(s->mem, "did you mean '%s'?", near)
                       : "write the place as 'residency' does, or allow what lives there",
    };
    diag_add(out, &one);
}

void slips_of_residency(struct session *s, struct diags *out)
{
    const struct decls *decls = session_decls(s);
    mislaid_list list = {0};
    if (value_kind(s->region->residency) != VALUE_MAP)
        return;
    for (size_t i = 0; i < decls->count; i++)
        find_mislaid(s, &decls->at[i], &list);
    for (size_t i = 0; i < list.count; i++)
        tell_mislaid(s, &list.at[i], out);
    if (s->region->residency->count > 0)
        check_home(s, out);
    ARRAY_DONE(&list);
}

/* ---- sinks ----------------------------------------------------------------------------------- */

static void tell_sink(struct session *s, const struct notices_sink *sink, const char *what, struct err *err,
                      struct diags *out)
{
    const struct diag d = {.severity = DIAG_ERROR,
                           .code = arena_text(s->mem, err->code),
                           .where = "landfall.yaml",
                           .summary =
                               arena_print(s->mem, "the %s of sink '%s': %s", what, sink->name, err->summary),
                           .advice = err->advice[0] ? arena_text(s->mem, err->advice) : NULL};
    diag_add(out, &d);
}

static void check_sink_secret(struct session *s, const struct notices_sink *sink, const char *what,
                              const struct value *v, struct diags *out)
{
    struct host_secrets host = secrets_for_host(s->secrets);
    const char *text;
    const uint8_t *bytes;
    size_t count;
    struct err err;
    if (value_kind(v) != VALUE_SECRET)
        return;
    if (!host.reveal(host.user, v->secret, &text, &count, &err)) {
        if (str_equal(err.code, "secrets.too_short"))
            tell_sink(s, sink, what, &err, out);
        return;
    }
    host.shown(host.user, text, count);
    if (v == sink->key && !courier_key(s->mem, text, &bytes, &count, &err))
        tell_sink(s, sink, what, &err, out);
}

void slips_of_sinks(struct session *s, struct diags *out)
{
    const struct notices *n = &s->project->notices;
    if (n->sink_count > 0)
        session_open_host(s); /* where the region's drivers could not be opened, nobody did */
    for (size_t i = 0; i < n->sink_count; i++) {
        const struct notices_sink *sink = &n->sinks[i];
        check_sink_secret(s, sink, "URL", sink->url, out);
        check_sink_secret(s, sink, "key", sink->key, out);
        check_sink_secret(s, sink, "password", sink->password, out);
    }
}
