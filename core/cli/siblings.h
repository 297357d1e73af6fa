/* The siblings: the project's other regions, as owners of what the drivers of this one meet.  Known is what
 * their stores say stands or is under way; a store that cannot be read owns nothing. */
#pragma once

struct session;
struct taken_others;

/* Reads no store before somebody asks, and then each of them once.  Lives as long as the session. */
const struct taken_others *siblings_of(struct session *s);
