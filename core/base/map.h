/* The map: text keys to pointers, in the order of insertion.  Keys and values are borrowed for the
 * life of the map.  Not for tables an outsider chooses the size of without a cap upstream. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct map;

struct map *map_new(void);
void map_free(struct map *m);
/* Sets or replaces; returns the earlier value or NULL. */
void *map_put(struct map *m, const char *key, void *value);
void *map_find(const struct map *m, const char *key); /* NULL: not there */
bool map_has(const struct map *m, const char *key);
bool map_remove(struct map *m, const char *key);
size_t map_count(const struct map *m);
/* i-th live entry in order of insertion: start with *at = 0; false at the end. */
bool map_next(const struct map *m, size_t *at, const char **key, void **value);
