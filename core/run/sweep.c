#include "run/sweep.h"

#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/map.h"
#include "io/loop.h"
#include "model/value.h"
#include "plugin/op.h"
#include "plugin/registry.h"
#include "store/store.h"

/* Generations tried for an object that says its address in clear. */
#define GENERATIONS_MAX 100

struct sweeper {
    struct arena *mem;
    const struct sweep_ask *ask;
    struct map *known; /* markers of rows and of open operations */
    ARRAY(struct sweep_found) found;
    ARRAY(const char *) unchecked;
    const struct driver *driver;
    const struct contract_type *type;
    uint32_t status;
    bool failed, waiting;
    struct err failure;
};

/* Ours, if the store ever minted the marker or the address it names in clear makes it. */
static bool is_ours(struct sweeper *s, const char *marker, const struct value *memo, const char **address)
{
    const char *clear = value_get_text(memo, "address", NULL);
    if (!store_read_marker(s->mem, s->ask->store_path, marker, address, &s->failure)) {
        s->failed = true;
        return false;
    }
    if (*address)
        return true;
    char made[DIGEST_MARKER];
    for (int64_t g = 1; clear && g <= GENERATIONS_MAX; g++) {
        digest_marker(s->ask->truth->lineage, s->ask->region, clear, g, made);
        if (strcmp(made, marker) == 0) {
            *address = arena_text(s->mem, clear);
            return true;
        }
    }
    return false;
}

static void on_found(void *user, struct op *op, const struct op_result *result)
{
    (void)op;
    struct sweeper *s = user;
    const char *address = NULL;
    if (!result->marker || s->failed || map_has(s->known, result->marker) ||
        !is_ours(s, result->marker, result->memo, &address))
        return;
    struct sweep_found one = {.subsystem = s->driver->subsystem,
                              .instance = s->driver->instance,
                              .type = s->type->facts.name,
                              .id = arena_text(s->mem, result->id),
                              .marker = arena_text(s->mem, result->marker),
                              .address = address};
    ARRAY_PUSH(&s->found, one);
}

static void on_item(void *user, struct op *op, size_t n, const struct op_result *result)
{
    (void)op;
    (void)n;
    struct sweeper *s = user;
    s->status = result->status;
}

static void on_end(void *user, struct op *op)
{
    (void)op;
    struct sweeper *s = user;
    s->waiting = false;
    loop_stop(s->ask->loop);
}

static void sweep_type(struct sweeper *s)
{
    static const struct op_events events = {.item = on_item, .found = on_found, .end = on_end};
    s->status = LF_END_CANNOT_TELL;
    if (s->type->has_owned) {
        struct op_item item = {.verb = LF_VERB_OWNED, .attempt = 1, .address = s->type->facts.name};
        struct op_ask ask = {
            .driver = s->driver, .type = s->type, .items = &item, .count = 1, .read_only = true};
        s->waiting = true;
        op_start(&ask, &events, s);
        while (s->waiting)
            loop_run(s->ask->loop);
    }
    if (s->status != LF_END_OK) {
        const char *name =
            arena_print(s->mem, "%s%s%s.%s", s->driver->subsystem, s->driver->instance[0] ? "/" : "",
                        s->driver->instance, s->type->facts.name);
        ARRAY_PUSH(&s->unchecked, name);
    }
}

bool sweep_run(struct arena *mem, const struct sweep_ask *ask, struct sweep *out, struct err *err)
{
    struct sweeper s = {.mem = mem, .ask = ask, .known = map_new()};
    size_t drivers;
    const struct driver *const *list = registry_drivers(ask->registry, &drivers);
    for (size_t i = 0; i < ask->truth->res_count; i++) {
        if (ask->truth->res[i].marker)
            map_put(s.known, ask->truth->res[i].marker, (void *)&ask->truth->res[i]);
    }
    /* What waits for a person is not left over: it is somebody's question already. */
    for (size_t i = 0; i < ask->truth->op_count; i++) {
        if (ask->truth->ops[i].marker)
            map_put(s.known, ask->truth->ops[i].marker, (void *)&ask->truth->ops[i]);
    }
    for (size_t d = 0; d < drivers && !s.failed; d++) {
        s.driver = list[d];
        for (size_t t = 0; t < list[d]->contract.type_count && !s.failed; t++) {
            s.type = &list[d]->contract.types[t];
            sweep_type(&s);
        }
    }
    if (s.failed)
        *err = s.failure;
    else
        *out = (struct sweep){.found = ARRAY_KEEP(&s.found, mem),
                              .count = s.found.count,
                              .unchecked = ARRAY_KEEP(&s.unchecked, mem),
                              .unchecked_count = s.unchecked.count};
    ARRAY_DONE(&s.found);
    ARRAY_DONE(&s.unchecked);
    map_free(s.known);
    return !s.failed;
}
