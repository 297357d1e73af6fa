#include "model/value_yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/array.h"
#include "base/err.h"
#include "base/str.h"
#include "model/value.h"
#include "model/value_yaml_scalar.h"
#include "model/value_yaml_source.h"

/* One reading of one text.  Recursion follows the nesting of the text, which VALUE_YAML_DEPTH bounds. */
struct reader {
    yaml_parser_t parser;
    struct arena *mem;
    struct origins *origins;
    const char *name, *text;
    unsigned depth;
    struct err *err;
};

/* A map's entry while the map is read. */
struct entry {
    struct pair pair;
    yaml_mark_t mark;
    size_t order;
};

static bool read_node(struct reader *r, yaml_event_t *event, const yaml_mark_t *key,
                      const struct value **out);

/* libyaml counts lines and columns from 0, people from 1. */
static bool point(struct reader *r, yaml_mark_t mark)
{
    return value_yaml_source_point(r->err, r->name, r->text, (uint32_t)mark.line + 1,
                                   (uint32_t)mark.column + 1);
}

/* libyaml's own words are kept: they name what it expected. */
static bool syntax_error(struct reader *r)
{
    const yaml_parser_t *p = &r->parser;
    if (p->error == YAML_MEMORY_ERROR)
        abort();
    yaml_mark_t mark = p->problem_mark;
    if (value_yaml_source_tab_indents(r->text, (uint32_t)mark.line + 1)) {
        err_set(r->err, "yaml.tab", "a tab is used to indent");
        err_advise(r->err, "indent with spaces");
        return point(r, mark);
    }
    /* A quote that is never closed is found at the end of the file, and to be mended where it opens. */
    if (p->context != NULL && strstr(p->context, "quoted scalar") != NULL) {
        err_set(r->err, "yaml.quote", "the quote that opens here is not closed");
        err_advise(r->err,
                   "close it; a quote inside a text in \"\" is written \\\", inside one in '' it is ''");
        return point(r, p->context_mark);
    }
    err_set(r->err, "yaml.syntax", "%s%s%s", p->problem != NULL ? p->problem : "cannot be read",
            p->context != NULL ? " " : "", p->context != NULL ? p->context : "");
    err_advise(r->err, "look for a missing colon, quote or bracket at the caret or on the line before it");
    return point(r, mark);
}

/* The caller deletes the event, also after a failure. */
static bool next_event(struct reader *r, yaml_event_t *event)
{
    if (yaml_parser_parse(&r->parser, event))
        return true;
    memset(event, 0, sizeof(*event));
    return syntax_error(r);
}

/* Every node gets one, containers too: findings and provenance ask for any of them. */
static uint32_t add_origin(struct reader *r, yaml_mark_t mark, const yaml_mark_t *key)
{
    struct origin one = {
        .file = r->name,
        .line = (uint32_t)mark.line + 1,
        .column = (uint32_t)mark.column + 1,
        .key_line = key != NULL ? (uint32_t)key->line + 1 : 0,
        .key_column = key != NULL ? (uint32_t)key->column + 1 : 0,
        .kind = ORIGIN_WRITTEN,
    };
    return origins_add(r->origins, one);
}

/* Anchors and tags are refused on every kind of node alike. */
static bool refuse_extras(struct reader *r, const yaml_char_t *anchor, const yaml_char_t *tag,
                          bool secret_is_fine, yaml_mark_t mark)
{
    if (anchor != NULL) {
        err_set(r->err, "yaml.anchor", "anchors are not allowed: '&%s'", (const char *)anchor);
        err_advise(r->err, "write the value out where it is needed; the playbook can share what repeats");
        return point(r, mark);
    }
    if (tag != NULL && !(secret_is_fine && strcmp((const char *)tag, "!secret") == 0)) {
        err_set(r->err, "yaml.tag", "the tag '%s' is not known here", (const char *)tag);
        err_advise(r->err, "the only tag is !secret, before env:NAME or file:PATH");
        return point(r, mark);
    }
    return true;
}

/* Both keys and values; libyaml itself bounds a text by the file only. */
static bool check_scalar(struct reader *r, const yaml_event_t *event)
{
    size_t count = event->data.scalar.length;
    if (count > VALUE_YAML_SCALAR) {
        err_set(r->err, "yaml.scalar_long", "a text of %zu bytes; %u are allowed", count, VALUE_YAML_SCALAR);
        err_advise(r->err, "keep long texts in a file of their own");
        return point(r, event->start_mark);
    }
    if (memchr(event->data.scalar.value, '\0', count) != NULL) {
        err_set(r->err, "yaml.nul", "a text holds the character \\0");
        err_advise(r->err, "leave it out; no name or setting can hold it");
        return point(r, event->start_mark);
    }
    return true;
}

/* Quoted and block texts are text, whatever they hold; only plain words are looked at. */
static bool read_scalar(struct reader *r, const yaml_event_t *event, const struct value **out)
{
    const char *text = (const char *)event->data.scalar.value;
    bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (!refuse_extras(r, event->data.scalar.anchor, event->data.scalar.tag, true, event->start_mark) ||
        !check_scalar(r, event))
        return false;
    if (event->data.scalar.tag != NULL)
        return value_yaml_scalar_secret(r->mem, text, out, r->err) || point(r, event->start_mark);
    if (!plain) {
        *out = value_text_n(r->mem, text, event->data.scalar.length);
        return true;
    }
    if (*text == '\0') {
        err_set(r->err, "yaml.empty_value", "there is no value here");
        err_advise(r->err,
                   "write {} for an empty map, [] for an empty list, \"\" for an empty text, or null");
        return point(r, event->start_mark);
    }
    return value_yaml_scalar_plain(r->mem, text, out, r->err) || point(r, event->start_mark);
}

/* Items are collected on the heap and kept once: their count is not known before the end. */
static bool read_list(struct reader *r, const struct value **out)
{
    ARRAY(const struct value *) items = {0};
    bool ok = true;
    for (bool more = true; ok && more;) {
        yaml_event_t event;
        ok = next_event(r, &event);
        more = ok && event.type != YAML_SEQUENCE_END_EVENT;
        const struct value *item = NULL;
        if (more && (ok = read_node(r, &event, NULL, &item)))
            ARRAY_PUSH(&items, item);
        yaml_event_delete(&event);
    }
    if (ok)
        *out = value_list(r->mem, items.at, items.count);
    ARRAY_DONE(&items);
    return ok;
}

static bool refuse_key(struct reader *r, const yaml_event_t *event, const char *what, const char *advice)
{
    err_set(r->err, "yaml.key", "%s", what);
    err_advise(r->err, "%s", advice);
    return point(r, event->start_mark);
}

/* Keys are text as it stands - `1` and `true` too - since a map of values has no other keys. */
static bool read_key(struct reader *r, const yaml_event_t *event, const char **key)
{
    if (event->type == YAML_ALIAS_EVENT) {
        err_set(r->err, "yaml.alias", "aliases are not allowed: '*%s'",
                (const char *)event->data.alias.anchor);
        err_advise(r->err, "write the key out; a rule's pattern that begins with * needs quotes");
        return point(r, event->start_mark);
    }
    if (event->type != YAML_SCALAR_EVENT)
        return refuse_key(r, event, "a map or a list cannot be a key", "write keys as text");
    if (!refuse_extras(r, event->data.scalar.anchor, event->data.scalar.tag, false, event->start_mark) ||
        !check_scalar(r, event))
        return false;
    const char *text = (const char *)event->data.scalar.value;
    size_t count = event->data.scalar.length;
    bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (count == 0)
        return refuse_key(r, event, "a key is empty", "name it");
    if (plain && strcmp(text, "<<") == 0) {
        err_set(r->err, "yaml.merge_key", "merge keys are not allowed: '<<'");
        err_advise(r->err, "write the keys out; a region takes over another's services with 'from'");
        return point(r, event->start_mark);
    }
    if (!str_is_nfc_safe(text, count)) {
        err_set(r->err, "yaml.key_nfc", "the key '%s' is not in Unicode normal form C", text);
        err_advise(r->err, "type it anew: a letter and its accent must be one character");
        return point(r, event->start_mark);
    }
    *key = arena_text_n(r->mem, text, count);
    return true;
}

/* The order in the file decides last, so that the second of two equal keys is the one refused. */
static int by_key(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = strcmp(x->pair.key, y->pair.key);
    return order != 0 ? order : x->order < y->order ? -1 : 1;
}

/* Sorting finds duplicates in n log n; value_map would take one for a programmer's error. */
static bool finish_map(struct reader *r, struct entry *entries, size_t count, const struct value **out)
{
    if (count > 1)
        qsort(entries, count, sizeof(*entries), by_key);
    struct pair *pairs = ARENA_ARRAY(r->mem, struct pair, count);
    for (size_t i = 0; i < count; i++) {
        pairs[i] = entries[i].pair;
        if (i == 0 || strcmp(pairs[i - 1].key, pairs[i].key) != 0)
            continue;
        err_set(r->err, "yaml.duplicate_key", "the key '%s' is there twice; first in line %zu", pairs[i].key,
                entries[i - 1].mark.line + 1);
        err_advise(r->err, "remove one of the two");
        return point(r, entries[i].mark);
    }
    *out = value_map(r->mem, pairs, count);
    return true;
}

static bool read_entry(struct reader *r, yaml_event_t *key_event, struct entry *entry)
{
    yaml_event_t event;
    entry->mark = key_event->start_mark;
    if (!read_key(r, key_event, &entry->pair.key))
        return false;
    bool ok = next_event(r, &event) && read_node(r, &event, &entry->mark, &entry->pair.value);
    yaml_event_delete(&event);
    return ok;
}

static bool read_map(struct reader *r, const struct value **out)
{
    ARRAY(struct entry) entries = {0};
    bool ok = true;
    for (bool more = true; ok && more;) {
        yaml_event_t event;
        ok = next_event(r, &event);
        more = ok && event.type != YAML_MAPPING_END_EVENT;
        struct entry entry = {.order = entries.count};
        if (more && (ok = read_entry(r, &event, &entry)))
            ARRAY_PUSH(&entries, entry);
        yaml_event_delete(&event);
    }
    ok = ok && finish_map(r, entries.at, entries.count, out);
    ARRAY_DONE(&entries);
    return ok;
}

/* The only place that goes deeper. */
static bool read_container(struct reader *r, const yaml_event_t *event, const struct value **out)
{
    bool list = event->type == YAML_SEQUENCE_START_EVENT;
    const yaml_char_t *anchor = list ? event->data.sequence_start.anchor : event->data.mapping_start.anchor;
    const yaml_char_t *tag = list ? event->data.sequence_start.tag : event->data.mapping_start.tag;
    if (!refuse_extras(r, anchor, tag, false, event->start_mark))
        return false;
    /* Checked before anything below is read, so that 100 000 brackets cost 33 events. */
    if (r->depth == VALUE_YAML_DEPTH) {
        err_set(r->err, "yaml.depth", "nested deeper than %d levels", VALUE_YAML_DEPTH);
        err_advise(r->err, "flatten it");
        return point(r, event->start_mark);
    }
    r->depth++;
    bool ok = list ? read_list(r, out) : read_map(r, out);
    r->depth--;
    return ok;
}

static bool read_node(struct reader *r, yaml_event_t *event, const yaml_mark_t *key, const struct value **out)
{
    const struct value *v = NULL;
    uint32_t where = add_origin(r, event->start_mark, key);
    bool ok;
    if (event->type == YAML_ALIAS_EVENT) {
        err_set(r->err, "yaml.alias", "aliases are not allowed: '*%s'",
                (const char *)event->data.alias.anchor);
        err_advise(r->err, "write the value out; a text that begins with * needs quotes");
        return point(r, event->start_mark);
    }
    if (event->type == YAML_SCALAR_EVENT)
        ok = read_scalar(r, event, &v);
    else
        ok = read_container(r, event, &v);
    if (!ok)
        return false;
    *out = value_at_origin(r->mem, v, where);
    origins_set_value(r->origins, where, *out);
    return true;
}

/* A file of comments has no document: more likely a slip than a wish for nothing. */
static bool check_document_start(struct reader *r, const yaml_event_t *event)
{
    if (event->type == YAML_STREAM_END_EVENT) {
        err_set(r->err, "yaml.empty", "'%s' is empty", r->name);
        err_advise(r->err, "an empty map is written {}");
        return err_at(r->err, r->name, 1, 1);
    }
    if (event->data.document_start.version_directive != NULL ||
        event->data.document_start.tag_directives.start != event->data.document_start.tag_directives.end) {
        err_set(r->err, "yaml.directive", "directives are not allowed");
        err_advise(r->err, "remove the lines that begin with %%");
        return point(r, event->start_mark);
    }
    return true;
}

/* The stream's frame: one document, then nothing. */
static bool read_stream(struct reader *r, const struct value **out)
{
    yaml_event_t event;
    bool ok = next_event(r, &event); /* stream start */
    yaml_event_delete(&event);
    if (!ok)
        return false;
    ok = next_event(r, &event) && check_document_start(r, &event);
    yaml_event_delete(&event);
    if (!ok)
        return false;
    ok = next_event(r, &event) && read_node(r, &event, NULL, out);
    yaml_event_delete(&event);
    if (!ok)
        return false;
    ok = next_event(r, &event); /* document end */
    yaml_event_delete(&event);
    if (!ok)
        return false;
    ok = next_event(r, &event);
    if (ok && event.type != YAML_STREAM_END_EVENT) {
        err_set(r->err, "yaml.second_document", "a second document begins here");
        err_advise(r->err, "keep one document per file: remove '---' and what follows");
        ok = point(r, event.start_mark);
    }
    yaml_event_delete(&event);
    return ok;
}

bool value_yaml_parse(struct arena *mem, struct origins *origins, const char *name, const char *text,
                      size_t count, const struct value **out, struct err *err)
{
    /* Placing a caret walks the text up to its NUL, which the caller's text may lack.  What is too long is
     * refused by its size alone and not copied. */
    const char *own = arena_text_n(mem, text, count <= VALUE_YAML_BYTES ? count : 0);
    if (!value_yaml_source_check(name, own, count, err))
        return false;
    struct reader r = {.mem = mem, .origins = origins, .name = name, .text = own, .err = err};
    const struct value *v = NULL;
    if (!yaml_parser_initialize(&r.parser))
        abort();
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)own, count);
    bool ok = read_stream(&r, &v);
    yaml_parser_delete(&r.parser);
    if (ok)
        *out = v;
    return ok;
}

bool value_yaml_point(struct err *err, const struct origin *at, const char *text)
{
    return value_yaml_source_point(err, at->file, text, at->line, at->column);
}

bool value_yaml_point_key(struct err *err, const struct origin *at, const char *text)
{
    if (at->key_line == 0)
        return value_yaml_point(err, at, text);
    return value_yaml_source_point(err, at->file, text, at->key_line, at->key_column);
}
