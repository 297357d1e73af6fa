/* The parts of a policy, shared by the units policy_* only. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/array.h"
#include "plan/policy.h"

struct lua_State;
struct waiver;

struct policy {
    struct arena *mem;
    struct script *script;
    ARRAY(struct policy_rule) rules;
    ARRAY(struct policy_file) files;
    const char *open_rule; /* named and without its table yet; NULL: none */
    const char *open_file;
    uint32_t open_line;
    bool loading;

    /* While a plan is judged, and for policy_judge_step after it. */
    const struct plan *plan;
    const struct value *facts; /* what `plan` reads */
    uint32_t era;              /* of the plan: a view of an earlier one says so */
    const struct waivers *waivers;
    int64_t now_ms;
    const char *currency;
    uint32_t known_at; /* the step whose values are `known`; UINT32_MAX: none */
    const struct value *known;
    uint8_t *undecided; /* per step: some rule could not tell */

    /* While one check runs. */
    uint32_t check;        /* which one: counts up */
    uint32_t step;         /* it is asked about; UINT32_MAX: the whole plan */
    uint32_t own, foreign; /* unknowns it read and did not ask about: of that step, of others */
    const char *unknown;   /* the attribute of the first */
    const char *unknown_of;
    bool stuck; /* it computed with one, and was ended */
};

struct policy *policy_of(struct lua_State *L);
/* policy_word.c: the globals of a file of rules. */
void policy_word_open(struct lua_State *L);
/* policy_view.c: what a check is given. */
void policy_view_open(struct lua_State *L);
void policy_view_push_step(struct lua_State *L, uint32_t step);
void policy_view_push_plan(struct lua_State *L);
/* Pushes what `unknown(v)` answers about the value at `index`: asked about, it is no longer unnoticed. */
bool policy_view_take_unknown(struct lua_State *L, int index);
/* What `plan` reads, as a value: region, residency, budget, totals, ... */
const struct value *policy_view_facts(struct arena *mem, const struct plan *plan,
                                      const struct value *approval);
