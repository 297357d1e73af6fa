/* The policy as parts of a JSON document: what rules found, and the waivers of a region. */
#pragma once

#include <stdint.h>

struct doc;
struct plan;
struct waivers;

/* "rules": how many were asked, and "findings", each whole; nothing without rules. */
void as_json_policy_findings(struct doc *d, const struct plan *p);
/* "waivers", open and ended ones; nothing when there are none. */
void as_json_policy_waivers(struct doc *d, const struct waivers *all, int64_t now_ms);
