#include "playbook/csv.h"

#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/err.h"
#include "base/str.h"

struct reader {
    struct arena *mem;
    const char *file;
    const char *at, *end;
    uint32_t line;
    ARRAY(const char *) fields;
    struct err *err;
};

static bool refuse(struct reader *r, uint32_t line, const char *advice, const char *what)
{
    err_set(r->err, "csv.syntax", "%s", what);
    err_at(r->err, r->file, line, 0);
    return err_advise(r->err, "%s", advice);
}

/* A lone CR is a character like any other. */
static bool at_line_end(const struct reader *r)
{
    return r->at == r->end || *r->at == '\n' || (*r->at == '\r' && r->at + 1 < r->end && r->at[1] == '\n');
}

static void skip_line_end(struct reader *r)
{
    if (r->at < r->end && *r->at == '\r')
        r->at++;
    if (r->at < r->end)
        r->at++;
    r->line++;
}

/* Counted first, then copied, so that a field takes exactly its room. */
static bool read_quoted(struct reader *r, const char **out)
{
    uint32_t first = r->line;
    const char *start = ++r->at;
    size_t count = 0;
    for (;; r->at++) {
        if (r->at == r->end)
            return refuse(r, first, "close it with \"; a quote inside a field is written twice",
                          "the quote that begins here is not closed");
        if (*r->at == '"' && (r->at + 1 == r->end || r->at[1] != '"'))
            break;
        r->at += *r->at == '"';
        r->line += *r->at == '\n';
        count++;
    }
    char *text = arena_alloc(r->mem, count + 1);
    for (const char *from = start; from < r->at; from++) {
        from += *from == '"';
        *text++ = *from;
    }
    *out = text - count;
    r->at++;
    if (at_line_end(r) || *r->at == ',')
        return true;
    return refuse(r, r->line, "a quote inside a field is written twice",
                  "there is text behind a closing quote");
}

static bool read_plain(struct reader *r, const char **out)
{
    const char *start = r->at;
    for (; !at_line_end(r) && *r->at != ','; r->at++)
        if (*r->at == '"')
            return refuse(r, r->line, "put the whole field in quotes and write the quote twice",
                          "there is a quote inside a plain field");
    *out = arena_text_n(r->mem, start, (size_t)(r->at - start));
    return true;
}

/* One line; *count fields were added. */
static bool read_row(struct reader *r, size_t *count)
{
    *count = 0;
    for (;;) {
        const char *field = NULL;
        if (r->at < r->end && *r->at == '"' ? !read_quoted(r, &field) : !read_plain(r, &field))
            return false;
        if (strlen(field) > CSV_FIELD_MAX)
            return refuse(r, r->line, "put long texts into files of their own",
                          "a field has more than 65536 bytes");
        ARRAY_PUSH(&r->fields, field);
        ++*count;
        if (at_line_end(r))
            break;
        r->at++;
    }
    skip_line_end(r);
    return true;
}

/* Every pair is compared: the number of columns is capped. */
static bool check_header(struct reader *r, size_t columns)
{
    if (columns > CSV_COLUMNS_MAX)
        return refuse(r, 1, "split the file", "there are more than 256 columns");
    for (size_t i = 0; i < columns; i++) {
        const char *name = r->fields.at[i];
        if (!*name)
            return refuse(r, 1, "the first line names the columns", "a column has no name");
        for (size_t k = 0; k < i; k++)
            if (str_equal(name, r->fields.at[k]))
                return refuse(r, 1, "give each column a name of its own",
                              arena_print(r->mem, "two columns are named '%s'", name));
    }
    return true;
}

static bool only_empty_lines_left(const struct reader *r)
{
    for (const char *at = r->at; at < r->end; at++)
        if (*at != '\n' && *at != '\r')
            return false;
    return true;
}

static bool read_all(struct reader *r, struct csv *out)
{
    size_t columns, count, rows = 0;
    if (!read_row(r, &columns) || !check_header(r, columns))
        return false;
    while (!only_empty_lines_left(r)) {
        uint32_t line = r->line;
        if (!read_row(r, &count))
            return false;
        if (count != columns)
            return refuse(r, line, "a comma inside a field needs quotes around the field",
                          arena_print(r->mem, "this row has %zu fields, the header has %zu", count, columns));
        if (++rows > CSV_ROWS_MAX)
            return refuse(r, line, "split the file", "there are more than 1000000 rows");
    }
    const char **kept = ARRAY_KEEP(&r->fields, r->mem);
    *out = (struct csv){.header = kept, .columns = columns, .fields = kept + columns, .rows = rows};
    return true;
}

bool csv_read(struct arena *mem, const char *file, const char *bytes, size_t count, struct csv *out,
              struct err *err)
{
    struct reader r = {.mem = mem, .file = file, .at = bytes, .end = bytes + count, .line = 1, .err = err};
    /* Spreadsheets put a byte order mark in front. */
    if (count >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0)
        r.at += 3;
    if (!str_is_utf8(r.at, (size_t)(r.end - r.at)))
        return refuse(&r, 0, "save the file as UTF-8", "the file is no UTF-8 text");
    if (only_empty_lines_left(&r))
        return refuse(&r, 1, "the first line names the columns", "the file is empty");
    bool ok = read_all(&r, out);
    ARRAY_DONE(&r.fields);
    return ok;
}
