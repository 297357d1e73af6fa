#include "model/value_json.h"

#include <jansson.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "model/expr.h"
#include "model/value.h"

/* %.17g of any double with sign, point and exponent takes 24 bytes; a locale's point may be longer. */
#define REAL_TEXT 48

static bool too_deep(struct err *err, size_t line, size_t column)
{
    err_set(err, "value_json.depth", "line %zu, column %zu: more than %d levels deep", line, column,
            VALUE_JSON_DEPTH);
    return err_advise(err, "flatten the data; nothing landfall reads is that deep");
}

/* Depth is checked before jansson sees the text: its own limit is 2048 and not ours to set. */
static bool check_depth(const char *text, size_t count, struct err *err)
{
    /* A byte walk is enough: quotes, brackets and newlines are never part of another UTF-8 character. */
    size_t line = 1, start = 0, depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < count; i++) {
        char c = text[i];
        if (quoted) {
            i += c == '\\';
            quoted = c != '"';
        } else if (c == '"') {
            quoted = true;
        } else if (c == '[' || c == '{') {
            if (++depth > VALUE_JSON_DEPTH)
                return too_deep(err, line, i - start + 1);
        } else if (c == ']' || c == '}') {
            depth -= depth > 0;
        } else if (c == '\n') {
            line++;
            start = i + 1;
        }
    }
    return true;
}

/* ---- reading ---------------------------------------------------------------------------------- */

struct reading {
    struct arena *mem;
    bool plain;       /* a $ means nothing */
    struct map *keys; /* keys met so far, in mem, or NULL */
    struct err *err;
};

static const struct value *from_json(struct reading *r, const json_t *json);

static bool refuse(struct reading *r, const char *what)
{
    return err_set(r->err, "value_json.special", "cannot read JSON: %s", what);
}

/* NULL: err is set, here and in the functions below. */
static const struct value *from_unknown(struct reading *r, const json_t *json)
{
    const char *name = json_string_value(json);
    for (enum value_kind kind = VALUE_NULL; name && kind <= VALUE_ANY; kind++)
        if (kind != VALUE_UNKNOWN && strcmp(name, value_kind_name(kind)) == 0)
            return value_unknown(kind);
    refuse(r, "\"$unknown\" wants the name of a kind");
    return NULL;
}

/* Bytes are not among the parts: a secret read back can be compared, never revealed. */
static const struct value *from_secret(struct reading *r, json_t *json)
{
    struct secret secret = {0};
    const char *key;
    json_t *part;
    json_object_foreach(json, key, part)
    {
        const char *text = json_string_value(part);
        const char **into = strcmp(key, "source") == 0   ? &secret.source
                            : strcmp(key, "digest") == 0 ? &secret.digest
                            : strcmp(key, "sealed") == 0 ? &secret.sealed
                                                         : NULL;
        if (!into || !text) {
            refuse(r, "\"$secret\" holds the texts source, digest and sealed only");
            return NULL;
        }
        *into = arena_text(r->mem, text);
    }
    if (!secret.source) {
        refuse(r, "\"$secret\" without its source");
        return NULL;
    }
    return value_secret(r->mem, &secret);
}

/* *special false: an ordinary map. */
static const struct value *from_special(struct reading *r, json_t *json, bool *special)
{
    void *only = json_object_iter(json);
    const char *key = json_object_iter_key(only);
    json_t *content = json_object_iter_value(only);
    *special = true;
    if (strcmp(key, "$unknown") == 0)
        return from_unknown(r, content);
    if (strcmp(key, "$secret") == 0)
        return from_secret(r, content);
    if (strcmp(key, "$expr") == 0) {
        refuse(r, "an expression can be printed but not read back");
        return NULL;
    }
    *special = false;
    return NULL;
}

/* The user's own key, without the $ that printing put before it; NULL: err is set. */
/* Rows of one type repeat the same few keys. */
static const char *shared_key(struct reading *r, const char *key)
{
    if (!r->keys)
        return arena_text(r->mem, key);
    char *known = map_find(r->keys, key);
    if (!known) {
        known = arena_text(r->mem, key);
        map_put(r->keys, known, known);
    }
    return known;
}

static const char *own_key(struct reading *r, const json_t *json, const char *key)
{
    if (key[0] != '$' || key[1] != '$' || r->plain)
        return shared_key(r, key);
    /* "$a" is tolerated for "$$a", but not beside it. */
    if (key[2] != '$' && json_object_get(json, key + 1)) {
        refuse(r, "two keys differ only by the leading $");
        return NULL;
    }
    return arena_text(r->mem, key + 1);
}

static const struct value *from_object(struct reading *r, json_t *json)
{
    size_t count = json_object_size(json), i = 0;
    if (count == 1 && !r->plain) {
        bool special;
        const struct value *v = from_special(r, json, &special);
        if (special)
            return v;
    }
    /* Attribute maps are small; value_map copies the pairs, so small ones need no second array in mem. */
    struct pair few[16];
    struct pair *pairs =
        count <= sizeof(few) / sizeof(few[0]) ? few : ARENA_ARRAY(r->mem, struct pair, count);
    const char *key;
    json_t *part;
    json_object_foreach(json, key, part)
    {
        const char *own = own_key(r, json, key);
        pairs[i].key = own;
        pairs[i].value = own ? from_json(r, part) : NULL;
        if (!pairs[i++].value)
            return NULL;
    }
    return value_map(r->mem, pairs, count);
}

static const struct value *from_array(struct reading *r, const json_t *json)
{
    size_t count = json_array_size(json);
    const struct value **items = ARENA_ARRAY(r->mem, const struct value *, count);
    for (size_t i = 0; i < count; i++) {
        items[i] = from_json(r, json_array_get(json, i));
        if (!items[i])
            return NULL;
    }
    return value_list_borrow(r->mem, items, count, 0);
}

/* NULL: err is set. */
static const struct value *from_json(struct reading *r, const json_t *json)
{
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        return from_object(r,
                           (json_t *)(uintptr_t)json); /* iterating wants it writable, and writes nothing */
    case JSON_ARRAY:
        return from_array(r, json);
    case JSON_STRING:
        return value_text_n(r->mem, json_string_value(json), json_string_length(json));
    case JSON_INTEGER:
        return value_int(r->mem, json_integer_value(json));
    case JSON_REAL:
        return value_real(r->mem, json_real_value(json));
    case JSON_TRUE:
        return value_bool(true);
    case JSON_FALSE:
        return value_bool(false);
    default:
        return value_null();
    }
}

/* Duplicate keys, overflow and bad UTF-8 are refused by jansson, with their place.  The json_t tree dies
 * here: nothing of it is borrowed by the value. */
static bool parse(struct arena *mem, const char *text, size_t count, bool plain, struct map *keys,
                  const struct value **out, struct err *err)
{
    if (!check_depth(text, count, err))
        return false;
    json_error_t why;
    json_t *json = json_loadb(text, count, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
    if (!json)
        return err_set(err, "value_json.syntax", "line %d, column %d: %s", why.line, why.column, why.text);
    struct reading r = {.mem = mem, .plain = plain, .keys = keys, .err = err};
    const struct value *v = from_json(&r, json);
    json_decref(json);
    if (!v)
        return false;
    *out = v;
    return true;
}

bool value_json_parse(struct arena *mem, const char *text, size_t count, const struct value **out,
                      struct err *err)
{
    return parse(mem, text, count, false, NULL, out, err);
}

bool value_json_parse_plain(struct arena *mem, const char *text, size_t count, const struct value **out,
                            struct err *err)
{
    return parse(mem, text, count, true, NULL, out, err);
}

bool value_json_parse_rows(struct arena *mem, const char *text, size_t count, struct map *keys,
                           const struct value **out, struct err *err)
{
    return parse(mem, text, count, false, keys, out, err);
}

/* ---- printing --------------------------------------------------------------------------------- */

/* indent < 0: canonical, without any blanks. */
#define CANONICAL (-1)
#define STORED    (-2) /* the same, and secrets with their sealed bytes */

static void print_value(struct buf *out, const struct value *v, int indent);

/* By hand: printf would take most of the time it takes to print a small map. */
static void print_int(struct buf *out, int64_t n)
{
    char digits[20];
    size_t at = sizeof(digits);
    uint64_t rest = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (n < 0)
        digits[--at] = '-';
    buf_add(out, digits + at, sizeof(digits) - at);
}

/* Whatever the locale writes between the digits becomes one point. */
static size_t neutral(char *text)
{
    size_t count = 0;
    for (const char *c = text; *c; c++) {
        if ((*c >= '0' && *c <= '9') || strchr("+-e", *c))
            text[count++] = *c;
        else if (count == 0 || text[count - 1] != '.')
            text[count++] = '.';
    }
    text[count] = '\0';
    return count;
}

/* 15 digits are exact for what people write, 17 for every double; the first that reads back as the
 * same number is the shortest in practice. */
static void print_real(struct buf *out, double d)
{
    if (!isfinite(d)) { /* value_real forbids it; the text must be JSON all the same */
        buf_text(out, "null");
        return;
    }
    char text[REAL_TEXT];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, d);
        if (strtod(text, NULL) == d)
            break;
    }
    size_t count = neutral(text);
    buf_add(out, text, count);
    if (!strpbrk(text, ".e"))
        buf_text(out, ".0");
}

static void print_escape(struct buf *out, unsigned char c)
{
    static const char shorts[] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r', ['"'] = '"', ['\\'] = '\\'};
    if (shorts[c]) {
        char two[] = {'\\', shorts[c]};
        buf_add(out, two, sizeof(two));
    } else {
        buf_print(out, "\\u%04x", c);
    }
}

/* Runs without escapes are added whole: nearly all text is one run. */
static void print_inside(struct buf *out, const char *text, size_t count)
{
    size_t start = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buf_add(out, text + start, i - start);
        print_escape(out, c);
        start = i + 1;
    }
    buf_add(out, text + start, count - start);
}

void value_json_print_text(struct buf *out, const char *text, size_t count)
{
    buf_char(out, '"');
    print_inside(out, text, count);
    buf_char(out, '"');
}

static void new_line(struct buf *out, int indent)
{
    if (indent < 0)
        return;
    buf_char(out, '\n');
    buf_fill(out, ' ', (size_t)indent * 2);
}

static int deeper(int indent)
{
    return indent < 0 ? indent : indent + 1;
}

static void print_list(struct buf *out, const struct value *v, int indent)
{
    buf_char(out, '[');
    for (size_t i = 0; i < v->count; i++) {
        if (i)
            buf_char(out, ',');
        new_line(out, deeper(indent));
        print_value(out, v->items[i], deeper(indent));
    }
    if (v->count)
        new_line(out, indent);
    buf_char(out, ']');
}

/* Keys are sorted already, so this is canonical as it stands. */
static void print_map(struct buf *out, const struct value *v, int indent)
{
    buf_char(out, '{');
    for (size_t i = 0; i < v->count; i++) {
        const char *key = v->pairs[i].key;
        if (i)
            buf_char(out, ',');
        new_line(out, deeper(indent));
        buf_add(out, "\"$", key[0] == '$' ? 2 : 1);
        print_inside(out, key, strlen(key));
        buf_add(out, "\": ", indent < 0 ? 2 : 3);
        print_value(out, v->pairs[i].value, deeper(indent));
    }
    if (v->count)
        new_line(out, indent);
    buf_char(out, '}');
}

/* One member of the map inside $secret or $expr; nothing when there is no text. */
static void print_member(struct buf *out, const char *name, const char *text, bool *first)
{
    if (!text)
        return;
    buf_print(out, "%s\"%s\":", *first ? "" : ",", name);
    value_json_print_text(out, text, strlen(text));
    *first = false;
}

static void print_secret(struct buf *out, const struct secret *s, int indent)
{
    bool first = true;
    buf_text(out, "{\"$secret\":{");
    print_member(out, "digest", s->digest, &first);
    if (indent == STORED)
        print_member(out, "sealed", s->sealed, &first);
    print_member(out, "source", s->source, &first);
    buf_text(out, "}}");
}

/* Everything that tells one expression from another, and no place: equal ones are equal bytes. */
static void print_expr(struct buf *out, const struct expr *e)
{
    static const char *const ops[] = {
        [EXPR_REF] = "ref", [EXPR_JOIN] = "join", [EXPR_MAP] = "map", [EXPR_IS] = "is", [EXPR_WHEN] = "when"};
    bool first = true;
    buf_text(out, "{\"$expr\":{");
    if (e->op == EXPR_REF) {
        print_member(out, "address", e->address, &first);
        print_member(out, "op", ops[e->op], &first);
        print_member(out, "path", e->path, &first);
        buf_text(out, "}}");
        return;
    }
    if (e->args[0]) {
        buf_text(out, first ? "\"args\":[" : ",\"args\":[");
        for (size_t i = 0; i < COUNT_OF(e->args) && e->args[i]; i++) {
            if (i)
                buf_char(out, ',');
            print_value(out, e->args[i], CANONICAL);
        }
        buf_char(out, ']');
        first = false;
    }
    if (e->op == EXPR_MAP) {
        buf_print(out, "%s\"fn\":%u", first ? "" : ",", e->fn);
        first = false;
    }
    print_member(out, "op", ops[e->op], &first);
    buf_text(out, "}}");
}

static void print_value(struct buf *out, const struct value *v, int indent)
{
    switch (value_kind(v)) {
    case VALUE_BOOL:
        buf_text(out, v->truth ? "true" : "false");
        break;
    case VALUE_INT:
        print_int(out, v->number);
        break;
    case VALUE_REAL:
        print_real(out, v->real);
        break;
    case VALUE_TEXT:
        value_json_print_text(out, v->text, v->count);
        break;
    case VALUE_LIST:
        print_list(out, v, indent);
        break;
    case VALUE_MAP:
        print_map(out, v, indent);
        break;
    case VALUE_UNKNOWN:
        buf_print(out, "{\"$unknown\":\"%s\"}", value_kind_name((enum value_kind)v->unknown_kind));
        break;
    case VALUE_SECRET:
        print_secret(out, v->secret, indent);
        break;
    case VALUE_EXPR:
        print_expr(out, v->expr);
        break;
    default:
        buf_text(out, "null");
        break;
    }
}

void value_json_print(struct buf *out, const struct value *v)
{
    print_value(out, v, CANONICAL);
}

void value_json_print_pretty(struct buf *out, const struct value *v, int indent)
{
    print_value(out, v, indent);
}

static const char *text_of(struct arena *mem, const struct value *v, int indent)
{
    struct buf text;
    buf_init(&text, 0);
    print_value(&text, v, indent);
    const char *kept = buf_keep(&text, mem);
    buf_done(&text);
    return kept;
}

const char *value_json_text(struct arena *mem, const struct value *v)
{
    return text_of(mem, v, CANONICAL);
}

const char *value_json_stored(struct arena *mem, const struct value *v)
{
    return text_of(mem, v, STORED);
}
