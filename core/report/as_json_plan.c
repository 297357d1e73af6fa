#include <string.h>

#include "base/arena.h"
#include "model/decl.h"
#include "model/diag.h"
#include "model/origins.h"
#include "model/schema.h"
#include "model/value.h"
#include "plan/plan.h"
#include "plugin/contract.h"
#include "plugin/registry.h"
#include "region/region.h"
#include "report/as_json.h"
#include "report/as_json_cost.h"
#include "report/as_json_pending.h"
#include "report/as_json_plan.h"
#include "report/as_json_policy.h"
#include "report/doc.h"
#include "store/store.h"

static const char *or_null(const char *text)
{
    return text && text[0] ? text : NULL;
}

/* ---- steps ----------------------------------------------------------------------------------- */

/* The keys of the text plan's lines; a secret's values never leave the process. */
void as_json_plan_changes(struct doc *d, const struct schema_diff *diffs, size_t count)
{
    if (count == 0)
        return;
    doc_list(d, "changes");
    for (size_t k = 0; k < count; k++) {
        const struct schema_diff *one = &diffs[k];
        doc_map(d, NULL);
        doc_text(d, "path", one->path);
        if (one->fixed)
            doc_flag(d, "forces_replacement", true);
        if (one->secret) {
            doc_flag(d, "secret", true);
        } else {
            doc_value(d, "before", one->before);
            doc_value(d, "after", one->after);
        }
        doc_close(d);
    }
    doc_close(d);
}

/* Attributes of the type that are secret are told by name only, whatever kind of value they have. */
static const struct value *without_secrets(struct arena *tmp, const struct plan_step *s,
                                           const struct value *v)
{
    const struct schema *schema = s->type ? s->type->facts.schema : NULL;
    for (size_t k = 0; schema && value_kind(v) == VALUE_MAP && k < schema->count; k++) {
        const struct schema_attr *a = &schema->attrs[k];
        enum value_kind kind = value_kind(value_get(v, a->name));
        if ((a->flags & SCHEMA_SECRET) && kind != VALUE_SECRET && kind != VALUE_UNKNOWN && kind != VALUE_NULL)
            v = value_with_key(tmp, v, a->name, value_text(tmp, "(secret)"));
    }
    return v;
}

/* Attributes that a rule of the region file made small, where the playbook took them over as they are. */
static void shrunk(struct doc *d, const struct plan *p, const struct plan_step *s)
{
    bool any = false;
    for (size_t k = 0; value_kind(s->desired) == VALUE_MAP && k < s->desired->count; k++) {
        const struct pair *attr = &s->desired->pairs[k];
        const struct origin *at =
            attr->value->where ? origins_get(p->region->origins, attr->value->where) : NULL;
        if (!at || at->kind != ORIGIN_SHRUNK)
            continue;
        const struct origin *from = origins_get(p->region->origins, at->from);
        if (!any)
            doc_list(d, "shrunk");
        any = true;
        doc_map(d, NULL);
        doc_text(d, "path", attr->key);
        doc_value(d, "from", from ? from->value : NULL);
        doc_text(d, "rule", at->rule);
        doc_text(d, "why", at->why);
        doc_close(d);
    }
    if (any)
        doc_close(d);
}

/* Only what is true is told: nearly all steps have none of these. */
static void marks(struct doc *d, const struct plan_step *s)
{
    const struct {
        const char *key;
        bool is;
    } flags[] = {
        {"shared", s->shared},
        {"protect", s->decl && s->decl->meta.protect},
        {"holds_data", s->type && (s->type->facts.traits & CATALOG_HOLDS_DATA) != 0},
        {"create_first", s->create_first},
        {"may_replace", s->may_replace},
        {"dry_by_word", s->by_word},
        {"gone", s->gone},
    };
    for (size_t k = 0; k < COUNT_OF(flags); k++)
        if (flags[k].is)
            doc_flag(d, flags[k].key, true);
    if (!s->targeted)
        doc_flag(d, "targeted", false);
    if (s->deposed_left > 0)
        doc_count(d, "older_objects", s->deposed_left);
    if (s->pending)
        doc_text(d, "pending", store_op_state_name(s->pending->state));
}

static void taken(struct doc *d, const struct plan_taken *t)
{
    if (!t)
        return;
    doc_map(d, "taken");
    doc_flag(d, "ours", t->ours);
    doc_text(d, "id", t->id);
    doc_text(d, "marker", t->marker);
    doc_text(d, "reason", t->reason);
    doc_text(d, "detail", t->detail);
    doc_text(d, "advice", t->advice);
    doc_close(d);
}

/* What the playbook says of it; what is no longer declared has only the place it was. */
static void declared(struct doc *d, const struct plan_step *s, struct arena *tmp)
{
    const struct decl *decl = s->decl;
    if (!decl) {
        doc_text(d, "where", s->row ? s->row->declared_at : NULL);
        return;
    }
    doc_text(d, "stage", or_null(decl->stage));
    doc_text(d, "where", arena_print(tmp, "%s:%u", decl->file, decl->line));
    doc_text(d, "owner", decl->meta.owner);
    doc_text(d, "blocks", decl->meta.blocks);
    doc_texts(d, "after", decl->meta.after, decl->meta.after_count);
    doc_texts(d, "holds", decl->meta.holds, decl->meta.holds_count);
    doc_value(d, "guess", decl->meta.guess);
    if (decl->kind == DECL_ACTION)
        doc_count(d, "version", (uint64_t)decl->version);
}

/* A step that is only in the store has its kind from there. */
static const char *kind_of(const struct plan_step *s)
{
    static const char *const names[] = {
        [DECL_RESOURCE] = "resource", [DECL_EXISTING] = "existing", [DECL_ACTION] = "action",
        [DECL_CHECK] = "check",       [DECL_HUMAN] = "human",       [DECL_TODO] = "todo"};
    uint32_t kind = s->decl ? s->decl->kind : s->row ? s->row->kind : 0;
    return kind < COUNT_OF(names) ? names[kind] : NULL;
}

static void step(struct doc *d, const struct plan *p, const struct plan_step *s, struct arena *tmp)
{
    doc_map(d, NULL);
    doc_text(d, "address", s->address);
    doc_text(d, "kind", kind_of(s));
    doc_text(d, "action", plan_action_name(s->action));
    doc_text(d, "reason", s->reason);
    doc_texts(d, "because", s->because, SIZE_MAX);
    declared(d, s, tmp);
    if (s->driver) {
        doc_text(d, "driver", arena_print(tmp, "%s-%s", s->driver->subsystem, s->driver->name));
        doc_text(d, "instance", or_null(s->driver->instance));
    }
    doc_text(d, "id", s->id);
    doc_number(d, "generation", s->generation);
    marks(d, s);
    taken(d, s->taken);
    as_json_plan_changes(d, s->diffs, s->diff_count);
    doc_value(d, "desired", without_secrets(tmp, s, s->desired));
    if (s->promise != s->desired)
        doc_value(d, "promise", without_secrets(tmp, s, s->promise));
    shrunk(d, p, s);
    as_json_cost_step(d, s, p->region->currency);
    doc_close(d);
}

/* Texts made for one step are gone with it, so that memory does not grow with the plan. */
static void steps(struct doc *d, const struct plan *p)
{
    struct arena *mem = arena_new(), *tmp = arena_new();
    const uint32_t *order = plan_order(mem, p);
    doc_list(d, "steps");
    for (uint32_t k = 0; k < p->count; k++) {
        step(d, p, &p->steps[order[k]], tmp);
        arena_reset(tmp);
    }
    doc_close(d);
    arena_free(tmp);
    arena_free(mem);
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* Every action is there, also with 0, so that totals can be added up blindly. */
static void totals(struct doc *d, const struct plan *p)
{
    doc_map(d, "totals");
    for (uint32_t a = PLAN_KEEP; a <= PLAN_FORGET; a++)
        doc_count(d, plan_action_name((enum plan_action)a), p->totals.by_action[a]);
    doc_count(d, "shared", p->totals.shared);
    doc_count(d, "conflicts", p->totals.conflicts);
    doc_close(d);
}

static void absences(struct doc *d, const struct region *r)
{
    doc_list(d, "absent");
    for (size_t k = 0; k < r->absent_count; k++) {
        doc_map(d, NULL);
        doc_text(d, "what", r->absents[k].what);
        doc_text(d, "why", r->absents[k].why);
        doc_text(d, "owner", r->absents[k].owner);
        doc_text(d, "revisit", r->absents[k].revisit);
        doc_close(d);
    }
    doc_close(d);
    doc_list(d, "shrunk");
    for (size_t k = 0; k < r->shrink_count; k++) {
        doc_map(d, NULL);
        doc_text(d, "match", r->shrinks[k].match);
        doc_text(d, "why", r->shrinks[k].why);
        doc_text(d, "grow_back", r->shrinks[k].grow_back);
        doc_count(d, "values", r->shrinks[k].hits);
        doc_close(d);
    }
    doc_close(d);
}

static void moved(struct doc *d, const struct plan *p)
{
    doc_list(d, "moved");
    for (size_t k = 0; k < p->move_count; k++) {
        doc_map(d, NULL);
        doc_text(d, "from", p->moves[k].from);
        doc_text(d, "to", p->moves[k].to);
        doc_close(d);
    }
    doc_close(d);
}

void as_json_plan_keys(struct doc *d, const struct plan *p)
{
    doc_text(d, "region", p->region->name);
    doc_text(d, "title", p->region->title);
    doc_text(d, "place", p->region->place);
    doc_text(d, "from", p->region->from);
    doc_text(d, "playbook", p->playbook);
    doc_text(d, "digest", p->digest);
    /* Before there is a store its lineage is a fresh random number, and the same inputs give the same bytes.
     */
    if (p->truth && p->truth->exists)
        doc_text(d, "lineage", p->lineage);
    doc_flag(d, "changes", plan_has_changes(p));
    doc_map(d, "options");
    doc_flag(d, "refresh_only", p->refresh_only);
    doc_flag(d, "destroy", p->destroy);
    doc_close(d);
    steps(d, p);
    totals(d, p);
    as_json_cost(d, p);
    absences(d, p->region);
    moved(d, p);
    doc_value(d, "outputs", p->outputs);
    doc_list(d, "notes");
    for (size_t k = 0; k < p->note_count; k++)
        doc_diag(d, &p->notes[k]);
    doc_close(d);
    as_json_pending(d, p->truth);
    as_json_policy_findings(d, p);
    as_json_policy_waivers(d, p->waivers, p->judged_ms);
}

void as_json_plan(struct out *o, const struct plan *p)
{
    struct doc d;
    doc_begin(&d, o, "landfall.plan/1");
    as_json_plan_keys(&d, p);
    doc_end(&d);
}
