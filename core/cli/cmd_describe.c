#include "cli/args.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "cli/suggest.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "plugin/contract.h"
#include "plugin/registry.h"
#include "report/as_json.h"
#include "report/as_text.h"

/* describe: explains from the descriptors of the plugins that are installed.  No region is needed and no
 * driver is opened, so that it also helps to write the first region file. */

struct question {
    const char *subsystem; /* NULL: all */
    const char *type;      /* a type or a call; NULL: all */
};

/* Every driver that can be used, with its contract; of one subsystem, or of all. */
static bool collect(struct session *s, const struct question *q, struct facts_plugin **out, size_t *count,
                    struct err *err)
{
    struct registry_found *found;
    size_t all;
    if (!session_open_plugin_folders(s, err) ||
        !registry_scan(s->mem, s->plugin_folders, s->plugin_folder_count, &found, &all, err))
        return false;
    *out = ARENA_ARRAY(s->mem, struct facts_plugin, all + 1);
    *count = 0;
    for (size_t i = 0; i < all; i++) {
        struct contract *contract = ARENA_NEW(s->mem, struct contract);
        struct err none;
        if (!found[i].plugin || (q->subsystem && strcmp(found[i].plugin->subsystem, q->subsystem) != 0))
            continue;
        if (contract_compile(s->mem, found[i].plugin, contract, &none))
            (*out)[(*count)++] = (struct facts_plugin){found[i].path, found[i].plugin, NULL, contract};
    }
    return true;
}

static bool no_such_subsystem(struct session *s, const struct question *q, struct err *err)
{
    struct facts_plugin *all;
    struct question every = {0};
    size_t count = 0;
    if (!collect(s, &every, &all, &count, err))
        return false;
    const char **names = ARENA_ARRAY(s->mem, const char *, count + 1);
    for (size_t i = 0; i < count; i++)
        names[i] = all[i].plugin->subsystem;
    const char *near = str_nearest(q->subsystem, names, count);
    err_set(err, "describe.no_subsystem", "no plugin is for the subsystem '%s'%s", q->subsystem,
            suggest_text(s->mem, near));
    return err_advise(err, "landfall plugin list shows what is found, and why one is refused");
}

static const struct contract_type *type_of(const struct facts_plugin *p, const char *name)
{
    for (size_t i = 0; i < p->contract->type_count; i++) {
        if (strcmp(p->contract->types[i].facts.name, name) == 0)
            return &p->contract->types[i];
    }
    return NULL;
}

static const struct contract_call *call_of(const struct facts_plugin *p, const char *name)
{
    for (size_t i = 0; i < p->contract->call_count; i++) {
        if (strcmp(p->contract->calls[i].facts.name, name) == 0)
            return &p->contract->calls[i];
    }
    return NULL;
}

static bool no_such_type(struct session *s, const struct question *q, const struct facts_plugin *p,
                         struct err *err)
{
    const struct contract *c = p->contract;
    size_t count = 0;
    const char **names = ARENA_ARRAY(s->mem, const char *, c->type_count + c->call_count + 1);
    for (size_t i = 0; i < c->type_count; i++)
        names[count++] = c->types[i].facts.name;
    for (size_t i = 0; i < c->call_count; i++)
        names[count++] = c->calls[i].facts.name;
    const char *near = str_nearest(q->type, names, count);
    err_set(err, "describe.no_type", "'%s' has no type or call '%s'%s", q->subsystem, q->type,
            suggest_text(s->mem, near));
    return err_advise(err, "landfall describe %s lists them", q->subsystem);
}

/* Drivers of one subsystem may differ in what they offer beyond the contract: each is told. */
static bool tell_type(struct session *s, const struct question *q, const struct facts_plugin *at,
                      size_t count, struct err *err)
{
    size_t told = 0;
    for (size_t i = 0; i < count; i++) {
        const struct contract_type *type = type_of(&at[i], q->type);
        const struct contract_call *call = call_of(&at[i], q->type);
        if (type && !s->json)
            as_text_type(&s->out, &at[i], type);
        else if (call && !s->json)
            as_text_call(&s->out, &at[i], call);
        told += type || call;
    }
    if (told == 0)
        return no_such_type(s, q, &at[0], err);
    if (s->json)
        as_json_describe(&s->out, at, count, q->type);
    return true;
}

static struct question question_of(struct arena *mem, const char *word)
{
    const char *dot = word ? strchr(word, '.') : NULL;
    if (!dot)
        return (struct question){.subsystem = word};
    return (struct question){arena_text_n(mem, word, (size_t)(dot - word)), dot + 1};
}

bool cmd_describe_run(struct session *s, const struct args *args, int *exit_code, struct err *err)
{
    struct question q = question_of(s->mem, args_word(args, 0));
    struct facts_plugin *at;
    size_t count;
    if (!collect(s, &q, &at, &count, err))
        return false;
    if (q.subsystem && count == 0)
        return no_such_subsystem(s, &q, err);
    *exit_code = COMMAND_OK;
    if (q.type)
        return tell_type(s, &q, at, count, err);
    if (s->json) {
        as_json_describe(&s->out, at, count, NULL);
        return true;
    }
    if (!q.subsystem)
        as_text_subsystems(&s->out, at, count);
    for (size_t i = 0; q.subsystem && i < count; i++)
        as_text_driver(&s->out, &at[i]);
    return true;
}
