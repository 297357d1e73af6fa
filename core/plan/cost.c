#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/err.h"
#include "base/zone.h"
#include "model/diag.h"
#include "model/origins.h"
#include "model/value.h"
#include "plan/cost_table.h"
#include "plan/estimates.h"
#include "plan/planner.h"
#include "plan/price.h"
#include "plugin/op.h"
#include "plugin/registry.h"
#include "region/price_book.h"
#include "region/rates.h"
#include "region/region.h"

/* A rate is missing for the whole region, however many steps need it: told once, where the rates stand. */
static void no_rate(struct planner *p, const struct err *err)
{
    const struct region *r = p->plan->region;
    const struct origin *at = origins_get(r->origins, r->rates->where);
    for (size_t k = p->diags->count; k > 0; k--) {
        if (strcmp(p->diags->at[k - 1].code, err->code) == 0 &&
            strcmp(p->diags->at[k - 1].summary, err->summary) == 0)
            return;
    }
    struct diag one = {.severity = DIAG_ERROR,
                       .code = err->code,
                       .where = at ? arena_print(p->mem, "%s:%u:%u", at->file, at->line, at->column) : NULL,
                       .summary = err->summary,
                       .detail = err->detail,
                       .advice = err->advice};
    diag_add(p->diags, &one);
}

static void told(void *user, uint32_t i, const struct op_result *result)
{
    struct planner *p = user;
    struct plan_step *s = &p->plan->steps[i];
    struct price_ask ask = {.books = p->ask->prices,
                            .region = p->plan->region,
                            .guess = s->decl->meta.guess,
                            .used = p->prices_used};
    struct price_lines lines = {0};
    struct err err;
    if (result->status != LF_END_OK) {
        price_by_guess(ask.guess, "the driver could not estimate it", &s->cost);
    } else if (price_of(p->mem, &ask, result->costs, result->cost_count, &s->cost,
                        p->ask->keep_lines ? &lines : NULL, &err)) {
        s->cost_lines = lines.at;
        s->cost_line_count = lines.count;
    } else if (strcmp(err.code, "cost.no_rate") == 0) {
        no_rate(p, &err);
    } else {
        planner_error(p, i, err.code, NULL, err.summary, err.advice);
    }
}

/* A driver prices its resources; what people do costs what somebody guessed.  A todo will cost something, so
 * one without a guess is unknown; a signature without a guess is no cost at all. */
static void price_step(struct planner *p, struct estimates *estimates, uint32_t i)
{
    struct plan_step *s = &p->plan->steps[i];
    const struct estimate_ask ask = {.driver = s->driver,
                                     .type = s->type,
                                     .address = s->address,
                                     .prior = s->observed,
                                     .desired = s->promise ? s->promise : s->desired};
    if (!s->decl || !s->targeted || s->broken)
        return;
    const struct value *guess = s->decl->meta.guess;
    if (s->decl->kind == DECL_RESOURCE && s->type->has_estimate)
        estimates_ask(estimates, i, &ask);
    else if (s->decl->kind == DECL_RESOURCE)
        price_by_guess(guess,
                       arena_print(p->mem, "%s-%s does not estimate '%s'", s->driver->subsystem,
                                   s->driver->name, s->type->facts.name),
                       &s->cost);
    else
        price_by_guess(guess, s->decl->kind == DECL_TODO ? "a todo without a guess of its money" : NULL,
                       &s->cost);
}

/* What will exist afterwards costs by the month; only what is still to be done may cost once. */
static bool is_still_to_do(const struct plan_step *s)
{
    return s->action == PLAN_CREATE || s->action == PLAN_REPLACE || s->action == PLAN_RUN ||
           s->action == PLAN_CHECK || s->action == PLAN_WAIT || s->action == PLAN_TODO;
}

/* A change in place costs nothing once; what may turn out to be a replacement costs that at most. */
static void drop_once(struct plan_step *s)
{
    if (is_still_to_do(s))
        return;
    s->cost.once_low = s->cost.once_expected = 0;
    if (!plan_may_replace(s))
        s->cost.once_high = 0;
}

static void add_to_totals(struct planner *p)
{
    struct plan_totals *t = &p->plan->totals;
    struct cost_table_sum sum = {0};
    for (uint32_t i = 0; i < p->plan->count; i++) {
        struct plan_step *s = &p->plan->steps[i];
        drop_once(s);
        if (!cost_table_add(&sum, s)) {
            planner_error(
                p, i, "cost.overflow", NULL,
                arena_print(p->mem, "with '%s' the plan costs more money than can be counted", s->address),
                "look at the quantities that are declared, and at the price books");
            return;
        }
    }
    t->cost = sum.cost;
    t->guess = sum.guess;
    t->priced = sum.priced;
    t->guessed = sum.guessed;
    t->priceable = sum.steps;
}

/* ---- stale prices ---------------------------------------------------------------------------- */

static void warn_stale(struct planner *p, const char *where, const char *what, const char *valid_until,
                       const char *source)
{
    int64_t end_ms;
    if (!valid_until || p->ask->wall_ms == 0 ||
        !zone_day_end(p->plan->region->timezone, valid_until, &end_ms) || p->ask->wall_ms < end_ms)
        return;
    struct diag one = {
        .severity = DIAG_WARNING,
        .code = "cost.stale",
        .where = where,
        .summary =
            arena_print(p->mem, "%s were valid until %s, and this plan counts on them", what, valid_until),
        .advice = arena_print(p->mem, "look them up again (source: %s), then raise 'dated' and 'valid_until'",
                              source)};
    diag_add(p->diags, &one);
}

/* Only what counts in this plan.  Nothing here reaches the digest: the plan of tomorrow is the one of today
 * until somebody touches a file. */
static void check_stale(struct planner *p)
{
    const struct region *r = p->plan->region;
    const struct price_books *books = p->ask->prices;
    bool converts = false;
    for (size_t i = 0; books && i < books->file_count; i++) {
        const struct price_book_file *f = &books->files[i];
        if (!p->prices_used[i])
            continue;
        converts = converts || strcmp(f->currency, r->currency) != 0;
        warn_stale(p, f->path, arena_print(p->mem, "the prices of '%s'", f->path), f->valid_until, f->source);
    }
    const struct origin *at = r->rates && converts ? origins_get(r->origins, r->rates->where) : NULL;
    if (at)
        warn_stale(p, arena_print(p->mem, "%s:%u:%u", at->file, at->line, at->column), "the currency rates",
                   r->rates->valid_until, r->rates->source);
}

void cost_estimate(struct planner *p)
{
    if (p->ask->refresh_only) /* builds nothing, and no step has been matched with its driver */
        return;
    p->prices_used = ARENA_ARRAY(p->mem, bool, p->ask->prices ? p->ask->prices->file_count + 1 : 1);
    struct estimates estimates = {.loop = p->ask->loop, .most = p->parallel, .user = p, .told = told};
    for (uint32_t i = 0; i < p->plan->count; i++)
        price_step(p, &estimates, i);
    estimates_wait(&estimates);
    add_to_totals(p);
    check_stale(p);
    p->plan->prices = p->ask->prices;
    p->plan->prices_used = p->prices_used;
}
