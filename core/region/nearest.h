/* The nearest: what a path that leads nowhere was probably meant to be. */
#pragma once

struct arena;
struct path;
struct value;

/* "did you mean 'services.databases.*.replicas'?", or what there is where the path leaves the tree.  A *
 * tries every branch. */
const char *nearest_advice(struct arena *mem, const struct value *root, const struct path *path);
