/* The keys of landfall.launch/1, for a document that holds them among other things. */
#pragma once

struct doc;
struct facts_launch;

void as_json_launch_keys(struct doc *d, const struct facts_launch *f);
