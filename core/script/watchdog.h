/* The watchdog: a thread that ends the process when one run of a script takes too long, by the
 * processor time of its thread (or ten times as long by the clock).  It stands behind the
 * instruction budget, whose hook never fires inside a C function.  Ending the process is safe: a plan has
 * written nothing and an apply resumes.  It writes one line to standard error, with the last line known of
 * the script, and exits with 1: the one place below cli/ that does either. */
#pragma once

#include <stdint.h>

struct watchdog;

/* The thread starts with the first arm and sleeps while nothing is armed. */
struct watchdog *watchdog_new(uint32_t limit_ms);
void watchdog_free(struct watchdog *w); /* NULL is fine */
void watchdog_arm(struct watchdog *w);
void watchdog_disarm(struct watchdog *w);
/* Ends the thread while nothing is armed, for a process that is to be copied; the next arm starts another. */
void watchdog_rest(struct watchdog *w);
/* The line that runs now; `file` must live as long as the watchdog. */
void watchdog_note(struct watchdog *w, const char *file, uint32_t line);
/* The line last noted; *file NULL when there is none. */
void watchdog_last(const struct watchdog *w, const char **file, uint32_t *line);
