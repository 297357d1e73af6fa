/* The rehearsing: a session in which nothing is real - virtual time, a host without network, a simulator in
 * the place of every driver, a folder that is thrown away - and how long things take in it.  Lives during one
 * command. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "run/life.h"

struct err;
struct facts_span;
struct rehearsal;
struct session;

struct rehearsing;

/* Project and region are open. */
MUST_USE bool rehearsing_open(struct session *s, struct rehearsing **out, struct err *err);
/* The folder goes with everything in it; before the session is closed. */
void rehearsing_close(struct rehearsing *r); /* NULL is fine */
const struct life_world *rehearsing_world(const struct rehearsing *r);
const char *rehearsing_folder(const struct rehearsing *r);
/* True once somebody pressed Ctrl-C, which ends nothing by itself while a rehearsal is open. */
bool rehearsing_is_stopped(void *unused);
/* Every duration that steps and calls took, with its source. */
const struct facts_span *rehearsing_spans(struct rehearsing *r, const struct rehearsal *rehearsal,
                                          size_t *count);
const char *const *rehearsing_unopened(const struct rehearsing *r, size_t *count);
const char *const *rehearsing_drivers(const struct rehearsing *r, size_t *count);
