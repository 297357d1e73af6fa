#include "rfc2136_talk.h"

#include "rfc2136_memory.h"

#include <string.h>

/* Questions under way at a time: enough to hide the way there and back, few enough for any server's buffers.
 */
#define WINDOW 16
/* A zone of a million records has about 60 MB. */
#define TRANSFER_MOST ((size_t)256 << 20)

static bool fault(struct talk *talk, enum talk_end end, const char *detail)
{
    talk->fault =
        (struct talk_fault){.end = end, .detail = memory_text(talk->memory, detail, strlen(detail))};
    return false;
}

bool talk_open(struct talk *talk)
{
    if (talk->line.fd >= 0)
        return true;
    if (line_open(&talk->line, talk->server, talk->port))
        return true;
    return fault(talk, TALK_UNSENT, talk->line.why);
}

void talk_close(struct talk *talk)
{
    line_close(&talk->line);
}

/* The connection's state is not known any more: what comes next may belong to an earlier question. */
static bool hang_up(struct talk *talk, enum talk_end end, const char *detail)
{
    fault(talk, end, detail);
    talk_close(talk);
    return false;
}

/* ---- one message -------------------------------------------------------------------------- */

struct asked {
    size_t i;
    uint16_t id;
    struct wire_signed message;
    bool open;
};

static bool send_one(struct talk *talk, struct wire *wire, struct asked *asked)
{
    const char *why = NULL;
    asked->id = ++talk->last_id;
    bool good = wire_sign(wire, talk->memory, asked->id, &talk->key, &asked->message, &why);
    wire_free(wire);
    if (!good)
        return fault(talk, TALK_UNUSABLE, why);
    if (!talk_open(talk))
        return false;
    if (!line_send(&talk->line, asked->message.bytes, asked->message.len))
        return hang_up(talk, TALK_UNSENT, talk->line.why);
    asked->open = true;
    return true;
}

/* What a server says about our signature itself cannot be signed with a key it does not accept. */
static bool about_the_key(struct talk *talk, const struct wire_reply *reply)
{
    struct memory *memory = talk->memory;
    enum talk_end end = reply->tsig_error == WIRE_BADKEY   ? TALK_BAD_KEY
                        : reply->tsig_error == WIRE_BADSIG ? TALK_BAD_SIGNATURE
                                                           : TALK_BAD_TIME;
    const char *detail = memory_print(memory, "the server answered %s", wire_rcode_name(reply->tsig_error));
    if (reply->server_at > 0) {
        int64_t apart = reply->server_at - reply->signed_at;
        detail = memory_print(memory, "%s; its clock is %lld seconds %s", detail,
                              (long long)(apart < 0 ? -apart : apart),
                              apart < 0 ? "behind this machine's" : "ahead of this machine's");
    }
    return fault(talk, end, detail);
}

static bool is_about_the_key(const struct wire_reply *reply)
{
    return reply->has_tsig && reply->rcode == WIRE_NOTAUTH &&
           (reply->tsig_error == WIRE_BADKEY || reply->tsig_error == WIRE_BADSIG ||
            reply->tsig_error == WIRE_BADTIME);
}

static bool receive(struct talk *talk, struct memory *memory, struct wire_reply *reply, uint8_t **bytes,
                    size_t *len)
{
    if (!line_receive(&talk->line, memory, bytes, len))
        return hang_up(talk, TALK_LOST, talk->line.why);
    if (!wire_read(*bytes, *len, reply))
        return hang_up(talk, TALK_GARBLED, "what came back is no message of the domain name system");
    return true;
}

/* `next`: a further message of the same answer, signed after the one before. */
static bool verify(struct talk *talk, struct wire_reply *reply, const uint8_t *bytes, size_t len,
                   struct asked *asked, bool next)
{
    if (is_about_the_key(reply)) {
        about_the_key(talk, reply);
        wire_reply_done(reply);
        return false;
    }
    if (wire_verify(reply, talk->memory, bytes, len, &talk->key, next, &asked->message.mac,
                    &asked->message.mac_len))
        return true;
    uint32_t rcode = reply->rcode;
    bool unsigned_no = !reply->has_tsig && rcode == WIRE_REFUSED;
    const char *detail = memory_print(talk->memory, "the answer (%s) is %s", wire_rcode_name(rcode),
                                      reply->has_tsig ? "signed wrongly" : "not signed");
    wire_reply_done(reply);
    hang_up(talk, TALK_GARBLED, detail);
    talk->fault.unsigned_no = unsigned_no;
    return false;
}

bool talk_ask(struct talk *talk, struct wire *wire, struct wire_reply *reply)
{
    struct asked asked = {0};
    uint8_t *bytes = NULL;
    size_t len = 0;
    if (!send_one(talk, wire, &asked) || !receive(talk, talk->memory, reply, &bytes, &len))
        return false;
    if (reply->id != asked.id) {
        wire_reply_done(reply);
        return hang_up(talk, TALK_GARBLED, "an answer came to a question that was not asked");
    }
    return verify(talk, reply, bytes, len, &asked, false);
}

/* ---- many --------------------------------------------------------------------------------- */

static struct asked *find_asked(struct asked *window, uint16_t id)
{
    for (size_t w = 0; w < WINDOW; w++)
        if (window[w].open && window[w].id == id)
            return &window[w];
    return NULL;
}

static struct asked *find_free(struct asked *window)
{
    for (size_t w = 0; w < WINDOW; w++)
        if (!window[w].open)
            return &window[w];
    return NULL;
}

/* A server may answer in any order (RFC 7766, 7). */
static bool take_one(struct talk *talk, struct asked *window, talk_take_fn *take, void *user)
{
    struct wire_reply reply;
    uint8_t *bytes = NULL;
    size_t len = 0;
    if (!receive(talk, talk->memory, &reply, &bytes, &len))
        return false;
    struct asked *asked = find_asked(window, reply.id);
    if (!asked) {
        wire_reply_done(&reply);
        return hang_up(talk, TALK_GARBLED, "an answer came to a question that was not asked");
    }
    asked->open = false;
    if (!verify(talk, &reply, bytes, len, asked, false)) {
        talk_close(talk); /* the rest of the window is not waited for */
        return false;
    }
    take(user, asked->i, &reply);
    wire_reply_done(&reply);
    return true;
}

bool talk_ask_many(struct talk *talk, size_t count, struct wire *(*make)(void *user, size_t i),
                   talk_take_fn *take, void *user)
{
    struct asked window[WINDOW] = {0};
    size_t open = 0;
    for (size_t i = 0; i < count || open > 0;) {
        struct asked *asked = i < count ? find_free(window) : NULL;
        if (!asked) {
            if (!take_one(talk, window, take, user))
                return false;
            open--;
            continue;
        }
        struct wire *wire = make(user, i);
        asked->i = i++;
        if (wire && !send_one(talk, wire, asked))
            return false;
        open += wire ? 1 : 0;
    }
    return true;
}

/* ---- transfers ---------------------------------------------------------------------------- */

struct transfer {
    const char *zone;
    wire_each_fn *fn;
    void *user;
    size_t starts; /* how often its SOA came: it begins and ends a transfer */
    bool first_is_other;
    bool refused;
    size_t count;
    size_t bytes;
};

static void take_record(void *user, const struct wire_record *record)
{
    struct transfer *transfer = user;
    bool start = strcmp(record->type, "SOA") == 0 && strcmp(record->owner, transfer->zone) == 0;
    if (transfer->count++ == 0 && !start)
        transfer->first_is_other = true;
    transfer->starts += start ? 1 : 0;
    if (transfer->starts == 1)
        transfer->fn(transfer->user, record);
}

/* One message of it. */
static bool transfer_message(struct talk *talk, struct memory *page, struct transfer *transfer,
                             struct asked *asked)
{
    struct wire_reply reply;
    uint8_t *bytes = NULL;
    size_t len = 0;
    bool next = transfer->count > 0;
    if (!receive(talk, page, &reply, &bytes, &len) || !verify(talk, &reply, bytes, len, asked, next))
        return false;
    size_t before = transfer->count;
    uint32_t rcode = reply.rcode;
    if (rcode == WIRE_NOERROR)
        wire_each(&reply, page, take_record, transfer);
    wire_reply_done(&reply);
    transfer->bytes += len;
    if (rcode != WIRE_NOERROR) {
        transfer->refused = !next;
        return hang_up(talk, TALK_GARBLED, wire_rcode_name(rcode));
    }
    if (transfer->first_is_other || transfer->count == before || transfer->starts > 2)
        return hang_up(talk, TALK_GARBLED, "the transfer is not what RFC 5936 says");
    if (transfer->bytes > TRANSFER_MOST)
        return hang_up(talk, TALK_GARBLED, "the zone is larger than 256 MB");
    return true;
}

/* Some servers say that a key may not transfer as if they did not know it. */
static bool says_no(const struct talk *talk)
{
    return talk->fault.end == TALK_BAD_KEY;
}

/* Each message is signed by itself (as BIND and Knot do); one that is not cannot be verified alone, and ends
 * the transfer.  What a message held is forgotten when it was handed on. */
bool talk_transfer(struct talk *talk, const char *zone, wire_each_fn *fn, void *user, bool *refused)
{
    struct transfer transfer = {.zone = zone, .fn = fn, .user = user};
    struct asked asked = {0};
    *refused = false;
    if (!send_one(talk, wire_query(zone, "AXFR"), &asked))
        return false;
    bool good = true;
    while (good && transfer.starts < 2) {
        struct memory *page = memory_new();
        good = transfer_message(talk, page, &transfer, &asked);
        memory_free(page);
    }
    *refused = !good && (transfer.refused || says_no(talk));
    return good || *refused;
}

bool talk_may_transfer(struct talk *talk, const char *zone, bool *refused)
{
    struct wire_reply reply;
    *refused = false;
    bool good = talk_ask(talk, wire_query(zone, "AXFR"), &reply);
    if (good) {
        *refused = reply.rcode != WIRE_NOERROR;
        wire_reply_done(&reply);
    } else {
        *refused = says_no(talk);
    }
    talk_close(talk); /* the rest of the zone is not wanted */
    return good || *refused;
}
