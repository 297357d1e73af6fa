#include "region/waiver.h"

#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/err.h"
#include "base/file.h"
#include "base/str.h"
#include "base/zone.h"
#include "model/addr.h"
#include "model/diag.h"
#include "model/origins.h"
#include "model/value.h"
#include "region/findings.h"
#include "region/folder.h"
#include "region/keys.h"

#define FOLDER "waivers"

static const struct keys_rule rules[] = {
    {"rule", KEYS_TEXT, true},  {"steps", KEYS_LIST, true},  {"regions", KEYS_LIST, false},
    {"owner", KEYS_TEXT, true}, {"reason", KEYS_TEXT, true}, {"expires", KEYS_TEXT, true},
    {"told", KEYS_LIST, true},
};
static const struct keys keys = {"waiver", "a waiver", rules, COUNT_OF(rules)};

struct load {
    struct findings f;
    const char *project, *region, *timezone;
    ARRAY(struct waiver) at;
    ARRAY(struct waiver_file) files;
};

/* A list of texts with at least one: an empty one is a key somebody meant to fill in. */
static const char *const *texts_of(struct findings *f, const struct value *list, const char *what,
                                   size_t *count)
{
    *count = 0;
    if (value_kind(list) != VALUE_LIST)
        return NULL;
    if (list->count == 0)
        findings_error(f, "waiver.empty_list", list, arena_print(f->mem, "name at least one %s", what),
                       "this list names no %s", what);
    const char **texts = ARENA_ARRAY(f->mem, const char *, list->count);
    for (size_t i = 0; i < list->count; i++)
        if (keys_check_kind(f, "waiver", what, KEYS_TEXT, list->items[i]))
            texts[(*count)++] = list->items[i]->text;
    return texts;
}

static void check_patterns(struct findings *f, const struct value *list)
{
    for (size_t i = 0; value_kind(list) == VALUE_LIST && i < list->count; i++) {
        const char *text = value_as_text(list->items[i]);
        if (text && *text && !addr_pattern_is_valid(text))
            findings_error(f, "waiver.steps", list->items[i],
                           "write an address or its first parts, with * inside a part: dns.record.mail-*",
                           "'%s' is no pattern of addresses", text);
    }
}

/* A slip here would silently keep the waiver from the region it was written for. */
static bool is_for_region(struct load *l, const struct value *list)
{
    bool found = list == NULL;
    for (size_t i = 0; value_kind(list) == VALUE_LIST && i < list->count; i++) {
        const char *name = value_as_text(list->items[i]);
        if (!name || !*name)
            continue;
        found = found || strcmp(name, l->region) == 0;
        const char *file = arena_print(l->f.mem, "regions/%s.yaml", name);
        if (!addr_region_is_valid(name) || !file_exists(file_join(l->f.mem, l->project, file)))
            findings_error(&l->f, "waiver.regions", list->items[i],
                           "regions are the files regions/<name>.yaml", "there is no region '%s'", name);
    }
    return found;
}

static int64_t expiry_of(struct load *l, const struct value *expires)
{
    int64_t wall_ms = 0;
    const char *text = value_as_text(expires);
    if (text && *text && !zone_day_end(l->timezone, text, &wall_ms))
        findings_error(&l->f, "waiver.expires", expires,
                       "write its last day, such as 2027-03-31: nothing is waived for ever",
                       "'%s' is not a date", text);
    return wall_ms;
}

static void load_one(struct load *l, const char *name)
{
    const struct value *root;
    struct findings *f = &l->f;
    struct waiver w = {.name = name, .file = arena_print(f->mem, FOLDER "/%s.yaml", name)};
    if (!findings_read(f, l->project, w.file, &root))
        return;
    bool whole = keys_check(f, &keys, root);
    size_t unused;
    w.steps = texts_of(f, value_get(root, "steps"), "step", &w.step_count);
    w.told = texts_of(f, value_get(root, "told"), "person or team", &w.told_count);
    texts_of(f, value_get(root, "regions"), "region", &unused);
    check_patterns(f, value_get(root, "steps"));
    w.expires_ms = expiry_of(l, value_get(root, "expires"));
    bool here = is_for_region(l, value_get(root, "regions"));
    if (!whole || !here)
        return;
    w.rule = value_get_text(root, "rule", NULL);
    w.owner = value_get_text(root, "owner", NULL);
    w.reason = value_get_text(root, "reason", NULL);
    w.expires = value_get_text(root, "expires", NULL);
    findings_place(f, value_get(root, "rule"), &w.where, &w.detail);
    ARRAY_PUSH(&l->at, w);
    ARRAY_PUSH(&l->files, ((struct waiver_file){w.file, f->sources.at[f->sources.count - 1].digest}));
}

bool waiver_load(struct arena *mem, const char *project, const char *region, const char *timezone,
                 struct waivers **out, struct diags *diags, struct err *err)
{
    struct load l = {.project = project, .region = region, .timezone = timezone};
    struct origins origins;
    const char *const *names;
    size_t count;
    if (!folder_list(mem, file_join(mem, project, FOLDER), ".yaml", &names, &count, err))
        return false;
    origins_init(&origins, mem);
    findings_init(&l.f, mem, &origins);
    for (size_t i = 0; i < count; i++)
        load_one(&l, names[i]);
    bool ok = findings_report(&l.f, diags, err);
    if (ok) {
        *out = ARENA_NEW(mem, struct waivers);
        **out = (struct waivers){
            .at = ARRAY_KEEP(&l.at, mem), .count = l.at.count, .files = ARRAY_KEEP(&l.files, mem)};
    }
    findings_done(&l.f);
    ARRAY_DONE(&l.at);
    ARRAY_DONE(&l.files);
    return ok;
}

bool waiver_is_expired(const struct waiver *w, int64_t now_ms)
{
    return now_ms >= w->expires_ms;
}

bool waiver_covers(const struct waiver *w, const char *rule, const char *address)
{
    if (!str_equal(w->rule, rule))
        return false;
    for (size_t i = 0; i < w->step_count; i++) {
        if (addr_matches(w->steps[i], address))
            return true;
    }
    return false;
}
