#include "store/store_known.h"

#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/map.h"

struct store_known {
    struct arena *mem; /* keys and entries; removed ones are used again */
    struct map *res;   /* address -> first generation */
    struct map *ops;   /* op_id -> op */
    struct store_known_res *free_res;
    struct store_known_op *free_ops;
    /* Ids of ops in the order they were added, negative once finished; the one at `first` is not.  Ops end
     * roughly in the order they begin, so that the front moves by one for each that ends. */
    ARRAY(int64_t) ids;
    size_t first;
};

struct store_known *store_known_new(void)
{
    struct arena *mem = arena_new();
    struct store_known *k = ARENA_NEW(mem, struct store_known);
    k->mem = mem;
    k->res = map_new();
    k->ops = map_new();
    return k;
}

void store_known_free(struct store_known *k)
{
    if (!k)
        return;
    map_free(k->res);
    map_free(k->ops);
    ARRAY_DONE(&k->ids);
    arena_free(k->mem);
}

/* ---- res ----------------------------------------------------------------------------------- */

struct store_known_res *store_known_res_of(struct store_known *k, const char *address)
{
    return map_find(k->res, address);
}

struct store_known_res *store_known_find_res(struct store_known *k, const char *address, int64_t generation)
{
    struct store_known_res *r = map_find(k->res, address);
    while (r && r->generation != generation)
        r = r->next;
    return r;
}

struct store_known_res *store_known_add_res(struct store_known *k, const char *address, int64_t generation,
                                            int64_t id)
{
    struct store_known_res *r = k->free_res, *others = map_find(k->res, address);
    if (r)
        k->free_res = r->next;
    else
        r = ARENA_NEW(k->mem, struct store_known_res);
    *r = (struct store_known_res){.generation = generation, .id = id};
    if (others) {
        r->next = others->next;
        others->next = r;
    } else {
        map_put(k->res, arena_text(k->mem, address), r);
    }
    return r;
}

/* The key of an address stays in the arena when its last generation goes: few addresses are ever removed,
 * and most of those for good. */
void store_known_remove_res(struct store_known *k, const char *address, int64_t generation)
{
    struct store_known_res *first = map_find(k->res, address), *gone = first;
    if (!first)
        return;
    if (first->generation == generation) {
        if (first->next)
            map_put(k->res, address, first->next);
        else
            map_remove(k->res, address);
    } else {
        struct store_known_res *before = first;
        while (before->next && before->next->generation != generation)
            before = before->next;
        gone = before->next;
        if (!gone)
            return;
        before->next = gone->next;
    }
    gone->next = k->free_res;
    k->free_res = gone;
}

void store_known_rename_res(struct store_known *k, const char *from, const char *to)
{
    struct store_known_res *r = map_find(k->res, from);
    if (!r)
        return;
    map_remove(k->res, from);
    map_put(k->res, arena_text(k->mem, to), r);
}

/* ---- ops ----------------------------------------------------------------------------------- */

struct store_known_op *store_known_find_op(struct store_known *k, const char *op_id)
{
    return map_find(k->ops, op_id);
}

struct store_known_op *store_known_add_op(struct store_known *k, const char *op_id, int64_t id)
{
    struct store_known_op *op = k->free_ops;
    size_t count = strlen(op_id) + 1;
    if (op)
        k->free_ops = op->next;
    else
        op = ARENA_NEW(k->mem, struct store_known_op);
    if (op->room < count) {
        op->op_id = arena_alloc(k->mem, count);
        op->room = count;
    }
    memcpy(op->op_id, op_id, count);
    op->next = NULL;
    op->id = id;
    map_put(k->ops, op->op_id, op);
    ARRAY_PUSH(&k->ids, id);
    return op;
}

/* Ids were added in order, so that the one that ends is found by halving. */
void store_known_remove_op(struct store_known *k, const char *op_id)
{
    struct store_known_op *op = map_find(k->ops, op_id);
    if (!op)
        return;
    size_t low = k->first, high = k->ids.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int64_t id = k->ids.at[middle] < 0 ? -k->ids.at[middle] : k->ids.at[middle];
        if (id < op->id)
            low = middle + 1;
        else
            high = middle;
    }
    k->ids.at[low] = -op->id;
    while (k->first < k->ids.count && k->ids.at[k->first] < 0)
        k->first++;
    map_remove(k->ops, op_id);
    op->next = k->free_ops;
    k->free_ops = op;
}

int64_t store_known_first_op(struct store_known *k, int64_t next)
{
    if (k->first < k->ids.count)
        return k->ids.at[k->first];
    k->ids.count = k->first = 0;
    return next;
}
