/* A way to a name server on which things go wrong: a relay on loopback for messages over TCP (two bytes of
 * length before each), in threads of its own.  It counts what passes and does to chosen messages what
 * networks and dying clients do. */
#pragma once

#include <stddef.h>

/* Kinds of messages; each has a count of its own. */
enum relay_kind { RELAY_QUERY, RELAY_TRANSFER, RELAY_UPDATE };
#define RELAY_KINDS 3

enum relay_fault {
    RELAY_NONE,
    RELAY_DROP,   /* the connection ends before the server saw the message       */
    RELAY_LOSE,   /* the server does it, and the connection ends                 */
    RELAY_LATE,   /* the connection ends, and the server gets it when it may land */
    RELAY_SILENT, /* taken, and never answered                                   */
    RELAY_HALF,   /* half of the answer, then the connection ends                */
    RELAY_TWIST,  /* the answer, with its last byte but ten changed: in the signature */
    RELAY_OTHER,  /* the answer to another question: its id is changed           */
    RELAY_NOISE,  /* bytes that are no message                                   */
    RELAY_REPEAT, /* the answer's first message, again and again                 */
    RELAY_HOLD,   /* `hook` is called, then everything goes its way              */
};

struct relay;

/* To the server at `port`; what only asks goes to `reads_port`, where that is not 0. */
struct relay *relay_open(int port, int reads_port);
void relay_close(struct relay *relay); /* what is late lands */
int relay_port(const struct relay *relay);
/* For the message of this kind after `skip` more of them; one at a time.  Waits for connections that are
 * ending.
 */
void relay_next(struct relay *relay, enum relay_kind kind, size_t skip, enum relay_fault fault);
void relay_hook(struct relay *relay, void (*hook)(void *user), void *user);
size_t relay_count(struct relay *relay, enum relay_kind kind);
/* Lets what is late land, and waits until it has. */
void relay_land(struct relay *relay);
