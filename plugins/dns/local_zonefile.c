#include "local_zonefile.h"

#include "local_scan.h"
#include "name.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define MARK      "; landfall "
#define MARK_GLUE "glue"

/* ---- sets --------------------------------------------------------------------------------- */

/* FNV-1a: names are short, and nobody gains by making them collide in a file they can write anyway. */
static size_t bucket_of(const struct zonefile *zone, const char *owner)
{
    uint64_t hash = 14695981039346656037u;
    for (const char *at = owner; *at; at++)
        hash = (hash ^ (unsigned char)*at) * 1099511628211u;
    return (size_t)(hash % zone->bucket_count);
}

static struct zonefile_set *find_set(const struct zonefile *zone, const char *owner, const char *type,
                                     bool glue)
{
    struct zonefile_set *set = zone->buckets[bucket_of(zone, owner)];
    while (set && !(set->live && set->glue == glue && strcmp(set->owner, owner) == 0 &&
                    strcmp(set->type, type) == 0))
        set = set->next_alike;
    return set;
}

struct zonefile_set *zonefile_find(const struct zonefile *zone, const char *owner, const char *type)
{
    return find_set(zone, owner, type, false);
}

struct zonefile_set *zonefile_find_glue(const struct zonefile *zone, const char *owner, const char *type)
{
    struct zonefile_set *set = zone->buckets[bucket_of(zone, owner)];
    while (set && !(set->glue && strcmp(set->owner, owner) == 0 && strcmp(set->type, type) == 0))
        set = set->next_alike;
    return set;
}

const struct zonefile_set *zonefile_find_other(const struct zonefile *zone, const char *owner,
                                               const char *type)
{
    const struct zonefile_set *set = zone->buckets[bucket_of(zone, owner)];
    while (set &&
           !(set->live && !set->glue && strcmp(set->owner, owner) == 0 && strcmp(set->type, type) != 0))
        set = set->next_alike;
    return set;
}

static struct zonefile_set *set_new(struct zonefile *zone, const char *owner, const char *type)
{
    struct zonefile_set *set = zone->kit->ops->scratch(zone->op, sizeof(*set));
    struct zonefile_set **bucket = &zone->buckets[bucket_of(zone, owner)];
    set->owner = owner;
    set->type = type;
    set->live = true;
    set->next_alike = *bucket;
    *bucket = set;
    if (zone->last)
        zone->last->next = set;
    else
        zone->first = set;
    zone->last = set;
    return set;
}

struct zonefile_set *zonefile_add(struct zonefile *zone, const char *owner, const char *type)
{
    struct zonefile_set *set = set_new(zone, owner, type);
    set->changed = true;
    return set;
}

void zonefile_add_rdata(const struct zonefile *zone, struct zonefile_set *set, const char *rdata)
{
    if (set->count == set->room) {
        size_t room = set->room > 0 ? set->room * 2 : 2;
        const char **grown = zone->kit->ops->scratch(zone->op, room * sizeof(*grown));
        if (set->count > 0)
            memcpy(grown, set->rdata, set->count * sizeof(*grown));
        set->rdata = grown;
        set->room = room;
    }
    set->rdata[set->count++] = rdata;
}

static struct zonefile *zone_new(const struct kit *kit, struct lf_op *op, const char *origin, size_t expected)
{
    struct zonefile *zone = kit->ops->scratch(op, sizeof(*zone));
    zone->kit = kit;
    zone->op = op;
    zone->origin = origin;
    zone->bucket_count = expected + 61;
    zone->buckets = kit->ops->scratch(op, zone->bucket_count * sizeof(struct zonefile_set *));
    return zone;
}

struct zonefile *zonefile_new(const struct kit *kit, struct lf_op *op, const char *origin)
{
    return zone_new(kit, op, origin, 0);
}

/* ---- reading ------------------------------------------------------------------------------ */

struct parser {
    struct zonefile *zone;
    const char *origin; /* as $ORIGIN left it           */
    const char *owner;  /* of the record above, or NULL */
    uint32_t ttl;       /* what a record without one has */
    bool ttl_known;
    bool ttl_stated; /* by $TTL, not by the record above */
    /* The marker line above, waiting for its record. */
    const char *marker;
    const char *address;
    size_t mark_begin;
    size_t mark_end;
    bool marked;
    bool glue;
    const char *why;
};

static bool broken(struct parser *parser, const char *why)
{
    parser->why = why;
    return false;
}

static bool word_is(const struct rdata_word *word, const char *text)
{
    return word->len == strlen(text) && strncasecmp(word->text, text, word->len) == 0;
}

/* "300", or with the units many servers know: "1h30m".  Gives false where the word is no time. */
static bool parse_time(const struct rdata_word *word, uint32_t *seconds)
{
    static const struct {
        char unit;
        uint32_t factor;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
    uint64_t total = 0;
    uint64_t number = 0;
    bool digits = false;
    for (size_t i = 0; i < word->len; i++) {
        char c = (char)tolower((unsigned char)word->text[i]);
        if (isdigit((unsigned char)c)) {
            number = number * 10 + (uint64_t)(c - '0');
            digits = true;
        } else {
            size_t unit = 0;
            while (unit < sizeof(units) / sizeof(units[0]) && units[unit].unit != c)
                unit++;
            if (!digits || unit == sizeof(units) / sizeof(units[0]))
                return false;
            total += number * units[unit].factor;
            number = 0;
            digits = false;
        }
        if (number > UINT32_MAX || total > UINT32_MAX)
            return false;
    }
    if (word->len == 0 || word->quoted || total + number > UINT32_MAX)
        return false;
    *seconds = (uint32_t)(total + number);
    return true;
}

/* A marker that no record follows marks nothing; it goes when the file is next written. */
static void drop_mark(struct parser *parser)
{
    if (!parser->marked)
        return;
    struct zonefile *zone = parser->zone;
    struct zonefile_orphan *orphan = zone->kit->ops->scratch(zone->op, sizeof(*orphan));
    *orphan = (struct zonefile_orphan){zone->orphans, parser->mark_begin, parser->mark_end};
    zone->orphans = orphan;
    parser->marked = false;
}

static void take_comment(struct parser *parser, const struct scan_entry *entry)
{
    drop_mark(parser);
    struct zonefile *zone = parser->zone;
    const char *text = zone->text + entry->begin;
    size_t len = entry->end - entry->begin;
    while (len > 0 && isspace((unsigned char)text[len - 1]))
        len--;
    if (len <= strlen(MARK) || memcmp(text, MARK, strlen(MARK)) != 0)
        return;
    text += strlen(MARK);
    len -= strlen(MARK);
    const char *blank = memchr(text, ' ', len);
    size_t first = blank ? (size_t)(blank - text) : len;
    parser->glue = first == strlen(MARK_GLUE) && memcmp(text, MARK_GLUE, first) == 0;
    parser->marker = parser->glue ? NULL : kit_copy(zone->kit, zone->op, text, first);
    parser->address =
        blank && !parser->glue ? kit_copy(zone->kit, zone->op, blank + 1, len - first - 1) : NULL;
    parser->mark_begin = entry->begin;
    parser->mark_end = entry->end;
    parser->marked = true;
}

static bool take_directive(struct parser *parser, const struct scan_entry *entry)
{
    struct zonefile *zone = parser->zone;
    const struct rdata_word *words = entry->words;
    if (word_is(&words[0], "$ORIGIN") && entry->count == 2) {
        parser->origin = name_absolute(zone->kit, zone->op, words[1].text, words[1].len, parser->origin);
        return true;
    }
    if (word_is(&words[0], "$TTL") && entry->count == 2) {
        if (!parse_time(&words[1], &parser->ttl))
            return broken(parser, "$TTL needs a time");
        parser->ttl_known = true;
        parser->ttl_stated = true;
        if (zone->ttl_end == 0) {
            zone->ttl_begin = (size_t)(words[1].text - zone->text);
            zone->ttl_end = zone->ttl_begin + words[1].len;
        }
        return true;
    }
    return broken(parser, kit_format(zone->kit, zone->op, "the directive '%.*s' is not understood here",
                                     (int)words[0].len, words[0].text));
}

static bool take_soa(struct parser *parser, struct zonefile_set *set, const struct rdata_word *words,
                     size_t count)
{
    struct zonefile *zone = parser->zone;
    if (zone->soa.set)
        return broken(parser, "a second SOA record");
    if (strcmp(set->owner, zone->origin) != 0)
        return broken(parser, kit_format(zone->kit, zone->op, "the SOA record is of '%s', the file of '%s'",
                                         set->owner, zone->origin));
    if (count != 7)
        return broken(parser, "the SOA record needs seven fields");
    struct zonefile_soa soa = {.set = set};
    soa.mname = name_absolute(zone->kit, zone->op, words[0].text, words[0].len, parser->origin);
    soa.rname = name_absolute(zone->kit, zone->op, words[1].text, words[1].len, parser->origin);
    bool good = parse_time(&words[2], &soa.serial);
    for (size_t i = 0; good && i < 4; i++)
        good = parse_time(&words[3 + i], &soa.timers[i]);
    if (!good)
        return broken(parser, "the SOA record has a number that is none");
    soa.serial_begin = (size_t)(words[2].text - zone->text);
    soa.serial_end = soa.serial_begin + words[2].len;
    zone->soa = soa;
    if (!parser->ttl_known) {
        /* RFC 1035 takes a missing time from the record above; before the first one it is the SOA's last
         * field. */
        parser->ttl = soa.timers[3];
        parser->ttl_known = true;
    }
    return true;
}

/* The fields before the type: owner, then class and time to live in either order. */
static bool take_head(struct parser *parser, const struct scan_entry *entry, struct zonefile_record *record,
                      size_t *type_at)
{
    struct zonefile *zone = parser->zone;
    size_t at = 0;
    record->takes_owner = entry->indented;
    record->takes_ttl = true;
    record->owner_end = entry->begin;
    if (!entry->indented) {
        const struct rdata_word *word = &entry->words[at++];
        parser->owner = name_absolute(zone->kit, zone->op, word->text, word->len, parser->origin);
        record->owner_end = (size_t)(word->text - zone->text) + word->len;
    }
    if (!parser->owner)
        return broken(parser, "the first record has no owner");
    for (; at < entry->count; at++) {
        const struct rdata_word *word = &entry->words[at];
        if (word_is(word, "CH") || word_is(word, "HS"))
            return broken(parser, "a class other than IN");
        if (word_is(word, "IN"))
            continue;
        if (!record->takes_ttl || !parse_time(word, &record->ttl))
            break;
        record->takes_ttl = false;
    }
    if (at == entry->count || entry->words[at].quoted)
        return broken(parser, "a record without a type");
    *type_at = at;
    return true;
}

static void keep_record(struct zonefile *zone, const struct zonefile_record *record)
{
    if (zone->record_count == zone->record_room) {
        size_t room = zone->record_room > 0 ? zone->record_room * 2 : 64;
        struct zonefile_record *grown = zone->kit->ops->scratch(zone->op, room * sizeof(*grown));
        if (zone->record_count > 0)
            memcpy(grown, zone->records, zone->record_count * sizeof(*grown));
        zone->records = grown;
        zone->record_room = room;
    }
    zone->records[zone->record_count++] = *record;
    record->set->record_count++;
}

/* The set a record belongs to.  Glue is a set of its own, beside what people may have put there. */
static struct zonefile_set *set_for(struct parser *parser, const char *type,
                                    const struct zonefile_record *record)
{
    struct zonefile *zone = parser->zone;
    /* Derived records go when nothing needs them: only addresses can be, whatever a line above says. */
    bool address = strcmp(type, "A") == 0 || strcmp(type, "AAAA") == 0;
    bool glue = parser->marked && parser->glue && address;
    struct zonefile_set *set = find_set(zone, parser->owner, type, glue);
    if (!set) {
        set = set_new(zone, parser->owner, type);
        set->glue = glue;
        set->ttl = record->ttl;
    }
    if (parser->marked && !parser->glue) {
        set->marker = parser->marker;
        set->address = parser->address;
    }
    return set;
}

static const char *upper_copy(const struct zonefile *zone, const struct rdata_word *word)
{
    char *text = kit_copy(zone->kit, zone->op, word->text, word->len);
    for (char *c = text; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    return text;
}

/* A record's data in canonical form; the SOA record has fields of its own instead. */
static bool take_rdata(struct parser *parser, struct zonefile_set *set, const struct rdata_word *words,
                       size_t count)
{
    struct zonefile *zone = parser->zone;
    const char *rdata = NULL;
    const char *why = NULL;
    if (!rdata_from_words(zone->kit, zone->op, set->type, words, count, parser->origin, &rdata, &why))
        return broken(parser,
                      kit_format(zone->kit, zone->op, "%s record of '%s': %s", set->type, set->owner, why));
    zonefile_add_rdata(zone, set, rdata);
    return true;
}

static bool take_record(struct parser *parser, const struct scan_entry *entry)
{
    struct zonefile *zone = parser->zone;
    struct zonefile_record record = {.begin = entry->begin, .end = entry->end};
    size_t at = 0;
    if (!take_head(parser, entry, &record, &at))
        return false;
    const char *type = upper_copy(zone, &entry->words[at]);
    const struct rdata_word *words = entry->words + at + 1;
    size_t count = entry->count - at - 1;
    bool is_soa = strcmp(type, "SOA") == 0;
    bool had_time = !record.takes_ttl || parser->ttl_known;
    record.ttl = record.takes_ttl ? parser->ttl : record.ttl;
    record.set = set_for(parser, type, &record);
    if (parser->marked)
        record.begin = parser->mark_begin;
    parser->marked = false;
    if (is_soa && !take_soa(parser, record.set, words, count))
        return false;
    if (!had_time && !is_soa)
        return broken(parser, "a record without a time to live, and nothing above says one");
    if (is_soa && !had_time)
        record.ttl = record.set->ttl = parser->ttl;
    if (!is_soa && !take_rdata(parser, record.set, words, count))
        return false;
    record.takes_ttl = record.takes_ttl && !parser->ttl_stated;
    if (!parser->ttl_stated) {
        parser->ttl = record.ttl;
        parser->ttl_known = true;
    }
    keep_record(zone, &record);
    return true;
}

static size_t count_lines(const char *text, size_t len)
{
    size_t count = 0;
    for (size_t i = 0; i < len; i++)
        count += text[i] == '\n';
    return count;
}

bool zonefile_parse(const struct kit *kit, struct lf_op *op, const char *origin, const char *text, size_t len,
                    struct zonefile **out, struct zonefile_problem *problem)
{
    struct zonefile *zone = zone_new(kit, op, origin, count_lines(text, len));
    zone->text = text;
    zone->len = len;
    struct parser parser = {.zone = zone, .origin = origin};
    struct scan scan;
    struct scan_entry entry;
    scan_start(&scan, kit, op, text, len);
    while (true) {
        uint32_t kind = scan_next(&scan, &entry);
        bool good = true;
        if (kind == SCAN_END)
            break;
        if (kind == SCAN_COMMENT) {
            take_comment(&parser, &entry);
        } else if (kind == SCAN_RECORD) {
            good = take_record(&parser, &entry);
        } else {
            drop_mark(&parser);
            good = kind == SCAN_BLANK || (kind == SCAN_DIRECTIVE && take_directive(&parser, &entry));
        }
        if (!good) {
            *problem = (struct zonefile_problem){kind == SCAN_BROKEN ? scan.line : entry.line,
                                                 kind == SCAN_BROKEN ? scan.why : parser.why};
            return false;
        }
    }
    drop_mark(&parser);
    if (!zone->soa.set) {
        *problem = (struct zonefile_problem){1, "there is no SOA record"};
        return false;
    }
    *out = zone;
    return true;
}
