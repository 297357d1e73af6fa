/* Asking the API, and saying what came of it. */
#include "route53.h"

#include <stdio.h>
#include <string.h>

struct wish_for route53_for(const struct route53 *dns, struct lf_op *op)
{
    return (struct wish_for){.kit = &dns->kit, .op = op, .driver = "route53"};
}

const char *route53_hosted(const struct route53 *dns, struct lf_op *op, const char *id)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    const char *slash = id ? strrchr(id, '/') : NULL;
    /* The API's own limit of an id is 32. */
    if (!slash || !slash[1] || strlen(slash + 1) > 32 || slash[1 + strspn(slash + 1, letters)] != '\0')
        return NULL;
    return kit_copy(&dns->kit, op, slash + 1, strlen(slash + 1));
}

const char *route53_zone_id(const struct route53 *dns, struct lf_op *op, const char *name, const char *hosted)
{
    return kit_format(&dns->kit, op, "%s/%s", name, hosted);
}

const char *route53_path(const struct route53 *dns, struct lf_op *op, const char *format, ...)
{
    char rest[160];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(rest, sizeof(rest), format, args);
    va_end(args);
    return kit_format(&dns->kit, op, "/" ROUTE53_VERSION "/%s", rest);
}

void route53_ask(const struct route53 *dns, struct lf_op *op, const char *method, const char *path,
                 const struct kit_aws_pair *query, size_t count, kit_aws_fn *fn, void *user)
{
    struct kit_aws_ask ask = {.method = method, .path = path, .query = query, .query_count = count};
    kit_aws_send(dns->aws, op, &ask, fn, user);
}

void route53_post(const struct route53 *dns, struct lf_op *op, const char *path, const struct kit_text *xml,
                  kit_aws_fn *fn, void *user)
{
    struct kit_aws_ask ask = {
        .method = "POST", .path = path, .body = xml->bytes, .body_len = xml->len, .type = "application/xml"};
    kit_aws_send(dns->aws, op, &ask, fn, user);
}

bool route53_is_good(const struct kit_aws_reply *reply, const char *root)
{
    bool good = reply->http.sent == LF_SENT_REPLY && reply->http.status >= 200 && reply->http.status < 300;
    return good && reply->xml && strcmp(reply->xml->name, root) == 0;
}

/* ---- what is no answer ----------------------------------------------------------------------------------
 */

static bool is_success(const struct kit_aws_reply *reply)
{
    return reply->http.sent == LF_SENT_REPLY && reply->http.status >= 200 && reply->http.status < 300;
}

static const char garbled_code[] = "route53.garbled";
static const char garbled_advice[] =
    "look at what answers at the endpoint: a proxy that rewrites replies cannot be between";

static const char *garbled_summary(const struct route53 *dns, struct lf_op *op, const char *doing)
{
    return kit_format(&dns->kit, op, "Route 53 answered the request to %s in a way that cannot be read",
                      doing);
}

static const char *garbled_detail(const struct route53 *dns, struct lf_op *op,
                                  const struct kit_aws_reply *reply)
{
    return kit_format(&dns->kit, op, "HTTP %u, %zu bytes: %.200s", reply->http.status, reply->http.body_len,
                      reply->http.body);
}

void route53_fail(const struct route53 *dns, struct kit_batch *batch, size_t i,
                  const struct kit_aws_reply *reply, const char *doing)
{
    if (!is_success(reply)) {
        kit_aws_fail(dns->aws, batch, i, reply, doing);
        return;
    }
    kit_batch_note(batch, i, garbled_code, NULL, garbled_summary(dns, batch->op, doing),
                   garbled_detail(dns, batch->op, reply), garbled_advice);
    kit_batch_status(batch, i, kit_changes(batch->reqs[i]) ? LF_END_UNSURE : LF_END_CANNOT_TELL);
}

void route53_end(const struct route53 *dns, struct lf_op *op, const struct kit_aws_reply *reply,
                 const char *doing)
{
    if (is_success(reply)) {
        kit_note(&dns->kit, op, garbled_code, NULL, garbled_summary(dns, op, doing),
                 garbled_detail(dns, op, reply), garbled_advice);
        kit_finish(&dns->kit, op, LF_END_CANNOT_TELL);
        return;
    }
    struct lf_result result = kit_aws_result(reply, false);
    if (result.status != LF_END_CANCELED)
        kit_aws_note(dns->aws, op, reply, doing);
    dns->kit.ops->finish(op, &result);
}

/* ---- the mark in a comment ------------------------------------------------------------------------------
 */

static const char comment_word[] = "landfall ";
static const char comment_bar[] = " | ";
#define COMMENT_MOST 256 /* characters, the API's limit */

const char *route53_comment(const struct route53 *dns, struct lf_op *op, const struct lf_request *req,
                            const char *before)
{
    const struct route53_mark old = route53_comment_mark(dns, op, before);
    const char *bar = before ? strstr(before, comment_bar) : NULL;
    const char *theirs = old.marker ? (bar ? bar + strlen(comment_bar) : "") : before ? before : "";
    /* An address may be of any length; the marker must be whole. */
    char *comment = kit_format(&dns->kit, op, "%s%s %.120s%s%s", comment_word, req->marker,
                               req->address ? req->address : "", theirs[0] ? comment_bar : "", theirs);
    if (strlen(comment) > COMMENT_MOST) {
        size_t end = COMMENT_MOST;
        while (end > 0 && ((unsigned char)comment[end] & 0xC0) == 0x80) /* not within a character of UTF-8 */
            end--;
        comment[end] = '\0';
    }
    return comment;
}

struct route53_mark route53_comment_mark(const struct route53 *dns, struct lf_op *op, const char *comment)
{
    struct route53_mark mark = {0};
    size_t word = strlen(comment_word);
    if (!comment || strncmp(comment, comment_word, word) != 0 || strncmp(comment + word, "lf1.", 4) != 0)
        return mark;
    const char *from = comment + word, *bar = strstr(from, comment_bar);
    size_t len = strcspn(from, " "), whole = bar ? (size_t)(bar - from) : strlen(from);
    mark.marker = kit_copy(&dns->kit, op, from, len);
    if (whole > len + 1)
        mark.address = kit_copy(&dns->kit, op, from + len + 1, whole - len - 1);
    return mark;
}
