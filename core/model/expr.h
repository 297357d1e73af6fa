/* The expression: what a playbook says about values it does not have yet.  A leaf inside an attribute value;
 * evaluated against what is known so far, as often as needed, it gives a value or an unknown. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "model/value.h"

struct err;

enum expr_op {
    EXPR_REF = 1,  /* attribute `path` of step `address`                         */
    EXPR_JOIN = 2, /* texts and numbers joined: "https://" .. zone.name           */
    EXPR_MAP = 3,  /* landfall.map(arg, fn): `fn` names a function of the script   */
    EXPR_IS = 4,   /* landfall.is(a, b): equality                                  */
    EXPR_WHEN = 5, /* landfall.when(condition, a, b): chooses a value              */
};

/* A large playbook holds two of these a step, so what excludes each other shares its place. */
struct expr {
    uint32_t op; /* enum expr_op */
    uint32_t line;
    const char *file; /* where the playbook wrote it */
    uint32_t fn;      /* EXPR_MAP */
    union {
        struct {
            const char *address; /* EXPR_REF */
            const char *path;    /* EXPR_REF: "id", "nameservers[0]" */
        };
        /* MAP: arg; IS: a, b; WHEN: condition, a, b; JOIN: args[0] is the list of parts. */
        const struct value *args[3];
    };
};

/* How an evaluation reaches the world outside the model. */
struct expr_world {
    void *user;
    /* The value of a reference; *out NULL when it is not known yet.  False: the reference can never work. */
    bool (*find)(void *user, const struct expr *ref, const struct value **out, struct err *err);
    /* Runs a script function on a known value; the result lives in mem. */
    bool (*call)(void *user, uint32_t fn, const struct value *arg, struct arena *mem,
                 const struct value **out, struct err *err);
};

/* A value without exprs; what is not known yet is VALUE_UNKNOWN.  Shares every part of `v` that holds no
 * expr. */
MUST_USE bool expr_eval(struct arena *mem, const struct value *v, const struct expr_world *world,
                        const struct value **out, struct err *err);
/* Every EXPR_REF anywhere inside `v`, in order.  Stops when fn returns false. */
typedef bool expr_ref_fn(void *user, const struct expr *ref);
bool expr_each_ref(const struct value *v, expr_ref_fn *fn, void *user);
/* As a reader of a plan sees it: (dns.zone.apex.id), "https://" .. (x.y.z.host) */
struct buf;
void expr_print(struct buf *out, const struct expr *e);
