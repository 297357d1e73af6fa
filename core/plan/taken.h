/* The words for a name that is taken: the same in a plan, before anything is done, in a run that met it on
 * its way, and for who wants to take it over. */
#pragma once

#include <stdbool.h>

struct arena;
struct contract_type;
struct driver;
struct plan;
struct plan_step;

/* Whose something is: a step of another region of this project. */
struct taken_owner {
    const char *region, *address;
};

/* The other stores of the project, as far as they can be read. */
struct taken_others {
    void *user;
    /* Does the marker stand in one of them?  *out lives as long as `user` does. */
    bool (*owner)(void *user, const char *marker, struct taken_owner *out);
};

/* What is known of the step that wants the name, and of what has it. */
struct taken {
    const char *region, *address;      /* of the step */
    const struct driver *driver;       /* that met it */
    const char *marker;                /* as read, or NULL */
    bool own;                          /* an older one of this very store */
    const char *hindrance;             /* why it cannot be adopted, a whole clause; NULL: it can */
    const char *before;                /* steps that have to stand before it can; NULL: none */
    const struct taken_others *others; /* or NULL: nobody knows of any */
};

/* Is it another region's of this project? */
bool taken_is_others(const struct taken *t, struct taken_owner *out);
/* "it carries the marker lf1...", "it belongs to region 'us' (queue.queue.mail)", "it is not ours" */
const char *taken_whose(struct arena *mem, const struct taken *t);
/* That there is something, and whose it is.  note: what the driver said besides, or NULL. */
const char *taken_reason(struct arena *mem, const struct taken *t, const char *note);
/* What to type to have what is no other region's, behind "look at it; ": "then `landfall adopt eu
 * dns.zone.apex --yes --why TEXT` to take it over" */
const char *taken_adoption(struct arena *mem, const struct taken *t);
/* What can be done about it, and only what works.  else_do: how to go on without it, such as ", or build the
 * others alone (--target)". */
const char *taken_advice(struct arena *mem, const struct taken *t, const char *else_do);
/* Why nothing of a type can be adopted, or NULL: what taken.hindrance is. */
const char *taken_hindrance(const struct contract_type *type);
/* "queue.queue.mail-dead, queue.queue.old-dead": the steps whose values the attributes of this one wait for;
 * NULL: all of them are known.  What taken.before is. */
const char *taken_awaited(struct arena *mem, const struct plan *plan, const struct plan_step *s);
/* What to do about something that is another region's. */
const char *taken_apart(struct arena *mem, const struct taken *t, const struct taken_owner *owner);
