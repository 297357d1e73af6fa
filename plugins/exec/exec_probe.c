#include "exec_probe.h"

#include <string.h>

/* All that is expected is there; maps may hold more. */
static bool holds(const struct kit *kit, const struct lf_value *seen, const struct lf_value *expected)
{
    if (kit->values->kind(expected) != LF_KIND_MAP)
        return kit_is_same(kit, seen, expected);
    size_t count = kit->values->count(expected);
    for (size_t i = 0; i < count; i++) {
        const char *key = NULL;
        const struct lf_value *want = kit->values->at(expected, i, &key), *have = NULL;
        size_t there = seen && kit->values->kind(seen) == LF_KIND_MAP ? kit->values->count(seen) : 0;
        for (size_t k = 0; k < there && !have; k++) {
            const char *name = NULL;
            const struct lf_value *value = kit->values->at(seen, k, &name);
            have = name && strcmp(name, key) == 0 ? value : NULL;
        }
        if (!have || !holds(kit, have, want))
            return false;
    }
    return true;
}

const struct lf_value *exec_probe_object(const struct kit *kit, struct lf_op *op, const struct exec_end *end)
{
    const struct lf_value *value =
        end->out_cut || end->out_len == 0 ? NULL : kit->values->from_json(op, end->out, end->out_len);
    return value && kit->values->kind(value) == LF_KIND_MAP ? value : NULL;
}

/* Has it printed what it prints when it is done? */
static bool agrees(const struct exec_probe *probe, const struct lf_value *object)
{
    const struct kit *kit = &probe->exec->kit;
    const char *text = kit_get_text(kit, probe->step, "probe.text");
    const struct lf_value *json = kit_get(kit, probe->step, "probe.json");
    if (text && !memmem(probe->end.out, probe->end.out_len, text, strlen(text)))
        return false;
    if (!json || kit->values->kind(json) != LF_KIND_MAP)
        return true;
    return object && holds(kit, object, json);
}

static enum exec_seen judge(struct exec_probe *probe, struct lf_op *op)
{
    const struct exec_end *end = &probe->end;
    const struct lf_value *object = exec_probe_object(&probe->exec->kit, op, end);
    if (end->says == EXEC_CANCELED)
        return EXEC_SEEN_CANCELED;
    if (end->says != EXEC_DONE)
        return end->says == EXEC_NOT ? EXEC_SEEN_ABSENT : EXEC_SEEN_UNCLEAR;
    /* What was cut off may hold what is looked for. */
    if (!agrees(probe, object))
        return end->out_cut ? EXEC_SEEN_UNCLEAR : EXEC_SEEN_ABSENT;
    if (!probe->tells)
        return EXEC_SEEN_DONE;
    probe->outputs = object;
    if (!object)
        probe->end.how = "it printed no JSON object, which the outputs are to come from";
    return object ? EXEC_SEEN_DONE : EXEC_SEEN_UNCLEAR;
}

static void ended(struct lf_op *op, const struct exec_end *end, void *user)
{
    struct exec_probe *probe = user;
    probe->end = *end;
    probe->then(probe, judge(probe, op));
}

void exec_probe_ask(struct exec_probe *probe, struct lf_op *op)
{
    const struct kit *kit = &probe->exec->kit;
    struct exec_ask ask = {
        .verb = "probe",
        .argv = kit_get(kit, probe->step, "probe.argv"),
        .step = probe->step,
        .codes = kit_get(kit, probe->step, "probe"),
        .req = probe->req,
        .timeout_s = kit_get_int(kit, probe->step, "probe.timeout_s", 30),
        .asks = true,
    };
    exec_run(probe->exec, op, &ask, ended, probe);
}
