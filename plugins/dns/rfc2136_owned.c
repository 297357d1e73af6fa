/* What carries a marker of landfall's, in the zones of the settings: one transfer each. */
#include "rfc2136_job.h"
#include "rfc2136_mark.h"

#include "name.h"
#include "rfc2136_memory.h"

#include <string.h>

/* One marker that was found. */
struct finding {
    struct finding *next;
    struct wire_set set;
};

/* One zone of the settings. */
struct sweep_zone {
    const char *name;
    const char *branch;
    struct memory *memory;
    struct finding *findings;
    struct talk_fault fault;
    const char *not_served;
    bool failed;
    bool refused;
};

struct sweep {
    struct job *job;
    struct sweep_zone *zones;
    size_t count;
    bool of_zones;
};

static void take(void *user, const struct wire_record *record)
{
    struct sweep_zone *zone = user;
    if (strcmp(record->type, "TXT") != 0 || !name_is_in(record->owner, zone->branch))
        return;
    struct finding *finding = memory_get(zone->memory, sizeof(*finding));
    finding->set.owner = memory_text(zone->memory, record->owner, strlen(record->owner));
    finding->set.type = "TXT";
    wire_set_add(zone->memory, &finding->set, record);
    finding->next = zone->findings;
    zone->findings = finding;
}

static void look_through(struct job *job, struct sweep_zone *zone)
{
    struct look look = {.talk = &job->talk, .zone = zone->name};
    zone->memory = job->memory;
    if (!talk_open(&job->talk) || !look_at_zone(&look)) {
        zone->failed = true;
    } else if (look.soa.count == 0) {
        zone->not_served = look.not_served;
    } else if (!talk_transfer(&job->talk, zone->name, take, zone, &zone->refused)) {
        zone->failed = true;
    }
    zone->fault = job->talk.fault;
}

static void work(struct job *job)
{
    const struct sweep *sweep = job->user;
    for (size_t i = 0; i < sweep->count; i++)
        look_through(job, &sweep->zones[i]);
}

static void tell_finding(const struct sweep *sweep, const struct sweep_zone *zone,
                         const struct finding *finding)
{
    const struct kit *kit = &sweep->job->self->kit;
    struct lf_op *op = sweep->job->op;
    struct mark mark;
    struct mark_subject subject;
    if (!mark_read(kit, op, &finding->set, &mark) ||
        !mark_subject_of(kit, op, zone->name, finding->set.owner, &subject) ||
        subject.is_zone != sweep->of_zones)
        return;
    struct lf_result result = kit_result(LF_END_OK);
    result.marker = mark.marker;
    result.id = subject.is_zone ? zone->name
                                : kit_format(kit, op, "%s/%s/%s", zone->name, subject.relative, subject.type);
    result.memo = kit_put_text(kit, op, kit_map(kit, op), "address", mark.address);
    kit->ops->found(op, &result);
}

/* True: all of it was seen. */
static bool tell_zone(const struct sweep *sweep, const struct sweep_zone *zone)
{
    const struct rfc2136 *self = sweep->job->self;
    struct lf_op *op = sweep->job->op;
    struct rfc2136_words words = {0};
    if (zone->failed)
        words = rfc2136_fault_words(self, op, &zone->fault);
    else if (zone->not_served)
        words = rfc2136_not_served_words(self, op, zone->name, zone->not_served);
    else if (zone->refused)
        words = (struct rfc2136_words){
            .code = "rfc2136.transfer_refused",
            .summary = kit_format(&self->kit, op, "cannot look for leftovers in the zone '%s'", zone->name),
            .detail = "the name server does not let the key transfer it",
            .advice = "let it (BIND: allow-transfer; Knot: an acl with `action: transfer`)",
        };
    for (const struct finding *finding = words.code ? NULL : zone->findings; finding; finding = finding->next)
        tell_finding(sweep, zone, finding);
    if (words.code)
        kit_note(&self->kit, op, words.code, words.path, words.summary, words.detail, words.advice);
    return !words.code;
}

static void worked(struct lf_op *op, void *user, int canceled)
{
    struct job *job = user;
    const struct sweep *sweep = job->user;
    const struct kit *kit = &job->self->kit;
    bool late = canceled && job->ran;
    bool whole = true;
    for (size_t i = 0; i < sweep->count && !canceled; i++)
        whole = tell_zone(sweep, &sweep->zones[i]) && whole;
    job_free(job);
    if (!late)
        kit_finish(kit, op, canceled ? LF_END_CANCELED : whole ? LF_END_OK : LF_END_CANNOT_TELL);
}

void rfc2136_owned(const struct rfc2136 *self, struct lf_op *op, const struct lf_request *req, bool zones)
{
    const struct kit *kit = &self->kit;
    if (self->zone_count == 0) {
        kit_note(kit, op, "rfc2136.no_zones", "zones", "it is not known which zones to look through", NULL,
                 "name the zones in `zones` of the drivers block");
        kit_finish(kit, op, LF_END_CANNOT_TELL);
        return;
    }
    struct job *job = job_new(self, op, req, NULL);
    if (!job)
        return;
    struct sweep *sweep = kit->ops->scratch(op, sizeof(*sweep));
    *sweep = (struct sweep){.job = job, .count = self->zone_count, .of_zones = zones};
    sweep->zones = kit->ops->scratch(op, sweep->count * sizeof(*sweep->zones));
    for (size_t i = 0; i < sweep->count; i++) {
        sweep->zones[i].name = self->zones[i];
        sweep->zones[i].branch = kit_format(kit, op, MARK_BRANCH ".%s", self->zones[i]);
    }
    job->user = sweep;
    job_work(job, work, worked);
}
