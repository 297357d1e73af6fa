/* CSV as RFC 4180 has it: a header row, then rows of as many fields.  Lines end with CRLF or LF, fields may
 * be quoted, a quote inside is doubled.  What RFC 4180 leaves open is refused: a quote inside a plain field,
 * text behind a closing quote, a row of another length, two columns of one name. Empty lines count only at
 * the end, where they are skipped. Every field is a text. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct arena;
struct err;

#define CSV_COLUMNS_MAX 256
#define CSV_FIELD_MAX   65536
#define CSV_ROWS_MAX    1000000

struct csv {
    const char *const *header;
    size_t columns;
    const char *const *fields; /* row after row, `columns` each */
    size_t rows;
};

/* `file` is what errors name.  "csv.syntax" with file:line. */
MUST_USE bool csv_read(struct arena *mem, const char *file, const char *bytes, size_t count, struct csv *out,
                       struct err *err);
