#include "plugin/retry.h"

#include "base/digest.h"

void retry_budget_init(struct retry_budget *b)
{
    b->tenths = RETRY_BUDGET_TENTHS;
}

void retry_budget_success(struct retry_budget *b)
{
    if (b->tenths < RETRY_BUDGET_TENTHS)
        b->tenths++;
}

bool retry_budget_take(struct retry_budget *b)
{
    if (b->tenths < 10)
        return false;
    b->tenths -= 10;
    return true;
}

uint64_t retry_wait_ms(uint32_t tries, uint64_t asked_ms, uint64_t random)
{
    if (asked_ms > 0)
        return asked_ms < RETRY_AFTER_MOST_MS ? asked_ms : RETRY_AFTER_MOST_MS;
    uint64_t most = RETRY_FIRST_MS;
    for (uint32_t k = 1; k < tries && most < RETRY_MOST_MS; k++)
        most *= 2;
    if (most > RETRY_MOST_MS)
        most = RETRY_MOST_MS;
    return random % (most + 1);
}

uint64_t retry_draw(const struct retry_chance *c)
{
    uint64_t random;
    if (c->draw)
        return c->draw(c->user);
    digest_random(&random, sizeof(random));
    return random;
}

bool retry_reads(uint32_t tries, uint64_t asked_ms, uint64_t *wait_ms)
{
    uint64_t random;
    digest_random(&random, sizeof(random));
    uint64_t wait = retry_wait_ms(tries, asked_ms, random);
    if (tries >= RETRY_READS || wait > RETRY_READ_MOST_MS)
        return false;
    *wait_ms = wait;
    return true;
}
