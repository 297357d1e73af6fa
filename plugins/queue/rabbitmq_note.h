/* Notes in the comment of a policy's pattern, "(?#lf1.<mark> key=value ...)": the one place of a policy that
 * RabbitMQ keeps and does not read.  Values are percent-encoded, so that none can end the comment. */
#pragma once

#include "kit.h"

struct rabbit_note {
    const char *marker; /* NULL: the pattern carries no mark of landfall's */
    const char *words;  /* "key=value key=value", never NULL               */
    const char *rest;   /* the pattern itself; NULL only without a pattern */
};

/* `pattern` may be NULL. */
struct rabbit_note rabbit_note_parse(const struct kit *kit, struct lf_op *op, const char *pattern);
/* NULL: it is not noted. */
const char *rabbit_note_get(const struct kit *kit, struct lf_op *op, const struct rabbit_note *note,
                            const char *key);
/* `state` with the noted number. */
const struct lf_value *rabbit_note_put_int(const struct kit *kit, struct lf_op *op,
                                           const struct rabbit_note *note, const char *key,
                                           const struct lf_value *state);
/* A pattern that carries them: `notes` is a map of texts and integers. */
const char *rabbit_note_print(const struct kit *kit, struct lf_op *op, const char *marker,
                              const struct lf_value *notes, const char *pattern);
/* A name as a pattern that matches nothing else. */
const char *rabbit_note_quote(const struct kit *kit, struct lf_op *op, const char *name);
