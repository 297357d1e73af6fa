#include "region/findings.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/file.h"
#include "model/value.h"
#include "model/value_yaml.h"

void findings_init(struct findings *f, struct arena *mem, struct origins *origins)
{
    *f = (struct findings){.mem = mem, .origins = origins};
}

void findings_done(struct findings *f)
{
    ARRAY_DONE(&f->sources);
    ARRAY_DONE(&f->items);
}

/* Copies the item; errors are counted here and nowhere else. */
static void push(struct findings *f, const struct findings_item *item)
{
    struct findings_item own = *item;
    own.order = f->items.count;
    f->errors += own.diag.severity == DIAG_ERROR;
    ARRAY_PUSH(&f->items, own);
}

/* Parts of an err are never NULL, those of a diag are when they are empty. */
static const char *keep(struct findings *f, const char *text)
{
    return *text != '\0' ? arena_text(f->mem, text) : NULL;
}

/* A failure that has its own place: nothing else is found in that file, the newest. */
static bool push_err(struct findings *f, const struct err *err)
{
    struct findings_item item = {
        .diag =
            {
                .severity = DIAG_ERROR,
                .code = keep(f, err->code),
                .where = keep(f, err->where),
                .summary = arena_text(f->mem, err->summary),
                .detail = keep(f, err->detail),
                .advice = keep(f, err->advice),
            },
        .source = f->sources.count - 1,
    };
    push(f, &item);
    return false;
}

bool findings_read(struct findings *f, const char *folder, const char *name, const struct value **out)
{
    struct err err;
    size_t count;
    struct findings_source source = {arena_text(f->mem, name), "", ""};
    /* The source is kept also when it cannot be read: findings of later files sort behind it. */
    if (!file_read(f->mem, file_join(f->mem, folder, name), VALUE_YAML_BYTES, &source.text, &count, &err)) {
        ARRAY_PUSH(&f->sources, source);
        err_at(&err, name, 0, 0);
        if (strcmp(err.code, "file.too_large") == 0)
            err_advise(&err, "keep what is long in a CSV file, for landfall.read_csv");
        return push_err(f, &err);
    }
    char digest[DIGEST_HEX];
    digest_text(source.text, count, digest);
    source.digest = arena_text(f->mem, digest);
    ARRAY_PUSH(&f->sources, source);
    return value_yaml_parse(f->mem, f->origins, source.name, source.text, count, out, &err) ||
           push_err(f, &err);
}

/* A load reads a handful of files; a name that was not read gives the count. */
static size_t find_source(const struct findings *f, const char *name)
{
    size_t at = 0;
    while (at < f->sources.count && strcmp(f->sources.at[at].name, name) != 0)
        at++;
    return at;
}

/* The place is noted as a number and made into text by `point`: most findings of a file full of mistakes are
 * counted and never shown. */
static void add(struct findings *f, const struct finding *one, const char *summary)
{
    const struct origin *at = origins_get(f->origins, one->where);
    struct findings_item item = {
        .diag =
            {
                .severity = one->severity,
                .code = one->code,
                .path = one->path,
                .summary = summary,
                .advice = one->advice,
            },
        .at = at != NULL ? one->where : 0,
    };
    if (at != NULL) {
        item.key = one->key && at->key_line != 0;
        item.source = find_source(f, at->file);
        item.line = item.key ? at->key_line : at->line;
        item.column = item.key ? at->key_column : at->column;
    }
    push(f, &item);
}

void findings_add(struct findings *f, const struct finding *one, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    add(f, one, arena_vprint(f->mem, fmt, args));
    va_end(args);
}

void findings_error(struct findings *f, const char *code, const struct value *at, const char *advice,
                    const char *fmt, ...)
{
    struct finding one = {DIAG_ERROR, code, at != NULL ? at->where : 0, false, NULL, advice};
    va_list args;
    va_start(args, fmt);
    add(f, &one, arena_vprint(f->mem, fmt, args));
    va_end(args);
}

void findings_error_key(struct findings *f, const char *code, const struct value *at, const char *advice,
                        const char *fmt, ...)
{
    struct finding one = {DIAG_ERROR, code, at != NULL ? at->where : 0, true, NULL, advice};
    va_list args;
    va_start(args, fmt);
    add(f, &one, arena_vprint(f->mem, fmt, args));
    va_end(args);
}

void findings_add_err(struct findings *f, const struct value *at, const struct err *err)
{
    struct finding one = {DIAG_ERROR, arena_text(f->mem, err->code), at->where, false,
                          NULL,       keep(f, err->advice)};
    add(f, &one, arena_text(f->mem, err->summary));
}

/* The order of adding decides last, so that equal places keep one order in every run: qsort is not stable. */
static int by_place(const void *a, const void *b)
{
    const struct findings_item *x = a, *y = b;
    if (x->source != y->source)
        return x->source < y->source ? -1 : 1;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    if (x->column != y->column)
        return x->column < y->column ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

/* Only what is kept is shown with its line: finding the line walks the text. */
static void point(struct findings *f, struct findings_item *item)
{
    const struct origin *at = origins_get(f->origins, item->at);
    struct err place;
    if (at == NULL || item->source >= f->sources.count)
        return;
    err_set(&place, item->diag.code, "%s", "");
    if (item->key)
        value_yaml_point_key(&place, at, f->sources.at[item->source].text);
    else
        value_yaml_point(&place, at, f->sources.at[item->source].text);
    item->diag.where = keep(f, place.where);
    item->diag.detail = keep(f, place.detail);
}

void findings_place(struct findings *f, const struct value *at, const char **where, const char **detail)
{
    struct findings_item item = {.diag = {.code = "findings.place"}, .at = at->where};
    const struct origin *origin = origins_get(f->origins, at->where);
    item.source = origin != NULL ? find_source(f, origin->file) : f->sources.count;
    point(f, &item);
    *where = item.diag.where;
    *detail = item.diag.detail;
}

/* Where the value written at `text` ends.  Without quotes that is hard to say, and the line's end hides too
 * much rather than too little. */
static const char *end_of_value(const char *text)
{
    char quote = *text;
    if (quote != '"' && quote != '\'')
        return text + strcspn(text, "\r\n");
    for (text++; *text != '\0' && *text != quote; text++)
        text += quote == '"' && *text == '\\' && text[1] != '\0';
    return text;
}

/* One star for each character, so that columns behind it stay what they are. */
static void hide(char *out, const char *at, const char *end)
{
    for (; at < end; at++) {
        bool inside = ((unsigned char)*at & 0xc0) == 0x80;
        if (!inside)
            *out++ = *at == '\n' || *at == '\r' ? *at : '*';
    }
    memmove(out, end, strlen(end) + 1);
}

void findings_hide(struct findings *f, const struct value *at)
{
    const struct origin *origin = origins_get(f->origins, at->where);
    size_t source = origin != NULL ? find_source(f, origin->file) : f->sources.count;
    if (source >= f->sources.count)
        return;
    char *text = arena_text(f->mem, f->sources.at[source].text), *from = text;
    for (uint32_t line = 1; line < origin->line && *from != '\0'; line++) {
        from += strcspn(from, "\n");
        from += *from == '\n';
    }
    for (uint32_t column = 1; column < origin->column && *from != '\0'; column++) {
        from++;
        while (((unsigned char)*from & 0xc0) == 0x80)
            from++;
    }
    const char *end = end_of_value(from);
    from += *from == '"' || *from == '\'';
    hide(from, from, end);
    f->sources.at[source].text = text;
}

bool findings_report(struct findings *f, struct diags *out, struct err *err)
{
    const struct diag *first = NULL;
    if (f->items.count > 1)
        qsort(f->items.at, f->items.count, sizeof(*f->items.at), by_place);
    for (size_t i = 0; i < f->items.count; i++) {
        const struct diag *one = &f->items.at[i].diag;
        if (i < DIAG_MAX)
            point(f, &f->items.at[i]);
        diag_add(out, one);
        if (first == NULL && one->severity == DIAG_ERROR)
            first = one;
    }
    if (first == NULL)
        return true;
    /* Not diag_ok: `out` may hold errors of others, and theirs are not this load's. */
    err_set(err, first->code, "%s", first->summary);
    if (first->where != NULL)
        err_at(err, first->where, 0, 0);
    if (first->detail != NULL)
        err_detail(err, "%s", first->detail);
    if (first->advice != NULL)
        err_advise(err, "%s", first->advice);
    return false;
}
