/* What the tests of a script share: a world of small limits, and running a text in it. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lua.h>

#include "base/arena.h"
#include "base/err.h"
#include "script/script.h"

struct fixture {
    struct script *s;
    struct err err;
};

static inline int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    f->s = script_new((struct script_limits){.memory = 64 << 20, .instructions = 50000000});
    *state = f;
    return 0;
}

static inline int teardown(void **state)
{
    struct fixture *f = *state;
    script_free(f->s);
    free(f);
    return 0;
}

static inline bool runs(struct fixture *f, const char *text)
{
    memset(&f->err, 0, sizeof(f->err));
    return script_load(f->s, "playbooks/a.lua", text, strlen(text), &f->err) &&
           script_run(f->s, 0, 0, &f->err);
}

/* The text ends with a return; what it returns, as text. */
static inline const char *gives(struct fixture *f, const char *text)
{
    memset(&f->err, 0, sizeof(f->err));
    if (!script_load(f->s, "playbooks/a.lua", text, strlen(text), &f->err) ||
        !script_run(f->s, 0, 1, &f->err))
        fail_msg("%s: %s", f->err.where, f->err.summary);
    const char *result = lua_tostring(script_state(f->s), -1);
    return result ? result : "(no text)";
}

static inline void assert_fails(struct fixture *f, const char *text, const char *where, const char *part)
{
    if (runs(f, text))
        fail_msg("it ran: %s", text);
    if (!strstr(f->err.summary, part))
        fail_msg("'%s' is not in '%s'", part, f->err.summary);
    assert_string_equal(f->err.where, where);
    assert_true(f->err.advice[0] != '\0');
    assert_true(f->err.code[0] != '\0');
}
