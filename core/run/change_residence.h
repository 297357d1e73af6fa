/* Where the data of an object that was just made is, and that it is gone: one entry of the audit chain each,
 * in the commit that records the object itself. */
#pragma once

struct change;
struct value;

/* `state`: what the driver told; may be NULL.  Nothing for what holds no data. */
void change_residence_put(struct change *c, const struct value *state);
void change_residence_gone(struct change *c);
