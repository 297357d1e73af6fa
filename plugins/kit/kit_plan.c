#include "kit_plan.h"

#include <string.h>

/* The i-th attribute of a schema that may be wider than ours. */
static const struct lf_attr *attr_at(const struct lf_schema *schema, uint32_t i)
{
    return (const struct lf_attr *)(const void *)((const char *)schema->attrs +
                                                  (size_t)i * schema->attr_size);
}

static bool is_set(const struct kit *kit, const struct lf_value *value)
{
    return value && kit->values->kind(value) != LF_KIND_NULL;
}

/* What is asked for one attribute: the playbook's word, else the fallback, else NULL. */
static const struct lf_value *asked(const struct kit *kit, struct lf_op *op, const struct lf_request *req,
                                    const struct lf_attr *attr)
{
    const struct lf_value *value = kit_get(kit, req->desired, attr->name);
    if (is_set(kit, value))
        return value;
    return attr->fallback ? kit->values->from_json(op, attr->fallback, strlen(attr->fallback)) : NULL;
}

static bool differs(const struct kit *kit, void *self, const struct lf_attr *attr,
                    const struct lf_value *want, const struct lf_value *have, kit_same_fn *same)
{
    bool equal =
        (attr->flags & LF_ATTR_UNORDERED) ? kit_is_same_set(kit, want, have) : kit_is_same(kit, want, have);
    if (equal)
        return false;
    if (!same || !is_set(kit, want) || !is_set(kit, have) || !kit_is_known(kit, want))
        return true;
    return !same(self, attr->name, want, have);
}

/* Which attributes force a change; the action they add up to. */
static uint32_t weigh(const struct kit *kit, void *self, struct lf_op *op, const struct lf_request *req,
                      const struct lf_schema *schema, const char **because, kit_same_fn *same)
{
    uint32_t action = LF_DO_KEEP;
    size_t count = 0;
    for (uint32_t i = 0; i < schema->attr_count; i++) {
        const struct lf_attr *attr = attr_at(schema, i);
        const struct lf_value *want = asked(kit, op, req, attr);
        if (!is_set(kit, want) && (attr->flags & LF_ATTR_COMPUTED))
            continue;
        if (!differs(kit, self, attr, want, kit_get(kit, req->prior, attr->name), same))
            continue;
        because[count++] = attr->name;
        if (attr->flags & LF_ATTR_FIXED)
            action = LF_DO_REPLACE;
        else if (action == LF_DO_KEEP)
            action = LF_DO_UPDATE;
    }
    return action;
}

static const struct lf_value *promise(const struct kit *kit, struct lf_op *op, const struct lf_request *req,
                                      const struct lf_schema *schema, uint32_t action,
                                      const struct lf_value *computed)
{
    const struct lf_value *state = req->desired;
    for (uint32_t i = 0; i < schema->attr_count; i++) {
        const struct lf_attr *attr = attr_at(schema, i);
        if (is_set(kit, kit_get(kit, req->desired, attr->name)))
            continue;
        const struct lf_value *value = asked(kit, op, req, attr);
        if (!value && (attr->flags & LF_ATTR_COMPUTED)) {
            value = kit_get(kit, computed, attr->name);
            if (!value && action == LF_DO_UPDATE)
                value = kit_get(kit, req->prior, attr->name);
            if (!value)
                value = kit->values->unknown(op, attr->kind);
        }
        if (value)
            state = kit_put(kit, op, state, attr->name, value);
    }
    return state;
}

void kit_plan(const struct kit *kit, void *self, struct lf_op *op, const struct lf_request *req,
              const struct lf_schema *schema, const struct lf_value *computed, kit_same_fn *same)
{
    struct lf_result result = kit_result(LF_END_OK);
    if (!req->desired) {
        result.action = LF_DO_DESTROY;
        kit->ops->finish(op, &result);
        return;
    }
    result.action = LF_DO_CREATE;
    if (req->prior) {
        const char **because = kit->ops->scratch(op, (schema->attr_count + 1) * sizeof(*because));
        result.action = weigh(kit, self, op, req, schema, because, same);
        result.because = because;
    }
    result.state =
        result.action == LF_DO_KEEP ? req->prior : promise(kit, op, req, schema, result.action, computed);
    kit->ops->finish(op, &result);
}
