#include "base/buf.h"
#include "launch/parity.h"
#include "model/value.h"
#include "region/region.h"
#include "report/as_json.h"
#include "report/brief.h"
#include "report/doc.h"

/* What refers to other steps is told as a reader of the playbook would write it. */
static void side(struct doc *d, const struct out *o, const char *key, const struct value *v)
{
    if (v == NULL || !value_has_expr(v)) {
        doc_value(d, key, v);
        return;
    }
    struct buf text;
    buf_init(&text, 0);
    brief_value(&text, o, v, 0);
    doc_text(d, key, text.at);
    buf_done(&text);
}

static void cause(struct doc *d, const struct parity_cause *c)
{
    doc_map(d, NULL);
    doc_text(d, "by", parity_by_name(c->by));
    doc_text(d, "what", c->what);
    doc_text(d, "why", c->why);
    doc_text(d, "owner", c->owner);
    doc_text(d, "revisit", c->revisit);
    doc_text(d, "left_where", c->left);
    doc_text(d, "right_where", c->right);
    doc_close(d);
}

static void difference(struct doc *d, const struct out *o, const struct parity_difference *one)
{
    doc_map(d, NULL);
    doc_text(d, "kind", one->kind);
    doc_text(d, "address", one->address);
    doc_text(d, "setting", one->setting);
    doc_text(d, "declared_at", one->declared);
    doc_text(d, "built", one->built);
    doc_flag(d, "explained", one->explained);
    if (one->setting == NULL)
        doc_text(d, "only", one->left != NULL ? "left" : one->right != NULL ? "right" : NULL);
    side(d, o, "left", one->left);
    side(d, o, "right", one->right);
    doc_list(d, "causes");
    for (size_t i = 0; i < one->cause_count; i++)
        cause(d, one->causes[i]);
    doc_close(d);
    doc_close(d);
}

static void region(struct doc *d, const char *key, const struct region *r, size_t steps, bool built,
                   size_t unbuilt)
{
    doc_map(d, key);
    doc_text(d, "region", r->name);
    doc_text(d, "place", r->place);
    doc_count(d, "steps", steps);
    doc_flag(d, "built", built);
    if (built)
        doc_count(d, "not_built_yet", unbuilt);
    doc_close(d);
}

void as_json_parity(struct out *o, const struct parity *p)
{
    struct doc d;
    doc_begin(&d, o, "landfall.diff/1");
    region(&d, "left", p->left, p->left_steps, p->left_built, p->left_unbuilt);
    region(&d, "right", p->right, p->right_steps, p->right_built, p->right_unbuilt);
    doc_count(&d, "differences", p->count);
    doc_count(&d, "unexplained", p->unexplained);
    doc_list(&d, "at");
    for (size_t i = 0; i < p->count; i++)
        difference(&d, o, &p->at[i]);
    doc_close(&d);
    doc_texts(&d, "idle", p->idle_at, p->idle);
    doc_end(&d);
}
