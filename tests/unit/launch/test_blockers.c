#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/attr.h"
#include "launch/blockers.h"
#include "plan/graph.h"

/* What a gate unlocks, against the definition taken word by word on small random graphs. */

#define NODES_MOST 12

struct net {
    struct graph graph;
    struct graph_node nodes[NODES_MOST];
    uint32_t needs[NODES_MOST * NODES_MOST], needs_at[NODES_MOST + 1], sorted[NODES_MOST];
    bool part[NODES_MOST], open[NODES_MOST], gate[NODES_MOST];
};

static uint32_t chance_at;

static uint32_t chance(uint32_t below)
{
    chance_at = chance_at * 1664525 + 1013904223;
    return (chance_at >> 8) % below;
}

static void finish_net(struct net *n, uint32_t count)
{
    n->graph = (struct graph){
        .nodes = n->nodes, .count = count, .needs = n->needs, .needs_at = n->needs_at, .sorted = n->sorted};
    for (uint32_t i = 0; i < count; i++)
        n->sorted[i] = i;
}

static void random_net(struct net *n, uint32_t seed)
{
    memset(n, 0, sizeof(*n));
    chance_at = seed * 2654435761u;
    uint32_t count = 1 + chance(NODES_MOST), density = 2 + chance(4);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t edges = n->needs_at[i];
        for (uint32_t k = 0; k < i; k++) {
            if (chance(density) == 0)
                n->needs[edges++] = k;
        }
        n->needs_at[i + 1] = edges;
        n->open[i] = chance(4) != 0;
        n->gate[i] = n->open[i] && chance(2) == 0;
    }
    /* A part is closed below: what it needs is part of it. */
    for (uint32_t i = count; i-- > 0;) {
        n->part[i] = n->part[i] || chance(3) != 0;
        for (uint32_t e = n->needs_at[i]; n->part[i] && e < n->needs_at[i + 1]; e++)
            n->part[n->needs[e]] = true;
    }
    finish_net(n, count);
}

/* Is there a way of waiting from a gate that waits for no gate, down to `to`, that does not touch `without`?
 * With without == to: is there any. */
static bool waits_without(const struct net *n, uint32_t to, uint32_t without)
{
    bool behind_gate = false;
    if (to == without)
        return false;
    for (uint32_t e = n->needs_at[to]; e < n->needs_at[to + 1]; e++) {
        if (waits_without(n, n->needs[e], without))
            return true;
        behind_gate = behind_gate || n->needs[e] == without || waits_without(n, n->needs[e], UINT32_MAX);
    }
    return n->gate[to] && !behind_gate;
}

static bool reaches(const struct net *n, uint32_t from, uint32_t to)
{
    if (from == to)
        return true;
    for (uint32_t e = n->needs_at[to]; e < n->needs_at[to + 1]; e++) {
        if (reaches(n, from, n->needs[e]))
            return true;
    }
    return false;
}

static bool waits(const struct net *n, uint32_t i)
{
    return n->gate[i] || waits_without(n, i, UINT32_MAX);
}

static void test_a_gate_unlocks_what_waits_for_nothing_but_it(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 20000; seed++) {
        struct net n;
        struct blockers b;
        struct arena *mem = arena_new();
        random_net(&n, seed);
        struct blockers_ask ask = {&n.graph, n.part, n.open, n.gate};
        blockers_find(mem, &ask, &b);
        for (uint32_t i = 0; i < n.graph.count; i++) {
            uint32_t expected = 0;
            if (!n.gate[i] || !n.part[i])
                continue;
            for (uint32_t j = 0; j < n.graph.count; j++) {
                bool held = j != i && n.part[j] && n.open[j] && reaches(&n, i, j) && waits(&n, j);
                expected += held && !waits_without(&n, j, i);
            }
            assert_int_equal(b.unlocks[i], expected);
        }
        arena_free(mem);
    }
}

static void test_what_a_step_waits_for_is_a_gate_above_it(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 5000; seed++) {
        struct net n;
        struct blockers b;
        struct arena *mem = arena_new();
        random_net(&n, seed);
        struct blockers_ask ask = {&n.graph, n.part, n.open, n.gate};
        blockers_find(mem, &ask, &b);
        for (uint32_t j = 0; j < n.graph.count; j++) {
            bool behind = false;
            for (uint32_t i = 0; i < j && n.part[j]; i++)
                behind = behind || (n.gate[i] && n.part[i] && reaches(&n, i, j));
            assert_int_equal(b.after[j] != BLOCKERS_NONE, behind);
            if (!behind)
                continue;
            assert_true(n.gate[b.after[j]] && reaches(&n, b.after[j], j));
            assert_int_equal(b.after_more[j], waits_without(&n, j, b.after[j]));
        }
        arena_free(mem);
    }
}

/* legal -> contract -> (a, b); a waits for dns besides, which nobody has to open. */
static void test_a_chain_of_people_is_unlocked_by_its_first(void **state)
{
    (void)state;
    struct net n = {.needs = {0, 1, 2, 1}, .needs_at = {0, 0, 1, 1, 3, 4}};
    struct blockers b;
    struct arena *mem = arena_new();
    finish_net(&n, 5);
    for (uint32_t i = 0; i < 5; i++)
        n.part[i] = n.open[i] = true;
    n.gate[0] = n.gate[1] = true;
    struct blockers_ask ask = {&n.graph, n.part, n.open, n.gate};
    blockers_find(mem, &ask, &b);
    assert_int_equal(b.unlocks[0], 3);
    assert_int_equal(b.unlocks[1], 2);
    assert_int_equal(b.after[1], 0);
    assert_false(b.after_more[1]);
    assert_int_equal(b.after[2], BLOCKERS_NONE);
    arena_free(mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_gate_unlocks_what_waits_for_nothing_but_it),
        cmocka_unit_test(test_what_a_step_waits_for_is_a_gate_above_it),
        cmocka_unit_test(test_a_chain_of_people_is_unlocked_by_its_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
