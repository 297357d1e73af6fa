/* Retry: when to try again, and when not any more.  Exponential backoff with full jitter; a service's own
 * Retry-After wins; a budget keeps an outage from multiplying its load. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* First wait is drawn from 0..RETRY_FIRST_MS, each further one from twice that, up to RETRY_MOST_MS: the
 * "full jitter" of "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015). */
#define RETRY_FIRST_MS      200
#define RETRY_MOST_MS       30000
#define RETRY_AFTER_MOST_MS 3600000 /* what a service may ask for at most */

/* The budget: a bucket that starts full, from which every retry takes one and into which every success puts a
 * tenth, the ratio client libraries of large services use (gRPC retry throttling, A6). */
struct retry_budget {
    int64_t tenths;
};
#define RETRY_BUDGET_TENTHS 10000

void retry_budget_init(struct retry_budget *b);
void retry_budget_success(struct retry_budget *b);
/* False: the budget is used up, fail instead. */
bool retry_budget_take(struct retry_budget *b);
/* Where the jitter comes from: from chance itself, unless somebody wants to see the same run twice. */
struct retry_chance {
    uint64_t (*draw)(void *user); /* or NULL */
    void *user;
};
uint64_t retry_draw(const struct retry_chance *c);
/* tries: how many there were so far, from 1.  asked_ms: the service's Retry-After, 0: none.  random: any 64
 * bits. */
uint64_t retry_wait_ms(uint32_t tries, uint64_t asked_ms, uint64_t random);

/* What only asks is asked again a few times where a service throttles; a plan does not wait for minutes. */
#define RETRY_READS        4
#define RETRY_READ_MOST_MS 10000
/* A question was answered RETRY for the tries-th time.  True: ask again after *wait_ms. */
bool retry_reads(uint32_t tries, uint64_t asked_ms, uint64_t *wait_ms);
