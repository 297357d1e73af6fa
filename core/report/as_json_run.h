/* The keys of a run, for every document that tells of one.  The map is open. */
#pragma once

struct doc;
struct store_run;

void as_json_run_keys(struct doc *d, const struct store_run *run);
