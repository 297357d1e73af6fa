/* The noticing: tells the people whom landfall.yaml names what happens - which events are notices, for whom,
 * and in which words.  Beside a run it also sends them (run/courier); other commands only queue what they
 * did, and send before they end.  Nothing of it fails a command: what cannot be sent stays due, and is said.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "model/event.h"
#include "region/notices.h"

struct as_notice_facts;
struct courier_tally;
struct err;
struct plan;
struct session;

struct noticing;

/* NULL when landfall.yaml names nobody.  The session's writer is open. */
struct noticing *noticing_new(struct session *s);
/* Tells owners, stages and classes of steps; borrowed.  Before it nobody is left out for them. */
void noticing_know(struct noticing *n, const struct plan *plan);
void noticing_free(struct noticing *n); /* after the writer was closed; NULL is fine, as everywhere below */
/* From here on what is due is sent, whenever the loop runs.  hurry: also what waits for its next try.  What
 * cannot be read stays where it is, and is a warning. */
void noticing_send(struct noticing *n, bool hurry);
/* An event_fn, beside what is put into the store; user is the noticing. */
void noticing_keep(void *noticing, const struct event *e);
/* Any other notice, to all sinks that want it.  `once`: what makes it the same notice, so that it is told
 * once and never again; NULL: it is new.  Key, kind and region are filled in. */
void noticing_put(struct noticing *n, enum notices_kind kind, const char *once,
                  const struct as_notice_facts *facts);
/* The same of a step of the plan, whose owner, stage and class choose. */
void noticing_put_step(struct noticing *n, enum notices_kind kind, const char *once, const char *address,
                       const struct as_notice_facts *facts);
/* Would noticing_put queue something that was not queued before? */
bool noticing_is_news(struct noticing *n, enum notices_kind kind, const char *once);
/* Gives what is due a short while, then stops; says what could not be sent.  Before the writer is closed. */
void noticing_linger(struct noticing *n, uint64_t most_ms); /* without a word, and goes on */
void noticing_finish(struct noticing *n, uint64_t most_ms);
void noticing_stop(struct noticing *n); /* the same without waiting and without a word */
const struct courier_tally *noticing_tallies(const struct noticing *n, size_t *count);

/* How long the end of a command waits for sinks that answer. */
#define NOTICING_LINGER_MS 2000
