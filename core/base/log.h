/* Debug log: for the people who build landfall, off unless LANDFALL_DEBUG is set by the cli.
 * It is the only output code below cli/ and report/ may make. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"

void log_enable(bool on);
bool log_is_on(void);
void log_debug(const char *fmt, ...) PRINTF(1, 2);
