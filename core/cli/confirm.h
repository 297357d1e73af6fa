/* Confirming: the questions before something is done that costs or cannot be taken back. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"

struct err;
struct plan;
struct session;

/* Asks on the terminal for a typed `yes`, unless --yes was given.  What: "Apply this plan".  Errors:
 * "cli.needs_yes" where nobody can be asked, "cli.said_no". */
MUST_USE bool confirm_yes(struct session *s, const char *what, struct err *err);
/* True at once when the plan destroys nothing that holds data; else the region's name has to be typed, or
 * --yes-destroy-data given. */
MUST_USE bool confirm_data(struct session *s, const struct plan *plan, struct err *err);
