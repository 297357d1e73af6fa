#include "plan/approval.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/file.h"
#include "base/str.h"
#include "base/tick.h"
#include "model/money.h"
#include "model/value.h"
#include "model/value_json.h"
#include "region/approvals.h"

#define FORMAT       "landfall.approval/1"
#define FILE_MAX     ((size_t)4 << 20)
#define LINES_MAX    1000
#define TEXT_MAX     4096 /* of a name or a reason */
#define NONCE_DIGITS 32

/* ---- writing ------------------------------------------------------------------------------- */

/* Exact, with as many digits as the currency has at least: what is read back is what was written. */
static const char *money_text(struct arena *mem, int64_t millionths, const char *currency)
{
    int least = money_digits(currency);
    char fraction[8];
    size_t count = 6;
    snprintf(fraction, sizeof(fraction), "%06" PRId64, millionths % MONEY_UNIT);
    while (count > (size_t)(least > 0 ? least : 0) && fraction[count - 1] == '0')
        count--;
    return count ? arena_print(mem, "%" PRId64 ".%.*s", millionths / MONEY_UNIT, (int)count, fraction)
                 : arena_print(mem, "%" PRId64, millionths / MONEY_UNIT);
}

static const struct value *time_value(struct arena *mem, int64_t wall_ms)
{
    char text[TICK_TEXT];
    tick_print(wall_ms, text);
    return value_text(mem, text);
}

static const struct value *classes_value(struct arena *mem, uint32_t classes)
{
    const struct value *items[APPROVALS_CLASS_COUNT];
    size_t count = 0;
    for (unsigned c = 0; c < APPROVALS_CLASS_COUNT; c++) {
        if (classes & APPROVALS_BIT(c))
            items[count++] = value_text(mem, approvals_class_name(c));
    }
    return value_list(mem, items, count);
}

const char *approval_print(struct arena *mem, const struct approval *a)
{
    struct pair pairs[18] = {
        {"by", value_text(mem, a->by)},
        {"ceiling_monthly", value_text(mem, money_text(mem, a->ceiling_month, a->currency))},
        {"ceiling_one_off", value_text(mem, money_text(mem, a->ceiling_once, a->currency))},
        {"classes", classes_value(mem, a->classes)},
        {"currency", value_text(mem, a->currency)},
        {"digest", value_text(mem, a->digest)},
        {"expires", time_value(mem, a->expires_ms)},
        {"format", value_text(mem, FORMAT)},
        {"given", time_value(mem, a->given_ms)},
        {"lineage", value_text(mem, a->lineage)},
        {"nonce", value_text(mem, a->nonce)},
        {"planned_by", value_text(mem, a->planned_by)},
        {"region", value_text(mem, a->region)},
        {"unpriced", value_int(mem, a->unpriced)},
        {"why", value_text(mem, a->why)},
    };
    size_t count = 15;
    if (a->after && a->after->count > 0)
        pairs[count++] = (struct pair){"after", a->after};
    if (a->signature)
        pairs[count++] = (struct pair){"signature", value_text(mem, a->signature)};
    return value_json_text(mem, value_map(mem, pairs, count));
}

/* Who adds a line at the same time would write a file without ours.  While we waited for him the file may
 * have become another, which is not the one that is held. */
static void hold(const char *path, int *fd)
{
    struct file_version there;
    do {
        file_close_fd(fd);
        file_version_get(path, &there);
    } while (file_hold(path, fd) && !file_version_is(path, &there));
}

bool approval_add(const char *path, const char *line, struct err *err)
{
    struct arena *tmp = arena_new();
    struct buf all;
    const char *bytes = "";
    size_t count = 0;
    int held AUTO(file_close_fd) = -1;
    hold(path, &held);
    buf_init(&all, 0);
    bool ok = !file_exists(path) || file_read(tmp, path, FILE_MAX, &bytes, &count, err);
    if (ok) {
        buf_add(&all, bytes, count);
        if (count > 0 && bytes[count - 1] != '\n')
            buf_char(&all, '\n');
        buf_print(&all, "%s\n", line);
        ok = file_replace(path, all.at, all.count, 0644, err);
    }
    buf_done(&all);
    arena_free(tmp);
    return ok || err_wrap(err, "writing the approval");
}

/* ---- reading ------------------------------------------------------------------------------- */

struct source {
    struct arena *mem;
    const char *path;
    size_t number;
};

static bool damaged(const struct source *s, const char *what, struct err *err)
{
    err_set(err, "approval.damaged", "line %zu of '%s' is no approval that can be trusted: %s", s->number,
            s->path, what);
    return err_advise(err, "take that line out, and have it given again: landfall approve");
}

static bool is_hex(const char *text, size_t count)
{
    return strlen(text) == count && text[strspn(text, "0123456789abcdef")] == '\0';
}

static bool read_money(const struct source *s, const struct value *v, const char *key, int64_t *out,
                       struct err *err)
{
    struct err why;
    if (money_parse(value_get_text(v, key, ""), out, &why) && *out >= 0)
        return true;
    return damaged(s, arena_print(s->mem, "its '%s' is no amount", key), err);
}

/* Only as it is written here: a bare date would end somewhere else for somebody else. */
static bool read_time(const struct source *s, const struct value *v, const char *key, int64_t *out,
                      struct err *err)
{
    const char *text = value_get_text(v, key, "");
    char again[TICK_TEXT];
    if (tick_parse(text, out)) {
        tick_print(*out, again);
        if (strcmp(again, text) == 0)
            return true;
    }
    return damaged(s, arena_print(s->mem, "its '%s' is no time", key), err);
}

static bool read_classes(const struct source *s, const struct value *list, uint32_t *out, struct err *err)
{
    uint32_t bits = 0;
    for (size_t i = 0; value_kind(list) == VALUE_LIST && i < list->count; i++) {
        const char *word = value_as_text(list->items[i]);
        enum approvals_class c = word ? approvals_class_of(word) : APPROVALS_CLASS_COUNT;
        if (c == APPROVALS_CLASS_COUNT)
            return damaged(s, "it names a class of change that there is not", err);
        bits |= APPROVALS_BIT(c);
    }
    *out = bits;
    return bits != 0 || damaged(s, "it says yes to nothing", err);
}

/* Each text that must be there, and where it goes. */
static bool read_texts(const struct source *s, const struct value *v, struct approval *a, struct err *err)
{
    const struct {
        const char *key, **to;
    } texts[] = {{"by", &a->by},         {"currency", &a->currency},
                 {"digest", &a->digest}, {"lineage", &a->lineage},
                 {"nonce", &a->nonce},   {"planned_by", &a->planned_by},
                 {"region", &a->region}, {"why", &a->why}};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        *texts[i].to = value_get_text(v, texts[i].key, NULL);
        if (!*texts[i].to || !**texts[i].to || strlen(*texts[i].to) > TEXT_MAX)
            return damaged(s, arena_print(s->mem, "it has no '%s'", texts[i].key), err);
    }
    if (!is_hex(a->digest, DIGEST_HEX - 1) || !is_hex(a->nonce, NONCE_DIGITS))
        return damaged(s, "its digest or its nonce is none", err);
    a->signature = value_get_text(v, "signature", NULL);
    return true;
}

static bool read_after(const struct source *s, const struct value *after, struct approval *a, struct err *err)
{
    bool is_list = value_kind(after) == VALUE_LIST;
    if (after && !is_list)
        return damaged(s, "its 'after' is no list", err);
    for (size_t i = 0; is_list && i < after->count; i++) {
        const char *hex = value_as_text(after->items[i]);
        if (!hex || !is_hex(hex, DIGEST_HEX - 1))
            return damaged(s, "its 'after' names no line", err);
    }
    a->after = after;
    return true;
}

static bool read_fields(const struct source *s, const struct value *v, struct approval *a, struct err *err)
{
    int64_t unpriced = value_get_int(v, "unpriced", -1);
    if (!read_texts(s, v, a, err) || !read_after(s, value_get(v, "after"), a, err) ||
        !read_money(s, v, "ceiling_monthly", &a->ceiling_month, err) ||
        !read_money(s, v, "ceiling_one_off", &a->ceiling_once, err) ||
        !read_time(s, v, "given", &a->given_ms, err) || !read_time(s, v, "expires", &a->expires_ms, err) ||
        !read_classes(s, value_get(v, "classes"), &a->classes, err))
        return false;
    if (unpriced < 0 || unpriced > UINT32_MAX)
        return damaged(s, "it does not say how many steps have no price", err);
    a->unpriced = (uint32_t)unpriced;
    return a->expires_ms > a->given_ms || damaged(s, "it expires before it was given", err);
}

/* Printed again it must be the same bytes: no unknown key, no order of its own, no number in another dress.
 */
static bool read_line(const struct source *s, const char *line, struct approval *a, struct err *err)
{
    const struct value *v;
    struct err why;
    if (!value_json_parse(s->mem, line, strlen(line), &v, &why))
        return damaged(s, why.summary, err);
    const char *format = value_get_text(v, "format", "");
    if (strcmp(format, FORMAT) != 0 && str_starts(format, "landfall.approval/")) {
        err_set(err, "approval.newer",
                "line %zu of '%s' has the format '%s', and this landfall reads " FORMAT, s->number, s->path,
                format);
        return err_advise(err, "use the landfall that wrote it");
    }
    if (strcmp(format, FORMAT) != 0)
        return damaged(s, "it is no landfall approval", err);
    *a = (struct approval){.line = line, .number = s->number};
    if (!read_fields(s, v, a, err))
        return false;
    if (strcmp(approval_print(s->mem, a), line) != 0)
        return damaged(s, "it is not as landfall writes it", err);
    struct approval bare = *a;
    bare.signature = NULL;
    a->signed_text = approval_print(s->mem, &bare);
    return true;
}

bool approval_parse(struct arena *mem, const char *line, struct approval *out, struct err *err)
{
    struct source s = {.mem = mem, .path = "the store", .number = 1};
    return read_line(&s, line, out, err);
}

bool approval_load(struct arena *mem, const char *path, const struct approval **out, size_t *count,
                   struct err *err)
{
    struct source s = {.mem = mem, .path = path};
    const char *bytes = "";
    size_t size = 0;
    ARRAY(struct approval) lines = {0};
    if (file_exists(path) && !file_read(mem, path, FILE_MAX, &bytes, &size, err))
        return err_wrap(err, "reading the approvals");
    bool ok = true;
    for (const char *at = bytes, *end = bytes + size; ok && at < end;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t length = (size_t)((stop ? stop : end) - at);
        struct approval a;
        s.number++;
        if (length > 0) {
            ok = lines.count < LINES_MAX ? read_line(&s, arena_text_n(mem, at, length), &a, err)
                                         : damaged(&s, "there are too many", err);
            if (ok)
                ARRAY_PUSH(&lines, a);
        }
        at += length + (stop != NULL);
    }
    if (ok) {
        *out = ARRAY_KEEP(&lines, mem);
        *count = lines.count;
    }
    ARRAY_DONE(&lines);
    return ok;
}

const struct value *approval_seen(struct arena *mem, const struct approval *at, size_t count,
                                  const char *digest)
{
    const struct value **items = ARENA_ARRAY(mem, const struct value *, count + 1);
    size_t seen = 0;
    for (size_t i = 0; i < count; i++) {
        char hex[DIGEST_HEX];
        if (strcmp(at[i].digest, digest) != 0)
            continue;
        digest_text(at[i].line, strlen(at[i].line), hex);
        items[seen++] = value_text(mem, hex);
    }
    return value_list(mem, items, seen);
}
