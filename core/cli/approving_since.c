#include <limits.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/str.h"
#include "cli/approving.h"
#include "cli/session.h"
#include "model/money.h"
#include "model/value.h"
#include "plan/plan_file.h"
#include "store/store.h"

/* Beside a plan that was made anew: the one that was said yes to. */
#define APPROVED_SUFFIX ".approved"
#define STEPS_MOST      20 /* named, unless all are asked for */

/* ---- keeping what was approved --------------------------------------------------------------- */

static bool is_approved(const struct approval *at, size_t count, const char *digest)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(at[i].digest, digest) == 0)
            return true;
    }
    return false;
}

bool approving_keep(struct session *s, const char *path, const char *digest, struct err *err)
{
    const struct approval *at = NULL;
    size_t count = 0;
    struct plan_file old;
    struct err none;
    const char *approvals = arena_print(s->mem, "%s" APPROVAL_SUFFIX, path);
    /* What is there and is no plan, or is broken, is for the one who writes over it to say. */
    if (!file_exists(approvals) || !file_exists(path) || !plan_file_load(s->mem, path, &old, &none) ||
        !approval_load(s->mem, approvals, &at, &count, &none))
        return true;
    if (strcmp(old.digest, digest) == 0 || !is_approved(at, count, old.digest))
        return true;
    return file_replace(arena_print(s->mem, "%s" APPROVED_SUFFIX, path), old.bytes, old.count, 0644, err) ||
           err_wrap(err, "keeping the plan that was approved");
}

/* ---- what is new since ----------------------------------------------------------------------- */

struct since {
    struct facts_since facts;
    struct approval_delta delta;
};

static bool read_sums(struct arena *mem, const struct value *body, struct approval_subject *out)
{
    struct err none;
    struct plan_file file = {.body = body, .region = "", .digest = "", .lineage = "", .by = "?"};
    return approval_subject_of(mem, &file, out, &none);
}

static void add_giver(struct session *s, struct facts_since *f, const struct approval *a)
{
    f->by = f->by ? arena_print(s->mem, "%s, %s", f->by, a->by) : a->by;
    f->when_ms = a->given_ms > f->when_ms ? a->given_ms : f->when_ms;
    f->digest = a->digest;
}

static bool is_spent(const struct store_approval *spent, size_t count, const char *digest)
{
    for (size_t i = 0; i < count; i++) {
        if (str_equal(spent[i].plan_digest, digest))
            return true;
    }
    return false;
}

static unsigned steps_most(const struct session *s)
{
    return s->verbose ? UINT_MAX : STEPS_MOST;
}

/* Of what both pages show: who takes one from the other gets the same. */
static int64_t shown_more(int64_t now, int64_t then, const char *currency)
{
    return money_round_up(now, currency) - money_round_up(then, currency);
}

/* Against a plan that was approved and not begun. */
static bool since_file(struct session *s, const struct value *body, const char *path,
                       const struct store_approval *spent, size_t spent_count, struct since *out)
{
    const struct approval *at = NULL;
    size_t count = 0;
    struct plan_file old;
    struct approval_subject then, now;
    struct err none;
    const char *approved = path ? arena_print(s->mem, "%s" APPROVED_SUFFIX, path) : NULL;
    if (!approved || !file_exists(approved) || !plan_file_load(s->mem, approved, &old, &none) ||
        !approval_load(s->mem, arena_print(s->mem, "%s" APPROVAL_SUFFIX, path), &at, &count, &none) ||
        is_spent(spent, spent_count, old.digest) || !read_sums(s->mem, old.body, &then) ||
        !read_sums(s->mem, body, &now))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(at[i].digest, old.digest) == 0)
            add_giver(s, &out->facts, &at[i]);
    }
    if (!out->facts.by)
        return false;
    approval_delta_of(s->mem, old.body, body, steps_most(s), &out->delta);
    out->facts.has_once = true;
    out->facts.month = shown_more(now.spend.month_high, then.spend.month_high, now.currency);
    out->facts.once = shown_more(now.spend.once_high, then.spend.once_high, now.currency);
    out->facts.month_now = money_round_up(now.spend.month_high, now.currency);
    out->facts.once_now = money_round_up(now.spend.once_high, now.currency);
    out->facts.currency = now.currency;
    return true;
}

/* Against the run that was opened by the last approvals: what is left of it was said yes to. */
static bool since_run(struct session *s, const struct value *body, struct since *out)
{
    const struct store_run *run = s->truth.last_run;
    const struct approval **at;
    size_t count = 0;
    struct approval_subject now;
    struct err none;
    int64_t ceiling = INT64_MAX;
    if (!run || !approving_last_spent(s, run->run_id, &at, &count, &none) || count == 0 ||
        !read_sums(s->mem, body, &now))
        return false;
    for (size_t i = 0; i < count; i++) {
        add_giver(s, &out->facts, at[i]);
        ceiling = at[i]->ceiling_month < ceiling ? at[i]->ceiling_month : ceiling;
    }
    approval_delta_since(s->mem, run->plan, body, steps_most(s), &out->delta);
    /* What was approved is known by its ceiling; less than that is no news. */
    out->facts.month =
        now.spend.month_high > ceiling ? shown_more(now.spend.month_high, ceiling, now.currency) : 0;
    out->facts.month_now = money_round_up(now.spend.month_high, now.currency);
    out->facts.currency = now.currency;
    return true;
}

bool approving_is_beside(const struct session *s, const char *file)
{
    return file_exists(arena_print(s->mem, "%s" APPROVAL_SUFFIX, session_file(s, file)));
}

bool approving_has_spent(const struct session *s)
{
    return s->truth.approval_count > 0;
}

bool approving_since(struct session *s, const struct value *body, const char *digest, const char *path,
                     const struct facts_since **out, struct err *err)
{
    struct store_approval *spent = NULL;
    size_t count = 0;
    struct since *since = ARENA_NEW(s->mem, struct since);
    *out = NULL;
    /* To take everything down is another matter than to build it: nothing of that was said yes to. */
    if (value_get_bool(body, "destroy", false))
        return true;
    if (path && !store_read_approvals(s->mem, s->store_path, &spent, &count, err))
        return false;
    bool found = since_file(s, body, path, spent, count, since);
    if (!found) {
        *since = (struct since){0};
        found = since_run(s, body, since);
    }
    if (!found || str_equal(since->facts.digest, digest))
        return true;
    since->facts.delta = &since->delta;
    *out = &since->facts;
    return true;
}
