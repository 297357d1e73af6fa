/* The brief: values, money and times in the few characters a line has for them.  Everything is appended
 * to a cell, safe to print. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct out;
struct value;

/* "db.t4g.medium", "4, 5, 6", "{ size = 4 }", "(secret env:KEY)", "(known later)"; one line, cut after about
 * `columns`; 0: whole. */
void brief_value(struct buf *out, const struct out *o, const struct value *v, size_t columns);
/* "€1 842.50" or "€1 842.50 – €2 010.00", in millionths. */
void brief_money(struct buf *out, const struct out *o, int64_t low, int64_t high, const char *currency);
/* "64 %", rounded; "under 1 %" for what is something; nothing of nothing is 0 %. */
void brief_share(struct buf *out, int64_t part, int64_t whole);
/* Thousandths as a decimal without needless zeros: "2", "1.5", "730.25". */
void brief_quantity(struct buf *out, int64_t milli);
/* Millionths as a decimal, at least two places: "0.129", "20.00".  A price of a unit is finer than a cent. */
void brief_price(struct buf *out, int64_t millionths);
/* "0.1 s", "2 min 5 s", "1 h 3 min". */
void brief_took(struct buf *out, int64_t ms);
/* "2026-11-22 11:40:30", in UTC. */
void brief_time(struct buf *out, int64_t wall_ms);
/* "just now", "5 min ago", "3 h ago", "12 days ago". */
void brief_ago(struct buf *out, int64_t then_ms, int64_t now_ms);
/* "1 step", "2 steps". */
void brief_count(struct buf *out, uint64_t count, const char *noun);
/* An amount as region files and playbooks write it (integer, decimal or text) in millionths; false when it is
 * none. */
bool brief_amount(const struct value *v, int64_t *millionths);
