/* The address: a step's stable name.  subsystem.type.name for resources, kind.name for the rest
 * (action.seed, check.login, human.dpa-signed, todo.whatsapp); existing objects are resources. */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/attr.h"

struct err;

#define ADDR_NAME_MAX 63 /* [a-z0-9][a-z0-9_-]{0,62} */

bool addr_name_is_valid(const char *name);
/* Error "addr.bad_name" with what is wrong and a corrected proposal. */
MUST_USE bool addr_check_name(const char *name, struct err *err);
const char *addr_of_resource(struct arena *mem, const char *subsystem, const char *type, const char *name);
const char *addr_of_kind(struct arena *mem, const char *kind, const char *name);
bool addr_is_valid(const char *address);
/* ^[a-z][a-z0-9-]{0,30}[a-z0-9]$ */
bool addr_region_is_valid(const char *region);

/* A pattern of addresses: their first parts ("dns", "dns.record"), where a * stands for any run of letters
 * within one part ("*.*.db-*"). */
bool addr_pattern_is_valid(const char *pattern);
bool addr_matches(const char *pattern, const char *address);
