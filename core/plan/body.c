#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plan/planner.h"
#include "plan/policy.h"
#include "plugin/registry.h"
#include "region/price_book.h"
#include "region/region.h"
#include "region/waiver.h"
#include "store/store.h"

/* The body is written key by key in sorted order, which makes it the same bytes the canonical printer gives.
 */

static void key(struct buf *out, const char *name, bool *first)
{
    buf_text(out, *first ? "\"" : ",\"");
    buf_text(out, name);
    buf_text(out, "\":");
    *first = false;
}

static void text_field(struct buf *out, const char *name, const char *text, bool *first)
{
    if (!text)
        return;
    key(out, name, first);
    value_json_print_text(out, text, strlen(text));
}

/* A name that somebody else chose, as that of a file. */
static void named_field(struct buf *out, const char *name, const char *text, bool *first)
{
    if (!*first)
        buf_char(out, ',');
    value_json_print_text(out, name, strlen(name));
    buf_char(out, ':');
    value_json_print_text(out, text, strlen(text));
    *first = false;
}

static void value_field(struct buf *out, const char *name, const struct value *v, bool *first)
{
    if (!v)
        return;
    key(out, name, first);
    value_json_print(out, v);
}

static void flag_field(struct buf *out, const char *name, bool set, bool *first)
{
    if (!set)
        return;
    key(out, name, first);
    buf_text(out, "true");
}

static void texts_field(struct buf *out, const char *name, const char *const *texts, size_t count,
                        bool *first)
{
    if (count == 0)
        return;
    key(out, name, first);
    buf_char(out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_char(out, ',');
        value_json_print_text(out, texts[i], strlen(texts[i]));
    }
    buf_char(out, ']');
}

static void observed_field(struct buf *out, const struct value *observed, struct buf *scratch, bool *first)
{
    if (!observed)
        return;
    char hex[DIGEST_HEX];
    buf_clear(scratch);
    value_json_print(scratch, observed);
    digest_text(scratch->at, scratch->count, hex);
    text_field(out, "observed", hex, first);
}

static size_t count_paths(const char *const *paths)
{
    size_t n = 0;
    while (paths && paths[n])
        n++;
    return n;
}

static void write_step(struct buf *out, const struct plan_step *s, struct buf *scratch)
{
    bool first = true;
    const struct decl *d = s->decl;
    buf_char(out, '{');
    text_field(out, "action", plan_action_name(s->action), &first);
    text_field(out, "address", s->address, &first);
    if (d)
        texts_field(out, "after", d->meta.after, d->meta.after_count, &first);
    texts_field(out, "because", s->because, count_paths(s->because), &first);
    value_field(out, "desired", s->desired, &first);
    if (s->driver) {
        key(out, "driver", &first);
        buf_print(out, "\"%s-%s\"", s->driver->subsystem, s->driver->name);
    }
    key(out, "generation", &first);
    buf_print(out, "%lld", (long long)s->generation);
    if (d)
        texts_field(out, "holds", d->meta.holds, d->meta.holds_count, &first);
    text_field(out, "id", s->id, &first);
    text_field(out, "inputs", s->inputs, &first);
    if (d)
        text_field(out, "instance", d->instance && d->instance[0] ? d->instance : NULL, &first);
    flag_field(out, "irreversible", plan_loses_data(s), &first);
    observed_field(out, s->observed, scratch, &first);
    if (d)
        text_field(out, "owner", d->meta.owner, &first);
    if (s->promise != s->desired)
        value_field(out, "promise", s->promise, &first);
    flag_field(out, "protect", d && d->meta.protect, &first);
    text_field(out, "reason", s->reason, &first);
    if (s->row) {
        key(out, "row_version", &first);
        buf_print(out, "%lld", (long long)s->row->row_version);
    }
    flag_field(out, "shared", s->shared, &first);
    text_field(out, "stage", d && d->stage[0] ? d->stage : NULL, &first);
    flag_field(out, "targeted", s->targeted, &first);
    if (d && d->kind == DECL_ACTION) {
        key(out, "version", &first);
        buf_print(out, "%lld", (long long)d->version);
    }
    buf_char(out, '}');
}

/* What is approved is digested: whoever says yes sees the sums that the digest is of. */
static void write_cost(struct buf *out, const struct plan *plan, const struct spend *s)
{
    buf_print(out,
              "\"cost\":{\"currency\":\"%s\",\"monthly\":[\"%lld\",\"%lld\"],\"one_off\":[\"%lld\",\"%lld\"],"
              "\"priced\":%u,\"unpriced\":%u},",
              plan->region->currency, (long long)s->month_low, (long long)s->month_high,
              (long long)s->once_low, (long long)s->once_high, s->priced, s->unpriced);
}

static void write_drivers(struct buf *out, const struct registry *registry)
{
    size_t count;
    const struct driver *const *drivers = registry_drivers(registry, &count);
    buf_text(out, "\"drivers\":{");
    for (size_t i = 0; i < count; i++) {
        const struct driver *d = drivers[i];
        buf_print(out, "%s\"%s%s%s\":\"%s %s contract %u\"", i ? "," : "", d->subsystem,
                  d->instance[0] ? "/" : "", d->instance, d->name, d->version, d->contract_version);
    }
    buf_text(out, "},");
}

static void write_files(struct buf *out, const struct plan *plan, const struct plan_ask *ask)
{
    bool first = true;
    const struct price_books *prices = ask->prices;
    size_t policies = 0, waivers = ask->waivers ? ask->waivers->count : 0;
    const struct policy_file *rules = ask->policy ? policy_files(ask->policy, &policies) : NULL;
    buf_text(out, "\"files\":{");
    for (size_t i = 0; i < plan->region->file_count; i++)
        named_field(out, plan->region->files[i].path, plan->region->files[i].digest, &first);
    for (size_t i = 0; i < plan->decls->file_count; i++)
        named_field(out, plan->decls->files[i].path, plan->decls->files[i].digest, &first);
    for (size_t i = 0; prices && i < prices->file_count; i++)
        named_field(out, prices->files[i].path, prices->files[i].digest, &first);
    for (size_t i = 0; i < policies; i++)
        named_field(out, rules[i].path, rules[i].digest, &first);
    for (size_t i = 0; i < waivers; i++)
        named_field(out, ask->waivers->files[i].path, ask->waivers->files[i].digest, &first);
    buf_text(out, "},");
}

static void write_moves(struct buf *out, const struct decls *d)
{
    bool first = true;
    buf_text(out, "\"moved\":{");
    for (size_t i = 0; i < d->moved_count; i++)
        text_field(out, d->moved[i].from, d->moved[i].to, &first);
    buf_text(out, "},");
}

/* ---- the outline ---------------------------------------------------------------------------- */

/* Hex digits that tell one declaration from another of the same step: nobody gains by making two alike. */
#define OUTLINE_DIGITS 16

/* What was written down, not what it comes to: a value that becomes known on the way is no edit.  That it had
 * no price is said because a ceiling holds for what had one. */
static void outline_step(struct buf *out, const struct plan_step *s, struct buf *scratch, bool *first)
{
    char hex[DIGEST_HEX] = "-";
    if (s->decl && s->decl->attrs) {
        buf_clear(scratch);
        value_json_print(scratch, s->decl->attrs);
        buf_print(scratch, " version %lld", (long long)s->decl->version);
        digest_text(scratch->at, scratch->count, hex);
    }
    key(out, s->address, first);
    buf_print(out, "\"%s %.*s%s\"", plan_action_name(s->action), OUTLINE_DIGITS, hex,
              spend_counts(s) && !s->cost.priced ? " unpriced" : "");
}

/* Files apart by who reads them, because both may read the same one. */
static void outline_files(struct buf *out, const struct plan *plan)
{
    bool first = true;
    buf_text(out, "\"files\":{");
    for (size_t i = 0; i < plan->decls->file_count; i++)
        named_field(out, plan->decls->files[i].path, plan->decls->files[i].digest, &first);
    buf_text(out, "},\"region_files\":{");
    first = true;
    for (size_t i = 0; i < plan->region->file_count; i++)
        named_field(out, plan->region->files[i].path, plan->region->files[i].digest, &first);
    buf_text(out, "},");
}

static void write_outline(struct planner *p, struct buf *scratch)
{
    struct buf out;
    bool first = true;
    buf_init(&out, 0);
    buf_char(&out, '{');
    outline_files(&out, p->plan);
    buf_text(&out, "\"steps\":{");
    for (uint32_t i = 0; i < p->plan->count; i++) {
        const struct plan_step *s = &p->plan->steps[i];
        if (s->targeted && s->action != PLAN_KEEP)
            outline_step(&out, s, scratch, &first);
    }
    buf_text(&out, "}}");
    p->plan->outline = buf_keep(&out, p->mem);
    buf_done(&out);
}

/* A hundred thousand steps make fifty megabytes of body.  The digest needs it a piece at a time; only a plan
 * file needs it whole. */
#define PIECE (64u << 10)

struct sink {
    struct buf piece;
    struct buf whole;
    bool keep;
    struct digest_stream *digest;
};

static void drain(struct sink *k)
{
    digest_stream_add(k->digest, k->piece.at, k->piece.count);
    if (k->keep)
        buf_add(&k->whole, k->piece.at, k->piece.count);
    buf_clear(&k->piece);
}

static void write_head(struct planner *p, struct buf *out)
{
    const struct plan *plan = p->plan;
    buf_char(out, '{');
    write_cost(out, plan, &p->spend);
    if (plan->destroy)
        buf_text(out, "\"destroy\":true,");
    write_drivers(out, p->ask->registry);
    write_files(out, plan, p->ask);
    /* A run may change nothing and still be another's approval: the next plan is never the same one. */
    if (plan->truth->last_run)
        buf_print(out, "\"follows\":\"%s\",", plan->truth->last_run->run_id);
    buf_text(out, "\"format\":\"landfall.plan-body/1\",");
    write_moves(out, plan->decls);
    if (plan->outputs) {
        buf_text(out, "\"outputs\":");
        value_json_print(out, plan->outputs);
        buf_char(out, ',');
    }
    if (plan->refresh_only)
        buf_text(out, "\"refresh_only\":true,");
    buf_print(out, "\"region\":\"%s\",\"steps\":[", plan->region->name);
}

void body_write(struct planner *p)
{
    struct plan *plan = p->plan;
    struct sink k = {.keep = p->ask->keep_body, .digest = digest_stream_new(p->mem)};
    struct buf scratch;
    buf_init(&k.piece, 0);
    buf_init(&k.whole, 0);
    buf_init(&scratch, 0);
    write_head(p, &k.piece);
    for (uint32_t i = 0; i < plan->count; i++) {
        if (i)
            buf_char(&k.piece, ',');
        write_step(&k.piece, &plan->steps[i], &scratch);
        if (k.piece.count >= PIECE)
            drain(&k);
    }
    buf_text(&k.piece, "]}");
    drain(&k);
    uint8_t bytes[DIGEST_BYTES];
    char hex[DIGEST_HEX];
    digest_stream_end(k.digest, bytes);
    digest_hex(bytes, sizeof(bytes), hex);
    plan->digest = arena_text(p->mem, hex);
    if (k.keep) {
        plan->body = buf_keep(&k.whole, p->mem);
        plan->body_count = k.whole.count;
    }
    write_outline(p, &scratch);
    buf_done(&scratch);
    buf_done(&k.whole);
    buf_done(&k.piece);
}
