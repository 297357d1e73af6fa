#include "rfc2136_look.h"

#include "rfc2136_memory.h"

#include <stdlib.h>
#include <string.h>

/* From here on a transfer is cheaper than questions. */
#define FEW 8

static struct memory *memory_of(const struct look *look)
{
    return look->talk->memory;
}

/* ---- the zone ----------------------------------------------------------------------------- */

static void take_soa(void *user, const struct wire_record *record)
{
    struct look *look = user;
    if (strcmp(record->type, "SOA") != 0 || strcmp(record->owner, look->zone) != 0 || look->soa.count > 0)
        return;
    look->soa.owner = look->zone;
    look->soa.type = "SOA";
    look->serial = record->serial;
    wire_set_add(memory_of(look), &look->soa, record);
}

bool look_at_zone(struct look *look)
{
    struct wire_reply reply;
    look->soa = (struct wire_set){0};
    look->not_served = NULL;
    look->absent = false;
    if (!talk_ask(look->talk, wire_query(look->zone, "SOA"), &reply)) {
        look->not_served = "asked for its SOA record, the server answered REFUSED, and did not sign that";
        return look->talk->fault.unsigned_no;
    }
    bool answers = reply.rcode == WIRE_NOERROR || reply.rcode == WIRE_NXDOMAIN;
    if (answers && reply.authoritative)
        wire_each(&reply, memory_of(look), take_soa, look);
    look->absent = answers && reply.authoritative && look->soa.count == 0;
    if (look->soa.count == 0)
        look->not_served =
            memory_print(memory_of(look), "asked for its SOA record, the server answered %s%s",
                         wire_rcode_name(reply.rcode),
                         !answers              ? ""
                         : reply.authoritative ? ", and that there is none"
                                               : ", but not as the one who knows (not authoritative)");
    wire_reply_done(&reply);
    return true;
}

/* ---- a transfer --------------------------------------------------------------------------- */

/* A name that matters, and for which key. */
struct place {
    const char *name;
    struct look_key *key;
    bool is_mark;
};

struct sorting {
    struct look *look;
    struct place *places;
    size_t count;
};

static int compare_places(const void *a, const void *b)
{
    return strcmp(((const struct place *)a)->name, ((const struct place *)b)->name);
}

/* DNSSEC's own records stand beside everything (RFC 4034). */
static bool is_data(const char *type)
{
    static const char *const made[] = {"RRSIG", "NSEC", "NSEC3", "NSEC3PARAM", "TYPE65534"};
    for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++)
        if (strcmp(type, made[i]) == 0)
            return false;
    return true;
}

static void add_to(struct look *look, struct wire_set *set, const char *owner, const char *type,
                   const struct wire_record *record)
{
    set->owner = owner;
    set->type = type;
    wire_set_add(memory_of(look), set, record);
}

/* A record at the name of a key: its own, or one that excludes it (RFC 1034, 3.6.2). */
static void take_at_key(struct look *look, struct look_key *key, const struct wire_record *record)
{
    bool alias = strcmp(record->type, "CNAME") == 0 || strcmp(key->type, "CNAME") == 0;
    if (strcmp(record->type, key->type) == 0)
        add_to(look, &key->set, key->owner, key->type, record);
    else if (alias && is_data(record->type) && !key->beside)
        key->beside = memory_text(memory_of(look), record->type, strlen(record->type));
}

static void sort_record(void *user, const struct wire_record *record)
{
    const struct sorting *sorting = user;
    const struct place wanted = {.name = record->owner};
    const struct place *at = bsearch(&wanted, sorting->places, sorting->count, sizeof(*at), compare_places);
    if (!at)
        return;
    const struct place *end = sorting->places + sorting->count;
    while (at > sorting->places && strcmp(at[-1].name, record->owner) == 0)
        at--;
    for (; at < end && strcmp(at->name, record->owner) == 0; at++) {
        if (!at->is_mark)
            take_at_key(sorting->look, at->key, record);
        else if (strcmp(record->type, "TXT") == 0)
            add_to(sorting->look, &at->key->mark_set, at->key->mark, "TXT", record);
    }
}

static bool by_transfer(struct look *look, bool *refused)
{
    struct sorting sorting = {.look = look, .count = look->count * 2};
    sorting.places = memory_get(memory_of(look), sorting.count * sizeof(*sorting.places));
    for (size_t i = 0; i < look->count; i++) {
        sorting.places[2 * i] = (struct place){look->keys[i].owner, &look->keys[i], false};
        sorting.places[2 * i + 1] = (struct place){look->keys[i].mark, &look->keys[i], true};
    }
    qsort(sorting.places, sorting.count, sizeof(*sorting.places), compare_places);
    return talk_transfer(look->talk, look->zone, sort_record, &sorting, refused);
}

/* ---- questions ---------------------------------------------------------------------------- */

/* What the answers to one key said before they are confirmed. */
struct hint {
    bool answered; /* by who knows, with NOERROR or NXDOMAIN */
    bool alias;    /* a CNAME seems to stand at the name */
    bool denied;   /* the precondition that what was read is there was not met */
};

struct asking {
    struct look *look;
    struct hint *hints;
};

/* What a record under way belongs to. */
struct taking {
    struct look *look;
    struct look_key *key;
    struct hint *hint;
};

/* Two questions a key: the records themselves, then its mark. */
static struct wire *make_question(void *user, size_t i)
{
    const struct asking *asking = user;
    const struct look_key *key = &asking->look->keys[i / 2];
    return i % 2 == 0 ? wire_query(key->owner, key->type) : wire_query(key->mark, "TXT");
}

/* At a delegation the records stand in other sections than the answer; what counts is name and type. */
static void take_answer(void *user, const struct wire_record *record)
{
    const struct taking *taking = user;
    struct look_key *key = taking->key;
    if (strcmp(record->owner, key->owner) != 0)
        return;
    if (strcmp(record->type, key->type) == 0)
        add_to(taking->look, &key->set, key->owner, key->type, record);
    else if (strcmp(record->type, "CNAME") == 0)
        taking->hint->alias = true;
}

static void take_mark(void *user, const struct wire_record *record)
{
    const struct taking *taking = user;
    struct look_key *key = taking->key;
    if (strcmp(record->type, "TXT") == 0 && strcmp(record->owner, key->mark) == 0)
        add_to(taking->look, &key->mark_set, key->mark, "TXT", record);
}

static void take_reply(void *user, size_t i, const struct wire_reply *reply)
{
    struct asking *asking = user;
    struct taking taking = {asking->look, &asking->look->keys[i / 2], &asking->hints[i / 2]};
    bool answers = reply->rcode == WIRE_NOERROR || reply->rcode == WIRE_NXDOMAIN;
    if (!answers)
        taking.key->unclear =
            memory_print(memory_of(asking->look), "asked for '%s', the server answered %s",
                         i % 2 == 0 ? taking.key->owner : taking.key->mark, wire_rcode_name(reply->rcode));
    else
        wire_each(reply, memory_of(asking->look), i % 2 == 0 ? take_answer : take_mark, &taking);
    if (i % 2 == 0)
        taking.hint->answered = answers && reply->authoritative;
}

/* Preconditions and no change (RFC 2136): the only question about exactly one name. */
static struct wire *make_probe(void *user, size_t i)
{
    const struct asking *asking = user;
    struct look_key *key = &asking->look->keys[i];
    const struct hint *hint = &asking->hints[i];
    /* The apex is always there, so no wildcard answers for it. */
    bool apex = strcmp(key->owner, asking->look->zone) == 0 && hint->answered;
    if (key->unclear || apex || (key->set.count == 0 && hint->answered && !hint->alias))
        return NULL;
    struct wire *wire = wire_update(asking->look->zone);
    bool good = key->set.count > 0 ? wire_need_same(wire, &key->set)
                : hint->alias      ? wire_need_some(wire, key->owner, "CNAME")
                                   : wire_need_none(wire, key->owner, key->type);
    if (good)
        return wire;
    /* Sent without its precondition it would be met by everything. */
    wire_free(wire);
    key->unclear = "what was read cannot be asked about";
    return NULL;
}

/* What was read is not at this name: is nothing there? */
static struct wire *make_second_probe(void *user, size_t i)
{
    const struct asking *asking = user;
    struct look_key *key = &asking->look->keys[i];
    if (!asking->hints[i].denied)
        return NULL;
    struct wire *wire = wire_update(asking->look->zone);
    if (wire_need_none(wire, key->owner, key->type))
        return wire;
    wire_free(wire);
    key->unclear = "its name cannot be asked about";
    return NULL;
}

static void unclear(struct asking *asking, size_t i, const struct wire_reply *reply)
{
    struct look_key *key = &asking->look->keys[i];
    key->unclear = memory_print(
        memory_of(asking->look),
        "whether %s of '%s' is there cannot be told: a question about exactly that name was answered %s",
        key->type, key->owner, wire_rcode_name(reply->rcode));
}

static void take_probe(void *user, size_t i, const struct wire_reply *reply)
{
    struct asking *asking = user;
    struct look_key *key = &asking->look->keys[i];
    struct hint *hint = &asking->hints[i];
    bool met = reply->rcode == WIRE_NOERROR;
    bool not_met = reply->rcode == WIRE_NXRRSET || reply->rcode == WIRE_NXDOMAIN;
    if (key->set.count > 0 && not_met)
        hint->denied = true;
    else if (key->set.count == 0 && hint->alias && met)
        key->beside = "CNAME";
    else if (!met && !(hint->alias && not_met))
        unclear(asking, i, reply);
}

static void take_second_probe(void *user, size_t i, const struct wire_reply *reply)
{
    struct asking *asking = user;
    if (reply->rcode == WIRE_NOERROR)
        asking->look->keys[i].set.count = 0;
    else
        unclear(asking, i, reply);
}

static bool by_questions(struct look *look)
{
    struct asking asking = {.look = look};
    asking.hints = memory_get(memory_of(look), look->count * sizeof(*asking.hints));
    return talk_ask_many(look->talk, look->count * 2, make_question, take_reply, &asking) &&
           talk_ask_many(look->talk, look->count, make_probe, take_probe, &asking) &&
           talk_ask_many(look->talk, look->count, make_second_probe, take_second_probe, &asking);
}

bool look_at(struct look *look)
{
    bool refused = false;
    for (size_t i = 0; i < look->count; i++) {
        struct look_key *key = &look->keys[i];
        *key = (struct look_key){.owner = key->owner, .type = key->type, .mark = key->mark};
    }
    if (!look_at_zone(look))
        return false;
    if (look->soa.count == 0 || look->count == 0)
        return true;
    if (look->count > FEW && !by_transfer(look, &refused))
        return false;
    look->whole = look->count > FEW && !refused;
    return look->whole || by_questions(look);
}
