/* The tags of vhosts and users: lists of words that RabbitMQ keeps and mostly does not read.  Two of them are
 * landfall's: the mark, and the address in clear. */
#include "rabbitmq.h"

#include <string.h>

#define ADDRESS_TAG "landfall:"

static bool is_mark(const char *tag)
{
    return strncmp(tag, "lf1.", 4) == 0;
}

static bool is_address(const char *tag)
{
    return strncmp(tag, ADDRESS_TAG, strlen(ADDRESS_TAG)) == 0;
}

bool rabbit_tag_is_ours(const char *tag)
{
    return is_mark(tag) || is_address(tag);
}

static const struct lf_value *seen_tags(const struct rabbit_item *item, size_t *count)
{
    const struct lf_value *tags = kit_get(item->kit, item->seen[0], "tags");
    *count = tags ? item->kit->values->count(tags) : 0;
    return tags;
}

const char *rabbit_tags_mark(struct rabbit_item *item)
{
    size_t count = 0;
    const struct lf_value *tags = seen_tags(item, &count);
    for (size_t i = 0; i < count; i++) {
        const char *tag = item->kit->values->as_text(item->kit->values->at(tags, i, NULL), NULL);
        if (tag && is_mark(tag))
            return tag;
    }
    return NULL;
}

const struct lf_value *rabbit_tags_seen(struct rabbit_item *item)
{
    size_t count = 0, kept = 0;
    const struct lf_value *tags = seen_tags(item, &count);
    const struct lf_value **out = item->kit->ops->scratch(item->op, (count + 1) * sizeof(*out));
    for (size_t i = 0; i < count; i++) {
        const struct lf_value *tag = item->kit->values->at(tags, i, NULL);
        const char *text = item->kit->values->as_text(tag, NULL);
        if (text && is_address(text))
            item->address = text + strlen(ADDRESS_TAG);
        if (text && !rabbit_tag_is_ours(text))
            out[kept++] = tag;
    }
    return item->kit->values->of_list(item->op, out, kept);
}

const struct lf_value *rabbit_tags_marked(struct rabbit_item *item, const struct lf_value *tags)
{
    const struct kit *kit = item->kit;
    size_t count = tags ? kit->values->count(tags) : 0;
    const struct lf_value **out = kit->ops->scratch(item->op, (count + 2) * sizeof(*out));
    const char *address = kit_format(kit, item->op, ADDRESS_TAG "%s", item->req->address);
    for (size_t i = 0; i < count; i++)
        out[i] = kit->values->at(tags, i, NULL);
    out[count] = kit->values->of_text(item->op, item->req->marker, strlen(item->req->marker));
    out[count + 1] = kit->values->of_text(item->op, address, strlen(address));
    return kit->values->of_list(item->op, out, count + 2);
}
