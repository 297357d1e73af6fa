/* What the error codes of AWS mean.  They come with all kinds of HTTP statuses: throttling as 400 or 503,
 * bad keys as 403 or 400, so the code is asked first. */
#include "kit_aws_creds.h"

#include <string.h>

#define SAID_MOST 400 /* of its own words */

struct kind {
    const char *what;
    uint32_t end;        /* LF_END_*; 0: as kit_http_end says */
    const char *summary; /* of the service and what was being done */
    const char *advice;
};

static const struct kind throttled = {"throttled", LF_END_RETRY, "%s asks to slow down and did not %s",
                                      "lower the pool's rate in landfall.yaml when this happens often: the "
                                      "limit is shared by all that use this account"};
static const struct kind busy = {"busy", LF_END_RETRY,
                                 "%s is still at work on an earlier request and did not %s", NULL};
static const struct kind stale = {
    "credentials", LF_END_REFUSED, "the temporary keys for %s have run out, and it did not %s",
    "get new ones, with their session token, and start landfall again: `landfall resume` goes on"};
static const struct kind keys = {
    "credentials", LF_END_REFUSED, "%s does not know these keys and did not %s",
    "see that access key, secret key and session token belong together, are active and of this partition"};
static const struct kind skewed = {
    "clock", LF_END_REFUSED, "%s finds the time of the request wrong and did not %s",
    "set the clock of this machine (chronyc tracking): AWS allows five minutes of difference"};
static const struct kind bad_signature = {
    "signature", LF_END_REFUSED, "%s does not accept the signature of the request to %s",
    "see that secret key and access key belong together, that region and endpoint are the service's own, and "
    "that this machine's clock is right"};
static const struct kind denied = {"forbidden", LF_END_REFUSED, "%s does not allow these credentials to %s",
                                   "give their user or role the permissions listed in the driver's README"};
static const struct kind offered = {
    "not_offered", LF_END_REFUSED, "%s is not open to this account, and did not %s",
    "enable the service or the region for the account (AWS console), or build in another region"};
static const struct kind trouble = {
    "trouble", 0, "%s is in trouble and may or may not have begun to %s",
    "look at https://health.aws.amazon.com; landfall looks before it sends again"};

static const struct {
    const char *code;
    const struct kind *kind;
} codes[] = {
    {"Throttling", &throttled},
    {"ThrottlingException", &throttled},
    {"ThrottledException", &throttled},
    {"Throttled", &throttled},
    {"RequestThrottled", &throttled},
    {"RequestThrottledException", &throttled},
    {"RequestLimitExceeded", &throttled},
    {"TooManyRequestsException", &throttled},
    {"BandwidthLimitExceeded", &throttled},
    {"SlowDown", &throttled},
    {"PriorRequestNotComplete", &busy},
    {"ExpiredToken", &stale},
    {"ExpiredTokenException", &stale},
    {"TokenRefreshRequired", &stale},
    {"InvalidClientTokenId", &keys},
    {"InvalidAccessKeyId", &keys},
    {"UnrecognizedClientException", &keys},
    {"InvalidToken", &keys},
    {"AuthFailure", &keys},
    {"MissingAuthenticationToken", &keys},
    {"MissingAuthenticationTokenException", &keys},
    {"RequestExpired", &skewed},
    {"RequestTimeTooSkewed", &skewed},
    {"SignatureDoesNotMatch", &bad_signature},
    {"InvalidSignatureException", &bad_signature},
    {"IncompleteSignature", &bad_signature},
    {"IncompleteSignatureException", &bad_signature},
    {"AccessDenied", &denied},
    {"AccessDeniedException", &denied},
    {"AuthorizationError", &denied},
    {"NotAuthorized", &denied},
    {"UnauthorizedOperation", &denied},
    {"OptInRequired", &offered},
    {"InternalFailure", &trouble},
    {"InternalError", &trouble},
    {"InternalServerError", &trouble},
    {"InternalServiceError", &trouble},
    {"ServiceUnavailable", &trouble},
    {"ServiceUnavailableException", &trouble},
};

static const struct kind *kind_of(const struct kit_aws_reply *reply)
{
    if (reply->http.sent != LF_SENT_REPLY || !reply->code || reply->http.status < 300)
        return NULL;
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (strcmp(codes[i].code, reply->code) != 0)
            continue;
        /* A signature that is too old is told as one that does not match. */
        bool late = reply->message && (strstr(reply->message, "Signature expired") ||
                                       strstr(reply->message, "Signature not yet current"));
        return codes[i].kind == &bad_signature && late ? &skewed : codes[i].kind;
    }
    return NULL;
}

bool kit_aws_error_is_stale(const struct kit_aws_reply *reply)
{
    return kind_of(reply) == &stale;
}

bool kit_aws_is(const struct kit_aws_reply *reply, const char *code)
{
    return reply->http.sent == LF_SENT_REPLY && reply->http.status >= 300 && reply->code &&
           strcmp(reply->code, code) == 0;
}

uint32_t kit_aws_end(const struct kit_aws_reply *reply, bool changes)
{
    const struct kind *kind = kind_of(reply);
    if (reply->trouble && reply->http.sent == LF_SENT_NOT)
        return reply->trouble->final ? LF_END_REFUSED : LF_END_RETRY;
    /* Nothing was done with keys that had run out, and the next request is signed with new ones. */
    if (kind == &stale && reply->renews)
        return LF_END_RETRY;
    /* An error code of trouble is in doubt, whatever status it came with. */
    if (kind == &trouble)
        return changes ? LF_END_UNSURE : LF_END_CANNOT_TELL;
    return kind ? kind->end : kit_http_end(&reply->http, changes);
}

struct lf_result kit_aws_result(const struct kit_aws_reply *reply, bool changes)
{
    struct lf_result result = kit_result(kit_aws_end(reply, changes));
    if (result.status == LF_END_RETRY)
        result.retry_after_ms = reply->http.retry_after_ms;
    return result;
}

/* ---- in words --------------------------------------------------------------------------------------------
 */

/* "Throttling: Rate exceeded (request 1f2a...)"; NULL: it said nothing of its own. */
static const char *said(const struct kit *kit, struct lf_op *op, const struct kit_aws_reply *reply,
                        const struct kind *kind)
{
    if (reply->http.sent != LF_SENT_REPLY || !reply->code)
        return NULL;
    struct kit_text text = {0};
    /* What follows is everything that was signed, line by line: no help to anybody, and the token is in it.
     */
    const char *canonical = reply->message ? strstr(reply->message, "The Canonical String") : NULL;
    size_t len = canonical        ? (size_t)(canonical - reply->message)
                 : reply->message ? strlen(reply->message)
                                  : 0;
    while (len > 0 && strchr(" \n", reply->message[len - 1]))
        len--;
    kit_text_print(kit, op, &text, "%.80s", reply->code);
    if (len > 0)
        kit_text_print(kit, op, &text, ": %.*s", (int)(len < SAID_MOST ? len : SAID_MOST), reply->message);
    const char *date = kind == &skewed ? kit->host->http->header(reply->http.raw, "Date") : NULL;
    if (date)
        kit_text_print(kit, op, &text, " (its own clock says %.40s)", date);
    if (reply->request_id)
        kit_text_print(kit, op, &text, " (request %.80s)", reply->request_id);
    return text.bytes;
}

/* All formats take the service and what was being done. */
static const char *fill(const struct kit *kit, struct lf_op *op, const char *format, const char *service,
                        const char *doing)
{
    struct kit_text text = {0};
    const char *before = strstr(format, "%s"), *after = strstr(before + 2, "%s");
    kit_text_print(kit, op, &text, "%.*s%s%.*s%s%s", (int)(before - format), format, service,
                   (int)(after - before - 2), before + 2, doing, after + 2);
    return text.bytes;
}

struct kit_http_words kit_aws_words(const struct kit_aws *aws, struct lf_op *op,
                                    const struct kit_aws_reply *reply, const char *doing)
{
    const struct kit *kit = kit_aws_kit(aws);
    const char *title = kit_aws_what(aws)->title;
    const struct kind *kind = kind_of(reply);
    if (reply->trouble && reply->trouble->summary)
        return (struct kit_http_words){reply->trouble->what, reply->trouble->summary, reply->trouble->detail,
                                       reply->trouble->advice};
    const char *words_of_theirs = said(kit, op, reply, kind);
    struct kit_http_words words = kit_http_words(kit, op, &reply->http, title, doing, words_of_theirs);
    if (kind) {
        words.what = kind->what;
        words.summary = fill(kit, op, kind->summary, title, doing);
        words.advice = kind->advice;
    }
    if (reply->http.sent == LF_SENT_NOT)
        words.advice =
            "see that this machine reaches the network and that `endpoint` in the drivers block is right";
    if (reply->http.sent == LF_SENT_NOT || reply->http.sent == LF_SENT_MAYBE)
        words.detail = kit_format(kit, op, "%s: %s", kit_aws_endpoint(aws), words.detail);
    return words;
}

static const char *code_of(const struct kit_aws *aws, struct lf_op *op, const struct kit_http_words *words)
{
    return kit_format(kit_aws_kit(aws), op, "%s.%s", kit_aws_what(aws)->driver, words->what);
}

void kit_aws_fail(const struct kit_aws *aws, struct kit_batch *batch, size_t i,
                  const struct kit_aws_reply *reply, const char *doing)
{
    bool changes = kit_changes(batch->reqs[i]) || batch->reqs[i]->verb == LF_VERB_CALL;
    struct lf_result result = kit_aws_result(reply, changes);
    if (result.status != LF_END_CANCELED) {
        struct kit_http_words words = kit_aws_words(aws, batch->op, reply, doing);
        kit_batch_note(batch, i, code_of(aws, batch->op, &words),
                       reply->trouble ? reply->trouble->path : NULL, words.summary, words.detail,
                       words.advice);
    }
    kit_batch_answer(batch, i, &result);
}

void kit_aws_note(const struct kit_aws *aws, struct lf_op *op, const struct kit_aws_reply *reply,
                  const char *doing)
{
    struct kit_http_words words = kit_aws_words(aws, op, reply, doing);
    kit_note(kit_aws_kit(aws), op, code_of(aws, op, &words), reply->trouble ? reply->trouble->path : NULL,
             words.summary, words.detail, words.advice);
}
