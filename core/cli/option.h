/* The options: every option of every command, once.  Parsing, help and completion read the same table; a
 * command names the ones it takes by a set of their ids. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum option_id {
    OPTION_HELP,
    OPTION_FOLDER,
    OPTION_QUIET,
    OPTION_VERBOSE,
    OPTION_COLOR,
    OPTION_ASCII,
    OPTION_JSON,
    OPTION_OUT,
    OPTION_TARGET,
    OPTION_REPLACE,
    OPTION_REFRESH_ONLY,
    OPTION_DESTROY,
    OPTION_EXIT_CODE,
    OPTION_YES,
    OPTION_YES_DATA,
    OPTION_CRASH_AFTER,
    OPTION_TRIES,
    OPTION_STORY,
    OPTION_LAST,
    OPTION_DOT,
    OPTION_KEEP,
    OPTION_RETRY,
    OPTION_FORGET,
    OPTION_REASON,
    OPTION_LINEAGE,
    OPTION_BY,
    OPTION_EVIDENCE,
    OPTION_SETTINGS,
    OPTION_WITHOUT,
    OPTION_FASTER,
    OPTION_SUPPOSE_DONE,
    OPTION_ON,
    OPTION_SEND,
    OPTION_COST,
    OPTION_REPORT_OUT,
    OPTION_FORMAT,
    OPTION_NO_REFRESH,
    OPTION_CEILING_MONTHLY,
    OPTION_CEILING_ONE_OFF,
    OPTION_EXPIRES,
    OPTION_SIGN,
    OPTION_EVIDENCE_OUT,
    OPTION_READ_BACK,
    OPTION_VERIFY,
    OPTION_ROUNDS,
    OPTION_SEED,
    OPTION_FAULTS,
    OPTION_THROTTLE,
    OPTION_CRASHES,
    OPTION_COUNT,
};

typedef uint64_t option_set;
#define OPTION_BIT(id) (UINT64_C(1) << (id))
/* What every command takes. */
#define OPTION_ALWAYS                                                                                        \
    (OPTION_BIT(OPTION_HELP) | OPTION_BIT(OPTION_FOLDER) | OPTION_BIT(OPTION_QUIET) |                        \
     OPTION_BIT(OPTION_VERBOSE) | OPTION_BIT(OPTION_COLOR) | OPTION_BIT(OPTION_ASCII))

enum option_kind {
    OPTION_FLAG = 1,
    OPTION_TEXT,   /* the last one given counts */
    OPTION_LIST,   /* may be given again and again */
    OPTION_NUMBER, /* from 1 */
};

/* What a shell offers behind it. */
enum option_offer { OPTION_OFFER_NOTHING = 0, OPTION_OFFER_FILE, OPTION_OFFER_FOLDER };

struct option_facts {
    const char *name; /* "target": --target */
    char letter;      /* 'o': -o; 0: none */
    enum option_kind kind;
    enum option_offer offer;
    const char *value;          /* "ADDRESS", for help; NULL: a flag */
    const char *const *choices; /* ends with NULL; NULL: anything */
    const char *doc;            /* lower case, no full stop */
    uint32_t most;              /* one line of so many characters at most; 0: any text */
};

const struct option_facts *option_get(enum option_id id);
/* By long name or by letter, among `allowed`; OPTION_COUNT when there is none. */
enum option_id option_find(option_set allowed, const char *name);
enum option_id option_find_letter(option_set allowed, char letter);
/* The long name nearest to a mistyped one, or NULL. */
const char *option_nearest(option_set allowed, const char *name);
