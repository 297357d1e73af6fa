#include "rfc2136_edit.h"

#include "rfc2136_text.h"

#include <assert.h>
#include <string.h>

/* A message holds 65 535 bytes; the rest is for the header, the zone and the signature. */
#define MESSAGE_MOST 60000

void edit_add(struct edit *edit, enum edit_kind kind, const struct wire_set *set)
{
    assert(edit->count < EDIT_STEPS);
    edit->steps[edit->count++] = (struct edit_step){kind, set};
}

static size_t size_of(const struct edit *edit)
{
    size_t size = 0;
    for (size_t i = 0; i < edit->count; i++)
        size += text_size(edit->steps[i].set);
    return size;
}

static bool put_step(struct wire *wire, const struct edit_step *step)
{
    const struct wire_set *set = step->set;
    switch (step->kind) {
    case EDIT_NEED_NONE:
        return wire_need_none(wire, set->owner, set->type);
    case EDIT_NEED_UNUSED:
        return wire_need_unused(wire, set->owner);
    case EDIT_NEED_SAME:
        return wire_need_same(wire, set);
    case EDIT_DROP:
        return wire_drop(wire, set->owner, set->type);
    case EDIT_DROP_DATA:
        return wire_drop_data(wire, set);
    default:
        return wire_add(wire, set);
    }
}

static struct wire *message_of(const char *zone, const struct edit *edits, size_t count)
{
    struct wire *wire = wire_update(zone);
    for (size_t i = 0; i < count; i++) {
        for (size_t s = 0; s < edits[i].count; s++) {
            if (put_step(wire, &edits[i].steps[s]))
                continue;
            wire_free(wire);
            return NULL;
        }
    }
    return wire;
}

/* Preconditions are looked at before anything of a message is done, and what a CNAME excludes is left out
 * without a word (RFC 2136, 3.4.2.2): two such changes in one message would both seem done. */
static bool may_meet(const struct edit *a, const struct edit *b)
{
    if (strcmp(a->mark, b->mark) == 0)
        return false;
    return !(a->is_alias || b->is_alias) || strcmp(a->owner, b->owner) != 0;
}

/* How many of the first make one message. */
static size_t fit(const struct edit *edits, size_t count)
{
    size_t size = size_of(&edits[0]);
    for (size_t i = 1; i < count; i++) {
        size += size_of(&edits[i]);
        if (size > MESSAGE_MOST)
            return i;
        for (size_t before = 0; before < i; before++)
            if (!may_meet(&edits[before], &edits[i]))
                return i;
    }
    return count;
}

static void end_all(struct edit *edits, size_t count, enum edit_end end, uint32_t rcode,
                    const struct talk_fault *fault)
{
    for (size_t i = 0; i < count; i++) {
        edits[i].end = end;
        edits[i].rcode = rcode;
        edits[i].fault = fault ? *fault : (struct talk_fault){0};
    }
}

/* Whether the server's no may be about one of many. */
static bool is_about_one(uint32_t rcode)
{
    return rcode != WIRE_NOTAUTH && rcode != WIRE_NOTIMP;
}

/* One message.  False: the next one need not be tried. */
static bool send_message(struct talk *talk, const char *zone, struct edit *edits, size_t count, bool *alone)
{
    struct wire_reply reply;
    struct wire *wire = message_of(zone, edits, count);
    const struct talk_fault unusable = {.end = TALK_UNUSABLE,
                                        .detail = "a value cannot be put into a message"};
    *alone = false;
    if (!wire) {
        *alone = count > 1;
        end_all(edits, count, EDIT_NOT_DONE, 0, &unusable);
        return true;
    }
    if (!talk_ask(talk, wire, &reply)) {
        bool unsent = talk->fault.end == TALK_UNSENT;
        bool doubtful = talk->fault.end == TALK_LOST || talk->fault.end == TALK_GARBLED;
        /* Knot calls a key that may not change one name a bad key. */
        *alone = count > 1 && (talk->fault.end == TALK_BAD_KEY || talk->fault.end == TALK_UNUSABLE);
        end_all(edits, count, unsent ? EDIT_UNSENT : doubtful ? EDIT_UNSURE : EDIT_NOT_DONE, 0, &talk->fault);
        return !unsent && !doubtful;
    }
    uint32_t rcode = reply.rcode;
    wire_reply_done(&reply);
    enum edit_end end = rcode == WIRE_NOERROR    ? EDIT_DONE
                        : rcode == WIRE_SERVFAIL ? EDIT_UNSURE
                                                 : EDIT_NOT_DONE;
    *alone = count > 1 && end == EDIT_NOT_DONE && is_about_one(rcode);
    end_all(edits, count, end, rcode, NULL);
    return end != EDIT_UNSURE;
}

/* The edits of one message; one by one when together they were not accepted. */
static bool send_group(struct talk *talk, const char *zone, struct edit *edits, size_t count)
{
    bool alone = false;
    if (!send_message(talk, zone, edits, count, &alone))
        return false;
    if (!alone)
        return true;
    const struct talk_fault none = {.end = TALK_UNSENT, .detail = "an earlier message was not answered"};
    end_all(edits, count, EDIT_UNSENT, 0, &none);
    for (size_t i = 0; i < count; i++)
        if (!send_message(talk, zone, &edits[i], 1, &alone))
            return false;
    return true;
}

void edit_send(struct talk *talk, const char *zone, struct edit *edits, size_t count)
{
    const struct talk_fault none = {.end = TALK_UNSENT, .detail = "an earlier message was not answered"};
    end_all(edits, count, EDIT_UNSENT, 0, &none);
    for (size_t at = 0; at < count;) {
        size_t some = fit(&edits[at], count - at);
        if (!send_group(talk, zone, &edits[at], some))
            return;
        at += some;
    }
}
