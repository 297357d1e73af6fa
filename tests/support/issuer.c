/* issuer-toy: a driver that makes secrets, and one that is given them.  `issuer.key` tells a secret as a
 * handle
 * (`token`) and, against all advice, another as plain text (`phrase`).  `issuer.door` is handed one, says how
 * long it is, and blurts it out in a note: nobody may see it there. */
#include <landfall/plugin.h>
#include <stdlib.h>
#include <string.h>

struct issuer {
    const struct lf_host *host;
};

static const struct lf_attr key_attrs[] = {
    {"name", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_KEY | LF_ATTR_FIXED, "its name", NULL, NULL, 0, 1},
    {"token", LF_KIND_TEXT, LF_ATTR_SECRET | LF_ATTR_COMPUTED, "made here", NULL, NULL, 0, 1},
    {"phrase", LF_KIND_TEXT, LF_ATTR_SECRET | LF_ATTR_COMPUTED, "made here too", NULL, NULL, 0, 1},
};
static const struct lf_attr door_attrs[] = {
    {"name", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_KEY | LF_ATTR_FIXED, "its name", NULL, NULL, 0, 1},
    {"secret", LF_KIND_TEXT, LF_ATTR_SECRET, "what opens it", NULL, NULL, 0, 1},
    {"length", LF_KIND_INT, LF_ATTR_COMPUTED, "of the secret, in bytes", NULL, NULL, 0, 1},
};
static const struct lf_schema key_schema = LF_SCHEMA(1, key_attrs);
static const struct lf_schema door_schema = LF_SCHEMA(1, door_attrs);
static const struct lf_settle by_name = {.struct_size = sizeof(struct lf_settle),
                                         .create = LF_SETTLE_NAMED,
                                         .update = LF_SETTLE_NAMED,
                                         .destroy = LF_SETTLE_NAMED};

static void end(void *self, struct lf_op *op, const struct lf_request *req, const struct lf_value *state)
{
    struct lf_result r = {.struct_size = sizeof(r), .status = LF_END_OK};
    r.id = req->id ? req->id : req->marker;
    r.marker = req->marker;
    r.state = state;
    ((struct issuer *)self)->host->ops->finish(op, &r);
}

static void gone(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct lf_result r = {.struct_size = sizeof(r), .status = LF_END_GONE};
    (void)req;
    ((struct issuer *)self)->host->ops->finish(op, &r);
}

static void remember(void *self, struct lf_op *op, const struct lf_request *req)
{
    if (req->prior)
        end(self, op, req, req->prior);
    else
        gone(self, op, req);
}

static void key_change(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct lf_values *v = ((struct issuer *)self)->host->values;
    const char token[] = "token-of-the-realm", phrase[] = "open-sesame-please";
    const struct lf_value *state = v->with(op, req->desired, "token", v->of_secret(op, token, strlen(token)));
    end(self, op, req, v->with(op, state, "phrase", v->of_text(op, phrase, strlen(phrase))));
}

static void door_change(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct lf_host *host = ((struct issuer *)self)->host;
    size_t length = 0;
    const char *secret = host->values->reveal(op, host->values->get(req->desired, "secret"), &length);
    if (secret) {
        struct lf_diag note = {
            .struct_size = sizeof(note), .severity = LF_DIAG_WARNING, .code = "issuer.blurts"};
        note.summary = secret;
        host->ops->note(op, &note);
    }
    end(self, op, req,
        host->values->with(op, req->desired, "length", host->values->of_int(op, (int64_t)length)));
}

#define TYPE(n, s, change)                                                                                   \
    static const struct lf_resource n##_type = {.struct_size = sizeof(struct lf_resource),                   \
                                                .name = #n,                                                  \
                                                .doc = "of a test",                                          \
                                                .schema = &(s),                                              \
                                                .settle = &by_name,                                          \
                                                .pool = "issuer",                                            \
                                                .read = remember,                                            \
                                                .create = change,                                            \
                                                .update = change,                                            \
                                                .destroy = gone,                                             \
                                                .recover = gone}
TYPE(key, key_schema, key_change);
TYPE(door, door_schema, door_change);
static const struct lf_resource *const resources[] = {&key_type, &door_type, NULL};

static int issuer_open(const struct lf_host *host, const struct lf_value *settings, void **self,
                       struct lf_diag *why)
{
    struct issuer *i = calloc(1, sizeof(*i));
    (void)settings;
    (void)why;
    if (!i)
        return -1;
    i->host = host;
    *self = i;
    return 0;
}

static void issuer_close(void *self)
{
    free(self);
}

static const struct lf_plugin plugin = {.struct_size = sizeof(struct lf_plugin),
                                        .abi_major = LF_ABI_MAJOR,
                                        .abi_minor = LF_ABI_MINOR,
                                        .subsystem = "issuer",
                                        .name = "toy",
                                        .version = "1.0.0",
                                        .doc = "makes secrets, and keeps none",
                                        .contract_version = 1,
                                        .resources = resources,
                                        .open = issuer_open,
                                        .close = issuer_close};

LF_EXPORT const struct lf_plugin *lf_plugin_v1(void)
{
    return &plugin;
}
