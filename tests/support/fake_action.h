/* Actions without Lua: what run/ sees of playbook/, played from the step's attributes.
 *
 *     { 'units': ['send:one', 'shout:two', 'keep:three'], 'together': true, 'fails': true }
 *
 * Each unit is a call of the fake driver, or with `keep` a block whose result is kept; one after the other
 * unless together; `fails` ends the body with an error.  Included by one file of a test program, it stands in
 * for the floor below. */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "model/decl.h"
#include "model/value.h"
#include "playbook/action.h"
#include "playbook/playbook.h"

struct action {
    struct arena *mem;
    struct action_world world;
    const struct decl *decl;
    const struct value *units, *result;
    size_t next, open;
    bool together, ending, failed;
    struct err err;
};

bool playbook_call(void *playbook, uint32_t fn, const struct value *arg, struct arena *mem,
                   const struct value **out, struct err *err)
{
    (void)playbook;
    (void)fn;
    (void)err;
    *out = value_copy(mem, arg);
    return true;
}

static void fake_action_end(void *user)
{
    struct action *a = user;
    a->world.ended(a->world.user, a->failed ? NULL : a->result, a->failed ? &a->err : NULL);
}

static void fake_action_over(struct action *a)
{
    if (a->ending)
        return;
    a->ending = true;
    if (!a->failed && value_get_bool(a->decl->attrs, "fails", false))
        a->failed = !err_set(&a->err, "lua.error", "the body fails");
    a->world.soon(a->world.user, fake_action_end, a);
}

static struct action_unit *fake_unit(struct action *a, const char *spec)
{
    struct action_unit *u = ARENA_NEW(a->mem, struct action_unit);
    const char *colon = strchr(spec, ':');
    const struct pair args[] = {{"value", value_text(a->mem, colon + 1)}};
    u->key = arena_print(a->mem, "1/%s", spec);
    u->digest = arena_print(a->mem, "d-%s-%s", spec, value_get_text(a->decl->attrs, "salt", ""));
    u->subsystem = "fake";
    u->instance = "";
    u->call = arena_text_n(a->mem, spec, (size_t)(colon - spec));
    u->args = value_map(a->mem, args, 1);
    u->again_in_doubt = value_get_bool(a->decl->attrs, "again", false);
    return u;
}

static void fake_action_go(void *user)
{
    struct action *a = user;
    while (!a->failed && a->next < a->units->count && (a->together || a->open == 0)) {
        struct action_unit *u = fake_unit(a, a->units->items[a->next++]->text);
        const struct value *reply = NULL;
        bool found = false;
        if (!a->world.find(a->world.user, u->key, u->digest, a->mem, &found, &reply, &a->err)) {
            a->failed = true;
        } else if (found) {
            a->result = reply;
        } else {
            a->open++;
            if (strcmp(u->call, "keep") == 0)
                a->world.record(a->world.user, u, u->args);
            else
                a->world.call(a->world.user, u);
        }
    }
    if (a->failed || (a->open == 0 && a->next == a->units->count))
        fake_action_over(a);
}

bool action_start(struct playbook *p, const struct decl *decl, const struct action_world *world,
                  struct action **out, struct err *err)
{
    (void)p;
    if (value_get_bool(decl->attrs, "broken", false))
        return err_set(err, "lua.broken", "the body cannot be started");
    struct arena *mem = arena_new();
    struct action *a = ARENA_NEW(mem, struct action);
    *a = (struct action){.mem = mem, .world = *world, .decl = decl};
    a->units = value_get(decl->attrs, "units");
    if (!a->units)
        a->units = value_list(mem, NULL, 0);
    a->together = value_get_bool(decl->attrs, "together", false);
    *out = a;
    world->soon(world->user, fake_action_go, a);
    return true;
}

void action_answer(struct action *a, struct action_unit *unit, const struct value *reply,
                   const struct err *err)
{
    (void)unit;
    a->open--;
    if (err && !a->failed) {
        a->failed = true;
        a->err = *err;
    } else if (reply) {
        a->result = value_copy(a->mem, reply);
    }
    a->world.soon(a->world.user, fake_action_go, a);
}

void action_free(struct action *a)
{
    if (a)
        arena_free(a->mem);
}
