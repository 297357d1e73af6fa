/* The parts of a script, shared by the units of this folder only. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/err.h"
#include "script/script.h"
#include "script/watchdog.h"

struct script_file {
    const char *source; /* Lua's own text, anchored while the script lives */
    const char *name;   /* as errors show it */
};

struct script {
    struct lua_State *state;
    struct script_thread main;
    struct script_limits limits;
    size_t used;           /* bytes Lua holds */
    uint64_t instructions; /* since the run began */
    bool stopped;          /* the budget is spent */
    unsigned depth;        /* of script_run */
    struct arena *own;     /* lives with the script */
    struct arena *keep;    /* see script_keep_in */
    size_t keep_base;      /* bytes in it that are not ours */
    struct arena *tmp;     /* of the word that runs */
    struct watchdog *dog;
    void *owner;
    struct err raised;  /* by the last word that raised */
    struct err failure; /* what the message handler made of the last error */
    ARRAY(struct script_file) files;
    int (*raising[2])(struct lua_State *); /* error and assert: what a script raises with itself */
    /* Userdata of upper floors as a value; see script_value.h. */
    const struct value *(*userdata)(struct lua_State *L, int index, struct arena *mem);
};

/* script_trace.c: the story of an error into s->failure, while the stack of L still stands. */
void script_trace_explain(struct script *s, struct lua_State *L, int message);
/* A failure of the compiler: its message, without the place, and the line it is about. */
void script_trace_syntax(struct script *s, const char *name, const char *bytes, size_t count,
                         const char *message, struct err *err);
/* The name behind a function's source. */
const char *script_trace_name(struct script *s, const char *source);
void script_trace_memory(struct script *s, struct err *err);
