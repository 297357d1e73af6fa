/* As JSON: what a page was made of - the services, or what the store remembers, and then why. */
#pragma once

#include <stdbool.h>

struct doc;
struct err;

/* "as_of" and, when a service was to be asked and did not answer, "not_asked"; silence may be NULL. */
void as_json_source(struct doc *d, bool as_stored, const struct err *silence);
