/* A conversation with the name server: one connection, signed questions, verified answers.  It asks and
 * reports; what an answer means to an object is for others to say. */
#pragma once

#include "rfc2136_line.h"
#include "rfc2136_wire.h"

/* How an exchange ended. */
enum talk_end {
    TALK_ANSWERED,      /* a verified answer; see rcode */
    TALK_UNSENT,        /* for certain the server has not got the whole message */
    TALK_LOST,          /* it was sent, and no answer came */
    TALK_GARBLED,       /* something came that is no answer to it, or is not signed as it must be */
    TALK_BAD_KEY,       /* the server knows no such key, or does not take it for this */
    TALK_BAD_SIGNATURE, /* ... has another secret */
    TALK_BAD_TIME,      /* ... has another time */
    TALK_UNUSABLE,      /* it could not even be made: the key, or its size */
};

struct talk_fault {
    enum talk_end end;
    bool unsigned_no;   /* GARBLED: a plain REFUSED, as Knot says of zones it does not have */
    const char *detail; /* in words */
};

struct talk {
    struct memory *memory;
    const char *server;
    uint16_t port;
    struct wire_key key;
    struct line line;
    uint16_t last_id;
    struct talk_fault fault; /* of the last exchange that did not go well */
};

/* Connects where there is no connection. */
bool talk_open(struct talk *talk);
void talk_close(struct talk *talk);

/* Asks one thing; frees `wire`.  True: *reply is a verified answer, whatever its rcode, and must be done with
 * wire_reply_done.  False: see talk->fault; the connection is closed where its state is not known. */
bool talk_ask(struct talk *talk, struct wire *wire, struct wire_reply *reply);

/* Many questions that only look, several under way at a time.  `make` gives the i-th (or NULL: there is
 * none); `take` gets its verified answer.  False: see talk->fault. */
typedef void talk_take_fn(void *user, size_t i, const struct wire_reply *reply);
bool talk_ask_many(struct talk *talk, size_t count, struct wire *(*make)(void *user, size_t i),
                   talk_take_fn *take, void *user);

/* A whole zone, record by record (AXFR, RFC 5936).  True: all of it came, verified, or the server answered
 * that it gives none: then *refused.  False: see talk->fault, and what came before must not be used. */
bool talk_transfer(struct talk *talk, const char *zone, wire_each_fn *fn, void *user, bool *refused);
/* Asks for one and hangs up at the first message. */
bool talk_may_transfer(struct talk *talk, const char *zone, bool *refused);
