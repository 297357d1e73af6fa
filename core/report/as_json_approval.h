/* The approval as JSON, for every document that has one. */
#pragma once

struct approval;
struct doc;

/* One entry of a list. */
void as_json_given(struct doc *d, const struct approval *a);
