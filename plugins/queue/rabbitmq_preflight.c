/* Is the broker there, new enough and well, and may we do here what we are for?  Questions only. */
#include "rabbitmq_preflight.h"
#include "rabbitmq.h"

#include <stdio.h>
#include <string.h>

/* Quorum queues expire messages, and hand dead letters over safely, since 3.10. */
#define VERSION_MAJOR 3
#define VERSION_MINOR 10

struct flight {
    struct rabbit *rabbit;
    const struct kit *kit;
    struct lf_op *op;
    size_t step;
    bool is_admin;
    bool refused;
    int64_t queue_limit; /* of the vhost; negative: none */
};

/* Asked in this order; false: nothing after it can be asked. */
struct question {
    const char *path; /* '*': the vhost, then the user */
    const char *doing;
    bool admin_only;
    bool (*judge)(struct flight *f, const struct kit_http_reply *reply);
};

static void note(struct flight *f, uint32_t severity, const char *code, const char *path, const char *summary,
                 const char *detail, const char *advice)
{
    const struct lf_diag diag = {.struct_size = sizeof(diag),
                                 .severity = severity,
                                 .code = code,
                                 .path = path,
                                 .summary = summary,
                                 .detail = detail,
                                 .advice = advice};
    f->kit->ops->note(f->op, &diag);
    f->refused |= severity == LF_DIAG_ERROR;
}

/* ---- judges ------------------------------------------------------------------------------------------- */

static bool has_tag(const struct flight *f, const struct lf_value *tags, const char *wanted)
{
    size_t count = tags ? f->kit->values->count(tags) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *tag = f->kit->values->as_text(f->kit->values->at(tags, i, NULL), NULL);
        if (tag && strcmp(tag, wanted) == 0)
            return true;
    }
    return false;
}

static bool judge_user(struct flight *f, const struct kit_http_reply *reply)
{
    const struct lf_value *tags = kit_get(f->kit, reply->json, "tags");
    f->is_admin = has_tag(f, tags, "administrator");
    if (!f->is_admin && !has_tag(f, tags, "policymaker"))
        note(f, LF_DIAG_ERROR, "rabbitmq.not_allowed", "user",
             kit_format(f->kit, f->op, "the user '%s' may not set policies", f->rabbit->user),
             "it has neither the tag 'administrator' nor the tag 'policymaker'",
             "give it one of them: rabbitmqctl set_user_tags USER policymaker");
    else if (!f->is_admin)
        note(f, LF_DIAG_HINT, "rabbitmq.no_administrator", "user",
             kit_format(f->kit, f->op, "the user '%s' cannot make namespaces, users and permissions",
                        f->rabbit->user),
             "it has the tag 'policymaker', and not 'administrator'",
             "that is enough for queues, topics, subscriptions, policies and messages");
    return true;
}

static bool judge_version(struct flight *f, const struct kit_http_reply *reply)
{
    const char *version = kit_get_text(f->kit, reply->json, "rabbitmq_version");
    int major = 0, minor = 0;
    if (version && sscanf(version, "%d.%d", &major, &minor) == 2 &&
        (major > VERSION_MAJOR || (major == VERSION_MAJOR && minor >= VERSION_MINOR)))
        return true;
    note(f, LF_DIAG_ERROR, "rabbitmq.old_version", "url",
         kit_format(f->kit, f->op, "RabbitMQ is too old, or this is no RabbitMQ"),
         version ? kit_format(f->kit, f->op, "it is version %.40s, and %d.%d is needed", version,
                              VERSION_MAJOR, VERSION_MINOR)
                 : "its overview names no version",
         "update it: before 3.10 a quorum queue never drops old messages");
    return false;
}

static bool judge_vhosts(struct flight *f, const struct kit_http_reply *reply)
{
    size_t count = reply->json ? f->kit->values->count(reply->json) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *name = kit_get_text(f->kit, f->kit->values->at(reply->json, i, NULL), "name");
        if (name && strcmp(name, f->rabbit->vhost) == 0)
            return true;
    }
    note(f, LF_DIAG_ERROR, "rabbitmq.no_vhost", "vhost",
         kit_format(f->kit, f->op, "there is no vhost '%s' that '%s' may see", f->rabbit->vhost,
                    f->rabbit->user),
         kit_format(f->kit, f->op, "RabbitMQ shows this user %zu others", count),
         "make it (rabbitmqctl add_vhost), give the user permissions on it, or name another as `vhost`");
    return false;
}

static bool judge_alarms(struct flight *f, const struct kit_http_reply *reply)
{
    if (reply->status != 503)
        return true;
    const char *reason = kit_get_text(f->kit, reply->json, "reason");
    note(f, LF_DIAG_ERROR, "rabbitmq.alarm", NULL, "RabbitMQ takes no messages: an alarm is in effect",
         reason ? reason : reply->body, "free memory or disk on its nodes, then plan again");
    return true;
}

static bool judge_permission(struct flight *f, const struct kit_http_reply *reply)
{
    static const char *const names[] = {"configure", "write", "read"};
    for (size_t i = 0; i < 3; i++) {
        const char *pattern = kit_get_text(f->kit, reply->json, names[i]);
        if (pattern && *pattern)
            continue;
        note(f, LF_DIAG_ERROR, "rabbitmq.not_allowed", "user",
             kit_format(f->kit, f->op, "the user '%s' has no %s permission on the vhost '%s'",
                        f->rabbit->user, names[i], f->rabbit->vhost),
             pattern ? "its pattern is empty" : "it has no permissions there at all",
             "rabbitmqctl set_permissions -p VHOST USER '.*' '.*' '.*'");
        break;
    }
    return true;
}

/* What quorum queues and safe dead letters need is switched on once for a cluster. */
static bool judge_features(struct flight *f, const struct kit_http_reply *reply)
{
    static const char *const needed[] = {"quorum_queue", "stream_queue"};
    size_t count = reply->json ? f->kit->values->count(reply->json) : 0;
    for (size_t n = 0; n < 2; n++) {
        const char *state = NULL;
        for (size_t i = 0; i < count && !state; i++) {
            const struct lf_value *flag = f->kit->values->at(reply->json, i, NULL);
            const char *name = kit_get_text(f->kit, flag, "name");
            state = name && strcmp(name, needed[n]) == 0 ? kit_get_text(f->kit, flag, "state") : NULL;
        }
        /* A flag that is not listed has become part of what every node can do. */
        if (state && strcmp(state, "enabled") != 0)
            note(f, LF_DIAG_ERROR, "rabbitmq.feature_off", NULL,
                 kit_format(f->kit, f->op, "RabbitMQ's feature '%s' is not switched on", needed[n]),
                 kit_format(f->kit, f->op, "its state is '%.40s'", state),
                 "rabbitmqctl enable_feature_flag all");
    }
    return true;
}

static bool judge_limits(struct flight *f, const struct kit_http_reply *reply)
{
    const struct lf_value *first = reply->json ? f->kit->values->at(reply->json, 0, NULL) : NULL;
    f->queue_limit = kit_get_int(f->kit, kit_get(f->kit, first, "value"), "max-queues", -1);
    return true;
}

static bool judge_room(struct flight *f, const struct kit_http_reply *reply)
{
    int64_t there = reply->json ? (int64_t)f->kit->values->count(reply->json) : 0;
    if (f->queue_limit < 0)
        return true;
    if (there >= f->queue_limit)
        note(f, LF_DIAG_ERROR, "rabbitmq.no_room", "vhost",
             kit_format(f->kit, f->op, "the vhost '%s' is full", f->rabbit->vhost),
             kit_format(f->kit, f->op, "it has %lld queues, and its limit is %lld", (long long)there,
                        (long long)f->queue_limit),
             "raise its limit (rabbitmqctl set_vhost_limits), or delete what nobody needs");
    else
        note(f, LF_DIAG_HINT, "rabbitmq.room_left", "vhost",
             kit_format(f->kit, f->op, "the vhost '%s' has room for %lld more queues", f->rabbit->vhost,
                        (long long)(f->queue_limit - there)),
             NULL, NULL);
    return true;
}

/* ---- the flight --------------------------------------------------------------------------------------- */

static const struct question questions[] = {
    {"/whoami", "log in", false, judge_user},
    {"/overview?columns=rabbitmq_version", "ask for its version", false, judge_version},
    {"/vhosts?columns=name", "list the vhosts", false, judge_vhosts},
    {"/health/checks/alarms", "ask whether it is well", false, judge_alarms},
    {"/permissions/*/*", "look at our permissions", true, judge_permission},
    {"/feature-flags", "look at its features", true, judge_features},
    {"/vhost-limits/*", "look at the vhost's limits", true, judge_limits},
    {"/queues/*?columns=name", "count the vhost's queues", true, judge_room},
};
#define QUESTIONS (sizeof(questions) / sizeof(questions[0]))

static void next(struct flight *f);

/* A missing permission is a 404, and an alarm a 503: those are answers, too. */
static bool is_answer(const struct kit_http_reply *reply)
{
    return reply->sent == LF_SENT_REPLY && reply->json &&
           (reply->status == 200 || reply->status == 404 ||
            (reply->status == 503 && kit_http_end(reply, false)));
}

static void fail(struct flight *f, const struct kit_http_reply *reply)
{
    struct lf_result result = kit_http_result(reply, false);
    const char *reason = kit_get_text(f->kit, reply->json, "reason");
    bool denied = reply->status == 401 && reason && strcmp(reason, "Login failed") != 0;
    if (result.status == LF_END_OK) /* 200, and no JSON: something else lives at that address */
        result.status = LF_END_REFUSED;
    if (result.status != LF_END_CANCELED) {
        struct kit_http_words words =
            kit_http_words(f->kit, f->op, reply, "RabbitMQ", questions[f->step].doing, reason);
        const char *code = reply->status == 200 ? "not_rabbitmq" : denied ? "forbidden" : words.what;
        note(f, LF_DIAG_ERROR, kit_format(f->kit, f->op, "rabbitmq.%s", code), "url",
             reply->status == 200 ? "this is not RabbitMQ's management API"
             : denied ? kit_format(f->kit, f->op, "RabbitMQ lets '%s' into no part of the management API",
                                   f->rabbit->user)
                      : words.summary,
             kit_format(f->kit, f->op, "%s (%s)", words.detail, f->rabbit->api),
             denied ? "give it a tag: rabbitmqctl set_user_tags USER policymaker" : words.advice);
    }
    f->kit->ops->finish(f->op, &result);
}

static void answered(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct flight *f = user;
    (void)op;
    if (!is_answer(reply)) {
        fail(f, reply);
        return;
    }
    bool goes_on = questions[f->step++].judge(f, reply);
    if (goes_on)
        next(f);
    else
        kit_finish(f->kit, f->op, LF_END_REFUSED);
}

static void next(struct flight *f)
{
    while (f->step < QUESTIONS && questions[f->step].admin_only && !f->is_admin)
        f->step++;
    if (f->step == QUESTIONS) {
        kit_finish(f->kit, f->op, f->refused ? LF_END_REFUSED : LF_END_OK);
        return;
    }
    struct kit_http_ask ask = {
        .method = "GET",
        .url = kit_format(
            f->kit, f->op, "%s%s", f->rabbit->api,
            rabbit_path(f->kit, f->op, questions[f->step].path, f->rabbit->vhost, f->rabbit->user)),
        .user = f->rabbit->user,
        .password = f->rabbit->password,
    };
    kit_http_send(f->kit, f->op, &ask, answered, f);
}

void rabbit_preflight(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct rabbit *rabbit = self;
    struct flight *f = rabbit->kit.ops->scratch(op, sizeof(*f));
    (void)req;
    *f = (struct flight){.rabbit = rabbit, .kit = &rabbit->kit, .op = op, .queue_limit = -1};
    next(f);
}
