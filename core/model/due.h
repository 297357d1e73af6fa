/* The due date of what waits for a person, as it travels in the text of an event: stores keep one line of
 * each, and who reads it back later may not have the playbook any more. */
#pragma once

struct arena;

/* "legal: Countersign (due 2026-12-01)"; text itself where deadline is NULL. */
const char *due_print(struct arena *mem, const char *text, const char *deadline);
/* The date at the end of such a text, in mem; NULL when it has none. */
const char *due_find(struct arena *mem, const char *text);
