/* A double of a service (tests/servers/NAME, a script of the form start, tell, stop), on a free port of
 * loopback and in a folder of its own for as long as a test needs it.  What cannot be started fails the test.
 */
#pragma once

struct twin;

/* NULL: the double can run here; otherwise what is missing, in words, and what main() ends with: 77
 * (skipped), or 1 where CI=true. */
const char *twin_missing(int *end);
struct twin *twin_start(const char *name);
void twin_stop(struct twin *t);
int twin_port(const struct twin *t);
const char *twin_folder(const struct twin *t);
/* One of the double's own questions: "log", "dump", "faults" ...  json may have ' for ", or be NULL.  The
 * answer is good until the next question. */
const char *twin_tell(struct twin *t, const char *path, const char *json);
/* How often `word` stands in the double's answer to `path`. */
int twin_count(struct twin *t, const char *path, const char *word);
