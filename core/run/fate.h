/* The fate: what becomes of one request in a rehearsal - it is throttled, lost, answered late, or the process
 * dies around it.  A pure function of the seed and of what is asked, never of the order of asking, so that
 * the same seed tells the same story. */
#pragma once

#include <stdint.h>

#include "run/ledger.h"

/* After so many tries of a unit the service is well again: what never ends is an outage, and no rehearsal of
 * a build. */
#define FATE_TRIES_BAD 4

enum fate_kind {
    FATE_FINE = 0,
    FATE_THROTTLED,
    FATE_UNREACHED,
    FATE_LOST_REQUEST,
    FATE_LOST_REPLY,
    FATE_LATE,
    FATE_ERROR_BEFORE, /* a 500, and nothing happened */
    FATE_ERROR_AFTER,  /* a 500, and it happened */
    FATE_DEATH,        /* at `point` */
};

struct fate {
    enum fate_kind kind;
    enum ledger_point point;
    uint32_t retry_after_ms; /* FATE_THROTTLED; 0: the service says nothing */
};

struct fate_odds {
    uint64_t seed;
    uint32_t faults_milli, throttle_milli; /* of 1 000 requests */
};

/* 64 bits out of the seed, a text and a number. */
uint64_t fate_draw(uint64_t seed, const char *text, uint64_t n);
/* Of a try of a unit; tries from 1.  Never FATE_DEATH. */
struct fate fate_of(const struct fate_odds *odds, const struct ledger_unit *unit, uint32_t tries);
/* A duration between half its median and half again its P90, as the draw says. */
int64_t fate_duration(uint64_t draw, int64_t p50_ms, int64_t p90_ms);
