/* analysis: how long it takes to judge a finished plan - what it costs, which rules it breaks, what blocks
 * launch, and what sets the region apart from the one it is copied from - over as many steps as asked for.
 *
 *     perf_analysis [STEPS]     100000 where none is given
 *
 * Prints a line per part, "cost 123.4 ms", and their sum; the plan is made before the clock starts.  Parity
 * is asked as a launch asks for it, of two regions of tests/perf/project: what is declared for the first one
 * is in hand, and the playbook is read as often as it takes to know where the rest comes from. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/err.h"
#include "big_plan.h"
#include "launch/history.h"
#include "launch/launch.h"
#include "launch/parity.h"
#include "model/path.h"
#include "plan/cost_table.h"
#include "plan/policy.h"
#include "plan/price.h"
#include "playbook/playbook.h"
#include "region/price_book.h"

#define STEPS 100000

/* Two regions and one playbook. */
struct sides {
    struct big_plan *b; /* its types are the playbook's */
    struct region *left, *right;
    const struct decls *declared; /* for the left one */
};

struct judged {
    struct big_plan plan;
    struct sides sides;
};

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* ---- cost: what drivers would have estimated is priced, then summed every way there is --------- */

static const struct price_book_item prices[] = {
    {.sku = "big.hours", .unit = "node", .currency = "EUR", .per = PRICE_BOOK_HOUR, .price = 73000},
    {.sku = "big.setup", .unit = "piece", .currency = "EUR", .per = PRICE_BOOK_ONCE, .price = 5000000},
    {.sku = "big.storage", .unit = "gb", .currency = "EUR", .per = PRICE_BOOK_MONTH, .price = 100000},
};

static bool price(struct big_plan *b, const struct price_books *books, struct plan_step *s, struct err *err)
{
    int64_t size = value_get_int(s->desired, "size", 1);
    const struct lf_cost lines[] = {
        {.sku = "big.hours",
         .unit = "node",
         .per = LF_PER_HOUR,
         .low_milli = 1000,
         .expected_milli = 1000,
         .high_milli = 2000},
        {.sku = "big.storage",
         .unit = "gb",
         .per = LF_PER_MONTH,
         .low_milli = size * 1000,
         .expected_milli = size * 1500,
         .high_milli = size * 2000},
        {.sku = "big.setup",
         .unit = "piece",
         .per = LF_PER_ONCE,
         .low_milli = 1000,
         .expected_milli = 1000,
         .high_milli = 1000},
    };
    const struct price_ask ask = {.books = books, .region = &b->region};
    if (s->decl->kind == DECL_RESOURCE)
        return price_of(b->mem, &ask, lines, COUNT_OF(lines), &s->cost, NULL, err);
    price_by_guess(s->decl->meta.guess, NULL, &s->cost);
    return true;
}

static bool cost(struct judged *j, struct err *err)
{
    struct big_plan *b = &j->plan;
    static const struct price_book_file file = {.path = "prices/big.yaml", .currency = "EUR", .ours = true};
    const struct price_books books = {
        .items = prices, .count = COUNT_OF(prices), .files = &file, .file_count = 1};
    for (uint32_t i = 0; i < b->plan.count; i++) {
        if (!price(b, &books, &b->plan.steps[i], err))
            return false;
    }
    struct cost_table_sum sum = {0};
    for (uint32_t i = 0; i < b->plan.count; i++) {
        if (!cost_table_add(&sum, &b->plan.steps[i]))
            return err_set(err, "cost.overflow", "the sum does not fit");
    }
    b->plan.totals.cost = sum.cost;
    b->plan.totals.guess = sum.guess;
    for (int by = 0; by < COST_TABLE_WAYS; by++) {
        struct cost_table table;
        if (!cost_table_make(b->mem, &b->plan, (enum cost_table_by)by, &table, err))
            return false;
    }
    return true;
}

/* ---- launch: what one build of all of it taught, then what blocks it, when it is, and one what-if --------
 */

static bool launch(struct judged *j, struct err *err)
{
    struct big_plan *b = &j->plan;
    struct store_event *events = ARENA_ARRAY(b->mem, struct store_event, b->plan.count);
    struct store_res *rows = ARENA_ARRAY(b->mem, struct store_res, b->plan.count);
    struct store_snapshot truth = {.res = rows, .res_count = b->plan.count};
    for (uint32_t i = 0; i < b->plan.count; i++) {
        const struct plan_step *s = &b->plan.steps[i];
        rows[i] = (struct store_res){.address = s->address, .kind = s->decl->kind, .driver = "local"};
        rows[i].subsystem = s->decl->subsystem;
        rows[i].type = s->decl->type;
        events[i] = (struct store_event){.kind = "step.done", .address = s->address, .verb = "create"};
        events[i].took_ms = 1000 + i % 977;
    }
    const struct history_source source = {
        .place = "us-east-1", .truth = &truth, .events = events, .event_count = b->plan.count};
    static const char *const done[] = {"human.g000000-signed"};
    const struct what_if_ask what_if = {.done = done, .done_count = COUNT_OF(done)};
    struct history *history = history_new(&source, 1);
    const struct launch_ask ask = {
        .plan = &b->plan, .history = history, .now_ms = 1795347630123, .what_if = &what_if};
    struct launch *out;
    bool good = launch_make(b->mem, &ask, &out, err);
    history_free(history);
    return good;
}

/* ---- policy: twenty rules, asked of every step they are about ----------------------------------- */

static bool policy(struct judged *j, struct err *err)
{
    struct big_plan *b = &j->plan;
    const struct policy_at file = {PERF_FOLDER, "rules.lua", "policies/rules.lua"};
    const struct policy_ask ask = {.plan = &b->plan, .now_ms = 1795347630123, .all = true};
    const struct script_limits limits = {0};
    struct policy *p;
    const struct plan_finding *found;
    size_t count = 0, rules;
    if (!policy_load(b->mem, &file, 1, limits, &p, err))
        return false;
    policy_rules(p, &rules);
    bool good = policy_judge(b->mem, p, &ask, &found, &count, &b->diags, err);
    policy_free(p);
    if (good && (rules != 20 || count == 0))
        return err_set(err, "perf.rules", "%zu rules found %zu things, and that measures nothing", rules,
                       count);
    return good;
}

/* ---- parity: where everything comes from that is not the same in both regions ------------------- */

static bool has_subsystem(void *user, const char *subsystem, struct err *err)
{
    (void)user, (void)subsystem, (void)err;
    return true;
}

static bool find_type(void *user, const char *subsystem, const char *instance, const char *type,
                      const struct catalog_type **out, struct err *err)
{
    const struct sides *s = user;
    (void)instance;
    for (size_t k = 0; k < COUNT_OF(s->b->type); k++) {
        *out = &s->b->type[k].facts;
        if (strcmp((*out)->subsystem, subsystem) == 0 && strcmp((*out)->name, type) == 0)
            return true;
    }
    return err_set(err, "catalog.no_type", "there is no type '%s.%s'", subsystem, type);
}

static bool read_playbook(struct sides *s, const struct region *region, struct arena *mem,
                          const struct decls **out, struct err *err)
{
    const struct playbook_ask ask = {.project = PERF_FOLDER "/project",
                                     .path = "playbooks/big.lua",
                                     .region = region,
                                     .catalog = {.user = s, .subsystem = has_subsystem, .type = find_type}};
    struct playbook *playbook;
    if (!playbook_load(mem, &ask, &playbook, err))
        return false;
    *out = arena_copy(mem, playbook_decls(playbook), sizeof(**out));
    playbook_free(playbook);
    return true;
}

static bool declare(void *user, const struct region *region, struct arena *mem, const struct decls **out,
                    struct err *err)
{
    struct sides *s = user;
    if (region != s->left)
        return read_playbook(s, region, mem, out, err);
    *out = s->declared;
    return true;
}

static bool open_side(struct sides *s, const char *name, uint32_t groups, struct region **out,
                      struct err *err)
{
    struct path path;
    struct arena *mem = s->b->mem;
    if (!region_load(mem, PERF_FOLDER "/project", name, out, &s->b->diags, err) ||
        !path_parse(mem, "services.groups", &path, err) ||
        !path_with(mem, (*out)->view, &path, value_int(mem, groups), &(*out)->view, err))
        return false;
    (*out)->services = value_get((*out)->view, "services");
    return true;
}

static bool open_sides(struct sides *s, struct big_plan *b, struct err *err)
{
    uint32_t groups = (b->plan.count + BIG_PLAN_GROUP - 1) / BIG_PLAN_GROUP;
    s->b = b;
    return open_side(s, "eu", groups, &s->left, err) && open_side(s, "us", groups, &s->right, err) &&
           read_playbook(s, s->left, b->mem, &s->declared, err);
}

static bool parity(struct judged *j, struct err *err)
{
    struct sides *s = &j->sides;
    const struct parity_ask ask = {.left = s->left,
                                   .right = s->right,
                                   .catalog = {.user = s, .type = find_type},
                                   .evaluate = declare,
                                   .user = s,
                                   .brief = true};
    struct parity *p;
    if (!parity_make(s->b->mem, &ask, &p, err))
        return false;
    if (p->count < p->left_steps || p->unexplained > 0)
        return err_set(err, "perf.parity",
                       "of %zu differences %zu are unexplained, and that measures nothing", p->count,
                       p->unexplained);
    return true;
}

/* ---- the whole ---------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    bool (*run)(struct judged *j, struct err *err);
} parts[] = {{"cost", cost}, {"policy", policy}, {"launch", launch}, {"parity", parity}};

int main(int argc, char **argv)
{
    long steps = argc == 2 ? strtol(argv[1], NULL, 10) : STEPS;
    struct arena *mem = arena_new();
    struct judged j;
    struct big_plan *b = &j.plan;
    struct err err;
    double sum = 0;
    if (steps < 1 || steps > UINT32_MAX / 2 || argc > 2) {
        fputs("usage: perf_analysis [STEPS]\n", stderr);
        return 2;
    }
    if (!big_plan_make(b, mem, (uint32_t)steps)) {
        fprintf(stderr, "perf_analysis: %s\n", b->diags.at[0].summary);
        return 1;
    }
    if (!open_sides(&j.sides, b, &err)) {
        fprintf(stderr, "perf_analysis: %s\n", err.summary);
        return 1;
    }
    for (size_t k = 0; k < COUNT_OF(parts); k++) {
        double began = now_ms();
        if (!parts[k].run(&j, &err)) {
            fprintf(stderr, "perf_analysis: %s: %s\n", parts[k].name, err.summary);
            return 1;
        }
        double took = now_ms() - began;
        sum += took;
        printf("%s %.1f ms\n", parts[k].name, took);
    }
    printf("sum %.1f ms for %u steps\n", sum, b->plan.count);
    arena_free(mem);
    return 0;
}
