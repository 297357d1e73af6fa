#include "plugin/op_state.h"

#include <string.h>

#include "plugin/contract.h"
#include "plugin/registry.h"

#define BIT(status) (1u << (status))
/* Every verb may be refused, fail or be canceled. */
#define ANY_TIME                                                                                             \
    (BIT(LF_END_OK) | BIT(LF_END_REFUSED) | BIT(LF_END_FAILED) | BIT(LF_END_CANCELED) | BIT(LF_END_RETRY))
#define ASKS    (ANY_TIME | BIT(LF_END_CANNOT_TELL) | BIT(LF_END_UNSURE))
#define LOOKS   (ASKS | BIT(LF_END_GONE) | BIT(LF_END_EXISTS) | BIT(LF_END_DAMAGED))
#define CHANGES (ANY_TIME | BIT(LF_END_UNSURE) | BIT(LF_END_EXISTS) | BIT(LF_END_DAMAGED))

struct verb {
    const char *doing;
    bool changes;
    uint32_t allowed; /* BIT(LF_END_*) */
    size_t single;    /* offset in lf_resource, 0: not a resource's */
    size_t many;      /* offset of the fitting many in lf_resource, or 0 */
};

#define OF(field) offsetof(struct lf_resource, field)

/* One row per verb is all there is to adding one, beside the field of lf_resource. */
static const struct verb verbs[] = {
    [LF_VERB_READ] = {"reading", false, LOOKS, OF(read), OF(read_many)},
    [LF_VERB_PLAN] = {"planning", false, ASKS, OF(plan), 0},
    [LF_VERB_CREATE] = {"creating", true, CHANGES, OF(create), OF(change_many)},
    [LF_VERB_UPDATE] = {"updating", true, CHANGES | BIT(LF_END_GONE), OF(update), OF(change_many)},
    [LF_VERB_DESTROY] = {"destroying", true, CHANGES | BIT(LF_END_GONE), OF(destroy), OF(change_many)},
    [LF_VERB_RECOVER] = {"recovering", false, LOOKS | BIT(LF_END_MANY), OF(recover), OF(recover_many)},
    [LF_VERB_ESTIMATE] = {"estimating", false, ASKS, OF(estimate), 0},
    [LF_VERB_UPGRADE] = {"upgrading", false, ASKS, OF(upgrade), 0},
    [LF_VERB_FIND] = {"finding", false, LOOKS | BIT(LF_END_MANY), OF(find), OF(find_many)},
    [LF_VERB_OWNED] = {"listing", false, ASKS, OF(owned), 0},
    [LF_VERB_PREFLIGHT] = {"checking", false, ASKS, 0, 0},
    [LF_VERB_TYPES] = {"learning the types of", false, ASKS, 0, 0},
    [LF_VERB_CALL] = {"calling", true, CHANGES, 0, 0},
};

/* A verb out of range comes from a caller above, not from a plugin; it is allowed nothing. */
static const struct verb *find(uint32_t verb)
{
    static const struct verb none = {.doing = "doing an unknown thing with"};
    return verb < COUNT_OF(verbs) && verbs[verb].doing ? &verbs[verb] : &none;
}

bool op_verb_changes(uint32_t verb)
{
    return find(verb)->changes;
}

const char *op_verb_doing(uint32_t verb)
{
    return find(verb)->doing;
}

bool op_verb_allows(uint32_t verb, uint32_t status)
{
    return status < 32 && (find(verb)->allowed & BIT(status));
}

uint32_t op_verb_doubt(const struct op *op, size_t i)
{
    bool changes = op->may_change && op_verb_changes(op->ask.items[i].verb);
    return changes ? LF_END_UNSURE : LF_END_CANNOT_TELL;
}

/* NULL for no offset, and for a field the plugin is too old to have. */
static const char *field_of(const struct lf_resource *raw, size_t offset)
{
    bool has = offset && offset + sizeof(lf_verb_fn *) <= raw->struct_size;
    return has ? (const char *)raw + offset : NULL;
}

/* Calls have but two verbs, the plugin's own ones no type. */
lf_verb_fn *op_verb_single(const struct op *op)
{
    uint32_t verb = op->ask.items[0].verb;
    const struct lf_plugin *plugin = op->ask.driver->plugin;
    if (verb == LF_VERB_PREFLIGHT)
        return plugin->preflight;
    if (verb == LF_VERB_TYPES)
        return plugin->types;
    if (op->ask.call)
        return verb == LF_VERB_CALL      ? op->ask.call->raw->run
               : verb == LF_VERB_RECOVER ? op->ask.call->raw->recover
                                         : NULL;
    lf_verb_fn *fn = NULL;
    const char *field = op->ask.type ? field_of(op->ask.type->raw, find(verb)->single) : NULL;
    if (field)
        memcpy(&fn, field, sizeof(fn));
    return fn;
}

lf_many_fn *op_verb_many(const struct op *op)
{
    lf_many_fn *fn = NULL;
    const char *field = op->ask.type ? field_of(op->ask.type->raw, find(op->ask.items[0].verb)->many) : NULL;
    if (field)
        memcpy(&fn, field, sizeof(fn));
    return fn;
}
