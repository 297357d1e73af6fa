#include "rfc2136_mark.h"

#include "name.h"
#include "rfc2136_text.h"

#include <ctype.h>
#include <string.h>

#define NAME_LONGEST   253
#define STRING_LONGEST 255

#define ZONE_LABEL "_zone"

static char *changed_case(const struct kit *kit, struct lf_op *op, const char *text, size_t len,
                          int (*change)(int))
{
    char *copy = kit_copy(kit, op, text, len);
    for (char *c = copy; *c; c++)
        *c = (char)change((unsigned char)*c);
    return copy;
}

const char *mark_name(const struct kit *kit, struct lf_op *op, const char *zone, const char *owner,
                      const char *type, size_t *over)
{
    size_t len = strlen(owner) - strlen(zone);
    const char *label = changed_case(kit, op, type, strlen(type), tolower);
    const char *first = owner[0] == '*' ? "-" : "";
    const char *rest = owner + strlen(first);
    /* What stands before the zone keeps its dot; at the apex there is nothing. */
    const char *name = kit_format(kit, op, "_%s.%s%.*s" MARK_BRANCH ".%s", label, first,
                                  (int)(len - strlen(first)), rest, zone);
    if (strlen(name) <= NAME_LONGEST)
        return name;
    *over = strlen(name) - NAME_LONGEST;
    return NULL;
}

const char *mark_zone_name(const struct kit *kit, struct lf_op *op, const char *zone)
{
    return kit_format(kit, op, ZONE_LABEL "." MARK_BRANCH ".%s", zone);
}

struct wire_set *mark_new(const struct kit *kit, struct lf_op *op, const char *name,
                          const struct lf_request *req)
{
    struct kit_text text = {0};
    const char *address = req->address ? req->address : "";
    const char *token = req->token ? req->token : "";
    text_add_string(kit, op, &text, req->marker, strnlen(req->marker, STRING_LONGEST));
    kit_text_add(kit, op, &text, " ", 1);
    text_add_string(kit, op, &text, token, strnlen(token, STRING_LONGEST));
    for (size_t len = strlen(address); len > 0;) {
        size_t part = len < STRING_LONGEST ? len : STRING_LONGEST;
        kit_text_add(kit, op, &text, " ", 1);
        text_add_string(kit, op, &text, address, part);
        address += part;
        len -= part;
    }
    struct wire_set *set = kit->ops->scratch(op, sizeof(*set));
    set->owner = name;
    set->type = "TXT";
    set->ttl = MARK_TTL;
    set->data = kit->ops->scratch(op, sizeof(*set->data));
    set->data[0] = text.bytes;
    set->count = 1;
    return set;
}

bool mark_read(const struct kit *kit, struct lf_op *op, const struct wire_set *set, struct mark *mark)
{
    *mark = (struct mark){0};
    if (set->count != 1)
        return false;
    size_t count = 0;
    struct rdata_word *words = text_words(kit, op, set->data[0], &count);
    if (count == 0 || words[0].len < 4 || memcmp(words[0].text, "lf1.", 4) != 0)
        return false;
    struct kit_text address = {0};
    for (size_t i = 2; i < count; i++)
        kit_text_add(kit, op, &address, words[i].text, words[i].len);
    mark->marker = kit_copy(kit, op, words[0].text, words[0].len);
    mark->address = address.bytes;
    return true;
}

bool mark_subject_of(const struct kit *kit, struct lf_op *op, const char *zone, const char *name,
                     struct mark_subject *subject)
{
    const char *branch = kit_format(kit, op, MARK_BRANCH ".%s", zone);
    *subject = (struct mark_subject){0};
    if (!name_is_in(name, branch) || name[0] != '_')
        return false;
    size_t len = strlen(name) - strlen(branch);
    const char *dot = strchr(name, '.');
    size_t label = (size_t)(dot - name);
    if (len == 0)
        return false;
    subject->is_zone = len == label + 1 && strncmp(name, ZONE_LABEL ".", label + 1) == 0;
    subject->type = changed_case(kit, op, name + 1, label - 1, toupper);
    size_t begin = label + 1;
    bool wild = len > begin + 1 && name[begin] == '-' && name[begin + 1] == '.';
    subject->relative =
        len <= begin ? "@"
                     : kit_format(kit, op, "%s%.*s", wild ? "*" : "", (int)(len - begin - 1 - (wild ? 1 : 0)),
                                  name + begin + (wild ? 1 : 0));
    return true;
}
