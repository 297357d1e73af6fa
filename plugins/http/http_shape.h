/* The shape of a resource: what of a service's object the step declares, whether that is as declared, whose
 * it is, and what is sent to make it so. */
#pragma once

#include "kit.h"

/* The truth about what `step` declares, from the service's object: the step with its `body` and `outputs` as
 * they are there. */
const struct lf_value *http_shape_state(const struct kit *kit, struct lf_op *op, const struct lf_value *step,
                                        const struct lf_value *object);
/* The marker in the object, or NULL. */
const char *http_shape_marker(const struct kit *kit, const struct lf_value *step,
                              const struct lf_value *object);
/* What create and update send: body, secrets, marker.  NULL: a secret could not be read (and that was said),
 * or a path leads nowhere. */
const struct lf_value *http_shape_body(const struct kit *kit, struct lf_op *op, const struct lf_value *step,
                                       const char *marker);
/* Equal but for how a number is written. */
bool http_shape_same(const struct kit *kit, const struct lf_value *a, const struct lf_value *b);
/* A text, or an integer as text; else NULL. */
const char *http_shape_text(const struct kit *kit, struct lf_op *op, const struct lf_value *value);
/* The value at `path`, or the whole where there is no path. */
const struct lf_value *http_shape_part(const struct kit *kit, const struct lf_value *whole, const char *path);
