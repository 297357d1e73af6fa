#include "report/brief.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/tick.h"
#include "model/expr.h"
#include "model/money.h"
#include "model/value.h"
#include "model/value_json.h"
#include "report/cell.h"
#include "report/out.h"

/* Of a list or map this many are shown, then "and 7 more". */
#define ITEMS_MAX      4
#define NESTED_COLUMNS 40

/* ---- values ---------------------------------------------------------------------------------- */

static void print_text(struct buf *out, const struct out *o, const char *text, size_t count, size_t columns)
{
    /* What would read as nothing, or as several things, gets quotes. */
    bool quoted = count == 0 || text[0] == ' ' || text[count - 1] == ' ';
    if (quoted)
        buf_char(out, '"');
    cell_add_short(out, o, text, count, columns ? columns : SIZE_MAX / 8);
    if (quoted)
        buf_char(out, '"');
}

/* A list of hundreds of addresses is one fact in a plan: how many, and what they look like. */
static void print_items(struct buf *out, const struct out *o, const struct value *v, size_t columns)
{
    size_t most = columns ? ITEMS_MAX : v->count;
    for (size_t i = 0; i < v->count && i < most; i++) {
        if (i)
            buf_text(out, ", ");
        if (v->kind == VALUE_MAP) {
            cell_add(out, o, v->pairs[i].key);
            buf_text(out, " = ");
        }
        brief_value(out, o, v->kind == VALUE_MAP ? v->pairs[i].value : v->items[i],
                    columns ? NESTED_COLUMNS : 0);
    }
    if (v->count > most)
        buf_print(out, " and %zu more", v->count - most);
}

void brief_value(struct buf *out, const struct out *o, const struct value *v, size_t columns)
{
    switch (value_kind(v)) {
    case VALUE_TEXT:
        print_text(out, o, v->text, v->count, columns);
        break;
    case VALUE_LIST:
        buf_char(out, '[');
        print_items(out, o, v, columns);
        buf_char(out, ']');
        break;
    case VALUE_MAP:
        buf_text(out, v->count ? "{ " : "{");
        print_items(out, o, v, columns);
        buf_text(out, v->count ? " }" : "}");
        break;
    case VALUE_UNKNOWN:
        buf_text(out, "(known later)");
        break;
    case VALUE_SECRET:
        buf_text(out, "(secret ");
        cell_add(out, o, v->secret->source);
        buf_char(out, ')');
        break;
    case VALUE_EXPR: {
        struct buf text;
        buf_init(&text, 0);
        expr_print(&text, v->expr);
        cell_add(out, o, text.at);
        buf_done(&text);
        break;
    }
    default:
        value_json_print(out, v);
    }
}

/* ---- money ----------------------------------------------------------------------------------- */

void brief_money(struct buf *out, const struct out *o, int64_t low, int64_t high, const char *currency)
{
    money_print(out, low, currency, o->style.ascii);
    if (high == low)
        return;
    cell_sign(out, o, " – ", " - ");
    money_print(out, high, currency, o->style.ascii);
}

/* In 128 bits, so that no amount of money is too much for a hundred of it. */
void brief_share(struct buf *out, int64_t part, int64_t whole)
{
    if (whole <= 0 || part <= 0) {
        buf_text(out, "0 %");
        return;
    }
    __int128 percent = ((__int128)part * 100 + whole / 2) / whole;
    if (percent == 0)
        buf_text(out, "under 1 %");
    else
        buf_print(out, "%lld %%", percent > INT64_MAX ? INT64_MAX : (long long)percent);
}

/* `digits` places of a number that counts in as many, zeros at the end left out down to `least`. */
static void print_decimal(struct buf *out, int64_t number, int64_t unit, int digits, int least)
{
    long long whole = number / unit, rest = number % unit;
    while (digits > least && rest % 10 == 0) {
        rest /= 10;
        digits--;
    }
    buf_print(out, "%lld", whole);
    if (digits > 0)
        buf_print(out, ".%0*lld", digits, rest);
}

void brief_quantity(struct buf *out, int64_t milli)
{
    print_decimal(out, milli, 1000, 3, 0);
}

void brief_price(struct buf *out, int64_t millionths)
{
    print_decimal(out, millionths, MONEY_UNIT, 6, 2);
}

bool brief_amount(const struct value *v, int64_t *millionths)
{
    struct err unused;
    struct buf text;
    if (value_kind(v) != VALUE_INT && value_kind(v) != VALUE_TEXT && value_kind(v) != VALUE_REAL)
        return false;
    buf_init(&text, 0);
    if (v->kind == VALUE_TEXT)
        buf_add(&text, v->text, v->count);
    else
        value_json_print(&text, v);
    bool good = money_parse(text.at, millionths, &unused);
    buf_done(&text);
    return good;
}

/* ---- times and counts ------------------------------------------------------------------------ */

#define SECOND 1000
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * (int64_t)HOUR)

/* Two units at most: nobody plans by the second of an hour. */
void brief_took(struct buf *out, int64_t ms)
{
    if (ms < 0)
        ms = 0;
    if (ms < MINUTE)
        buf_print(out, "%lld.%lld s", (long long)(ms / SECOND), (long long)(ms % SECOND / 100));
    else if (ms < HOUR)
        buf_print(out, "%lld min %lld s", (long long)(ms / MINUTE), (long long)(ms % MINUTE / SECOND));
    else
        buf_print(out, "%lld h %lld min", (long long)(ms / HOUR), (long long)(ms % HOUR / MINUTE));
}

void brief_time(struct buf *out, int64_t wall_ms)
{
    char text[TICK_TEXT];
    tick_print(wall_ms, text);
    buf_add(out, text, strlen("2026-11-22"));
    buf_char(out, ' ');
    buf_add(out, text + strlen("2026-11-22T"), strlen("11:40:30"));
}

void brief_ago(struct buf *out, int64_t then_ms, int64_t now_ms)
{
    int64_t ms = now_ms - then_ms;
    if (ms < MINUTE)
        buf_text(out, "just now");
    else if (ms < HOUR)
        buf_print(out, "%lld min ago", (long long)(ms / MINUTE));
    else if (ms < 2 * DAY)
        buf_print(out, "%lld h ago", (long long)(ms / HOUR));
    else
        buf_print(out, "%lld days ago", (long long)(ms / DAY));
}

void brief_count(struct buf *out, uint64_t count, const char *noun)
{
    buf_print(out, "%llu %s%s", (unsigned long long)count, noun, count == 1 ? "" : "s");
}
