/* The data places: where a plan puts which data - one category in one place, and how many steps hold it
 * there - for every form of the report alike. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct plan;

struct data_place {
    const char *category, *place; /* "nobody said" is a place, too */
    uint32_t steps;
    bool ruled, allowed; /* the region has a rule for its data, and allows this */
};

/* Some step says that it holds data. */
bool data_place_any(const struct plan *p);
/* In the order of the plan, each once; lives in the arena. */
const struct data_place *data_place_list(struct arena *mem, const struct plan *p, size_t *count);
