#include "local_scan.h"

#include <string.h>

void scan_start(struct scan *scan, const struct kit *kit, struct lf_op *op, const char *text, size_t len)
{
    *scan = (struct scan){.kit = kit, .op = op, .text = text, .len = len, .line = 1};
}

static void add_word(struct scan *scan, size_t begin, size_t end, bool quoted)
{
    if (scan->count == scan->room) {
        size_t room = scan->room > 0 ? scan->room * 2 : 16;
        struct rdata_word *words = scan->kit->ops->scratch(scan->op, room * sizeof(*words));
        if (scan->count > 0)
            memcpy(words, scan->words, scan->count * sizeof(*words));
        scan->words = words;
        scan->room = room;
    }
    scan->words[scan->count++] = (struct rdata_word){scan->text + begin, end - begin, quoted};
}

static bool ends_word(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ';' || c == '(' || c == ')' || c == '"';
}

static void take_word(struct scan *scan)
{
    size_t begin = scan->at;
    while (scan->at < scan->len && !ends_word(scan->text[scan->at]))
        scan->at +=
            scan->text[scan->at] == '\\' && scan->at + 1 < scan->len && scan->text[scan->at + 1] != '\n' ? 2
                                                                                                         : 1;
    add_word(scan, begin, scan->at, false);
}

static bool take_quoted(struct scan *scan)
{
    size_t begin = ++scan->at;
    while (scan->at < scan->len && scan->text[scan->at] != '"' && scan->text[scan->at] != '\n')
        scan->at +=
            scan->text[scan->at] == '\\' && scan->at + 1 < scan->len && scan->text[scan->at + 1] != '\n' ? 2
                                                                                                         : 1;
    if (scan->at >= scan->len || scan->text[scan->at] != '"') {
        scan->why = "a quote is not closed on its line";
        return false;
    }
    add_word(scan, begin, scan->at, true);
    scan->at++;
    return true;
}

static void skip_comment(struct scan *scan)
{
    const char *feed = memchr(scan->text + scan->at, '\n', scan->len - scan->at);
    scan->at = feed ? (size_t)(feed - scan->text) : scan->len;
}

/* Words up to the line feed that ends the entry, which is the first one outside of parentheses. */
static bool take_words(struct scan *scan)
{
    bool inside = false;
    while (scan->at < scan->len) {
        char c = scan->text[scan->at];
        if (c == '\n') {
            scan->at++;
            scan->line++;
            if (!inside)
                return true;
        } else if (c == ';') {
            skip_comment(scan);
        } else if (c == '(' || c == ')') {
            if (inside == (c == '(')) {
                scan->why = inside ? "a parenthesis inside a parenthesis"
                                   : "a parenthesis closes that was never opened";
                return false;
            }
            inside = c == '(';
            scan->at++;
        } else if (c == '"') {
            if (!take_quoted(scan))
                return false;
        } else if (ends_word(c)) {
            scan->at++;
        } else {
            take_word(scan);
        }
    }
    if (inside)
        scan->why = "a parenthesis is never closed";
    return !inside;
}

uint32_t scan_next(struct scan *scan, struct scan_entry *entry)
{
    if (scan->at >= scan->len)
        return SCAN_END;
    *entry = (struct scan_entry){.begin = scan->at, .line = scan->line};
    char first = scan->text[scan->at];
    entry->indented = first == ' ' || first == '\t';
    scan->count = 0;
    if (!take_words(scan))
        return SCAN_BROKEN;
    entry->end = scan->at;
    entry->words = scan->words;
    entry->count = scan->count;
    if (scan->count == 0)
        return first == ';' ? SCAN_COMMENT : SCAN_BLANK;
    bool directive = !scan->words[0].quoted && scan->words[0].len > 0 && scan->words[0].text[0] == '$';
    return directive && !entry->indented ? SCAN_DIRECTIVE : SCAN_RECORD;
}
