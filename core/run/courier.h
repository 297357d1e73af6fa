/* The courier: brings what is due in the store's outbox to its sinks, beside a build and never in its way.
 * At least once: a notice is marked as sent after the sink took it, so that a crash in between sends it again
 * under the same key.  One message at a time for each sink, tried again with growing pauses, given up when it
 * is too old.  Nothing here ends a run or waits for one; a loop that stops leaves all of it for the next
 * courier.  Lives during one run. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct arena;
struct err;
struct http;
struct loop;
struct notices;
struct notices_sink;
struct store_writer;
struct value;

/* What one message says; as report/as_notice makes it. */
struct courier_message {
    const char *content_type;
    const char *text;
    size_t count;
};

struct courier_ask {
    struct loop *loop;
    struct http *http;
    struct store_writer *writer;
    const char *store_path;
    const char *ca_file;           /* for mail: as struct http_limits, or NULL */
    const struct notices *notices; /* borrowed for its life */
    /* Bodies a message to this sink may hold, and the message of so many. */
    size_t (*most)(const struct notices_sink *sink);
    bool (*make)(void *user, struct arena *mem, const struct notices_sink *sink, const char *const *bodies,
                 size_t count, struct courier_message *out, struct err *err);
    /* A text or a secret as what it stands for; the text lives as long as the process. */
    bool (*reveal)(void *user, const struct value *v, const char **text, struct err *err);
    /* Without known secrets, in mem: for what is stored. */
    const char *(*mask)(void *user, struct arena *mem, const char *text);
    void *user;
    bool hurry; /* what waits for its next try is tried now */
};

struct courier;

/* What became of a sink's notices in this process. */
struct courier_tally {
    const char *sink;
    uint64_t sent, due, given_up;
    const char *why; /* the last failure, or NULL: none, or it was overcome */
};

struct courier *courier_new(const struct courier_ask *ask);
/* Cancels what is under way, which stays due, and touches neither loop nor store from then on: while the
 * writer is open. */
void courier_stop(struct courier *c);
void courier_free(
    struct courier *c); /* after the writer was closed, which may still hold callbacks; NULL is fine */
/* Takes up what earlier runs left.  Without it only what is put is sent. */
MUST_USE bool courier_load(struct courier *c, struct err *err);
/* Puts a notice into the store's next commit, once for each key, and sends it when that is durable.  The sink
 * is one of the notices'. */
void courier_put(struct courier *c, const char *key, const char *sink, const char *body);
/* Was a notice of this key told, or is it queued?  What was put since the last commit is not known yet. */
bool courier_knows(const struct courier *c, const char *key);
/* Runs the loop until nothing is due, every sink that is left is in trouble, or the time is over. */
void courier_linger(struct courier *c, uint64_t most_ms);
/* The bytes that a webhook's key stands for: those of the base64 behind whsec_, or its own; in mem, or
 * `key`'s. Error "courier.key". */
MUST_USE bool courier_key(struct arena *mem, const char *key, const uint8_t **bytes, size_t *count,
                          struct err *err);
/* One for each sink that has or had something; in mem. */
const struct courier_tally *courier_tallies(const struct courier *c, struct arena *mem, size_t *count);
