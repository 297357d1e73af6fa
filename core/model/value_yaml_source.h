/* The source of a YAML text: what must hold before libyaml sees it, and how a place in it is shown to a
 * person.  Knows bytes and lines, nothing of YAML's grammar. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct err;

/* `text` has a NUL behind it.  Size first, then byte order mark, UTF-8, control characters.  After it only \n
 * ends a line. */
MUST_USE bool value_yaml_source_check(const char *name, const char *text, size_t count, struct err *err);
/* Sets err's place and puts the line and a caret into its detail.  Always false. */
bool value_yaml_source_point(struct err *err, const char *name, const char *text, uint32_t line,
                             uint32_t column);
/* True when a tab stands in the indentation of that line. */
bool value_yaml_source_tab_indents(const char *text, uint32_t line);
