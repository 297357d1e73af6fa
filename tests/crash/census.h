/* The census: everything a region's drivers made, told by their own files - zone files line by line, SQLite
 * files row by row, the catalogue object by object, what commands wrote, and the names of all files - as a
 * sorted list of lines without what may differ from build to build (markers, tokens, times, serial numbers).
 * Counted against the census of a build that nothing disturbed, it says what is there twice, what nobody
 * asked for, and what is missing.
 *
 * The store is asked only for the second half: its own invariants, and that it and the artefacts agree on
 * every marker. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct census_mark {
    char *marker, *address;
};

struct census {
    char **lines;
    size_t count, room;
    struct census_mark *marks; /* as found on artefacts */
    size_t mark_count, mark_room;
};

struct census_result {
    unsigned duplicates, orphans, losses;
    unsigned broken; /* invariants of the store, unreadable files, and the like */
};

/* Reads the artefacts below folder/out.  What cannot be read becomes a line that no other census has. */
void census_take(struct census *c, const char *folder);
void census_free(struct census *c);
/* The number of lines that begin so. */
size_t census_lines(const struct census *c, const char *start);
/* Adds to the result, and writes a line for each difference. */
void census_compare(const struct census *seen, const struct census *wanted, struct census_result *result,
                    FILE *tell);
/* The store of region `region` in folder/.landfall against the artefacts, and its invariants. */
void census_check_store(const struct census *seen, const char *folder, const char *region,
                        struct census_result *result, FILE *tell);
bool census_is_clean(const struct census_result *r);
