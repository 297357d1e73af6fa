#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

/* The one mutable global below cli/: any thread may log, and passing a handle through every call
 * for a switch that is off would cost more than it tells. */
static atomic_bool enabled;

void log_enable(bool on)
{
    atomic_store(&enabled, on);
}

bool log_is_on(void)
{
    return atomic_load_explicit(&enabled, memory_order_relaxed);
}

void log_debug(const char *fmt, ...)
{
    if (!log_is_on())
        return;
    /* One write per line, so that lines of several threads do not mix.  Longer lines are cut. */
    char line[1024];
    int start = snprintf(line, sizeof(line), "debug: ");
    va_list args;
    va_start(args, fmt);
    int more = vsnprintf(line + start, sizeof(line) - (size_t)start - 1, fmt, args);
    va_end(args);
    if (more < 0)
        return;
    size_t count = (size_t)start + (size_t)more;
    if (count > sizeof(line) - 2)
        count = sizeof(line) - 2;
    line[count++] = '\n';
    /* Nobody can be told that the log cannot be written. */
    if (write(STDERR_FILENO, line, count) < 0)
        return;
}
