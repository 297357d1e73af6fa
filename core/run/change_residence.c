#include "run/change_residence.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plan/residence.h"
#include "region/region.h"
#include "run/change_state.h"

/* The row's own column: what a run of today writes, and what one of yesterday left behind. */
static const struct value *holds_of(const struct change *c)
{
    const char *json = c->ask.row ? c->ask.row->holds : NULL;
    const struct value *holds;
    struct err none;
    if (!c->owner->ask.rules || !json || !value_json_parse(c->mem, json, strlen(json), &holds, &none))
        return NULL;
    return value_kind(holds) == VALUE_LIST && holds->count > 0 ? holds : NULL;
}

static void put(struct change *c, const char *kind, const struct value *entry)
{
    store_put_audit(c->owner->ask.writer, kind, value_json_text(c->mem, entry));
}

void change_residence_put(struct change *c, const struct value *state)
{
    const struct value *holds = holds_of(c);
    if (!holds)
        return;
    struct residence_ask ask = {.region = c->owner->ask.rules,
                                .driver = c->ask.driver,
                                .type = c->ask.type,
                                .address = c->ask.op.address,
                                .holds = holds,
                                .asked = c->ask.desired,
                                .state = state};
    struct residence_facts facts = {.generation = c->ask.op.generation,
                                    .id = c->ext_id,
                                    .run_id = c->owner->ask.run_id,
                                    .shared = c->ask.row->shared};
    c->residence = ARENA_NEW(c->mem, struct residence);
    residence_judge(c->mem, &ask, c->residence);
    put(c, STORE_AUDIT_SEEN, residence_entry(c->mem, &ask, c->residence, &facts));
}

void change_residence_gone(struct change *c)
{
    const struct value *holds = holds_of(c);
    if (!holds)
        return;
    const struct pair pairs[] = {
        {"address", value_text(c->mem, c->ask.op.address)},
        {"generation", value_int(c->mem, c->ask.op.generation)},
        {"holds", holds},
        {"region", value_text(c->mem, c->owner->ask.rules->name)},
        {"run", value_text(c->mem, c->owner->ask.run_id)},
    };
    put(c, STORE_AUDIT_GONE, value_map(c->mem, pairs, COUNT_OF(pairs)));
}
