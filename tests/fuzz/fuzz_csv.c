/* Whatever is read as CSV is within the limits, and written with every field quoted it reads back the same.
 */
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "fuzz.h"
#include "playbook/csv.h"

static void print_row(struct buf *out, const char *const *fields, size_t columns)
{
    for (size_t i = 0; i < columns; i++) {
        buf_text(out, i ? ",\"" : "\"");
        for (const char *c = fields[i]; *c; c++)
            buf_print(out, *c == '"' ? "\"\"" : "%c", *c);
        buf_char(out, '"');
    }
    buf_char(out, '\n');
}

static void check_same(const struct csv *a, const struct csv *b)
{
    MUST_HOLD(a->columns == b->columns && a->rows == b->rows);
    for (size_t i = 0; i < a->columns; i++)
        MUST_HOLD(strcmp(a->header[i], b->header[i]) == 0);
    for (size_t i = 0; i < a->columns * a->rows; i++)
        MUST_HOLD(strcmp(a->fields[i], b->fields[i]) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    struct arena *mem = arena_new();
    struct err err = {0};
    struct csv csv, again;
    if (!csv_read(mem, "a.csv", (const char *)bytes, count, &csv, &err)) {
        MUST_HOLD(err.code[0] && err.summary[0]);
    } else {
        MUST_HOLD(csv.columns > 0 && csv.columns <= CSV_COLUMNS_MAX && csv.rows <= CSV_ROWS_MAX);
        struct buf text;
        buf_init(&text, 0);
        print_row(&text, csv.header, csv.columns);
        for (size_t i = 0; i < csv.rows; i++)
            print_row(&text, csv.fields + i * csv.columns, csv.columns);
        MUST_HOLD(csv_read(mem, "b.csv", text.at, text.count, &again, &err));
        check_same(&csv, &again);
        buf_done(&text);
    }
    arena_free(mem);
    return 0;
}
