#include "base/str.h"
#include "conform/cases.h"
#include "conform/trial.h"
#include "model/value.h"

#define OK     TRIAL_BIT(LF_END_OK)
#define GONE   TRIAL_BIT(LF_END_GONE)
#define EXISTS TRIAL_BIT(LF_END_EXISTS)
#define NO     (EXISTS | TRIAL_BIT(LF_END_REFUSED))

static const char hands_off[] = "what carries another marker, or none, is not ours: answer EXISTS with the "
                                "marker as read, and touch nothing";

/* An object under the same name that is not ours: by the program of the samples, else by the driver itself,
 * on behalf of somebody else. */
struct foreign {
    struct thing *ours; /* not made */
    struct thing other;
    bool by_program;
};

static struct thing *as_seen(struct trial *t, struct foreign *f)
{
    const struct rig_answer *a = trial_do(t, &f->other, LF_VERB_FIND);
    const struct op_result *r = &a->results[0];
    if (!trial_expect(t, a, OK, "find of the object made by other means", NULL))
        return NULL;
    f->other.id = arena_text(t->run->mem, r->id);
    f->other.marker = arena_text(t->run->mem, r->marker);
    f->other.state = r->state ? value_copy(t->run->mem, r->state) : NULL;
    return &f->other;
}

static bool make(struct trial *t, struct foreign *f)
{
    *f = (struct foreign){0};
    if (t->type->facts.traits & CATALOG_MARKLESS) {
        trial_skip(t, "the type cannot carry a marker");
        return false;
    }
    f->ours = trial_thing(t);
    if (!f->ours)
        return false;
    f->other = *f->ours;
    f->other.token = arena_print(t->run->mem, "%s-foreign", f->ours->token);
    f->other.marker = trial_marker(t, f->ours, "somebody else");
    if (t->sample->foreign) {
        f->by_program = true;
        if (!t->type->has_find) {
            trial_skip(t, "the type has no `find` to look at what the program made");
            return false;
        }
        return trial_run_program(t, f->ours, t->sample->foreign) && as_seen(t, f);
    }
    return trial_create(t, &f->other, "the create on behalf of somebody else");
}

static void unmake(struct trial *t, struct foreign *f)
{
    if (f->by_program && t->sample->foreign_remove)
        (void)trial_run_program(t, f->ours, t->sample->foreign_remove);
    else if (f->other.id && !f->by_program)
        (void)trial_do(t, &f->other, LF_VERB_DESTROY);
}

/* As it was, to the letter, marker and all. */
static void is_untouched(struct trial *t, struct foreign *f, const char *after)
{
    const struct rig_answer *a = trial_do(t, &f->other, LF_VERB_READ);
    const struct op_result *r = &a->results[0];
    if (r->status != LF_END_OK) {
        trial_blame(t, a, hands_off, "after our %s somebody else's object reads %s", after,
                    trial_status(r->status));
        return;
    }
    if (!str_equal(r->marker, f->other.marker))
        trial_fail(t, hands_off, "our %s took over somebody else's object: its marker was '%s' and is '%s'",
                   after, f->other.marker ? f->other.marker : "(none)", r->marker ? r->marker : "(none)");
    if (f->other.state && !trial_keeps(t, f->other.state, r->state, arena_print(t->mem, "our %s", after)))
        trial_fail(t, hands_off, "our %s changed somebody else's object", after);
}

/* The marker in an answer of EXISTS is how the core knows itself. */
static void names_owner(struct trial *t, const struct foreign *f, const struct op_result *r,
                        const char *doing)
{
    if (r->status == LF_END_EXISTS && !str_equal(r->marker, f->other.marker))
        trial_fail(t, "EXISTS carries the marker as read: without it the core reports a conflict with itself",
                   "%s answered EXISTS with the marker '%s' instead of '%s'", doing,
                   r->marker ? r->marker : "(none)", f->other.marker ? f->other.marker : "(none)");
}

/* ---- cases ----------------------------------------------------------------------------------------------
 */

static void judge_create(struct trial *t, struct foreign *f)
{
    const struct rig_answer *a = trial_do(t, f->ours, LF_VERB_CREATE);
    const struct op_result *r = &a->results[0];
    bool beside = r->status == LF_END_OK && !trial_names_are_unique(t) && !str_equal(r->id, f->other.id);
    if (!beside)
        trial_expect(t, a, EXISTS, "a create under a name that is taken", hands_off);
    names_owner(t, f, r, "create");
    is_untouched(t, f, "create");
    if (!beside)
        f->ours->id = NULL; /* whatever it said, that object is not ours to destroy */
}

static void foreign_create(struct trial *t)
{
    struct foreign f;
    if (make(t, &f))
        judge_create(t, &f);
    unmake(t, &f);
}

/* As if the object of the store had been replaced by somebody: our marker, its id. */
static struct op_item aimed(struct trial *t, const struct foreign *f, uint32_t verb)
{
    struct op_item item = trial_item(f->ours, verb);
    (void)t;
    item.id = f->other.id;
    item.prior = f->other.state;
    item.prior_version = f->ours->type->facts.schema->version;
    return item;
}

static void foreign_update(struct trial *t)
{
    struct foreign f;
    if (!t->type->has_update || !t->sample->update || t->sample->update->count == 0) {
        trial_skip(t, "there is no 'update' to try");
        return;
    }
    if (make(t, &f)) {
        struct op_item item = aimed(t, &f, LF_VERB_UPDATE);
        item.desired = trial_desired(t, f.ours, t->sample->update);
        const struct rig_answer *a = item.desired ? trial_ask(t, &item) : NULL;
        if (a) {
            trial_expect(t, a, NO, "an update of what is not ours", hands_off);
            names_owner(t, &f, &a->results[0], "update");
            is_untouched(t, &f, "update");
        }
    }
    unmake(t, &f);
}

static void foreign_destroy(struct trial *t)
{
    struct foreign f;
    if (make(t, &f)) {
        struct op_item item = aimed(t, &f, LF_VERB_DESTROY);
        const struct rig_answer *a = trial_ask(t, &item);
        trial_expect(t, a, NO, "a destroy of what is not ours", hands_off);
        names_owner(t, &f, &a->results[0], "destroy");
        is_untouched(t, &f, "destroy");
    }
    unmake(t, &f);
}

/* OK and another's marker says the same as EXISTS. */
static void looks_foreign(struct trial *t, const struct foreign *f, const struct op_item *item,
                          uint32_t allowed, const char *doing)
{
    const struct rig_answer *a = trial_ask(t, item);
    const struct op_result *r = &a->results[0];
    if (!trial_expect(t, a, allowed, doing, hands_off))
        return;
    if ((r->status == LF_END_OK || r->status == LF_END_EXISTS) && !str_equal(r->marker, f->other.marker))
        trial_fail(t, "the core goes by the marker that was read back",
                   "%s gave the marker '%s' instead of '%s'", doing, r->marker ? r->marker : "(none)",
                   f->other.marker ? f->other.marker : "(none)");
}

static void foreign_look(struct trial *t)
{
    struct foreign f;
    if (make(t, &f)) {
        struct op_item item = aimed(t, &f, LF_VERB_READ);
        looks_foreign(t, &f, &item, OK | EXISTS, "the read of what is not ours");
        item = trial_item(f.ours, LF_VERB_RECOVER);
        item.id = NULL;
        /* Where names are not unique, ours is simply not there. */
        uint32_t allowed = OK | EXISTS | (trial_names_are_unique(t) ? 0 : GONE);
        if (t->type->has_recover)
            looks_foreign(t, &f, &item, allowed, "recover of a create, where somebody else has the name,");
    }
    unmake(t, &f);
}

const struct cases_row cases_foreign[] = {
    {"foreign_create", "a create under a name that somebody else has touches nothing", foreign_create},
    {"foreign_update", "an update touches only what is ours", foreign_update},
    {"foreign_destroy", "a destroy touches only what is ours", foreign_destroy},
    {"foreign_look", "a look tells whose it is", foreign_look},
    {0},
};
