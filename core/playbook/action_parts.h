/* What a running action is inside: shared by action.c and action_ctx.c only.
 *
 * Each coroutine is a task.  A task waits for at most one thing: a unit that run/ answers, the rows of an
 * ctx:each, or the child of a ctx:step.  Nothing runs inside a callback of run/: what becomes ready is queued
 * and the pump, started through the world's `soon`, works it off in slices. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "playbook/action.h"
#include "script/script.h"

struct lua_State;
struct map;

enum action_task_kind { ACTION_TASK_BODY = 1, ACTION_TASK_ROW = 2, ACTION_TASK_STEP = 3 };

/* One ctx:each that is under way; lives in the arena of the task that waits for it. */
struct action_rows {
    struct action_task *owner;
    const char *name, *path;
    int rows, fn;            /* registry */
    const char *const *keys; /* one a row */
    uint64_t total, next, running, done, width;
    struct err *failed; /* of the first row that failed: no further ones start */
    bool queued, ended;
    struct action_rows *next_rows;
};

struct action_open {
    struct action_unit unit; /* first: run/ knows this part */
    struct action_task *task;
    struct arena *mem;
};

struct action_task {
    struct script_thread thread;
    struct action *action;
    enum action_task_kind kind;
    struct action_task *parent; /* STEP */
    struct action_rows *rows;   /* ROW */
    struct lua_State *co;
    int anchor; /* registry */
    int args;   /* to start it with */
    struct arena *mem;
    const char *path; /* of its units: "1/countries/IE" */
    const char *digest, *row_key;
    struct map *names;         /* of units used in it */
    struct action_open *open;  /* asked, or answered and not yet replaced */
    bool asked;                /* it waits for `open` */
    bool recording;            /* its function is done, `open` is its record */
    struct err *failed;        /* to raise when it goes on */
    const struct value *reply; /* to go on with */
    struct action_task *next_ready;
    struct action_task *older, *newer; /* all tasks of the action */
};

/* What a pending `soon` finds; outlives the action, so that it may be freed at any time. */
struct action_ticket {
    struct action *action;
};

struct action {
    struct playbook *playbook;
    const struct decl *decl;
    struct action_world world;
    struct arena *mem, *scratch;
    struct action_ticket *ticket;
    bool scheduled, started;
    bool over;   /* the body has ended */
    bool told;   /* ended was called */
    bool broken; /* nothing runs any more; what is open is waited for */
    struct err *failed;
    const struct value *result;
    size_t open;
    int inputs; /* registry */
    struct action_task *tasks, *ready, *ready_last;
    struct action_rows *fill, *fill_last;
};

/* Linked into the action at once, so that nothing leaks when Lua raises next. */
struct action_task *action_task_new(struct action *a, enum action_task_kind kind, const char *path);
/* Makes the coroutine for the function and argument at the top of L's stack, which are popped. */
void action_task_prepare(struct lua_State *L, struct action_task *t);
void action_task_ready(struct action_task *t);
void action_rows_queue(struct action *a, struct action_rows *rows);
struct action_open *action_open_new(struct action_task *t, const char *key, const char *digest);
/* Stops everything with this error, which no pcall of the body can catch. */
void action_break(struct action *a, const struct err *err);
/* Values with every reference in them replaced; raises what is not known. */
const struct value *action_eval(struct lua_State *L, struct action *a, const struct value *v,
                                struct arena *mem);
/* action_ctx.c: pushes the ctx of the action. */
void action_ctx_push(struct lua_State *L, struct action *a);
