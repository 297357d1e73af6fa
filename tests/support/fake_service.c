/* The fake service itself: its objects, its clock, and what is still on its way to it. */
#include "fake_service.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <landfall/plugin.h>

static const struct fake_manners manners[] = {
    {.type = "named", .by_key = true},
    {.type = "tokened", .by_token = true},
    {.type = "findable"},
    {.type = "blind"},
    {.type = "conditional", .by_key = true},
    {.type = "markless", .by_key = true, .markless = true},
    {.type = "slow"},
    {.type = "planned", .by_key = true},
    {.type = "secretive", .by_key = true},
    {.type = "no_update", .by_key = true},
    {.type = "many", .by_key = true},
    {.type = "ready", .by_key = true, .takes_unmarked = true},
};

const struct fake_manners *fake_service_manners(const char *type)
{
    for (size_t k = 0; k < sizeof(manners) / sizeof(*manners); k++) {
        if (strcmp(manners[k].type, type) == 0)
            return &manners[k];
    }
    return NULL;
}

void fake_service_copy(char *to, size_t room, const char *from)
{
    snprintf(to, room, "%s", from ? from : "");
}

struct fake_object *fake_service_add(struct fake_world *w, const struct fake_object *like)
{
    if (w->object_count == FAKE_OBJECTS)
        abort();
    struct fake_object *o = &w->objects[w->object_count++];
    *o = *like;
    o->alive = 1;
    o->etag = 1;
    snprintf(o->id, sizeof(o->id), "%.15s-%u", like->type, ++w->next_id);
    for (uint32_t i = 0; i + 1 < w->object_count; i++)
        w->doubles += o->marker[0] && w->objects[i].alive && strcmp(w->objects[i].marker, o->marker) == 0;
    return o;
}

struct fake_object *fake_service_by_id(struct fake_world *w, const char *id)
{
    for (uint32_t i = 0; id && i < w->object_count; i++) {
        if (w->objects[i].alive && strcmp(w->objects[i].id, id) == 0)
            return &w->objects[i];
    }
    return NULL;
}

struct fake_object *fake_service_by_key(struct fake_world *w, const char *type, const char *key)
{
    for (uint32_t i = 0; key && i < w->object_count; i++) {
        struct fake_object *o = &w->objects[i];
        if (o->alive && strcmp(o->type, type) == 0 && strcmp(o->key, key) == 0)
            return o;
    }
    return NULL;
}

struct fake_object *fake_service_by_token(struct fake_world *w, const char *type, const char *token)
{
    for (uint32_t i = 0; i < w->object_count; i++) {
        struct fake_object *o = &w->objects[i];
        if (o->alive && strcmp(o->type, type) == 0 && strcmp(o->token, token) == 0)
            return o;
    }
    return NULL;
}

struct fake_object *fake_service_by_marker(struct fake_world *w, const char *type, const char *marker,
                                           uint32_t *count)
{
    struct fake_object *found = NULL;
    *count = 0;
    for (uint32_t i = 0; i < w->object_count; i++) {
        struct fake_object *o = &w->objects[i];
        if (!o->alive || strcmp(o->type, type) != 0 || strcmp(o->marker, marker) != 0)
            continue;
        found = o;
        ++*count;
    }
    return found;
}

struct fake_object *fake_service_make(struct fake_world *w, struct fake_object *there,
                                      const struct fake_object *want)
{
    fake_hold(w);
    if (there) {
        fake_service_copy(there->state, sizeof(there->state), want->state);
        fake_service_copy(there->marker, sizeof(there->marker), want->marker);
    } else {
        there = fake_service_add(w, want);
    }
    fake_let_go(w);
    return there;
}

void fake_service_update(struct fake_world *w, struct fake_object *there, const struct fake_object *want)
{
    fake_hold(w);
    fake_service_copy(there->state, sizeof(there->state), want->state);
    fake_service_copy(there->marker, sizeof(there->marker), want->marker);
    fake_service_copy(there->key, sizeof(there->key), want->key);
    there->etag++;
    fake_let_go(w);
}

void fake_service_call(struct fake_world *w, struct fake_call *c, bool counts, const char *name,
                       const char *token, const char *value)
{
    fake_hold(w);
    c->times += counts;
    fake_service_copy(c->name, sizeof(c->name), name);
    fake_service_copy(c->token, sizeof(c->token), token);
    fake_service_copy(c->value, sizeof(c->value), value);
    fake_let_go(w);
}

void fake_service_send_late(struct fake_world *w, uint32_t slot, int64_t ms, uint32_t verb,
                            struct fake_object object)
{
    fake_hold(w);
    w->lates[slot] = (struct fake_late){w->clock_ms + ms, verb, 0, object};
    fake_let_go(w);
}

/* What was sent and comes only now: the service treats it as it treats any request. */
static void land(struct fake_world *w, struct fake_late *late)
{
    const struct fake_object *o = &late->object;
    struct fake_object *there = NULL;
    fake_hold(w);
    for (size_t k = 0; k < sizeof(manners) / sizeof(*manners); k++) {
        if (strcmp(manners[k].type, o->type) != 0)
            continue;
        there = manners[k].by_key     ? fake_service_by_key(w, o->type, o->key)
                : manners[k].by_token ? fake_service_by_token(w, o->type, o->token)
                                      : NULL;
    }
    if (late->verb == LF_VERB_CREATE && !there) {
        fake_service_add(w, o);
    } else if (late->verb != LF_VERB_CREATE && (there = fake_service_by_id(w, o->id)) &&
               (o->etag == 0 || o->etag == there->etag)) {
        there->alive = late->verb == LF_VERB_UPDATE;
        fake_service_copy(there->state, sizeof(there->state), o->state);
        there->etag++;
    }
    late->verb = 0;
    fake_let_go(w);
}

/* A new process has a new virtual clock, which begins at 0 where the last one stopped. */
void fake_service_pass_time(struct fake_world *w, int64_t now)
{
    for (uint32_t i = 0; w->rebase && i < FAKE_LATES; i++)
        w->lates[i].due_ms -= w->clock_ms;
    for (uint32_t i = 0; w->rebase && i < w->object_count; i++)
        w->objects[i].ready_ms -= w->clock_ms;
    w->rebase = 0;
    w->clock_ms = now;
    for (uint32_t i = 0; i < FAKE_LATES; i++) {
        if (w->lates[i].verb && (w->lates[i].due_ms <= now || w->lands_now))
            land(w, &w->lates[i]);
    }
}

/* A call that is to change something: also a place where the power may fail. */
void fake_service_change(struct fake_world *w)
{
    w->changes++;
    fake_service_point(w);
}

uint32_t fake_service_fault(struct fake_world *w, uint32_t verb, const char *key, int64_t *ms)
{
    for (uint32_t i = 0; i < FAKE_FAULTS; i++) {
        struct fake_fault *f = &w->faults[i];
        bool fits =
            f->times && (!f->verb || f->verb == verb) && (!f->key[0] || (key && strcmp(f->key, key) == 0));
        if (!fits)
            continue;
        if (f->skip && f->skip--)
            continue;
        f->times--;
        *ms = f->ms;
        return f->kind;
    }
    return 0;
}

/* A place where the power may fail. */
void fake_service_point(struct fake_world *w)
{
    if (++w->points == w->kill_at)
        raise(SIGKILL);
}
