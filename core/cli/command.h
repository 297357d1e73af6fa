/* The commands: what can be typed behind `landfall`, as a table that parsing, help and completion share.
 * A new command is a row here and a cmd_<name>.c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "cli/option.h"

struct args;
struct err;
struct session;

/* What a word behind the command stands for: for completion, and for nothing else. */
enum command_word {
    COMMAND_WORD_NONE = 0,
    COMMAND_WORD_REGION,
    COMMAND_WORD_REGION_OR_FILE,
    COMMAND_WORD_FOLDER,
    COMMAND_WORD_TEXT, /* an address, a path, a name: the shell cannot know */
    COMMAND_WORD_CHOICE,
    COMMAND_WORD_COMMAND,
    COMMAND_WORD_FILE,
};
#define COMMAND_WORDS 2

/* Exit codes. */
#define COMMAND_OK      0
#define COMMAND_FAILED  1 /* could not run; wrong usage */
#define COMMAND_CHANGES 2 /* plan, diff --exit-code */
#define COMMAND_PARTIAL 3 /* some steps failed, are held or wait for a person */

struct command {
    const char *name;
    const char *summary; /* one line for the overview */
    const char *synopsis;
    size_t words_min, words_max;
    enum command_word words[COMMAND_WORDS];
    const char *const *choices; /* of a COMMAND_WORD_CHOICE; ends with NULL */
    option_set options;         /* beside OPTION_ALWAYS */
    const char *about;          /* paragraphs */
    const char *example;        /* lines, without the indent */
    /* False: could not run, err says why; what was found besides is in the session's diags. */
    bool (*run)(struct session *s, const struct args *args, int *exit_code, struct err *err);
};

/* In the order of the overview. */
const struct command *command_list(size_t *count);
const struct command *command_find(const char *name); /* or NULL */
/* The name nearest to a mistyped one, or NULL. */
const char *command_nearest(const char *name);
