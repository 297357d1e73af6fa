#include "cli/planning.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "cli/args.h"
#include "cli/policies.h"
#include "cli/session.h"
#include "cli/siblings.h"
#include "model/value.h"
#include "plan/plan.h"
#include "playbook/playbook.h"
#include "region/project.h"

struct planning planning_of_args(const struct args *args)
{
    return (struct planning){
        .targets = args->options[OPTION_TARGET].at,
        .target_count = args->options[OPTION_TARGET].count,
        .replaces = args->options[OPTION_REPLACE].at,
        .replace_count = args->options[OPTION_REPLACE].count,
        .refresh_only = args_has(args, OPTION_REFRESH_ONLY),
        .destroy = args_has(args, OPTION_DESTROY),
        .names = true,
    };
}

/* An empty list stays a list: the file says that nothing was chosen. */
static const struct value *texts(struct arena *mem, const char *const *at, size_t count)
{
    const struct value **items = ARENA_ARRAY(mem, const struct value *, count + 1);
    for (size_t i = 0; i < count; i++)
        items[i] = value_text(mem, at[i]);
    return value_list(mem, items, count);
}

const struct value *planning_to_value(struct arena *mem, const struct planning *p)
{
    struct pair pairs[] = {
        {"targets", texts(mem, p->targets, p->target_count)},
        {"replaces", texts(mem, p->replaces, p->replace_count)},
        {"refresh_only", value_bool(p->refresh_only)},
        {"destroy", value_bool(p->destroy)},
    };
    return value_map(mem, pairs, COUNT_OF(pairs));
}

/* A plan file is read by its digest, so this is what was written; anything else is no option. */
static const char *const *texts_of(struct arena *mem, const struct value *list, size_t *count)
{
    size_t most = value_kind(list) == VALUE_LIST ? list->count : 0;
    const char **at = ARENA_ARRAY(mem, const char *, most + 1);
    *count = 0;
    for (size_t i = 0; i < most; i++) {
        if (value_as_text(list->items[i]))
            at[(*count)++] = list->items[i]->text;
    }
    return at;
}

struct planning planning_of_value(struct arena *mem, const struct value *v)
{
    struct planning p = {.refresh_only = value_get_bool(v, "refresh_only", false),
                         .destroy = value_get_bool(v, "destroy", false),
                         .names = true};
    p.targets = texts_of(mem, value_get(v, "targets"), &p.target_count);
    p.replaces = texts_of(mem, value_get(v, "replaces"), &p.replace_count);
    return p;
}

const char *planning_options(struct arena *mem, const struct planning *p)
{
    struct buf out;
    buf_init(&out, 0);
    for (size_t i = 0; i < p->target_count; i++)
        buf_print(&out, " --target %s", str_word(mem, p->targets[i]));
    for (size_t i = 0; i < p->replace_count; i++)
        buf_print(&out, " --replace %s", str_word(mem, p->replaces[i]));
    buf_text(&out, p->refresh_only ? " --refresh-only" : "");
    buf_text(&out, p->destroy ? " --destroy" : "");
    const char *text = buf_keep(&out, mem);
    buf_done(&out);
    return text;
}

const char *planning_command(struct arena *mem, const struct planning *p, const char *region,
                             const char *file)
{
    return arena_print(mem, "landfall plan %s%s -o %s", region, planning_options(mem, p),
                       str_word(mem, file));
}

bool planning_make(struct session *s, const struct planning *p, struct plan **out, struct err *err)
{
    /* What is destroyed is what the store holds: no playbook is needed, and a broken one is no hindrance. */
    if (!p->destroy && !s->playbook && !session_open_playbook(s, err))
        return false;
    if ((!s->prices && !session_open_prices(s, err)) || !policies_open(s, err))
        return false;
    struct plan_ask ask = {
        .loop = s->loop,
        .region = s->region,
        .decls = session_decls(s),
        .truth = &s->truth,
        .registry = s->registry,
        .prices = s->prices,
        .call = playbook_call,
        .call_user = s->playbook,
        .targets = p->targets,
        .target_count = p->target_count,
        .replaces = p->replaces,
        .replace_count = p->replace_count,
        .adopting = p->adopting,
        .refresh_only = p->refresh_only,
        .destroy = p->destroy,
        .keep_body = p->keep_body,
        .keep_lines = p->keep_lines,
        .names = p->names,
        .no_refresh = p->no_refresh,
        .wall_ms = session_wall_ms(),
        .offline = p->offline,
        .held = s->writer != NULL,
        .playbook = s->project->playbook,
        .parallel = s->project->parallel,
        .policy = s->policy,
        .waivers = s->waivers,
        .others = siblings_of(s),
    };
    return plan_make(s->mem, &ask, out, &s->diags, err);
}

static struct diags copy_of(struct session *s)
{
    struct diags copy = s->diags;
    copy.at = copy.count ? arena_copy(s->mem, copy.at, copy.count * sizeof(*copy.at)) : NULL;
    copy.room = copy.count;
    return copy;
}

/* What is wrong with the playbook is wrong without the services too: then the first answer is the one to
 * tell, because it names more. */
bool planning_make_or_remember(struct session *s, const struct planning *p, struct plan **out,
                               const struct err **silence, struct err *err)
{
    struct planning offline = *p;
    struct diags before = copy_of(s);
    struct err second = {0};
    *silence = NULL;
    if (planning_make(s, p, out, err))
        return true;
    if (p->offline)
        return false;
    struct diags said = s->diags;
    offline.no_refresh = offline.offline = true;
    s->diags = before;
    if (planning_make(s, &offline, out, &second)) {
        *silence = arena_copy(s->mem, err, sizeof(*err));
        err_clear(err);
        return true;
    }
    s->diags = said;
    return false;
}

void planning_tell_silence(struct session *s, const struct err *silence)
{
    if (!silence || s->quiet)
        return;
    out_text(&s->err, "As of the store, because no plan of what is there could be made: ");
    out_safe(&s->err, silence->summary);
    out_char(&s->err, '\n');
}
