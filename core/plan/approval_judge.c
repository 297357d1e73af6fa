#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/str.h"
#include "base/tick.h"
#include "model/money.h"
#include "model/value.h"
#include "plan/approval.h"
#include "plan/plan_file.h"
#include "region/approvals.h"
#include "store/store.h"

/* Clocks of two people differ by less than this. */
#define SKEW_MS 300000

struct judge {
    struct arena *mem;
    const struct approval_terms *terms;
    const struct approval *all; /* as the file has them */
    size_t all_count;
    ARRAY(const struct approval *) counted;
    ARRAY(const char *) keys; /* of the counted: the signer's key, or NULL */
    ARRAY(const struct approval *) superseded;
    struct buf why_not;
};

/* ---- what must not be ---------------------------------------------------------------------- */

static bool altered(const struct approval *a, const char *what, const char *says, const char *is,
                    struct err *err)
{
    err_set(err, "approval.altered",
            "the approval of '%s' (line %zu) is for another %s: '%s', and the plan has '%s'", a->by,
            a->number, what, says, is);
    return err_advise(err,
                      "somebody changed it, or it belongs to another plan: take that line out, and have it "
                      "given again");
}

static bool check_subject(const struct judge *j, const struct approval *a, struct err *err)
{
    const struct approval_subject *s = j->terms->subject;
    const struct {
        const char *what, *says, *is;
    } pairs[] = {{"region", a->region, s->region},
                 {"store (lineage)", a->lineage, s->lineage},
                 {"currency", a->currency, s->currency},
                 {"planner", a->planned_by, s->planned_by}};
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        if (strcmp(pairs[i].says, pairs[i].is) != 0)
            return altered(a, pairs[i].what, pairs[i].says, pairs[i].is, err);
    }
    if (a->unpriced != s->spend.unpriced)
        return altered(a, "number of steps without a price", arena_print(j->mem, "%u", a->unpriced),
                       arena_print(j->mem, "%u", s->spend.unpriced), err);
    if (a->classes & ~s->classes)
        return altered(a, "kind of change", "more than the plan has", "less", err);
    return true;
}

static bool check_times(const struct judge *j, const struct approval *a, struct err *err)
{
    if (a->given_ms > j->terms->now_ms + SKEW_MS) {
        char when[TICK_TEXT];
        tick_print(a->given_ms, when);
        err_set(err, "approval.future",
                "the approval of '%s' (line %zu) says it was given at %s, which is not yet", a->by, a->number,
                when);
        return err_advise(err, "look at the clocks of both machines, or have it given again");
    }
    if (a->expires_ms - a->given_ms <= j->terms->config->valid_ms + SKEW_MS)
        return true;
    err_set(err, "approval.too_long", "the approval of '%s' (line %zu) holds longer than the project allows",
            a->by, a->number);
    return err_advise(err, "have it given again; landfall.yaml has 'valid_days'");
}

static bool used(const struct approval *a, const struct store_approval *by, struct err *err)
{
    err_set(err, "approval.used", "the approval of '%s' (line %zu) was used before, by run %.8s", a->by,
            a->number, by->run_id ? by->run_id : "?");
    return err_advise(err,
                      "an approval opens one run: make a new plan with landfall plan, and have it approved");
}

static bool check_unspent(const struct judge *j, const struct approval *a, struct err *err)
{
    for (size_t i = 0; i < j->terms->spent_count; i++) {
        const struct store_approval *s = &j->terms->spent[i];
        if (str_equal(s->nonce, a->nonce) || str_equal(s->plan_digest, a->digest))
            return used(a, s, err);
    }
    for (const struct approval *other = j->all; other < a; other++) {
        if (strcmp(other->nonce, a->nonce) != 0)
            continue;
        err_set(err, "approval.twice", "line %zu is the approval of line %zu once more", a->number,
                other->number);
        return err_advise(err, "take line %zu out", a->number);
    }
    return true;
}

static bool is_line(const struct approval *a, const char *hex)
{
    char own[DIGEST_HEX];
    digest_text(a->line, strlen(a->line), own);
    return str_equal(own, hex);
}

static const struct approval *line_in(const struct approval *at, const struct approval *end, const char *hex)
{
    while (at < end && !is_line(at, hex))
        at++;
    return at < end ? at : NULL;
}

static bool has_seen(const struct approval *a, const struct approval *other)
{
    for (size_t i = 0; i < a->after->count; i++) {
        const char *hex = value_as_text(a->after->items[i]);
        if (hex && is_line(other, hex))
            return true;
    }
    return false;
}

/* What its giver saw is not above it: it stands below, or another line is in its place, or nothing is. */
static bool not_above(const struct judge *j, const struct approval *a, const char *wanted, struct err *err)
{
    const struct approval *below = line_in(a, j->all + j->all_count, wanted), *other = j->all;
    if (below) {
        err_set(err, "approval.order",
                "lines were moved: '%s' (line %zu) approved on top of the approval of '%s', which is line "
                "%zu now",
                a->by, a->number, below->by, below->number);
        return err_advise(err, "put the lines back in the order in which they were given");
    }
    while (other < a && (!str_equal(other->digest, a->digest) || has_seen(a, other)))
        other++;
    if (other < a) {
        err_set(
            err, "approval.altered",
            "line %zu, the approval of '%s', was altered since '%s' approved on top of it (line %zu), or was "
            "put in place of another",
            other->number, other->by, a->by, a->number);
        return err_advise(
            err,
            "put line %zu back as it was, or take it and those below it out, and have them given "
            "again",
            other->number);
    }
    err_set(err, "approval.order",
            "a line was removed: '%s' (line %zu) approved on top of %zu other%s, and not all of them are "
            "above it",
            a->by, a->number, a->after->count, a->after->count == 1 ? "" : "s");
    return err_advise(err, "put it back, or take line %zu out, and have it given again", a->number);
}

/* What its giver saw has to stand above it, unchanged. */
static bool check_after(const struct judge *j, const struct approval *a, struct err *err)
{
    for (size_t i = 0; value_kind(a->after) == VALUE_LIST && i < a->after->count; i++) {
        const char *wanted = value_as_text(a->after->items[i]);
        if (!line_in(j->all, a, wanted))
            return not_above(j, a, wanted, err);
    }
    return true;
}

/* ---- what is of no use --------------------------------------------------------------------- */

static bool leave(struct judge *j, const struct approval *a, const char *why)
{
    buf_print(&j->why_not, "%s%s (line %zu): %s", j->why_not.count ? "\n" : "", a->by, a->number, why);
    return false;
}

/* Of what it says yes to, that which its giver may. */
static uint32_t entitled(const struct approval_terms *t, const char *by, uint32_t classes)
{
    const struct approvals *c = t->config;
    bool is_own = strcmp(by, t->subject->planned_by) == 0;
    uint32_t bits = classes & approvals_of_person(c, by);
    for (unsigned k = 0; is_own && k < APPROVALS_CLASS_COUNT; k++) {
        if (c->need[k] > 0 && (!c->own_plans || c->need[k] > 1))
            bits &= ~APPROVALS_BIT(k);
    }
    return bits;
}

uint32_t approval_may(const struct approval_terms *t, const char *by, struct err *err)
{
    uint32_t bits = entitled(t, by, t->subject->classes);
    if (bits)
        return bits;
    if (approvals_of_person(t->config, by) & t->subject->classes) {
        err_set(err, "approval.own_plan", "'%s' made this plan, and may not be the one who approves it", by);
        err_advise(
            err, "ask somebody else to run landfall approve%s",
            t->config->own_plans ? "" : "; 'own_plans: true' in landfall.yaml allows it where one is enough");
        return 0;
    }
    err_set(err, "approval.not_named", "'%s' may not approve any change of this plan", by);
    err_advise(err, "landfall.yaml names who may, under approvals: people; give that name with --by");
    return 0;
}

static bool is_of_use(struct judge *j, const struct approval *a, const char *key)
{
    const struct approvals *c = j->terms->config;
    if (a->expires_ms <= j->terms->now_ms) {
        char when[TICK_TEXT];
        tick_print(a->expires_ms, when);
        return leave(j, a, arena_print(j->mem, "expired at %s", when));
    }
    if (c->is_signed && !a->signature)
        return leave(j, a, "not signed");
    for (size_t i = 0; i < j->counted.count; i++) {
        if (strcmp(j->counted.at[i]->by, a->by) == 0)
            return leave(j, a, "the same person a second time");
        if (key && str_equal(j->keys.at[i], key))
            return leave(j, a, arena_print(j->mem, "signed with the key of %s", j->counted.at[i]->by));
    }
    struct err why;
    if (entitled(j->terms, a->by, a->classes))
        return true;
    return approval_may(j->terms, a->by, &why) ? leave(j, a, "says yes to nothing that it may")
                                               : leave(j, a, why.summary);
}

/* A store that is not built yet has no lineage but that which each plan makes up for it: nobody did anything
 * wrong.  It counts no more, all the same: a store that was lost had a lineage too, and what was approved for
 * it and spent there must not open a second one. */
static bool is_superseded(const struct judge *j, const struct approval *a)
{
    const struct approval_subject *s = j->terms->subject;
    return s->is_first && plan_file_is_lineage(a->lineage) && strcmp(a->lineage, s->lineage) != 0;
}

static void leave_superseded(struct judge *j, const struct approval *a)
{
    leave(j, a,
          "given before this plan was made anew (until there is a store each plan has a lineage of its own): "
          "has to be given again");
    ARRAY_PUSH(&j->superseded, a);
}

/* ---- all of them --------------------------------------------------------------------------- */

static bool judge_one(struct judge *j, const struct approval *a, struct err *err)
{
    const char *key = NULL;
    if (!check_subject(j, a, err) || !check_times(j, a, err) || !check_unspent(j, a, err) ||
        !check_after(j, a, err) || (a->signature && !j->terms->verify(j->terms->user, a, &key, err)))
        return false;
    if (!is_of_use(j, a, key))
        return true;
    /* Whoever signs by hand can write any class: only what he may counts, here and for every rule. */
    struct approval *counted = arena_copy(j->mem, a, sizeof(*a));
    counted->classes = entitled(j->terms, a->by, a->classes);
    ARRAY_PUSH(&j->counted, counted);
    ARRAY_PUSH(&j->keys, key);
    return true;
}

static void add_up(struct approval_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct approval *a = set->at[i];
        struct spend_limit one = {
            .has_month = true, .month = a->ceiling_month, .has_once = true, .once = a->ceiling_once};
        spend_limit_narrow(&set->limit, &one);
        for (unsigned c = 0; c < APPROVALS_CLASS_COUNT; c++)
            set->given[c] += (a->classes & APPROVALS_BIT(c)) != 0;
    }
}

bool approval_judge(struct arena *mem, const struct approval_terms *terms, const struct approval *at,
                    size_t count, struct approval_set *out, struct err *err)
{
    struct judge j = {.mem = mem, .terms = terms, .all = at, .all_count = count};
    struct approval_set set = {0};
    bool ok = true;
    buf_init(&j.why_not, 0);
    for (size_t i = 0; ok && i < count; i++) {
        if (strcmp(at[i].digest, terms->subject->digest) != 0)
            leave(&j, &at[i], arena_print(mem, "for another one, plan %.12s", at[i].digest));
        else if (is_superseded(&j, &at[i]))
            leave_superseded(&j, &at[i]);
        else
            ok = judge_one(&j, &at[i], err);
    }
    if (ok) {
        set.count = j.counted.count;
        set.at = ARRAY_KEEP(&j.counted, mem);
        set.superseded_count = j.superseded.count;
        set.superseded = ARRAY_KEEP(&j.superseded, mem);
        set.why_not = j.why_not.count ? buf_keep(&j.why_not, mem) : NULL;
        add_up(&set);
        *out = set;
    }
    ARRAY_DONE(&j.counted);
    ARRAY_DONE(&j.keys);
    ARRAY_DONE(&j.superseded);
    buf_done(&j.why_not);
    return ok;
}

uint32_t approval_missing(const struct approval_terms *terms, const struct approval_set *set, unsigned class)
{
    uint32_t need = terms->config->need[class];
    if (!(terms->subject->classes & APPROVALS_BIT(class)) || set->given[class] >= need)
        return 0;
    return need - set->given[class];
}

static bool check_ceiling(struct arena *mem, const struct approval_subject *s, const char *what, bool has,
                          int64_t limit, int64_t high, struct err *err)
{
    if (!has || high <= limit)
        return true;
    struct buf text;
    buf_init(&text, 0);
    money_print(&text, money_round_up(high, s->currency), s->currency, true);
    buf_text(&text, " and was approved up to ");
    money_print(&text, limit, s->currency, true);
    err_set(err, "approval.ceiling", "the %s cost of this plan may come to %s", what,
            arena_text(mem, text.at));
    buf_done(&text);
    return err_advise(err, "have it approved with a higher ceiling, or plan something smaller");
}

bool approval_covers(struct arena *mem, const struct approval_terms *terms, const struct approval_set *set,
                     struct err *err)
{
    const struct approval_subject *s = terms->subject;
    struct buf missing;
    buf_init(&missing, 0);
    for (unsigned c = 0; c < APPROVALS_CLASS_COUNT; c++) {
        uint32_t need = terms->config->need[c];
        if (approval_missing(terms, set, c))
            buf_print(&missing, "%s%u of %u for %s changes", missing.count ? ", " : "", set->given[c], need,
                      approvals_class_name(c));
    }
    bool ok = missing.count == 0;
    if (!ok) {
        err_set(err, "approval.missing", "this plan is not approved: it has %s", missing.at);
        if (set->why_not)
            err_detail(err, "%s", set->why_not);
    }
    buf_done(&missing);
    return ok &&
           check_ceiling(mem, s, "monthly", set->limit.has_month, set->limit.month, s->spend.month_high,
                         err) &&
           check_ceiling(mem, s, "one-off", set->limit.has_once, set->limit.once, s->spend.once_high, err);
}
