/* hosts-file: names in a file like /etc/hosts, as a driver of somebody else's subsystem, built outside
 * landfall's tree against what is installed.  It is written from plugins/README.md and stays as small as a
 * driver that keeps every promise can be.
 *
 * A line of ours ends with our mark; all others belong to people and are given back byte for byte:
 *
 *     127.0.0.1       localhost
 *     192.0.2.10      app.eu.acme.example # landfall lf1.4kq... hosts.entry.app
 */
#include <landfall/kit/kit.h>
#include <landfall/kit/kit_edit.h>
#include <landfall/kit/kit_plan.h>

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MOST ((size_t)1 << 20)
#define MARK      " # landfall "

struct hosts {
    struct kit kit;
    char *path;
};

/* ---- the type ----------------------------------------------------------------------------- */

static const struct lf_attr entry_attrs[] = {
    {"name", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_FIXED | LF_ATTR_KEY, "the host's name", NULL, NULL, 0,
     1},
    {"address", LF_KIND_TEXT, LF_ATTR_REQUIRED, "its IPv4 or IPv6 address", NULL, NULL, 0, 1},
    {"line", LF_KIND_TEXT, LF_ATTR_COMPUTED, "what the file says, without the mark", NULL, NULL, 0, 1},
};
static const struct lf_schema entry_schema = LF_SCHEMA(1, entry_attrs);

/* The name is the key and a file is replaced whole: a repeat finds its own line. */
static const struct lf_settle settle = {
    .struct_size = sizeof(struct lf_settle),
    .create = LF_SETTLE_NAMED,
    .update = LF_SETTLE_NAMED,
    .destroy = LF_SETTLE_NAMED,
};

/* ---- one line ------------------------------------------------------------------------------ */

struct line {
    const char *begin;
    size_t len; /* with its line feed */
    const char *name, *address;
    const char *marker; /* NULL: somebody else's */
    const char *step;   /* the step's address, or NULL */
};

static const char *word(const struct kit *kit, struct lf_op *op, const char **at, const char *end)
{
    while (*at < end && strchr(" \t\n", **at))
        ++*at;
    const char *begin = *at;
    while (*at < end && !strchr(" \t\n", **at))
        ++*at;
    return *at > begin ? kit_copy(kit, op, begin, (size_t)(*at - begin)) : NULL;
}

static struct line line_parse(const struct kit *kit, struct lf_op *op, const char *begin, const char *end)
{
    struct line line = {.begin = begin, .len = (size_t)(end - begin)};
    const char *at = begin;
    line.address = word(kit, op, &at, end);
    if (!line.address || line.address[0] == '#')
        return (struct line){.begin = begin, .len = line.len};
    line.name = word(kit, op, &at, end);
    if ((size_t)(end - at) > strlen(MARK) && memcmp(at, MARK, strlen(MARK)) == 0) {
        at += strlen(MARK);
        line.marker = word(kit, op, &at, end);
        line.step = word(kit, op, &at, end);
    }
    return line;
}

static bool line_next(const struct kit *kit, struct lf_op *op, const char **at, struct line *line)
{
    if (!**at)
        return false;
    const char *feed = strchr(*at, '\n');
    const char *end = feed ? feed + 1 : *at + strlen(*at);
    *line = line_parse(kit, op, *at, end);
    *at = end;
    return true;
}

/* Aliases of people's lines are names that are taken, too. */
static bool line_is_for(const struct kit *kit, struct lf_op *op, const struct line *line, const char *name)
{
    const char *end = line->begin + line->len, *at = line->begin, *text;
    (void)word(kit, op, &at, end);
    while ((text = word(kit, op, &at, end)) && text[0] != '#')
        if (strcmp(text, name) == 0)
            return line->address != NULL;
    return false;
}

static const char *line_print(const struct kit *kit, struct lf_op *op, const struct lf_value *want)
{
    return kit_format(kit, op, "%-15s %s", kit_get_text(kit, want, "address"),
                      kit_get_text(kit, want, "name"));
}

/* ---- the verbs ----------------------------------------------------------------------------- */

/* The whole truth, in the words of the schema: every attribute, as it is there. */
static void answer(struct kit_batch *batch, size_t i, const struct line *line)
{
    const struct kit *kit = batch->kit;
    struct lf_result result = kit_result(LF_END_OK);
    const struct lf_value *state = kit_map(kit, batch->op);
    state = kit_put_text(kit, batch->op, state, "name", line->name);
    state = kit_put_text(kit, batch->op, state, "address", line->address);
    result.id = line->name;
    result.marker = line->marker;
    result.state = kit_put_text(kit, batch->op, state, "line", line_print(kit, batch->op, state));
    kit_batch_answer(batch, i, &result);
}

static void taken(struct kit_batch *batch, size_t i, const struct line *line)
{
    struct lf_result result = kit_result(LF_END_EXISTS);
    result.marker = line->marker;
    kit_batch_answer(batch, i, &result);
}

/* `text` with one line put in, taken out or put in its place. */
static const char *splice(struct kit_batch *batch, const char *text, const struct line *old, const char *line)
{
    struct kit_text out = {0};
    size_t before = old->begin ? (size_t)(old->begin - text) : strlen(text);
    kit_text_add(batch->kit, batch->op, &out, text, before);
    if (line && before > 0 && text[before - 1] != '\n')
        kit_text_add(batch->kit, batch->op, &out, "\n", 1);
    if (line)
        kit_text_print(batch->kit, batch->op, &out, "%s", line);
    kit_text_print(batch->kit, batch->op, &out, "%s", old->begin ? old->begin + old->len : "");
    return out.bytes ? out.bytes : "";
}

/* One change, against the text as the items before it left it; gives the text as it is then. */
static const char *change(struct kit_batch *batch, size_t i, const char *text, const struct line *old)
{
    const struct lf_request *req = batch->reqs[i];
    const struct kit *kit = batch->kit;
    if (old->begin && !kit_may_change(kit, req, old->marker)) {
        taken(batch, i, old);
        return text;
    }
    if (req->verb == LF_VERB_DESTROY) {
        kit_batch_status(batch, i, LF_END_GONE);
        return old->begin ? splice(batch, text, old, NULL) : text;
    }
    if (req->verb == LF_VERB_UPDATE && !old->begin) {
        kit_batch_status(batch, i, LF_END_GONE);
        return text;
    }
    const char *line = kit_format(kit, batch->op, "%s" MARK "%s %s\n",
                                  line_print(kit, batch->op, req->desired), req->marker, req->address);
    struct line now = line_parse(kit, batch->op, line, line + strlen(line));
    answer(batch, i, &now);
    return splice(batch, text, old, line);
}

/* Everything but plan and owned, for one request or a thousand: the file is read once, every item is answered
 * against it, and it is written once, if at all. */
static uint32_t edit(struct kit_edit *file)
{
    struct kit_batch *batch = file->batch;
    const char *before = file->text ? file->text : "", *text = before;
    for (size_t i = 0; i < batch->count; i++) {
        const struct lf_request *req = batch->reqs[i];
        const struct lf_value *about = req->desired ? req->desired : req->prior;
        const char *name = req->id ? req->id : kit_get_text(batch->kit, about, "name");
        struct line line = {0}, old = {0};
        for (const char *at = text; !old.begin && line_next(batch->kit, batch->op, &at, &line);)
            if (line_is_for(batch->kit, batch->op, &line, name))
                old = line;
        if (kit_changes(req))
            text = change(batch, i, text, &old);
        else if (!old.begin)
            kit_batch_status(batch, i, LF_END_GONE);
        else if (req->verb == LF_VERB_RECOVER && !kit_may_change(batch->kit, req, old.marker))
            taken(batch, i, &old);
        else
            answer(batch, i, &old);
    }
    file->text = text;
    file->len = strlen(text);
    return strcmp(text, before) == 0 ? KIT_EDIT_KEEP : KIT_EDIT_WRITE;
}

static void entry_many(void *self, struct lf_op *op, const struct lf_request *const *reqs, size_t count)
{
    struct hosts *hosts = self;
    kit_edit(kit_batch_many(&hosts->kit, self, op, reqs, count), "hosts", hosts->path, FILE_MOST, edit);
}

static void entry_one(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct hosts *hosts = self;
    kit_edit(kit_batch_one(&hosts->kit, self, op, req), "hosts", hosts->path, FILE_MOST, edit);
}

/* A file has one writer at a time. */
static const char *entry_lane(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)op;
    (void)req;
    return ((struct hosts *)self)->path;
}

/* `line` follows from what is asked, so the promise of an update must not be the line of before. */
static const struct lf_value *promised_line(const struct kit *kit, struct lf_op *op,
                                            const struct lf_value *want)
{
    const struct lf_value *map = kit_map(kit, op);
    if (kit_get_text(kit, want, "name") && kit_get_text(kit, want, "address"))
        return kit_put_text(kit, op, map, "line", line_print(kit, op, want));
    return kit_put(kit, op, map, "line", kit->values->unknown(op, LF_KIND_TEXT));
}

/* What can be known to be wrong before anything is built is refused here.  What depends on another step is
 * unknown as yet: then there is no text to judge. */
static void entry_plan(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct hosts *hosts = self;
    const struct kit *kit = &hosts->kit;
    const char *address = kit_get_text(kit, req->desired, "address");
    const char *name = kit_get_text(kit, req->desired, "name");
    unsigned char bytes[sizeof(struct in6_addr)];
    if (address && inet_pton(AF_INET, address, bytes) != 1 && inet_pton(AF_INET6, address, bytes) != 1)
        kit_refuse(kit, op, "hosts.bad_address", "address",
                   kit_format(kit, op, "'%s' is not an IP address", address), NULL,
                   "write an address such as 192.0.2.10 or 2001:db8::10");
    else if (name && (!name[0] || name[strcspn(name, " \t\n#")]))
        kit_refuse(kit, op, "hosts.bad_name", "name", kit_format(kit, op, "'%s' is not a host name", name),
                   NULL, "write a name without spaces, such as app.eu.acme.example");
    else
        kit_plan(kit, self, op, req, &entry_schema, promised_line(kit, op, req->desired), NULL);
}

/* Ours or another landfall's: the core knows its own markers. */
static void owned_read(struct lf_op *op, const struct lf_reply *reply, void *user)
{
    const struct hosts *hosts = user;
    const struct kit *kit = &hosts->kit;
    const struct lf_http *http = kit->host->http;
    uint32_t status = http->sent(reply) == LF_SENT_REPLY ? http->status(reply) : 0;
    if (status != 200) {
        kit_finish(kit, op, status == 404 ? LF_END_OK : LF_END_CANNOT_TELL);
        return;
    }
    size_t len = 0;
    const char *body = http->body(reply, &len);
    const char *at = kit_copy(kit, op, body, len);
    for (struct line line; line_next(kit, op, &at, &line);) {
        if (!line.marker)
            continue;
        struct lf_result result = kit_result(LF_END_OK);
        result.id = line.name;
        result.marker = line.marker;
        result.memo = kit_put_text(kit, op, kit_map(kit, op), "address", line.step);
        kit->ops->found(op, &result);
    }
    kit_finish(kit, op, LF_END_OK);
}

static void entry_owned(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct hosts *hosts = self;
    (void)req;
    hosts->kit.host->files->read(op, hosts->path, FILE_MOST, owned_read, hosts);
}

/* Priced, at nothing. */
static void entry_estimate(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct hosts *hosts = self;
    (void)req;
    kit_finish(&hosts->kit, op, LF_END_OK);
}

/* ---- the record ---------------------------------------------------------------------------- */

static const struct lf_resource entry = {
    .struct_size = sizeof(struct lf_resource),
    .name = "entry",
    .doc = "one name and its address",
    .schema = &entry_schema,
    .settle = &settle,
    .pool = "hosts-file",
    .lane = entry_lane,
    .read = entry_one,
    .create = entry_one,
    .destroy = entry_one,
    .update = entry_one,
    .plan = entry_plan,
    .recover = entry_one,
    .estimate = entry_estimate,
    .find = entry_one,
    .owned = entry_owned,
    .read_many = entry_many,
    .change_many = entry_many,
    .recover_many = entry_many,
};
static const struct lf_resource *const resources[] = {&entry, NULL};

static const struct lf_attr setting_attrs[] = {
    {"path", LF_KIND_TEXT, LF_ATTR_REQUIRED, "the file, relative to the project", NULL, NULL, 0, 1},
};
static const struct lf_schema setting_schema = LF_SCHEMA(1, setting_attrs);

static int hosts_open(const struct lf_host *host, const struct lf_value *settings, void **self,
                      struct lf_diag *why)
{
    struct hosts *hosts = calloc(1, sizeof(*hosts));
    if (hosts) {
        kit_init(&hosts->kit, host);
        hosts->path = strdup(kit_get_text(&hosts->kit, settings, "path"));
    }
    if (!hosts || !hosts->path) {
        free(hosts);
        why->summary = "out of memory";
        return -1;
    }
    *self = hosts;
    return 0;
}

static void hosts_close(void *self)
{
    struct hosts *hosts = self;
    free(hosts->path);
    free(hosts);
}

static const struct lf_plugin plugin = {
    .struct_size = sizeof(struct lf_plugin),
    .abi_major = LF_ABI_MAJOR,
    .abi_minor = LF_ABI_MINOR,
    .subsystem = "hosts",
    .name = "file",
    .version = "1.0.0",
    .doc = "names in a file like /etc/hosts",
    .contract_version = 1,
    .settings = &setting_schema,
    .resources = resources,
    .open = hosts_open,
    .close = hosts_close,
};

LF_EXPORT const struct lf_plugin *lf_plugin_v1(void)
{
    return &plugin;
}
