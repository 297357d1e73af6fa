#include "rdata.h"

#include "name.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

/* RFC 1035, 3.3: a character string holds 255 octets; the data of a record has a 16-bit length. */
#define STRING_LONGEST 255
#define RDATA_LONGEST  65535

#define WORDS_MAX 64

/* Everything a reader needs while it turns words into the canonical form. */
struct reader {
    const struct kit *kit;
    struct lf_op *op;
    const struct rdata_word *words;
    size_t count;
    const char *origin; /* NULL: names are a playbook's, absolute and strict */
    const char **why;
};

typedef const char *reader_fn(const struct reader *reader);

static const char *fail(const struct reader *reader, const char *why)
{
    *reader->why = why;
    return NULL;
}

static bool has_words(const struct reader *reader, size_t want, const char *form)
{
    if (reader->count == want)
        return true;
    *reader->why = kit_format(reader->kit, reader->op, "it must be of the form '%s'", form);
    return false;
}

static const char *read_address(const struct reader *reader, int family, size_t longest)
{
    unsigned char bytes[sizeof(struct in6_addr)];
    char out[INET6_ADDRSTRLEN];
    const struct rdata_word *word = &reader->words[0];
    const char *text = kit_copy(reader->kit, reader->op, word->text, word->len);
    if (word->len > longest || inet_pton(family, text, bytes) != 1)
        return fail(reader, family == AF_INET ? "it is not an IPv4 address" : "it is not an IPv6 address");
    if (!inet_ntop(family, bytes, out, sizeof(out)))
        return fail(reader, "it is not an address");
    return kit_copy(reader->kit, reader->op, out, strlen(out));
}

static const char *read_a(const struct reader *reader)
{
    return has_words(reader, 1, "192.0.2.1") ? read_address(reader, AF_INET, INET_ADDRSTRLEN) : NULL;
}

static const char *read_aaaa(const struct reader *reader)
{
    return has_words(reader, 1, "2001:db8::1") ? read_address(reader, AF_INET6, INET6_ADDRSTRLEN) : NULL;
}

/* A host name among the words.  A playbook's must be whole: a lone label is nearly always a name somebody
 * believed to be relative, and would silently point at a top level domain. */
static const char *read_name(const struct reader *reader, size_t i, uint32_t flags, bool root_allowed)
{
    const struct rdata_word *word = &reader->words[i];
    bool is_root = word->len == 1 && word->text[0] == '.';
    if (is_root && (root_allowed || reader->origin))
        return ".";
    if (reader->origin) {
        const char *name = name_absolute(reader->kit, reader->op, word->text, word->len, reader->origin);
        return name[0] ? name : ".";
    }
    const char *name = NULL;
    const char *detail = NULL;
    if (!name_parse(reader->kit, reader->op, word->text, word->len, flags, &name, &detail))
        return fail(reader, kit_format(reader->kit, reader->op, "'%.*s' is not a host name: %s",
                                       (int)word->len, word->text, detail));
    /* "localhost" is whole as it is (RFC 6761, 6.3): it is what drivers on this machine give as their host.
     */
    bool is_whole = word->text[word->len - 1] == '.' || strcmp(name, "localhost") == 0;
    if (name_labels(name) == 1 && !is_whole)
        return fail(reader,
                    kit_format(reader->kit, reader->op,
                               "'%s' is a single label: host names in values are absolute, so write the "
                               "whole name",
                               name));
    return name;
}

static bool read_number(const struct reader *reader, size_t i, uint32_t most, uint32_t *number)
{
    const struct rdata_word *word = &reader->words[i];
    uint64_t sum = 0;
    bool good = word->len > 0 && word->len <= 10 && !word->quoted;
    for (size_t at = 0; good && at < word->len; at++) {
        good = isdigit((unsigned char)word->text[at]);
        sum = sum * 10 + (uint64_t)(word->text[at] - '0');
    }
    if (!good || sum > most) {
        *reader->why = kit_format(reader->kit, reader->op, "'%.*s' is not a number from 0 to %u",
                                  (int)word->len, word->text, most);
        return false;
    }
    *number = (uint32_t)sum;
    return true;
}

static const char *read_cname(const struct reader *reader)
{
    return has_words(reader, 1, "host.example.net") ? read_name(reader, 0, 0, false) : NULL;
}

static const char *read_ns(const struct reader *reader)
{
    return has_words(reader, 1, "ns1.example.net") ? read_name(reader, 0, NAME_HOST, false) : NULL;
}

static const char *read_mx(const struct reader *reader)
{
    uint32_t preference = 0;
    if (!has_words(reader, 2, "10 mail.example.net") || !read_number(reader, 0, UINT16_MAX, &preference))
        return NULL;
    const char *host = read_name(reader, 1, NAME_HOST, true);
    return host ? kit_format(reader->kit, reader->op, "%u %s", preference, host) : NULL;
}

static const char *read_srv(const struct reader *reader)
{
    uint32_t numbers[3] = {0};
    if (!has_words(reader, 4, "priority weight port host.example.net"))
        return NULL;
    for (size_t i = 0; i < 3; i++)
        if (!read_number(reader, i, UINT16_MAX, &numbers[i]))
            return NULL;
    const char *host = read_name(reader, 3, NAME_HOST, true);
    if (!host)
        return NULL;
    return kit_format(reader->kit, reader->op, "%u %u %u %s", numbers[0], numbers[1], numbers[2], host);
}

/* One unit of escaped text: a character, `\X`, or `\DDD`.  Gives its byte; advances *at. */
static bool unescape(const char *text, size_t len, size_t *at, unsigned char *byte)
{
    if (text[*at] != '\\') {
        *byte = (unsigned char)text[(*at)++];
        return true;
    }
    if (*at + 1 >= len)
        return false;
    if (!isdigit((unsigned char)text[*at + 1])) {
        *byte = (unsigned char)text[*at + 1];
        *at += 2;
        return true;
    }
    unsigned value = 0;
    for (size_t i = 1; i <= 3; i++) {
        if (*at + i >= len || !isdigit((unsigned char)text[*at + i]))
            return false;
        value = value * 10 + (unsigned)(text[*at + i] - '0');
    }
    if (value > UINT8_MAX)
        return false;
    *byte = (unsigned char)value;
    *at += 4;
    return true;
}

static void add_escaped(const struct kit *kit, struct lf_op *op, struct kit_text *text, unsigned char byte)
{
    if (byte == '"' || byte == '\\')
        kit_text_print(kit, op, text, "\\%c", byte);
    else if (byte < ' ' || byte > '~')
        kit_text_print(kit, op, text, "\\%03u", byte);
    else
        kit_text_add(kit, op, text, (const char *)&byte, 1);
}

/* A word in its one escaped spelling; *bytes counts what it stands for. */
static bool add_word(const struct reader *reader, struct kit_text *text, const struct rdata_word *word,
                     size_t *bytes)
{
    for (size_t at = 0; at < word->len; (*bytes)++) {
        unsigned char byte = 0;
        if (!unescape(word->text, word->len, &at, &byte)) {
            *reader->why = "it has a backslash that escapes nothing";
            return false;
        }
        add_escaped(reader->kit, reader->op, text, byte);
    }
    return true;
}

static const char *read_txt(const struct reader *reader)
{
    struct kit_text text = {0};
    size_t bytes = 0;
    kit_text_add(reader->kit, reader->op, &text, NULL, 0);
    for (size_t i = 0; i < reader->count; i++)
        if (!add_word(reader, &text, &reader->words[i], &bytes))
            return NULL;
    if (bytes + bytes / STRING_LONGEST + 1 > RDATA_LONGEST)
        return fail(reader, "it is longer than a record can hold (65 535 bytes)");
    return text.bytes;
}

static const char *read_caa(const struct reader *reader)
{
    uint32_t flags = 0;
    if (!has_words(reader, 3, "0 issue letsencrypt.org") || !read_number(reader, 0, UINT8_MAX, &flags))
        return NULL;
    const struct rdata_word *tag = &reader->words[1];
    for (size_t i = 0; i < tag->len; i++)
        if (!isalnum((unsigned char)tag->text[i]))
            return fail(reader,
                        "the tag of a CAA record has letters and digits only: issue, issuewild, iodef");
    if (tag->len == 0 || tag->len > STRING_LONGEST)
        return fail(reader, "the tag of a CAA record has 1 to 255 characters");
    struct kit_text text = {0};
    size_t bytes = 0;
    kit_text_print(reader->kit, reader->op, &text, "%u ", flags);
    for (size_t i = 0; i < tag->len; i++)
        kit_text_print(reader->kit, reader->op, &text, "%c", tolower((unsigned char)tag->text[i]));
    kit_text_add(reader->kit, reader->op, &text, " \"", 2);
    if (!add_word(reader, &text, &reader->words[2], &bytes))
        return NULL;
    kit_text_add(reader->kit, reader->op, &text, "\"", 1);
    return text.bytes;
}

/* The digest may be written in several words (RFC 4034, 5.3). */
static const char *read_ds(const struct reader *reader)
{
    uint32_t tag = 0;
    uint32_t algorithm = 0;
    uint32_t digest = 0;
    if (reader->count < 4)
        return fail(reader, "it must be of the form 'key-tag algorithm digest-type digest'");
    if (!read_number(reader, 0, UINT16_MAX, &tag) || !read_number(reader, 1, UINT8_MAX, &algorithm) ||
        !read_number(reader, 2, UINT8_MAX, &digest))
        return NULL;
    struct kit_text text = {0};
    size_t digits = 0;
    kit_text_print(reader->kit, reader->op, &text, "%u %u %u ", tag, algorithm, digest);
    for (size_t i = 3; i < reader->count; i++) {
        const struct rdata_word *word = &reader->words[i];
        for (size_t at = 0; at < word->len; at++, digits++) {
            if (!isxdigit((unsigned char)word->text[at]))
                return fail(reader, "the digest has hexadecimal digits only");
            kit_text_print(reader->kit, reader->op, &text, "%c", tolower((unsigned char)word->text[at]));
        }
    }
    return digits > 0 && digits % 2 == 0 ? text.bytes : fail(reader, "the digest has half a byte");
}

static const struct {
    const char *type;
    reader_fn *read;
    bool ends_with_name;
} forms[] = {
    {"A", read_a, false},     {"AAAA", read_aaaa, false}, {"CNAME", read_cname, true},
    {"MX", read_mx, true},    {"TXT", read_txt, false},   {"SRV", read_srv, true},
    {"CAA", read_caa, false}, {"NS", read_ns, true},      {"DS", read_ds, false},
};
#define FORM_COUNT (sizeof(forms) / sizeof(forms[0]))

static size_t form_of(const char *type)
{
    size_t i = 0;
    while (i < FORM_COUNT && strcmp(forms[i].type, type) != 0)
        i++;
    return i;
}

bool rdata_is_known(const char *type)
{
    return form_of(type) < FORM_COUNT;
}

const char *rdata_known_types(void)
{
    return "A, AAAA, CNAME, MX, TXT, SRV, CAA, NS and DS";
}

/* A type we have no rules for: its words, as they are. */
static const char *keep_words(const struct reader *reader)
{
    struct kit_text text = {0};
    kit_text_add(reader->kit, reader->op, &text, NULL, 0);
    for (size_t i = 0; i < reader->count; i++) {
        const struct rdata_word *word = &reader->words[i];
        const char *quote = word->quoted ? "\"" : "";
        kit_text_print(reader->kit, reader->op, &text, "%s%s%.*s%s", i > 0 ? " " : "", quote, (int)word->len,
                       word->text, quote);
    }
    return text.bytes;
}

bool rdata_from_words(const struct kit *kit, struct lf_op *op, const char *type,
                      const struct rdata_word *words, size_t count, const char *origin, const char **rdata,
                      const char **why)
{
    struct reader reader = {kit, op, words, count, origin, why};
    size_t form = form_of(type);
    if (count == 0) {
        *why = "it has no data";
        return false;
    }
    const char *text = form < FORM_COUNT ? forms[form].read(&reader) : keep_words(&reader);
    if (!text)
        return false;
    *rdata = text;
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* One word from *at, which is not a blank; *at moves past it. */
static bool take_word(const char *value, size_t len, size_t *at, struct rdata_word *word)
{
    word->quoted = value[*at] == '"';
    *at += word->quoted ? 1 : 0;
    word->text = value + *at;
    while (*at < len && (word->quoted ? value[*at] != '"' : !is_blank(value[*at])))
        *at += value[*at] == '\\' && *at + 1 < len ? 2 : 1;
    word->len = (size_t)(value + *at - word->text);
    if (word->quoted && *at == len)
        return false;
    *at += word->quoted ? 1 : 0;
    return true;
}

/* Words of one line: separated by blanks, or in double quotes. */
static bool split(const char *value, size_t len, struct rdata_word *words, size_t most, size_t *count,
                  const char **why)
{
    *count = 0;
    for (size_t at = 0; at < len;) {
        if (is_blank(value[at])) {
            at++;
            continue;
        }
        if (*count == most) {
            *why = "it has too many words";
            return false;
        }
        if (!take_word(value, len, &at, &words[(*count)++])) {
            *why = "a quote is not closed";
            return false;
        }
    }
    return true;
}

/* A long TXT comes in hundreds of strings. */
bool rdata_from_text(const struct kit *kit, struct lf_op *op, const char *type, const char *text, size_t len,
                     const char **rdata, const char **why)
{
    size_t most = len / 2 + 1;
    size_t count = 0;
    struct rdata_word *words = kit->ops->scratch(op, most * sizeof(*words));
    return split(text, len, words, most, &count, why) &&
           rdata_from_words(kit, op, type, words, count, "", rdata, why);
}

/* TXT without quotes is the text itself: nothing in it is an escape. */
static bool bare_text(const struct kit *kit, struct lf_op *op, const char *value, size_t len,
                      const char **rdata, const char **why)
{
    if (len + len / STRING_LONGEST + 1 > RDATA_LONGEST) {
        *why = "it is longer than a record can hold (65 535 bytes)";
        return false;
    }
    struct kit_text text = {0};
    kit_text_add(kit, op, &text, NULL, 0);
    for (size_t i = 0; i < len; i++)
        add_escaped(kit, op, &text, (unsigned char)value[i]);
    *rdata = text.bytes;
    return true;
}

bool rdata_from_value(const struct kit *kit, struct lf_op *op, const char *type, const char *value,
                      size_t len, const char **rdata, const char **why)
{
    if (strcmp(type, "TXT") == 0 && (len == 0 || value[0] != '"'))
        return bare_text(kit, op, value, len, rdata, why);
    struct rdata_word words[WORDS_MAX];
    size_t count = 0;
    if (!split(value, len, words, WORDS_MAX, &count, why))
        return false;
    return rdata_from_words(kit, op, type, words, count, NULL, rdata, why);
}

/* The range of the second byte keeps out overlong forms, surrogates and what lies past U+10FFFF. */
static bool second_fits(unsigned char lead, unsigned char second)
{
    unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    return second >= low && second <= high;
}

/* True when the bytes are well-formed UTF-8 without control characters, so that they may stand bare. */
static bool is_plain(const unsigned char *bytes, size_t len)
{
    for (size_t at = 0; at < len;) {
        unsigned char lead = bytes[at];
        size_t more = lead < 0x80 ? 0 : lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
        if (lead < ' ' || lead == 0x7f || (lead >= 0x80 && lead < 0xc2) || lead > 0xf4 || at + more >= len)
            return false;
        if (more > 0 && !second_fits(lead, bytes[at + 1]))
            return false;
        for (size_t i = 2; i <= more; i++)
            if ((bytes[at + i] & 0xc0) != 0x80)
                return false;
        at += more + 1;
    }
    return true;
}

const struct lf_value *rdata_to_value(const struct kit *kit, struct lf_op *op, const char *type,
                                      const char *rdata)
{
    size_t len = strlen(rdata);
    if (strcmp(type, "TXT") != 0)
        return kit->values->of_text(op, rdata, len);
    unsigned char *bytes = kit->ops->scratch(op, len + 1);
    size_t count = 0;
    for (size_t at = 0; at < len; count++)
        if (!unescape(rdata, len, &at, &bytes[count]))
            break;
    if (is_plain(bytes, count) && bytes[0] != '"')
        return kit->values->of_text(op, (const char *)bytes, count);
    const char *quoted = kit_format(kit, op, "\"%s\"", rdata);
    return kit->values->of_text(op, quoted, strlen(quoted));
}

static void print_strings(const struct kit *kit, struct lf_op *op, const char *rdata, struct kit_text *text)
{
    size_t len = strlen(rdata);
    size_t at = 0;
    do {
        kit_text_add(kit, op, text, at > 0 ? " \"" : "\"", at > 0 ? 2 : 1);
        for (size_t bytes = 0; at < len && bytes < STRING_LONGEST; bytes++) {
            size_t begin = at;
            unsigned char byte = 0;
            if (!unescape(rdata, len, &at, &byte))
                at = len;
            kit_text_add(kit, op, text, rdata + begin, at - begin);
        }
        kit_text_add(kit, op, text, "\"", 1);
    } while (at < len);
}

void rdata_print(const struct kit *kit, struct lf_op *op, const char *type, const char *rdata,
                 struct kit_text *text)
{
    size_t form = form_of(type);
    if (strcmp(type, "TXT") == 0) {
        print_strings(kit, op, rdata, text);
        return;
    }
    size_t len = strlen(rdata);
    kit_text_add(kit, op, text, rdata, len);
    if (form < FORM_COUNT && forms[form].ends_with_name && rdata[len - 1] != '.')
        kit_text_add(kit, op, text, ".", 1);
}
