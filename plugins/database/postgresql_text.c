#include "postgresql_text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* First words of statements that would end or split the transaction that holds the SQL and its ledger row.
 * PREPARE is here for PREPARE TRANSACTION and given back below; ROLLBACK TO and SAVEPOINT with them, because
 * a savepoint of the text could take the ledger row back. */
static const char *const forbidden[] = {
    "begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release",
};

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

/* ---- tokens: each gives the first byte behind it, or NULL when it never ends --------------------- */

static const char *skip_line_comment(const char *at)
{
    return at + strcspn(at, "\n");
}

/* They nest, unlike C's. */
static const char *skip_block_comment(const char *at)
{
    int depth = 0;
    do {
        if (at[0] == '/' && at[1] == '*') {
            depth++;
            at += 2;
        } else if (at[0] == '*' && at[1] == '/') {
            depth--;
            at += 2;
        } else if (*at) {
            at++;
        } else {
            return NULL;
        }
    } while (depth > 0);
    return at;
}

/* A doubled quote is one of the text.  Backslashes count after an E. */
static const char *skip_quoted(const char *at, bool escapes)
{
    char quote = *at++;
    while (*at && (*at != quote || at[1] == quote))
        at += *at == quote || (escapes && at[0] == '\\' && at[1]) ? 2 : 1;
    return *at ? at + 1 : NULL;
}

/* $$ or $tag$; anything else that begins with a dollar is none, and is told by `at` itself. */
static const char *skip_dollar_quoted(const char *at)
{
    size_t tag = 1;
    if (isdigit((unsigned char)at[1]))
        return at;
    while (at[tag] != '$' && is_word(at[tag]))
        tag++;
    if (at[tag] != '$')
        return at;
    tag++;
    for (const char *end = at + tag; *end; end++)
        if (*end == '$' && strncmp(end, at, tag) == 0)
            return end + tag;
    return NULL;
}

static const char *skip_word(const char *at)
{
    while (is_word(*at))
        at++;
    return at;
}

/* The token that begins at `at`. */
static const char *skip_token(const char *at)
{
    if (at[0] == '-' && at[1] == '-')
        return skip_line_comment(at);
    if (at[0] == '/' && at[1] == '*')
        return skip_block_comment(at);
    if ((*at == 'e' || *at == 'E') && at[1] == '\'')
        return skip_quoted(at + 1, true);
    if (*at == '\'' || *at == '"')
        return skip_quoted(at, false);
    if (*at == '$') {
        const char *end = skip_dollar_quoted(at);
        return end == at ? skip_word(at + 1) : end;
    }
    return is_word(*at) ? skip_word(at) : at + 1;
}

static bool is_blank(const char *at, const char *end)
{
    return isspace((unsigned char)*at) || (at[0] == '-' && at[1] == '-' && end > at + 1) ||
           (at[0] == '/' && at[1] == '*');
}

static size_t line_between(const char *sql, const char *at)
{
    size_t line = 1;
    for (const char *one = sql; one < at; one++)
        line += *one == '\n';
    return line;
}

/* ---- reading -------------------------------------------------------------------------------------- */

static bool is_same_word(const char *at, const char *end, const char *word)
{
    return strlen(word) == (size_t)(end - at) && strncasecmp(at, word, (size_t)(end - at)) == 0;
}

/* PREPARE TRANSACTION leaves the transaction, PREPARE name AS does not. */
static bool is_two_phase(const char *at, const char *end)
{
    if (!is_same_word(at, end, "prepare"))
        return false;
    end += strspn(end, " \t\r\n");
    return is_same_word(end, skip_word(end), "transaction");
}

static void judge_first(const struct kit *kit, struct lf_op *op, const char *sql, const char *at,
                        const char *end, struct pgsql_text *out)
{
    bool bad = is_two_phase(at, end);
    for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++)
        bad = bad || is_same_word(at, end, forbidden[i]);
    if (!bad || out->forbidden)
        return;
    out->forbidden = kit_copy(kit, op, at, (size_t)(end - at));
    out->forbidden_line = line_between(sql, at);
}

/* A function body in the SQL standard's way (BEGIN ATOMIC ... END) has semicolons of its own. */
static bool opens_body(const char *at, const char *end)
{
    if (!is_same_word(at, end, "begin"))
        return false;
    end += strspn(end, " \t\r\n");
    return is_same_word(end, skip_word(end), "atomic");
}

/* What the reader knows between tokens. */
struct reader {
    bool inside;  /* a statement has begun                    */
    size_t cases; /* open CASE and BEGIN ATOMIC of a body     */
    bool body;
};

/* Inside a body an END closes a CASE or the body itself. */
static void take_word(struct reader *reader, const char *at, const char *end)
{
    if (reader->inside && opens_body(at, end)) {
        reader->body = true;
        reader->cases++;
    } else if (reader->body && is_same_word(at, end, "case")) {
        reader->cases++;
    } else if (reader->body && is_same_word(at, end, "end") && reader->cases > 0) {
        reader->cases--;
        reader->body = reader->cases > 0;
    }
}

/* One token into the text that will be sent. */
static void put(const struct kit *kit, struct lf_op *op, struct kit_text *text, const char **at,
                const char *end, struct pgsql_text *out)
{
    if (**at != '?') {
        kit_text_add(kit, op, text, *at, (size_t)(end - *at));
        *at = end;
    } else if ((*at)[1] == '?') {
        kit_text_add(kit, op, text, "?", 1);
        *at += 2;
    } else {
        kit_text_print(kit, op, text, "$%zu", ++out->marks);
        *at = end;
    }
}

bool pgsql_text_read(const struct kit *kit, struct lf_op *op, const char *sql, struct pgsql_text *out)
{
    struct kit_text text = {0};
    struct reader reader = {0};
    *out = (struct pgsql_text){0};
    for (const char *at = sql; *at;) {
        const char *end = skip_token(at);
        if (!end)
            return false;
        if (*at == ';' && !reader.body) {
            reader.inside = false;
        } else if (!is_blank(at, end)) {
            if (!reader.inside) {
                out->statements++;
                judge_first(kit, op, sql, at, end, out);
            }
            take_word(&reader, at, end);
            reader.inside = true;
        }
        if (at[0] == '$' && isdigit((unsigned char)at[1])) {
            size_t n = strtoul(at + 1, NULL, 10);
            out->numbered = n > out->numbered ? n : out->numbered;
        }
        put(kit, op, &text, &at, end, out);
    }
    out->sql = text.bytes ? text.bytes : "";
    return true;
}

size_t pgsql_text_line_of(const char *sql, size_t statement)
{
    struct reader reader = {0};
    size_t seen = 0;
    for (const char *at = sql; *at;) {
        const char *end = skip_token(at);
        if (!end)
            break;
        if (*at == ';' && !reader.body) {
            reader.inside = false;
        } else if (!is_blank(at, end)) {
            if (!reader.inside && seen++ == statement)
                return line_between(sql, at);
            take_word(&reader, at, end);
            reader.inside = true;
        }
        at = end;
    }
    return 1;
}

size_t pgsql_text_line_at(const char *sql, size_t character)
{
    size_t line = 1;
    for (const char *at = sql; *at && character > 1; at++) {
        line += *at == '\n';
        /* Bytes that go on a UTF-8 character do not count. */
        character -= ((unsigned char)at[1] & 0xc0) != 0x80;
    }
    return line;
}
