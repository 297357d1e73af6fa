#include "rfc2136_text.h"

#include <string.h>

void text_add_string(const struct kit *kit, struct lf_op *op, struct kit_text *text, const char *bytes,
                     size_t len)
{
    kit_text_add(kit, op, text, "\"", 1);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c == '"' || c == '\\' || c < ' ' || c > '~')
            kit_text_print(kit, op, text, "\\%03u", c);
        else
            kit_text_add(kit, op, text, &bytes[i], 1);
    }
    kit_text_add(kit, op, text, "\"", 1);
}

/* One word from `at`, which is no blank; gives what comes after it. */
static const char *take_word(const char *at, struct rdata_word *word)
{
    word->quoted = *at == '"';
    at += word->quoted ? 1 : 0;
    word->text = at;
    while (*at && *at != (word->quoted ? '"' : ' '))
        at += *at == '\\' && at[1] ? 2 : 1;
    word->len = (size_t)(at - word->text);
    return word->quoted && *at ? at + 1 : at;
}

struct rdata_word *text_words(const struct kit *kit, struct lf_op *op, const char *data, size_t *count)
{
    size_t most = 1;
    for (const char *c = data; *c; c++)
        most += *c == ' ' || *c == '"' ? 1 : 0;
    struct rdata_word *words = kit->ops->scratch(op, most * sizeof(*words));
    *count = 0;
    for (const char *at = data; *at;) {
        if (*at == ' ')
            at++;
        else
            at = take_word(at, &words[(*count)++]);
    }
    return words;
}

const char **text_canonical(const struct kit *kit, struct lf_op *op, const struct wire_set *set,
                            const char **why)
{
    const char **rdata = kit->ops->scratch(op, (set->count + 1) * sizeof(*rdata));
    for (size_t i = 0; i < set->count; i++) {
        size_t count = 0;
        const struct rdata_word *words = text_words(kit, op, set->data[i], &count);
        if (!rdata_from_words(kit, op, set->type, words, count, "", &rdata[i], why))
            return NULL;
    }
    return rdata;
}

struct wire_set *text_set(const struct kit *kit, struct lf_op *op, const char *owner, const char *type,
                          uint32_t ttl, const char *const *rdata, size_t count)
{
    struct wire_set *set = kit->ops->scratch(op, sizeof(*set));
    set->owner = owner;
    set->type = type;
    set->ttl = ttl;
    set->data = kit->ops->scratch(op, (count + 1) * sizeof(*set->data));
    for (size_t i = 0; i < count; i++) {
        struct kit_text text = {0};
        rdata_print(kit, op, type, rdata[i], &text);
        set->data[i] = text.bytes;
    }
    set->count = count;
    return set;
}

/* Ten bytes of type, class, time and length; two more for the name's ends; an address of 16 bytes may be
 * written
 * "::". */
#define RECORD_MORE 28

size_t text_size(const struct wire_set *set)
{
    size_t size = strlen(set->owner) + RECORD_MORE;
    for (size_t i = 0; i < set->count; i++)
        size += strlen(set->owner) + RECORD_MORE + strlen(set->data[i]);
    return size;
}
