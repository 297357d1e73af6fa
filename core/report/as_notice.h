/* As notice: what is told to people and programs elsewhere.  A body is what the store keeps of a notice, and
 * what a webhook gets: one JSON document, "landfall.notice/1".  A message is what one sink is sent: a body as
 * it is, several as one text for a Slack-compatible hook, or a mail.  Known secrets are taken out before a
 * body is made, so that none is kept. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct arena;
struct err;
struct notices_sink;
struct out_filter;

struct as_notice_facts {
    const char *key;    /* the receiver's way to drop a double */
    const char *kind;   /* "failed" */
    const char *region; /* its name */
    const char *run_id; /* or NULL */
    int64_t at_ms;
    const char *title; /* one line, without the region: "dns.zone.apex failed" */
    const char *text;  /* what was seen, lines; or NULL */
    const char *code, *advice;
    /* Of a step; NULL where it is about none, or has none. */
    const char *address, *verb, *stage, *owner, *class_name, *where;
    const char *data; /* more for programs: JSON, or NULL */
};
const char *as_notice_body(struct arena *mem, const struct out_filter *filter,
                           const struct as_notice_facts *facts);

/* What one sink is sent; lives in mem. */
struct as_notice_message {
    const char *content_type; /* NULL: a mail, whole */
    const char *text;
    size_t count;
};
/* How many bodies one message to this kind of sink may hold: 1 where each has its own signature. */
size_t as_notice_most(const struct notices_sink *sink);
/* bodies: as as_notice_body made them.  at_ms: the date of a mail. */
MUST_USE bool as_notice_message(struct arena *mem, const struct notices_sink *sink, const char *const *bodies,
                                size_t count, int64_t at_ms, struct as_notice_message *out, struct err *err);
