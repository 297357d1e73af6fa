/* The arguments: what was typed, checked against the tables of commands and options.  Borrows argv; lives in
 * the arena of the process. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "cli/command.h"
#include "cli/option.h"

struct arena;
struct err;

struct args_values {
    const char **at;
    size_t count, room;
};

struct args {
    const struct command *command; /* NULL: `landfall` alone, or with options only */
    const char *words[COMMAND_WORDS];
    size_t word_count;
    struct args_values options[OPTION_COUNT];
};

/* Options may stand anywhere, also before the command; `--` ends them.  Errors "usage...." name what was
 * typed, what comes near, and how to learn more.  `--help` and `-h` make everything else optional.  On an
 * error `out` holds what was understood so far, so that it can be told in the form that was asked for. */
MUST_USE bool args_parse(struct arena *mem, int argc, char *const *argv, struct args *out, struct err *err);
bool args_has(const struct args *a, enum option_id id);
const char *args_text(const struct args *a, enum option_id id, const char *otherwise);
int64_t args_number(const struct args *a, enum option_id id, int64_t otherwise);
/* The word, or NULL. */
const char *args_word(const struct args *a, size_t i);
