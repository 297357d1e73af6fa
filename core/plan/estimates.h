/* The estimates: questions to drivers - what would this take? - many at a time.  A driver answers from what
 * it is given; the read-only gate is shut while it does. */
#pragma once

#include <stdint.h>

struct contract_type;
struct driver;
struct loop;
struct op_result;
struct value;

struct estimates {
    struct loop *loop;
    uint32_t in_flight;
    uint32_t most; /* in flight at once */
    void *user;
    /* Once for each question; the result is valid during the call. */
    void (*told)(void *user, uint32_t i, const struct op_result *result);
};

struct estimate_ask {
    const struct driver *driver;
    const struct contract_type *type; /* one that has_estimate */
    const char *address;
    const struct value *prior, *desired; /* prior: NULL where nothing is there */
};

/* Waits while there are too many; texts and values are borrowed until `told`. */
void estimates_ask(struct estimates *e, uint32_t i, const struct estimate_ask *ask);
/* Until every answer is in. */
void estimates_wait(struct estimates *e);
