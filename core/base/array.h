/* The array: a growing heap array of any type, plain data.
 *
 *     ARRAY(struct step) steps = {0};
 *     ARRAY_PUSH(&steps, one);
 *     for (size_t i = 0; i < steps.count; i++) use(&steps.at[i]);
 *     ARRAY_DONE(&steps);
 *
 * Pointers into `at` are good until the next push.  Out of memory aborts. */
#pragma once

#include <stddef.h>
#include <string.h>

#include "base/arena.h"

#define ARRAY(type)                                                                                          \
    struct {                                                                                                 \
        type *at;                                                                                            \
        size_t count, room;                                                                                  \
    }

#define ARRAY_PUSH(a, item)                                                                                  \
    (array_room((void **)&(a)->at, &(a)->room, (a)->count + 1, sizeof(*(a)->at)),                            \
     (a)->at[(a)->count++] = (item))

#define ARRAY_DONE(a) (array_done((void **)&(a)->at, &(a)->count, &(a)->room))

/* A copy of the items that lives as long as `mem`; NULL when empty. */
#define ARRAY_KEEP(a, mem) ((a)->count ? arena_copy((mem), (a)->at, (a)->count * sizeof(*(a)->at)) : NULL)

/* Makes room for at least `need` items, doubling. */
void array_room(void **at, size_t *room, size_t need, size_t item_size);
void array_done(void **at, size_t *count, size_t *room);
