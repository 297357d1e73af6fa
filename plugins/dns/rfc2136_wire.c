#include "rfc2136_wire.h"

#include "rfc2136_memory.h"

#include <ctype.h>
#include <ldns/ldns.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

/* ---- making ------------------------------------------------------------------------------- */

struct wire {
    ldns_rdf *zone; /* of an update */
    ldns_rdf *name; /* of a query */
    ldns_rr_type type;
    ldns_rr_list *needs;
    ldns_rr_list *changes;
};

static struct wire *wire_new(void)
{
    struct wire *wire = calloc(1, sizeof(*wire));
    if (!wire)
        abort();
    wire->needs = ldns_rr_list_new();
    wire->changes = ldns_rr_list_new();
    if (!wire->needs || !wire->changes)
        abort();
    return wire;
}

struct wire *wire_query(const char *name, const char *type)
{
    struct wire *wire = wire_new();
    wire->name = ldns_dname_new_frm_str(name[0] ? name : ".");
    wire->type = ldns_get_rr_type_by_name(type);
    return wire;
}

struct wire *wire_update(const char *zone)
{
    struct wire *wire = wire_new();
    wire->zone = ldns_dname_new_frm_str(zone);
    return wire;
}

void wire_free(struct wire *wire)
{
    if (!wire)
        return;
    ldns_rdf_deep_free(wire->zone);
    ldns_rdf_deep_free(wire->name);
    ldns_rr_list_deep_free(wire->needs);
    ldns_rr_list_deep_free(wire->changes);
    free(wire);
}

/* A record without data, which only names what is meant. */
static bool push_bare(ldns_rr_list *list, const char *owner, ldns_rr_type type, ldns_rr_class class)
{
    ldns_rr *rr = ldns_rr_new();
    ldns_rdf *name = ldns_dname_new_frm_str(owner);
    if (!rr || !name) {
        ldns_rr_free(rr);
        ldns_rdf_deep_free(name);
        return false;
    }
    ldns_rr_set_owner(rr, name);
    ldns_rr_set_type(rr, type);
    ldns_rr_set_class(rr, class);
    ldns_rr_set_ttl(rr, 0);
    if (ldns_rr_list_push_rr(list, rr))
        return true;
    ldns_rr_free(rr);
    return false;
}

static bool push_data(ldns_rr_list *list, const struct wire_set *set, ldns_rr_class class, bool with_ttl)
{
    for (size_t i = 0; i < set->count; i++) {
        ldns_rr *rr = NULL;
        size_t room = strlen(set->owner) + strlen(set->type) + strlen(set->data[i]) + 32;
        char *line = malloc(room);
        if (!line)
            abort();
        (void)snprintf(line, room, "%s. %u IN %s %s", set->owner, set->ttl, set->type, set->data[i]);
        bool good = ldns_rr_new_frm_str(&rr, line, 0, NULL, NULL) == LDNS_STATUS_OK;
        free(line);
        if (!good)
            return false;
        ldns_rr_set_class(rr, class);
        if (!with_ttl)
            ldns_rr_set_ttl(rr, 0);
        if (!ldns_rr_list_push_rr(list, rr)) {
            ldns_rr_free(rr);
            return false;
        }
    }
    return true;
}

bool wire_need_none(struct wire *wire, const char *owner, const char *type)
{
    return push_bare(wire->needs, owner, ldns_get_rr_type_by_name(type), LDNS_RR_CLASS_NONE);
}

bool wire_need_some(struct wire *wire, const char *owner, const char *type)
{
    return push_bare(wire->needs, owner, ldns_get_rr_type_by_name(type), LDNS_RR_CLASS_ANY);
}

bool wire_need_unused(struct wire *wire, const char *owner)
{
    return push_bare(wire->needs, owner, LDNS_RR_TYPE_ANY, LDNS_RR_CLASS_NONE);
}

bool wire_need_same(struct wire *wire, const struct wire_set *set)
{
    return push_data(wire->needs, set, LDNS_RR_CLASS_IN, false);
}

bool wire_drop(struct wire *wire, const char *owner, const char *type)
{
    return push_bare(wire->changes, owner, ldns_get_rr_type_by_name(type), LDNS_RR_CLASS_ANY);
}

bool wire_drop_data(struct wire *wire, const struct wire_set *set)
{
    return push_data(wire->changes, set, LDNS_RR_CLASS_NONE, false);
}

bool wire_add(struct wire *wire, const struct wire_set *set)
{
    return push_data(wire->changes, set, LDNS_RR_CLASS_IN, true);
}

/* The library takes the zone's name for itself. */
static ldns_pkt *packet_of(const struct wire *wire)
{
    const ldns_rdf *asked = wire->zone ? wire->zone : wire->name;
    ldns_rdf *name = asked ? ldns_rdf_clone(asked) : NULL;
    if (!name)
        return NULL;
    ldns_pkt *packet = wire->zone
                           ? ldns_update_pkt_new(name, LDNS_RR_CLASS_IN, wire->needs, wire->changes, NULL)
                           : ldns_pkt_query_new(name, wire->type, LDNS_RR_CLASS_IN, 0);
    if (!packet)
        ldns_rdf_deep_free(name);
    return packet;
}

static void keep_mac(const ldns_pkt *packet, struct memory *memory, void **mac, size_t *mac_len)
{
    const ldns_rdf *rdf = ldns_rr_rdf(ldns_pkt_tsig(packet), 3);
    *mac_len = ldns_rdf_size(rdf);
    *mac = memory_text(memory, (const char *)ldns_rdf_data(rdf), *mac_len);
}

/* The library would find out, and lose some memory over it. */
static bool is_base64(const char *secret)
{
    ldns_rdf *bytes = NULL;
    bool good = ldns_str2rdf_b64(&bytes, secret) == LDNS_STATUS_OK && ldns_rdf_size(bytes) > 0;
    if (bytes)
        explicit_bzero(ldns_rdf_data(bytes), ldns_rdf_size(bytes));
    ldns_rdf_deep_free(bytes);
    return good;
}

bool wire_sign(struct wire *wire, struct memory *memory, uint16_t id, const struct wire_key *key,
               struct wire_signed *out, const char **why)
{
    bool good = false;
    uint8_t *bytes = NULL;
    size_t len = 0;
    *why = "the secret of the key is not base64";
    if (!is_base64(key->secret))
        return false;
    ldns_pkt *packet = packet_of(wire);
    *why = "its names do not fit into a message";
    if (!packet)
        return false;
    ldns_pkt_set_id(packet, id);
    ldns_status status =
        ldns_pkt_tsig_sign(packet, key->name, key->secret, WIRE_FUDGE_S, key->algorithm, NULL);
    if (status == LDNS_STATUS_OK)
        status = ldns_pkt2wire(&bytes, packet, &len);
    if (status != LDNS_STATUS_OK) {
        *why = ldns_get_errorstr_by_id(status);
    } else if (len > LDNS_MAX_PACKETLEN) {
        *why = "it is longer than the 65 535 bytes of a message";
    } else {
        out->bytes = (uint8_t *)memory_text(memory, (const char *)bytes, len);
        out->len = len;
        keep_mac(packet, memory, &out->mac, &out->mac_len);
        good = true;
    }
    free(bytes);
    ldns_pkt_free(packet);
    return good;
}

/* ---- reading ------------------------------------------------------------------------------ */

static uint64_t number_of(const uint8_t *bytes, size_t len)
{
    uint64_t number = 0;
    for (size_t i = 0; i < len; i++)
        number = number << 8 | bytes[i];
    return number;
}

/* The fields of a TSIG record (RFC 8945, 4.2): algorithm, time, fudge, mac, id, error, other data. */
static void read_tsig(const ldns_rr *tsig, struct wire_reply *reply)
{
    if (!tsig || ldns_rr_rd_count(tsig) < 7)
        return;
    const ldns_rdf *at = ldns_rr_rdf(tsig, 1);
    const ldns_rdf *error = ldns_rr_rdf(tsig, 5);
    const ldns_rdf *other = ldns_rr_rdf(tsig, 6);
    reply->has_tsig = true;
    reply->tsig_error = (uint32_t)number_of(ldns_rdf_data(error), ldns_rdf_size(error));
    reply->signed_at = (int64_t)number_of(ldns_rdf_data(at), ldns_rdf_size(at));
    /* Six bytes of time behind two of length. */
    if (reply->tsig_error == WIRE_BADTIME && ldns_rdf_size(other) == 8)
        reply->server_at = (int64_t)number_of(ldns_rdf_data(other) + 2, 6);
}

bool wire_read(const uint8_t *bytes, size_t len, struct wire_reply *reply)
{
    ldns_pkt *packet = NULL;
    *reply = (struct wire_reply){0};
    if (ldns_wire2pkt(&packet, bytes, len) != LDNS_STATUS_OK)
        return false;
    reply->packet = packet;
    reply->id = ldns_pkt_id(packet);
    reply->rcode = (uint32_t)ldns_pkt_get_rcode(packet);
    reply->authoritative = ldns_pkt_aa(packet);
    read_tsig(ldns_pkt_tsig(packet), reply);
    if (!ldns_pkt_qr(packet))
        wire_reply_done(reply);
    return reply->packet != NULL;
}

void wire_reply_done(struct wire_reply *reply)
{
    ldns_pkt_free(reply->packet);
    reply->packet = NULL;
}

bool wire_verify(const struct wire_reply *reply, struct memory *memory, const uint8_t *bytes, size_t len,
                 const struct wire_key *key, bool next, void **mac, size_t *mac_len)
{
    if (!reply->has_tsig)
        return false;
    ldns_rdf *before = ldns_rdf_new_frm_data(LDNS_RDF_TYPE_INT16_DATA, *mac_len, *mac);
    if (!before)
        abort();
    ldns_rr *tsig = ldns_pkt_tsig(reply->packet);
    bool good = ldns_pkt_tsig_verify_next(reply->packet, bytes, len, key->name, key->secret, before, next);
    /* The library takes the record out while it computes, and forgets it when it cannot. */
    if (!ldns_pkt_tsig(reply->packet))
        ldns_pkt_set_tsig(reply->packet, tsig);
    ldns_rdf_deep_free(before);
    if (good)
        keep_mac(reply->packet, memory, mac, mac_len);
    return good;
}

const char *wire_rcode_name(uint32_t rcode)
{
    static const char *const names[] = {
        [WIRE_NOERROR] = "NOERROR",   [WIRE_FORMERR] = "FORMERR", [WIRE_SERVFAIL] = "SERVFAIL",
        [WIRE_NXDOMAIN] = "NXDOMAIN", [WIRE_NOTIMP] = "NOTIMP",   [WIRE_REFUSED] = "REFUSED",
        [WIRE_YXDOMAIN] = "YXDOMAIN", [WIRE_YXRRSET] = "YXRRSET", [WIRE_NXRRSET] = "NXRRSET",
        [WIRE_NOTAUTH] = "NOTAUTH",   [WIRE_NOTZONE] = "NOTZONE", [WIRE_BADSIG] = "BADSIG",
        [WIRE_BADKEY] = "BADKEY",     [WIRE_BADTIME] = "BADTIME",
    };
    const char *name = rcode < sizeof(names) / sizeof(names[0]) ? names[rcode] : NULL;
    return name ? name : "an error code without a name";
}

/* Lower case, without the final dot. */
static const char *owner_text(struct memory *memory, const ldns_rdf *owner)
{
    char *text = ldns_rdf2str(owner);
    if (!text)
        abort();
    size_t len = strlen(text);
    char *name = memory_text(memory, text, len > 0 && text[len - 1] == '.' ? len - 1 : len);
    free(text);
    for (char *c = name; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return name;
}

static const char *type_text(struct memory *memory, ldns_rr_type type)
{
    char *text = ldns_rr_type2str(type);
    if (!text)
        abort();
    const char *copy = memory_text(memory, text, strlen(text));
    free(text);
    return copy;
}

static void each_of(const ldns_rr_list *list, struct memory *memory, wire_each_fn *fn, void *user)
{
    for (size_t i = 0; list && i < ldns_rr_list_rr_count(list); i++) {
        const ldns_rr *rr = ldns_rr_list_rr(list, i);
        struct wire_record record = {
            .owner = owner_text(memory, ldns_rr_owner(rr)),
            .type = type_text(memory, ldns_rr_get_type(rr)),
            .ttl = ldns_rr_ttl(rr),
            .raw = rr,
        };
        if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_SOA && ldns_rr_rd_count(rr) > 2)
            record.serial = ldns_rdf2native_int32(ldns_rr_rdf(rr, 2));
        fn(user, &record);
    }
}

void wire_each(const struct wire_reply *reply, struct memory *memory, wire_each_fn *fn, void *user)
{
    each_of(ldns_pkt_answer(reply->packet), memory, fn, user);
    each_of(ldns_pkt_authority(reply->packet), memory, fn, user);
    each_of(ldns_pkt_additional(reply->packet), memory, fn, user);
}

const char *wire_data(struct memory *memory, const struct wire_record *record)
{
    ldns_buffer *out = ldns_buffer_new(LDNS_MIN_BUFLEN);
    if (!out)
        abort();
    for (size_t i = 0; i < ldns_rr_rd_count(record->raw); i++) {
        if (i > 0)
            (void)ldns_buffer_printf(out, " ");
        (void)ldns_rdf2buffer_str(out, ldns_rr_rdf(record->raw, i));
    }
    const char *text = memory_text(memory, (const char *)ldns_buffer_begin(out), ldns_buffer_position(out));
    ldns_buffer_free(out);
    return text;
}

void wire_set_add(struct memory *memory, struct wire_set *set, const struct wire_record *record)
{
    /* Doubles: room is what the next power of two above the count leaves. */
    if ((set->count & (set->count - 1)) == 0) {
        const char **data = memory_get(memory, (set->count > 0 ? set->count * 2 : 1) * sizeof(*data));
        if (set->count > 0)
            memcpy(data, set->data, set->count * sizeof(*data));
        set->data = data;
    }
    set->ttl = record->ttl;
    set->data[set->count++] = wire_data(memory, record);
}

const char *wire_ds(struct memory *memory, const char *owner, const char *data)
{
    struct wire_set set = {.owner = owner, .type = "DNSKEY", .data = &data, .count = 1};
    ldns_rr_list *list = ldns_rr_list_new();
    const char *text = NULL;
    if (!list)
        abort();
    ldns_rr *key = push_data(list, &set, LDNS_RR_CLASS_IN, false) ? ldns_rr_list_rr(list, 0) : NULL;
    /* Zone key, secure entry point, not revoked (RFC 4034, 2.1.1; RFC 5011, 7). */
    uint16_t flags = key ? ldns_rdf2native_int16(ldns_rr_dnskey_flags(key)) : 0;
    ldns_rr *ds = flags == (LDNS_KEY_ZONE_KEY | LDNS_KEY_SEP_KEY) ? ldns_key_rr2ds(key, LDNS_SHA256) : NULL;
    if (ds) {
        struct wire_record record = {.raw = ds};
        text = wire_data(memory, &record);
    }
    ldns_rr_free(ds);
    ldns_rr_list_deep_free(list);
    return text;
}

void wire_thread_done(void)
{
    OPENSSL_thread_stop();
}
