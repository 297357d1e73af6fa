/* Whether a build may begin: the server and its version, the database, the login, the modules, the rights of
 * the user, and what an accountant has set up.  Says all that is missing, not only the first of it. */
#pragma once

#include "kit.h"

struct tryton;

void preflight_verb(struct tryton *tryton, struct lf_op *op, const struct lf_request *req);
