/* The open places: differences that nothing explains by itself, waiting for the turns to tell where they come
 * from.  Steps are added and looked for in the order of their addresses, so that finding them is one walk. */
#pragma once

#include <stddef.h>

#include "base/array.h"
#include "launch/parity.h"
#include "launch/parity_causes.h"

struct parity_open_place {
    struct parity_difference difference; /* its causes are not filled in */
    struct parity_causes *causes;        /* so far */
};

struct parity_open_step {
    const char *address;
    size_t first, count;         /* of the places, by setting */
    struct parity_causes *whole; /* of what became of the step itself */
};

struct parity_open {
    struct parity_causes none;
    ARRAY(struct parity_open_place) places;
    ARRAY(struct parity_open_step) steps;
    size_t at; /* where the walk stands */
};

void parity_open_done(struct parity_open *o);
void parity_open_add(struct parity_open *o, const struct parity_difference *d);
/* All are added; a walk begins, one of several. */
void parity_open_walk(struct parity_open *o);
/* Where to note the causes of the place, or NULL: it is not open.  In one walk addresses never go back. */
struct parity_causes **parity_open_find(struct parity_open *o, const char *address, const char *setting);
/* What is known of the place in the end; NULL: nothing. */
struct parity_causes *parity_open_causes(const struct parity_open *o, const struct parity_open_step *step,
                                         const struct parity_open_place *place);
