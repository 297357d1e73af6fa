/* Whatever a name server answers is read without harm, and what was read can be asked about: it goes into a
 * message as a precondition, and its canonical form comes back the same when it is written and read once
 * more. */
#include <string.h>

#include "base/arena.h"
#include "dns/rfc2136_mark.h"
#include "dns/rfc2136_memory.h"
#include "dns/rfc2136_text.h"
#include "dns/rfc2136_wire.h"
#include "fuzz.h"

struct seen {
    struct kit kit;
    struct lf_op *op;
    struct memory *memory;
};

/* All that this asks of its host is memory; the arena plays the operation. */
static void *scratch(struct lf_op *op, size_t size)
{
    struct arena *mem = (struct arena *)op;
    return memset(arena_alloc(mem, size), 0, size);
}

static void check_canonical(struct seen *seen, const struct wire_set *set)
{
    const char *why = NULL;
    const char **rdata = text_canonical(&seen->kit, seen->op, set, &why);
    if (!rdata) {
        MUST_HOLD(why != NULL);
        return;
    }
    const struct wire_set *again = text_set(&seen->kit, seen->op, set->owner, set->type, 60, rdata, 1);
    const char **same = text_canonical(&seen->kit, seen->op, again, &why);
    MUST_HOLD(same && strcmp(same[0], rdata[0]) == 0);
}

static void check_record(void *user, const struct wire_record *record)
{
    struct seen *seen = user;
    struct wire_set set = {.owner = "a.acme.test", .type = record->type};
    struct mark mark;
    struct mark_subject subject;
    wire_set_add(seen->memory, &set, record);
    (void)mark_read(&seen->kit, seen->op, &set, &mark);
    (void)mark_subject_of(&seen->kit, seen->op, "acme.test", record->owner, &subject);
    (void)wire_ds(seen->memory, "acme.test", set.data[0]);
    if (!rdata_is_known(record->type))
        return;
    struct wire *wire = wire_update("acme.test");
    bool put = wire_need_same(wire, &set);
    wire_free(wire);
    if (put)
        check_canonical(seen, &set);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    static const struct lf_ops ops = {.struct_size = sizeof(ops), .scratch = scratch};
    static const struct lf_host host = {.struct_size = sizeof(host), .ops = &ops};
    static const struct wire_key key = {"writer", "hmac-sha256", "c2VjcmV0c2VjcmV0"};
    struct arena *mem = arena_new();
    struct seen seen = {.op = (struct lf_op *)mem, .memory = memory_new()};
    struct wire_reply reply;
    void *mac = seen.memory;
    size_t mac_len = 0;
    kit_init(&seen.kit, &host);
    if (wire_read(bytes, count, &reply)) {
        wire_each(&reply, seen.memory, check_record, &seen);
        MUST_HOLD(!wire_verify(&reply, seen.memory, bytes, count, &key, false, &mac, &mac_len));
        wire_reply_done(&reply);
    }
    memory_free(seen.memory);
    arena_free(mem);
    return 0;
}
