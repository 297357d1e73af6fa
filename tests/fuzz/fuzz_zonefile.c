/* Whatever is read as a zone file, a record can be added to: what is printed reads back, holds the new record
 * under its marker, and has lost nothing of what was there. */
#include <string.h>

#include "base/arena.h"
#include "dns/local_zonefile.h"
#include "fuzz.h"

#define ORIGIN "acme.example"
#define MARKER "lf1.aaaaaaaaaaaaaaaaaaaaaaaaaa"

/* All that a zone file asks of its host is memory; the arena plays the operation. */
static void *scratch(struct lf_op *op, size_t size)
{
    struct arena *mem = (struct arena *)op;
    return memset(arena_alloc(mem, size), 0, size);
}

static void check_kept(const struct zonefile *before, const struct zonefile *after)
{
    for (const struct zonefile_set *set = before->first; set; set = set->next) {
        if (set->glue || !set->live || set->changed)
            continue;
        const struct zonefile_set *same = zonefile_find(after, set->owner, set->type);
        MUST_HOLD(same && same->count == set->count && same->ttl == set->ttl);
        for (size_t i = 0; i < set->count; i++)
            MUST_HOLD(same == after->soa.set || strcmp(same->rdata[i], set->rdata[i]) == 0);
        MUST_HOLD(!set->marker || (same->marker && strcmp(same->marker, set->marker) == 0));
    }
}

static void check_zone(const struct kit *kit, struct lf_op *op, struct zonefile *zone)
{
    const char owner[] = "added-by-fuzz." ORIGIN;
    struct zonefile *again;
    struct zonefile_problem problem;
    size_t len = 0;
    if (!zone->soa.set || zonefile_find(zone, owner, "A"))
        return;
    struct zonefile_set *set = zonefile_add(zone, owner, "A");
    set->marker = MARKER;
    set->address = "dns.record.added";
    set->ttl = 300;
    zonefile_add_rdata(zone, set, "192.0.2.1");
    const char *text = zonefile_print(zone, "192.0.2.53", &len);
    MUST_HOLD(text != NULL);
    MUST_HOLD(zonefile_parse(kit, op, ORIGIN, text, len, &again, &problem));
    const struct zonefile_set *added = zonefile_find(again, owner, "A");
    MUST_HOLD(added && added->count == 1 && strcmp(added->marker, MARKER) == 0);
    MUST_HOLD(again->soa.serial == zone->soa.serial);
    check_kept(zone, again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    static const struct lf_ops ops = {.struct_size = sizeof(ops), .scratch = scratch};
    static const struct lf_host host = {.struct_size = sizeof(host), .ops = &ops};
    struct arena *mem = arena_new();
    struct lf_op *op = (struct lf_op *)mem;
    struct kit kit;
    struct zonefile *zone;
    struct zonefile_problem problem = {0};
    kit_init(&kit, &host);
    if (zonefile_parse(&kit, op, ORIGIN, arena_text_n(mem, (const char *)bytes, count), count, &zone,
                       &problem))
        check_zone(&kit, op, zone);
    else
        MUST_HOLD(problem.what && problem.line > 0);
    arena_free(mem);
    return 0;
}
