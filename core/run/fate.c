#include "run/fate.h"

#include "base/arena.h"

uint64_t fate_draw(uint64_t seed, const char *text, uint64_t n)
{
    uint64_t h = 14695981039346656037u ^ seed * 0x9e3779b97f4a7c15u;
    for (; text && *text; text++)
        h = (h ^ (uint8_t)*text) * 1099511628211u;
    h += n * 0xbf58476d1ce4e5b9u;
    /* The finish of SplitMix64, without which near numbers give near draws. */
    h = (h ^ h >> 30) * 0xbf58476d1ce4e5b9u;
    h = (h ^ h >> 27) * 0x94d049bb133111ebu;
    return h ^ h >> 31;
}

static uint64_t draw_for(const struct fate_odds *odds, const struct ledger_unit *unit, uint32_t tries,
                         uint64_t salt)
{
    return fate_draw(odds->seed ^ salt, unit->what, fate_draw(odds->seed, unit->address, tries));
}

struct fate fate_of(const struct fate_odds *odds, const struct ledger_unit *unit, uint32_t tries)
{
    static const enum fate_kind kinds[] = {FATE_THROTTLED,  FATE_UNREACHED, FATE_LOST_REQUEST,
                                           FATE_LOST_REPLY, FATE_LATE,      FATE_ERROR_BEFORE,
                                           FATE_ERROR_AFTER};
    uint64_t kind = draw_for(odds, unit, tries, 0x6b696e64), wait = draw_for(odds, unit, tries, 0x77616974);
    struct fate f = {0};
    if (tries > FATE_TRIES_BAD)
        return f;
    if (draw_for(odds, unit, tries, 0x7468726f) % 1000 < odds->throttle_milli)
        f.kind = FATE_THROTTLED;
    else if (draw_for(odds, unit, tries, 0x6661756c) % 1000 < odds->faults_milli)
        f.kind = kinds[kind % (sizeof(kinds) / sizeof(kinds[0]))];
    /* Half of all services say when to come back. */
    if (f.kind == FATE_THROTTLED && wait % 2)
        f.retry_after_ms = (uint32_t)(1000 + wait / 2 % 30000);
    return f;
}

/* Straight lines between half the median at 0, the median at 50, P90 at 90 and half again P90 at 100: exact
 * in integers, and with the tail that builds of databases have. */
int64_t fate_duration(uint64_t draw, int64_t p50_ms, int64_t p90_ms)
{
    int64_t u = (int64_t)(draw % 1000), low = p50_ms / 2, high = p90_ms + p90_ms / 2;
    if (u < 500)
        return low + (p50_ms - low) * u / 500;
    if (u < 900)
        return p50_ms + (p90_ms - p50_ms) * (u - 500) / 400;
    return p90_ms + (high - p90_ms) * (u - 900) / 100;
}
