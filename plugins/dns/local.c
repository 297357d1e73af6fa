/* dns-local: zones as RFC 1035 zone files, one file a zone, for any name server that reads them. */
#include "local.h"

#include "name.h"

#include <arpa/inet.h>
#include <landfall/dns.h>
#include <stdlib.h>
#include <string.h>

/* A zone of a million records has about 60 MB. */
#define FILE_MOST ((size_t)256 << 20)

const char *local_path(const struct local *local, struct lf_op *op, const char *zone)
{
    return kit_format(&local->kit, op, "%s/%s.zone", local->path, zone);
}

struct wish_for local_for(const struct local *local, struct lf_op *op)
{
    return (struct wish_for){&local->kit, op, "local"};
}

/* ---- one file, one batch ------------------------------------------------------------------ */

struct job {
    struct local_file file;
    local_item_fn *fn;
};

/* A file that is not understood is left alone, and nobody is told that something is gone. */
static void not_understood(struct local_file *file, const char *path, const struct zonefile_problem *problem)
{
    struct kit_batch *batch = file->batch;
    const char *summary =
        kit_format(batch->kit, batch->op, "'%s' line %zu is not understood", path, problem->line);
    for (size_t i = 0; i < batch->count; i++) {
        kit_batch_note(batch, i, "dns.zone_file_syntax", NULL, summary, problem->what,
                       "mend the file; it is not written as long as it cannot be read whole");
        kit_batch_status(batch, i, kit_changes(batch->reqs[i]) ? LF_END_FAILED : LF_END_CANNOT_TELL);
    }
}

static uint32_t edit_zone(struct kit_edit *edit)
{
    struct kit_batch *batch = edit->batch;
    struct job *job = batch->user;
    struct local_file *file = &job->file;
    struct zonefile_problem problem;
    if (edit->text &&
        !zonefile_parse(batch->kit, batch->op, file->name, edit->text, edit->len, &file->zone, &problem)) {
        not_understood(file, edit->path, &problem);
        return KIT_EDIT_KEEP;
    }
    for (size_t i = 0; i < batch->count; i++)
        job->fn(file, i);
    if (!file->zone)
        return file->remove && edit->text ? KIT_EDIT_REMOVE : KIT_EDIT_KEEP;
    edit->text = zonefile_print(file->zone, file->local->address, &edit->len);
    return edit->text ? KIT_EDIT_WRITE : KIT_EDIT_KEEP;
}

void local_edit(struct kit_batch *batch, const char *zone, local_item_fn *fn)
{
    const struct local *local = batch->self;
    struct job *job = local->kit.ops->scratch(batch->op, sizeof(*job));
    job->file = (struct local_file){.local = local, .batch = batch, .name = zone};
    job->fn = fn;
    batch->user = job;
    kit_edit(batch, "dns", local_path(local, batch->op, zone), FILE_MOST, edit_zone);
}

/* ---- the sweep ---------------------------------------------------------------------------- */

struct sweep {
    const struct local *local;
    const char *names; /* of the folder's files, a line each */
    const char *at;
    const char *zone; /* whose file is being read */
    bool zones;
    bool unclear; /* a file could not be read: the list may not be whole */
};

static void sweep_next(struct lf_op *op, struct sweep *sweep);

static void give_found(struct lf_op *op, const struct sweep *sweep, const struct zonefile *zone,
                       const struct zonefile_set *set)
{
    const struct kit *kit = &sweep->local->kit;
    struct lf_result result = kit_result(LF_END_OK);
    result.marker = set->marker;
    struct wish_for who = local_for(sweep->local, op);
    result.id = sweep->zones ? zone->origin : wish_record_id(&who, zone->origin, set->owner, set->type);
    result.memo = kit_put_text(kit, op, kit_map(kit, op), "address", set->address);
    kit->ops->found(op, &result);
}

static void sweep_file(struct lf_op *op, const struct lf_reply *reply, void *user)
{
    struct sweep *sweep = user;
    const struct kit *kit = &sweep->local->kit;
    const struct lf_http *http = kit->host->http;
    if (http->sent(reply) == LF_SENT_CANCELED) {
        kit_finish(kit, op, LF_END_CANCELED);
        return;
    }
    size_t len = 0;
    const char *bytes = http->body(reply, &len);
    struct zonefile *zone = NULL;
    struct zonefile_problem problem;
    bool good = http->sent(reply) == LF_SENT_REPLY && http->status(reply) == 200 &&
                zonefile_parse(kit, op, sweep->zone, kit_copy(kit, op, bytes, len), len, &zone, &problem);
    if (!good) {
        sweep->unclear = true;
        kit_note(kit, op, "dns.zone_file_unclear", NULL,
                 kit_format(kit, op, "cannot look for leftovers in '%s'",
                            local_path(sweep->local, op, sweep->zone)),
                 NULL, "make the file readable and whole");
    }
    for (const struct zonefile_set *set = zone ? zone->first : NULL; set; set = set->next)
        if (set->marker && (set == zone->soa.set) == sweep->zones)
            give_found(op, sweep, zone, set);
    sweep_next(op, sweep);
}

/* The next file of the folder that is called like a zone. */
static void sweep_next(struct lf_op *op, struct sweep *sweep)
{
    const struct kit *kit = &sweep->local->kit;
    const char *feed = NULL;
    while (*sweep->at && (feed = strchr(sweep->at, '\n'))) {
        size_t len = (size_t)(feed - sweep->at);
        const char *begin = sweep->at;
        const char *why = NULL;
        sweep->at = feed + 1;
        if (len > strlen(".zone") && memcmp(feed - strlen(".zone"), ".zone", strlen(".zone")) == 0 &&
            name_parse(kit, op, begin, len - strlen(".zone"), NAME_HOST, &sweep->zone, &why)) {
            kit->host->files->read(op, local_path(sweep->local, op, sweep->zone), FILE_MOST, sweep_file,
                                   sweep);
            return;
        }
    }
    kit_finish(kit, op, sweep->unclear ? LF_END_CANNOT_TELL : LF_END_OK);
}

static void sweep_listed(struct lf_op *op, const struct lf_reply *reply, void *user)
{
    struct sweep *sweep = user;
    const struct kit *kit = &sweep->local->kit;
    const struct lf_http *http = kit->host->http;
    uint32_t status = http->sent(reply) == LF_SENT_REPLY ? http->status(reply) : 0;
    if (status != 200) {
        kit_finish(kit, op, status == 404 ? LF_END_OK : LF_END_CANNOT_TELL);
        return;
    }
    size_t len = 0;
    const char *names = http->body(reply, &len);
    sweep->names = sweep->at = kit_copy(kit, op, names, len);
    sweep_next(op, sweep);
}

void local_sweep(const struct local *local, struct lf_op *op, bool zones)
{
    struct sweep *sweep = local->kit.ops->scratch(op, sizeof(*sweep));
    sweep->local = local;
    sweep->zones = zones;
    local->kit.host->files->list(op, local->path, sweep_listed, sweep);
}

/* ---- the record --------------------------------------------------------------------------- */

static void preflight_listed(struct lf_op *op, const struct lf_reply *reply, void *user)
{
    const struct local *local = user;
    const struct lf_http *http = local->kit.host->http;
    uint32_t status = http->sent(reply) == LF_SENT_REPLY ? http->status(reply) : 0;
    if (status == 200 || status == 404) {
        kit_finish(&local->kit, op, LF_END_OK);
        return;
    }
    size_t len = 0;
    const char *text = http->body(reply, &len);
    kit_note(&local->kit, op, "dns.folder_unreadable", "path",
             kit_format(&local->kit, op, "cannot read the folder '%s'", local->path),
             kit_copy(&local->kit, op, text, text ? len : 0), "give this user the folder, or another `path`");
    kit_finish(&local->kit, op, LF_END_FAILED);
}

/* A folder that is not there yet is made by the first zone. */
static void local_preflight(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct local *local = self;
    (void)req;
    local->kit.host->files->list(op, local->path, preflight_listed, self);
}

static const struct lf_attr setting_attrs[] = {
    {"path", LF_KIND_TEXT, LF_ATTR_REQUIRED, "folder of the zone files, relative to the project", NULL, NULL,
     0, 1},
    {"address", LF_KIND_TEXT, 0,
     "IP address of the name server that serves the files; given to name servers inside a zone that have "
     "none",
     NULL, "\"127.0.0.1\"", 0, 1},
};
static const struct lf_schema setting_schema = LF_SCHEMA(1, setting_attrs);

static void local_close(void *self)
{
    struct local *local = self;
    free(local->path);
    free(local->address);
    free(local);
}

static bool is_address(const char *text)
{
    unsigned char bytes[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
}

static int local_open(const struct lf_host *host, const struct lf_value *settings, void **self,
                      struct lf_diag *why)
{
    struct kit kit;
    kit_init(&kit, host);
    const char *path = kit_get_text(&kit, settings, "path");
    const char *address = kit_get_text(&kit, settings, "address");
    why->code = "dns.settings";
    if (!path || !path[0]) {
        why->path = "path";
        why->summary = "driver 'local' needs the folder of its zone files";
        why->advice = "write `dns: { use: local, path: out/eu/dns }`";
        return -1;
    }
    if (address && !is_address(address)) {
        why->path = "address";
        why->summary = "the address of the name server is not an IP address";
        return -1;
    }
    struct local *local = calloc(1, sizeof(*local));
    char *own_path = strdup(path);
    char *own_address = strdup(address ? address : "127.0.0.1");
    if (!local || !own_path || !own_address) {
        free(local);
        free(own_path);
        free(own_address);
        why->summary = "out of memory";
        return -1;
    }
    *local = (struct local){.kit = kit, .path = own_path, .address = own_address};
    *self = local;
    return 0;
}

static const struct lf_resource *const resources[] = {&local_zone, &local_record, NULL};

static const struct lf_plugin plugin = {
    .struct_size = sizeof(struct lf_plugin),
    .abi_major = LF_ABI_MAJOR,
    .abi_minor = LF_ABI_MINOR,
    .needs_minor = 0,
    .subsystem = "dns",
    .name = "local",
    .version = "1.0.0",
    .doc = "zones as RFC 1035 zone files",
    .contract_version = LF_DNS_VERSION,
    .settings = &setting_schema,
    .resources = resources,
    .open = local_open,
    .close = local_close,
    .preflight = local_preflight,
};

LF_EXPORT const struct lf_plugin *lf_plugin_v1(void)
{
    return &plugin;
}
