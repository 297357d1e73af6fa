#include "kit_aws_creds.h"

#include <stdlib.h>
#include <string.h>

#define FILE_MOST     ((size_t)1 << 20)
#define METADATA_MS   2000            /* it is on the same machine: silence means that there is none */
#define TOKEN_LIFE    "21600"         /* seconds; the longest IMDSv2 gives */
#define KEPT_MS       (5 * 60 * 1000) /* where nobody said how long they are good */
#define KEPT_LEAST_MS (5 * 1000)      /* no more often than this, however near the end is */
#define KEPT_MOST_MS  (60 * 60 * 1000)
#define EARLY_MS      (2 * 60 * 1000) /* new keys are there well before the old ones end */
#define FETCH_MS      (90 * 1000)     /* after this whoever fetches is taken for dead */
#define LOOK_MS       15              /* the host cannot wake one operation from another */
#define FAILED_MS     500             /* a failure is the answer for all who ask within it */

/* ---- settings --------------------------------------------------------------------------------------------
 */

static bool refuse(struct lf_diag *why, const char *path, const char *summary, const char *advice)
{
    why->path = path;
    why->summary = summary;
    why->advice = advice;
    return false;
}

static const char one_source[] =
    "give access_key and secret_key, or credentials_file and profile, or credentials_command, or "
    "`credentials: instance`";

/* A handle is kept as it came; null counts as absent. */
static const struct lf_value *handle(const struct kit *kit, const struct lf_value *settings, const char *name)
{
    return kit_has(kit, settings, name) ? kit_get(kit, settings, name) : NULL;
}

static bool copy(char **out, const char *text, struct lf_diag *why)
{
    *out = text ? strdup(text) : NULL;
    return !text || *out || refuse(why, NULL, "out of memory", NULL);
}

static bool init_keys(struct kit_aws_creds *creds, const struct lf_value *settings, struct lf_diag *why)
{
    creds->access_key = handle(&creds->kit, settings, "access_key");
    creds->secret_key = handle(&creds->kit, settings, "secret_key");
    creds->session_token = handle(&creds->kit, settings, "session_token");
    if (creds->access_key && creds->secret_key)
        return true;
    return refuse(why, creds->access_key ? "secret_key" : "access_key",
                  "access_key and secret_key belong together",
                  "write both: `!secret env:AWS_ACCESS_KEY_ID` and `!secret env:AWS_SECRET_ACCESS_KEY`");
}

static bool init_file(struct kit_aws_creds *creds, const struct lf_value *settings, struct lf_diag *why)
{
    const char *file = kit_get_text(&creds->kit, settings, "credentials_file");
    const char *profile = kit_get_text(&creds->kit, settings, "profile");
    if (!file || !file[0] || !profile || !profile[0])
        return refuse(why, file && file[0] ? "profile" : "credentials_file",
                      "credentials_file and profile belong together",
                      "write both; no profile is taken for granted");
    if (file[0] == '~')
        return refuse(why, "credentials_file", "a '~' in front of a path is not expanded",
                      "write the whole path, or one relative to the project");
    return copy(&creds->file, file, why) && copy(&creds->profile, profile, why);
}

static bool init_instance(struct kit_aws_creds *creds, const struct lf_value *settings, struct lf_diag *why)
{
    const char *word = kit_get_text(&creds->kit, settings, "credentials");
    const char *at = kit_get_text(&creds->kit, settings, "metadata_endpoint");
    if (!word || strcmp(word, "instance") != 0)
        return refuse(why, "credentials", "credentials can only be 'instance'", one_source);
    if (!at || (strncmp(at, "http://", 7) != 0 && strncmp(at, "https://", 8) != 0))
        return refuse(why, "metadata_endpoint", "the address of the metadata service is no URL",
                      "leave it away, or write http://ADDRESS");
    return copy(&creds->metadata, at, why);
}

/* Any of its settings says that this is the source that is meant. */
static const struct {
    const char *settings[3];
    enum kit_aws_source source;
    bool (*init)(struct kit_aws_creds *creds, const struct lf_value *settings, struct lf_diag *why);
} sources[] = {
    {{"access_key", "secret_key", "session_token"}, KIT_AWS_KEYS, init_keys},
    {{"credentials_file", "profile", NULL}, KIT_AWS_FILE, init_file},
    {{"credentials_command", "credentials_environment", NULL}, KIT_AWS_COMMAND, kit_aws_command_init},
    {{"credentials", NULL, NULL}, KIT_AWS_INSTANCE, init_instance},
};
#define SOURCES (sizeof(sources) / sizeof(sources[0]))

bool kit_aws_creds_init(struct kit_aws_creds *creds, const struct kit *kit, const struct lf_value *settings,
                        struct lf_diag *why)
{
    size_t found = SOURCES, count = 0;
    *creds = (struct kit_aws_creds){.kit = *kit};
    for (size_t i = 0; i < SOURCES; i++) {
        bool meant = false;
        for (size_t at = 0; at < 3 && sources[i].settings[at]; at++)
            meant |= kit_has(kit, settings, sources[i].settings[at]);
        found = meant ? i : found;
        count += meant ? 1 : 0;
    }
    if (count != 1)
        return refuse(why, NULL,
                      count == 0 ? "there are no AWS credentials"
                                 : "AWS credentials come from more than one place",
                      one_source);
    creds->source = sources[found].source;
    if (sources[found].init(creds, settings, why))
        return true;
    kit_aws_creds_done(creds);
    return false;
}

static void wipe(char **text)
{
    if (*text)
        explicit_bzero(*text, strlen(*text));
    free(*text);
    *text = NULL;
}

static void drop(struct kit_aws_creds *creds)
{
    wipe(&creds->held.access_key);
    wipe(&creds->held.secret_key);
    wipe(&creds->held.session_token);
    creds->held_until_ms = 0;
}

void kit_aws_creds_stale(struct kit_aws_creds *creds, const char *access_key)
{
    if (creds->held.access_key && strcmp(creds->held.access_key, access_key) == 0)
        drop(creds);
}

static void forget_failure(struct kit_aws_creds *creds)
{
    wipe(&creds->failed.path);
    wipe(&creds->failed.summary);
    wipe(&creds->failed.detail);
    wipe(&creds->failed.advice);
}

void kit_aws_creds_done(struct kit_aws_creds *creds)
{
    drop(creds);
    forget_failure(creds);
    free(creds->file);
    free(creds->profile);
    free(creds->metadata);
    kit_aws_command_done(creds);
}

bool kit_aws_creds_renew(const struct kit_aws_creds *creds)
{
    return creds->source != KIT_AWS_KEYS;
}

/* ---- one who asks ----------------------------------------------------------------------------------------
 */

struct asking {
    struct kit_aws_creds *creds;
    kit_aws_key_fn *fn;
    void *user;
    const char *token; /* of IMDSv2 */
};

/* of_secret arms the output filter: a service may quote the token it does not like. */
static void give(struct lf_op *op, const struct asking *asking, const char *access_key,
                 const struct lf_value *secret_key, const char *session_token)
{
    struct kit_aws_key key = {access_key, secret_key, session_token};
    asking->fn(op, &key, NULL, asking->user);
}

static void give_static(struct lf_op *op, const struct asking *asking)
{
    const struct kit_aws_creds *creds = asking->creds;
    const struct lf_values *values = creds->kit.values;
    const char *access_key = values->reveal(op, creds->access_key, NULL);
    const char *token = creds->session_token ? values->reveal(op, creds->session_token, NULL) : NULL;
    if (access_key && (token || !creds->session_token)) {
        give(op, asking, access_key, creds->secret_key, token);
        return;
    }
    struct kit_aws_trouble trouble = {.what = "credentials",
                                      .path = access_key ? "session_token" : "access_key",
                                      .summary = "the AWS keys cannot be read",
                                      .final = true};
    asking->fn(op, NULL, &trouble, asking->user);
}

static void give_held(struct lf_op *op, const struct asking *asking)
{
    const struct kit *kit = &asking->creds->kit;
    const struct kit_aws_keys *held = &asking->creds->held;
    const char *token = NULL;
    if (held->session_token) {
        size_t len = strlen(held->session_token);
        token = kit_copy(kit, op, held->session_token, len);
        (void)kit->values->of_secret(op, token, len);
    }
    give(op, asking, kit_copy(kit, op, held->access_key, strlen(held->access_key)),
         kit->values->of_secret(op, held->secret_key, strlen(held->secret_key)), token);
}

static char *heap_copy(const char *text)
{
    return text ? strdup(text) : NULL;
}

static void fetch_failed(struct lf_op *op, const struct asking *asking, const struct kit_aws_trouble *trouble)
{
    struct kit_aws_creds *creds = asking->creds;
    forget_failure(creds);
    creds->asked_until_ms = 0;
    creds->failed_until_ms = creds->kit.ops->now_ms(op) + FAILED_MS;
    creds->failed.path = heap_copy(trouble->path);
    creds->failed.summary = heap_copy(trouble->summary);
    creds->failed.detail = heap_copy(trouble->detail);
    creds->failed.advice = heap_copy(trouble->advice);
    creds->failed.final = trouble->final;
    asking->fn(op, NULL, trouble, asking->user);
}

static void fetch_canceled(struct lf_op *op, const struct asking *asking)
{
    asking->creds->asked_until_ms = 0;
    asking->fn(op, NULL, NULL, asking->user);
}

static void fetch_done(struct lf_op *op, const struct asking *asking, const struct kit_aws_found *found)
{
    struct kit_aws_creds *creds = asking->creds;
    int64_t kept = found->left_ms > 0 ? found->left_ms - EARLY_MS : KEPT_MS;
    kept = kept < KEPT_LEAST_MS ? KEPT_LEAST_MS : kept > KEPT_MOST_MS ? KEPT_MOST_MS : kept;
    drop(creds);
    creds->asked_until_ms = 0;
    creds->held = (struct kit_aws_keys){.access_key = heap_copy(found->access_key),
                                        .secret_key = heap_copy(found->secret_key),
                                        .session_token = heap_copy(found->session_token)};
    if (creds->held.access_key && creds->held.secret_key &&
        (creds->held.session_token || !found->session_token)) {
        creds->held_until_ms = creds->kit.ops->now_ms(op) + kept;
        give_held(op, asking);
        return;
    }
    struct kit_aws_trouble trouble = {.what = "credentials", .summary = "out of memory"};
    drop(creds);
    fetch_failed(op, asking, &trouble);
}

/* ---- a file ----------------------------------------------------------------------------------------------
 */

static void file_read(struct lf_op *op, const struct lf_reply *reply, void *user)
{
    const struct asking *asking = user;
    const struct kit *kit = &asking->creds->kit;
    const char *file = asking->creds->file;
    uint32_t sent = kit->host->http->sent(reply), status = kit->host->http->status(reply);
    size_t len = 0;
    const char *bytes = kit->host->http->body(reply, &len);
    struct kit_aws_found found = {0};
    struct kit_aws_trouble trouble = {
        .what = "credentials",
        .path = "credentials_file",
        .summary = kit_format(kit, op, "cannot read the credentials file '%s'", file),
        .advice = "give this user the file, or write another path",
        .final = status == 403 || status == 404,
    };
    if (sent == LF_SENT_CANCELED) {
        fetch_canceled(op, asking);
        return;
    }
    bool good = sent == LF_SENT_REPLY && status == 200;
    if (!good)
        trouble.detail = kit_copy(kit, op, bytes, len);
    if (good && kit_aws_profile_parse(kit, op, bytes, len, file, asking->creds->profile, &found, &trouble))
        fetch_done(op, asking, &found);
    else
        fetch_failed(op, asking, &trouble);
}

/* ---- a command -------------------------------------------------------------------------------------------
 */

static void command_ran(struct lf_op *op, const struct kit_aws_found *found,
                        const struct kit_aws_trouble *trouble, void *user)
{
    const struct asking *asking = user;
    if (found)
        fetch_done(op, asking, found);
    else if (trouble)
        fetch_failed(op, asking, trouble);
    else
        fetch_canceled(op, asking);
}

/* ---- the instance's metadata ------------------------------------------------------------------------------
 */

static void metadata_failed(struct lf_op *op, const struct asking *asking, const struct kit_http_reply *reply,
                            const char *doing)
{
    const struct kit *kit = &asking->creds->kit;
    struct kit_http_words words =
        kit_http_words(kit, op, reply, "the instance metadata service", doing, NULL);
    bool denied = reply->status == 401 || reply->status == 403 || reply->status == 404;
    struct kit_aws_trouble trouble = {
        .what = "credentials",
        .path = "credentials",
        .summary = words.summary,
        .detail = words.detail,
        .advice = "run landfall on an EC2 instance that has a role and IMDSv2, or choose other credentials",
        .final = denied,
    };
    fetch_failed(op, asking, &trouble);
}

static void metadata_get(struct lf_op *op, const struct asking *asking, const char *path, kit_http_fn *fn)
{
    const struct kit *kit = &asking->creds->kit;
    const struct lf_header header = {"X-aws-ec2-metadata-token", asking->token};
    struct kit_http_ask ask = {
        .method = "GET",
        .url = kit_format(kit, op, "%s%s", asking->creds->metadata, path),
        .headers = &header,
        .header_count = 1,
        .timeout_ms = METADATA_MS,
    };
    kit_http_send(kit, op, &ask, fn, (void *)(uintptr_t)asking);
}

static const char roles_path[] = "/latest/meta-data/iam/security-credentials/";

static void got_keys(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    const struct asking *asking = user;
    const struct kit *kit = &asking->creds->kit;
    const char *doing = "give keys for the instance's role";
    if (reply->sent == LF_SENT_CANCELED) {
        fetch_canceled(op, asking);
        return;
    }
    struct kit_aws_found found = {.access_key = kit_get_text(kit, reply->json, "AccessKeyId"),
                                  .secret_key = kit_get_text(kit, reply->json, "SecretAccessKey"),
                                  .session_token = kit_get_text(kit, reply->json, "Token")};
    const char *word = kit_get_text(kit, reply->json, "Code");
    bool good = reply->status == 200 && found.access_key && found.secret_key && found.session_token &&
                (!word || strcmp(word, "Success") == 0);
    if (!good && reply->status == 200) {
        /* Never the body: it may hold a key. */
        struct kit_aws_trouble trouble = {
            .what = "credentials",
            .path = "credentials",
            .summary = "the instance metadata service gave no whole set of keys",
            .detail = word ? kit_format(kit, op, "it says '%.80s'", word) : NULL,
            .advice = "look at the role of this instance",
        };
        fetch_failed(op, asking, &trouble);
        return;
    }
    if (!good) {
        metadata_failed(op, asking, reply, doing);
        return;
    }
    if (!kit_aws_left(kit_get_text(kit, reply->json, "Expiration"),
                      kit->host->http->header(reply->raw, "Date"), &found.left_ms))
        found.left_ms = 0;
    fetch_done(op, asking, &found);
}

/* The list has one line: an instance has one role. */
static void got_role(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    const struct asking *asking = user;
    const struct kit *kit = &asking->creds->kit;
    size_t len = strcspn(reply->body, "\r\n");
    const char *role = kit_copy(kit, op, reply->body, len);
    if (reply->sent == LF_SENT_CANCELED)
        fetch_canceled(op, asking);
    else if (reply->status != 200 || len == 0)
        metadata_failed(op, asking, reply, "name the instance's role");
    else
        metadata_get(op, asking, kit_format(kit, op, "%s%s", roles_path, kit_http_encode(kit, op, role)),
                     got_keys);
}

static void got_token(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct asking *asking = user;
    if (reply->sent == LF_SENT_CANCELED) {
        fetch_canceled(op, asking);
    } else if (reply->status != 200 || reply->body_len == 0) {
        metadata_failed(op, asking, reply, "open a session");
    } else {
        asking->token = reply->body;
        metadata_get(op, asking, roles_path, got_role);
    }
}

static void ask_metadata(struct lf_op *op, struct asking *asking)
{
    const struct kit *kit = &asking->creds->kit;
    const struct lf_header header = {"X-aws-ec2-metadata-token-ttl-seconds", TOKEN_LIFE};
    struct kit_http_ask ask = {
        .method = "PUT",
        .url = kit_format(kit, op, "%s/latest/api/token", asking->creds->metadata),
        .headers = &header,
        .header_count = 1,
        .flags = LF_SEND_SAFE,
        .timeout_ms = METADATA_MS,
    };
    kit_http_send(kit, op, &ask, got_token, asking);
}

/* ---- taking turns ----------------------------------------------------------------------------------------
 */

static void get(struct lf_op *op, struct asking *asking);

static void look_again(struct lf_op *op, void *user, int canceled)
{
    struct asking *asking = user;
    if (canceled)
        asking->fn(op, NULL, NULL, asking->user);
    else
        get(op, asking);
}

/* Whoever asks while a fetch failed takes its word: one silent metadata service is asked once, not once
 * for each of a thousand records. */
static void give_failure(struct lf_op *op, const struct asking *asking)
{
    const struct kit_aws_creds *creds = asking->creds;
    struct kit_aws_trouble trouble = {
        .what = "credentials",
        .path = creds->failed.path,
        .summary = creds->failed.summary,
        .detail = creds->failed.detail,
        .advice = creds->failed.advice,
        .final = creds->failed.final,
    };
    const char **texts[] = {&trouble.path, &trouble.summary, &trouble.detail, &trouble.advice};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        *texts[i] = *texts[i] ? kit_copy(&creds->kit, op, *texts[i], strlen(*texts[i])) : NULL;
    asking->fn(op, NULL, &trouble, asking->user);
}

static void get(struct lf_op *op, struct asking *asking)
{
    struct kit_aws_creds *creds = asking->creds;
    int64_t now = creds->kit.ops->now_ms(op);
    if (creds->held_until_ms > now) {
        give_held(op, asking);
    } else if (creds->failed_until_ms > now) {
        give_failure(op, asking);
    } else if (creds->asked_until_ms > now) {
        creds->kit.ops->after(op, LOOK_MS, look_again, asking);
    } else {
        creds->asked_until_ms = now + FETCH_MS;
        if (creds->source == KIT_AWS_FILE)
            creds->kit.host->files->read(op, creds->file, FILE_MOST, file_read, asking);
        else if (creds->source == KIT_AWS_COMMAND)
            kit_aws_command_run(creds, op, command_ran, asking);
        else
            ask_metadata(op, asking);
    }
}

void kit_aws_creds_get(struct kit_aws_creds *creds, struct lf_op *op, kit_aws_key_fn *fn, void *user)
{
    struct asking *asking = creds->kit.ops->scratch(op, sizeof(*asking));
    *asking = (struct asking){.creds = creds, .fn = fn, .user = user};
    if (creds->source == KIT_AWS_KEYS)
        give_static(op, asking);
    else
        get(op, asking);
}
