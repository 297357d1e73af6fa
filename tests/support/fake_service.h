/* The service behind the driver fake-fake: what it does with a request, whoever sends it and whenever it
 * comes. All of its state is the world. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <landfall/plugin.h>

#include "fake.h"

/* One instance of the driver. */
struct fake {
    const struct lf_host *host;
    struct fake_world *world;
};

/* The calls with a ledger (fake_careful.c): it is made, that is saved, and then they take effect.  With a
 * ledger that was saved and is gone they cannot tell. */
void fake_careful(void *self, struct lf_op *op, const struct lf_request *req);

/* How it treats a type. */
struct fake_manners {
    const char *type;
    bool by_key, by_token, markless, takes_unmarked;
};

/* NULL: no such type. */
const struct fake_manners *fake_service_manners(const char *type);
/* Cut to the room there is; NULL is empty. */
void fake_service_copy(char *to, size_t room, const char *from);
/* A new object with an id of its own. */
struct fake_object *fake_service_add(struct fake_world *w, const struct fake_object *like);
/* Living ones, or NULL. */
struct fake_object *fake_service_by_id(struct fake_world *w, const char *id);
struct fake_object *fake_service_by_key(struct fake_world *w, const char *type, const char *key);
struct fake_object *fake_service_by_token(struct fake_world *w, const char *type, const char *token);
struct fake_object *fake_service_by_marker(struct fake_world *w, const char *type, const char *marker,
                                           uint32_t *count);
/* The next fault that is scripted for such a request, used up; 0: none.  *ms: as it says. */
uint32_t fake_service_fault(struct fake_world *w, uint32_t verb, const char *key, int64_t *ms);
/* Changes: each happens or does not, also when another thread ends the process (see fake_hold). */
/* What is there is as it is asked for, or a new one; answers it. */
struct fake_object *fake_service_make(struct fake_world *w, struct fake_object *there,
                                      const struct fake_object *want);
void fake_service_update(struct fake_world *w, struct fake_object *there, const struct fake_object *want);
void fake_service_call(struct fake_world *w, struct fake_call *c, bool counts, const char *name,
                       const char *token, const char *value);
/* It is on its way for `ms`. */
void fake_service_send_late(struct fake_world *w, uint32_t slot, int64_t ms, uint32_t verb,
                            struct fake_object object);
/* What is due by now lands. */
void fake_service_pass_time(struct fake_world *w, int64_t now);
/* A place where the power may fail. */
void fake_service_point(struct fake_world *w);
void fake_service_change(struct fake_world *w);
