/* Changes of a zone, each with the preconditions under which it is right: many in one message, each by itself
 * where a message with many was not accepted.  A server does all of a message or nothing (RFC 2136, 3). */
#pragma once

#include "rfc2136_talk.h"

enum edit_kind {
    EDIT_NEED_NONE,   /* no record of this name and type */
    EDIT_NEED_UNUSED, /* no record of this name at all   */
    EDIT_NEED_SAME,   /* exactly these records           */
    EDIT_DROP,        /* all of this name and type go    */
    EDIT_DROP_DATA,   /* these go                        */
    EDIT_ADD,         /* these come                      */
};

struct edit_step {
    enum edit_kind kind;
    const struct wire_set *set;
};

enum edit_end {
    EDIT_UNSENT,   /* for certain nothing happened; see fault                      */
    EDIT_DONE,     /* all of it                                                    */
    EDIT_NOT_DONE, /* nothing of it: the server said no; see rcode, or fault       */
    EDIT_UNSURE,   /* it was sent, and what became of it is not known; see fault   */
};

#define EDIT_STEPS 12

struct edit {
    size_t key;        /* key of the look it is about */
    const char *owner; /* what must not meet in one message: equal marks, and equal owners with a CNAME */
    const char *mark;
    bool is_alias;
    struct edit_step steps[EDIT_STEPS];
    size_t count;
    enum edit_end end;
    uint32_t rcode;
    struct talk_fault fault; /* detail NULL: there was none */
};

void edit_add(struct edit *edit, enum edit_kind kind, const struct wire_set *set);
/* Sends all, in order. */
void edit_send(struct talk *talk, const char *zone, struct edit *edits, size_t count);
