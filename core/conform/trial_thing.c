#include "conform/trial.h"

#include <string.h>

#include "base/digest.h"
#include "base/err.h"
#include "conform/fill.h"
#include "conform/program.h"
#include "model/diag.h"
#include "model/schema.h"
#include "model/value.h"
#include "plugin/registry.h"

#define NEEDS_DEPTH 8
#define PROGRAM_MS  60000

/* ---- words ----------------------------------------------------------------------------------------------
 */

static const struct value *secret_value(struct arena *mem, const struct thing *x)
{
    /* The bytes are the suite's: it looks for them wherever they must not be. */
    struct secret s = {.source = arena_print(mem, "conform:%s", x->name)};
    return value_secret(mem, &s);
}

static const char *in_capitals(struct arena *mem, const char *name)
{
    char *text = arena_text(mem, name);
    for (char *c = text; *c; c++)
        *c = (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
    return text;
}

/* ${zone.id} and every attribute of what stands. */
static const struct value *need_value(struct trial *t, const struct thing *x)
{
    const struct value *id = value_text(t->run->mem, x->id);
    const struct value *state = x->state ? x->state : value_map(t->run->mem, NULL, 0);
    return value_with_key(t->run->mem, state, "id", id);
}

static struct fill words_of(struct trial *t, const struct thing *x)
{
    struct arena *mem = t->mem;
    const struct value *own = t->run->sheet->words;
    size_t mine = value_kind(own) == VALUE_MAP ? own->count : 0, count = 0;
    struct fill_word *words = ARENA_ARRAY(mem, struct fill_word, 6 + mine + x->sample->need_count);
    words[count++] = (struct fill_word){"name", value_text(mem, x->name)};
    words[count++] = (struct fill_word){"NAME", value_text(mem, in_capitals(mem, x->name))};
    words[count++] = (struct fill_word){"folder", value_text(mem, t->run->folder)};
    words[count++] = (struct fill_word){"secret", secret_value(mem, x)};
    words[count++] =
        (struct fill_word){"proxy", value_text(mem, arena_print(mem, "127.0.0.1:%u", t->run->port))};
    words[count++] = (struct fill_word){"proxy_port", value_int(mem, t->run->port)};
    for (size_t i = 0; i < mine; i++)
        words[count++] = (struct fill_word){own->pairs[i].key, own->pairs[i].value};
    for (size_t i = 0; i < x->sample->need_count; i++) {
        words[count++] = (struct fill_word){x->sample->needs[i].name, need_value(t, x->needs[i])};
    }
    return (struct fill){words, count};
}

/* ---- what is asked for ----------------------------------------------------------------------------------
 */

/* A mistake in the samples is the author's, and is told as one of the sheet. */
static const struct value *broken_sample(struct trial *t, const char *type, uint32_t where,
                                         const struct err *err)
{
    const char *place = sheet_place(t->run->sheet, t->run->mem, where);
    trial_fail(t, err->advice[0] ? err->advice : "mend the samples",
               "the samples of '%s' do not fit%s%s%s: %s", type, place ? " (" : "", place ? place : "",
               place ? ")" : "", err->summary);
    return NULL;
}

static const struct value *fill_checked(struct trial *t, const struct thing *x, const struct value *v)
{
    const struct fill fill = words_of(t, x);
    const struct value *filled;
    uint32_t where = 0;
    struct err err;
    struct diags diags;
    if (!fill_value(t->run->mem, &fill, v, &filled, &where, &err))
        return broken_sample(t, x->sample->name, where, &err);
    diag_init(&diags, t->mem);
    filled = schema_check(t->run->mem, x->type->facts.schema, filled, x->address,
                          sheet_place(t->run->sheet, t->mem, x->sample->where), &diags);
    return diag_ok(&diags, &err) ? filled : broken_sample(t, x->sample->name, x->sample->where, &err);
}

const struct value *trial_desired(struct trial *t, const struct thing *x, const struct value *part)
{
    if (!part || part->count == 0)
        return NULL;
    const struct value *whole = x->sample->create;
    /* Attribute by attribute, as a playbook would be edited: a changed map or list is another one. */
    for (size_t i = 0; i < part->count; i++)
        whole = value_with_key(t->mem, whole, part->pairs[i].key, part->pairs[i].value);
    return fill_checked(t, x, whole);
}

bool trial_run_program(struct trial *t, const struct thing *x, const struct value *argv)
{
    const struct fill fill = words_of(t, x);
    const struct value *filled;
    struct err err;
    uint32_t where = 0;
    if (!fill_value(t->mem, &fill, argv, &filled, &where, &err))
        return broken_sample(t, x->sample->name, where, &err) != NULL;
    const char **words = ARENA_ARRAY(t->mem, const char *, filled->count + 1);
    for (size_t i = 0; i < filled->count; i++)
        words[i] = value_as_text(filled->items[i]);
    if (program_run(words, PROGRAM_MS, &err))
        return true;
    trial_fail(t, "mend the program, or leave `foreign` out", "%s", err.summary);
    return false;
}

/* ---- objects --------------------------------------------------------------------------------------------
 */

/* A letter, then letters and digits, eleven of them, each after the one before: every service takes it. */
static const char *new_name(struct trial_run *run)
{
    return arena_print(run->mem, "lf%s%04u", run->nonce, ++run->next_name);
}

const char *trial_marker(struct trial *t, const struct thing *x, const char *lineage)
{
    char marker[DIGEST_MARKER];
    digest_marker(lineage, "conform", x->address, x->generation, marker);
    const char *kept = arena_text(t->run->mem, marker);
    ARRAY_PUSH(&t->run->markers, kept);
    return kept;
}

static void name_it(struct trial *t, struct thing *x)
{
    x->token = arena_print(t->run->mem, "conform-%s-%s-%u", t->run->nonce, x->name, x->generation);
    x->marker = trial_marker(t, x, t->run->nonce);
}

static struct thing *new_thing(struct trial *t, const struct contract_type *type,
                               const struct sheet_type *sample, unsigned depth);

static struct thing *find_stand(struct trial_run *run, const char *type)
{
    for (size_t i = 0; i < run->stands.count; i++) {
        if (strcmp(run->stands.at[i]->type->facts.name, type) == 0)
            return run->stands.at[i];
    }
    return NULL;
}

static bool create_need(struct trial *t, struct thing *x)
{
    const struct contract_type *own = t->type;
    t->type = x->type;
    bool good = trial_create(t, x, arena_print(t->mem, "making the %s it needs", x->type->facts.name));
    t->type = own;
    return good;
}

/* One stands for all cases, unless the needs are the object's whole name, or the sample says that no two
 * stand side by side: then two objects need two. */
static struct thing *need(struct trial *t, const char *type, bool fresh, unsigned depth)
{
    const struct sheet_type *sample = sheet_find(t->run->sheet, type);
    const struct contract_type *facts = driver_type(rig_driver(t->run->rig), type);
    struct thing *x = fresh ? NULL : find_stand(t->run, type);
    if (x)
        return x;
    if (!sample || !facts || sample->skip || depth > NEEDS_DEPTH) {
        trial_fail(t, "give samples for it, or change `needs`", "'%s' is needed and cannot be made: %s", type,
                   !facts                ? "the driver has no such type"
                   : depth > NEEDS_DEPTH ? "the needs go round in a circle"
                                         : "the samples leave it out");
        return NULL;
    }
    x = new_thing(t, facts, sample, depth + 1);
    if (!x || !create_need(t, x))
        return NULL;
    if (fresh)
        ARRAY_PUSH(&t->things, x);
    else
        ARRAY_PUSH(&t->run->stands, x);
    return x;
}

static struct thing *new_thing(struct trial *t, const struct contract_type *type,
                               const struct sheet_type *sample, unsigned depth)
{
    struct thing *x = ARENA_NEW(t->run->mem, struct thing);
    bool has_name = fill_mentions(sample->create, "name") || fill_mentions(sample->create, "NAME");
    bool fresh = sample->alone || !has_name;
    *x = (struct thing){.type = type, .sample = sample, .name = new_name(t->run), .generation = 1};
    x->needs = ARENA_ARRAY(t->run->mem, struct thing *, sample->need_count + 1);
    for (size_t i = 0; i < sample->need_count; i++) {
        x->needs[i] = need(t, sample->needs[i].type, fresh, depth);
        if (!x->needs[i])
            return NULL;
    }
    x->address = arena_print(t->run->mem, "%s.%s.%s", type->facts.subsystem, type->facts.name, x->name);
    name_it(t, x);
    x->desired = fill_checked(t, x, sample->create);
    return x->desired ? x : NULL;
}

struct thing *trial_thing(struct trial *t)
{
    struct thing *x = new_thing(t, t->type, t->sample, 0);
    if (x)
        ARRAY_PUSH(&t->things, x);
    return x;
}

struct thing *trial_successor(struct trial *t, const struct thing *x)
{
    struct thing *next = ARENA_NEW(t->run->mem, struct thing);
    *next = *x;
    next->generation++;
    next->id = NULL;
    next->state = next->memo = NULL;
    name_it(t, next);
    ARRAY_PUSH(&t->things, next);
    return next;
}
