/* The policy in words, as parts of a plan and of a status: findings by rule, the waivers that are open. */
#pragma once

#include <stdint.h>

#include "report/as_text.h"

struct waivers;

/* One line: how many rules were asked, how many are broken, open, waived.  Nothing without rules. */
void as_text_policy_line(struct out *o, const struct plan *p);
/* Each waiver on a line: what it bends, for how long, whose it is.  Nothing when there are none. */
void as_text_policy_waivers(struct out *o, const struct waivers *all, int64_t now_ms);
/* Each finding as a diagnostic; of many of one rule the first few, unless everything is asked for. */
void as_text_policy_findings(struct out *o, const struct plan *p, enum as_text_detail detail);
