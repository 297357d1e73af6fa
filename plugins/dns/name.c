#include "name.h"

#include <ctype.h>
#include <string.h>

/* RFC 1035, 2.3.4: 255 octets on the wire are at most 253 characters as text; labels hold 63. */
#define NAME_LONGEST  253
#define LABEL_LONGEST 63

static bool label_check(const struct kit *kit, struct lf_op *op, const char *label, size_t len,
                        uint32_t flags, const char **why)
{
    if (len == 0) {
        *why = "it has an empty label (two dots, or a dot at the start)";
        return false;
    }
    if (len > LABEL_LONGEST) {
        *why =
            kit_format(kit, op, "the label '%.*s' has %zu characters, 63 are allowed", (int)len, label, len);
        return false;
    }
    if (label[0] == '-' || label[len - 1] == '-') {
        *why = kit_format(kit, op, "the label '%.*s' begins or ends with a hyphen", (int)len, label);
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)label[i];
        if (isalnum(c) || c == '-' || (c == '_' && !(flags & NAME_HOST)))
            continue;
        if (c == '_')
            *why = kit_format(kit, op, "the label '%.*s' has an underscore, which a host name may not have",
                              (int)len, label);
        else
            *why = kit_format(kit, op, "the label '%.*s' has a character other than a-z, 0-9 and '-'",
                              (int)len, label);
        return false;
    }
    return true;
}

static char *lower(const struct kit *kit, struct lf_op *op, const char *text, size_t len)
{
    char *copy = kit_copy(kit, op, text, len);
    for (size_t i = 0; i < len; i++)
        copy[i] = (char)tolower((unsigned char)copy[i]);
    return copy;
}

bool name_parse(const struct kit *kit, struct lf_op *op, const char *text, size_t len, uint32_t flags,
                const char **name, const char **why)
{
    if (len > 0 && text[len - 1] == '.')
        len--;
    if (len == 0) {
        *why = "it is empty";
        return false;
    }
    if (len > NAME_LONGEST) {
        *why = kit_format(kit, op, "it has %zu characters, 253 are allowed", len);
        return false;
    }
    bool wild = (flags & NAME_WILDCARD) && text[0] == '*' && (len == 1 || text[1] == '.');
    for (size_t begin = wild ? 2 : 0; begin <= len;) {
        const char *dot = memchr(text + begin, '.', len - begin);
        size_t end = dot ? (size_t)(dot - text) : len;
        if (!label_check(kit, op, text + begin, end - begin, flags, why))
            return false;
        begin = end + 1;
    }
    *name = lower(kit, op, text, len);
    return true;
}

const char *name_absolute(const struct kit *kit, struct lf_op *op, const char *text, size_t len,
                          const char *origin)
{
    if (len == 1 && text[0] == '@')
        return origin;
    if (len > 0 && text[len - 1] == '.' && !(len > 1 && text[len - 2] == '\\'))
        return lower(kit, op, text, len - 1);
    const char *relative = lower(kit, op, text, len);
    return origin[0] ? kit_format(kit, op, "%s.%s", relative, origin) : relative;
}

const char *name_in_zone(const struct kit *kit, struct lf_op *op, const char *relative, const char *zone)
{
    return name_absolute(kit, op, relative, strlen(relative), zone);
}

bool name_is_in(const char *name, const char *zone)
{
    size_t name_len = strlen(name);
    size_t zone_len = strlen(zone);
    if (zone_len == 0)
        return true;
    if (name_len < zone_len || strcmp(name + name_len - zone_len, zone) != 0)
        return false;
    return name_len == zone_len || name[name_len - zone_len - 1] == '.';
}

size_t name_labels(const char *name)
{
    size_t count = name[0] ? 1 : 0;
    for (const char *at = strchr(name, '.'); at; at = strchr(at + 1, '.'))
        count++;
    return count;
}
