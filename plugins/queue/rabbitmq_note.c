#include "rabbitmq_note.h"
#include "rabbitmq.h"

#include <stdlib.h>
#include <string.h>

#define OPENING "(?#"

struct rabbit_note rabbit_note_parse(const struct kit *kit, struct lf_op *op, const char *pattern)
{
    struct rabbit_note note = {.words = "", .rest = pattern};
    if (!pattern || strncmp(pattern, OPENING "lf1.", strlen(OPENING "lf1.")) != 0)
        return note;
    const char *from = pattern + strlen(OPENING);
    size_t all = strcspn(from, ")"), first = strcspn(from, " )");
    if (!from[all])
        return note;
    note.marker = kit_copy(kit, op, from, first);
    note.words = kit_copy(kit, op, from + first, all - first);
    note.rest = kit_copy(kit, op, from + all + 1, strlen(from + all + 1));
    return note;
}

const char *rabbit_note_get(const struct kit *kit, struct lf_op *op, const struct rabbit_note *note,
                            const char *key)
{
    size_t len = strlen(key);
    for (const char *at = note->words; *at;) {
        at += strspn(at, " ");
        size_t word = strcspn(at, " ");
        if (word > len && strncmp(at, key, len) == 0 && at[len] == '=')
            return rabbit_decode(kit, op, at + len + 1, word - len - 1);
        at += word;
    }
    return NULL;
}

const struct lf_value *rabbit_note_put_int(const struct kit *kit, struct lf_op *op,
                                           const struct rabbit_note *note, const char *key,
                                           const struct lf_value *state)
{
    const char *text = rabbit_note_get(kit, op, note, key);
    char *end = NULL;
    long long n = text ? strtoll(text, &end, 10) : 0;
    return text && *text && !*end ? kit_put_int(kit, op, state, key, n) : state;
}

const char *rabbit_note_print(const struct kit *kit, struct lf_op *op, const char *marker,
                              const struct lf_value *notes, const char *pattern)
{
    struct kit_text out = {0};
    kit_text_print(kit, op, &out, OPENING "%s", marker);
    size_t count = kit->values->count(notes);
    for (size_t i = 0; i < count; i++) {
        const char *key = NULL;
        const struct lf_value *value = kit->values->at(notes, i, &key);
        const char *text = kit->values->as_text(value, NULL);
        if (text)
            kit_text_print(kit, op, &out, " %s=%s", key, kit_http_encode(kit, op, text));
        else
            kit_text_print(kit, op, &out, " %s=%lld", key, (long long)kit->values->as_int(value, 0));
    }
    kit_text_print(kit, op, &out, ")%s", pattern);
    return out.bytes;
}

const char *rabbit_note_quote(const struct kit *kit, struct lf_op *op, const char *name)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    struct kit_text out = {0};
    kit_text_add(kit, op, &out, "", 0);
    for (; *name; name++) {
        if (!strchr(plain, *name) && (unsigned char)*name < 0x80)
            kit_text_add(kit, op, &out, "\\", 1);
        kit_text_add(kit, op, &out, name, 1);
    }
    return out.bytes;
}
