#include "io/http.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/peer.h"
#include "io/heap.h"
#include "io/http_curl.h"
#include "io/kernel.h"

#define TIMEOUT_MS   30000
#define BODY_MAX     ((size_t)64 << 20)
#define HEADER_MAX   ((size_t)256 << 10) /* all headers of one reply */
#define HEADER_COUNT 1000
#define RETRY_MAX_MS 3600000
#define SLOW_SECONDS 60L /* above the longest poll a service offers (20 s at SQS) */
#define IDLE_SECONDS                                                                                         \
    4L /* below the shortest keep-alive in wide use (5 s at Node): a reused connection that                  \
          dies under a request leaves it in doubt */
#define CONNECTIONS_MAX 64L

struct http {
    struct loop *loop;
    struct http_limits limits;
    struct http_curl curl;
    CURLM *multi; /* NULL until the first request */
    struct loop_timer *timer;
    struct http_request *requests;
    const struct http_tap *tap; /* or NULL */
};

struct http_request {
    struct http *http;
    struct http_request *next, *prev;
    int64_t started_ms;
    http_reply_fn *fn;
    void *user;
    struct arena *mem;
    CURL *easy; /* NULL: refused before anything happened */
    CURLU *url;
    struct curl_slist *headers;
    struct loop_timer *refusal;
    struct http_reply instead; /* what the refusal says */
    bool is_altered;           /* the tap wants to see what came */
    bool is_safe;              /* GET or HEAD: may be sent twice */
    bool is_plain;             /* http, no TLS */
    bool began;                /* bytes of the request may have left */
    const char *why;
    char words[CURL_ERROR_SIZE];
    ARRAY(struct http_header) got;
    size_t got_bytes;
    struct buf body;
};

/* ---- the life of a request ---- */

static struct http_request *new_request(struct http *h, http_reply_fn *fn, void *user)
{
    struct http_request *r = heap_new(sizeof(*r));
    r->http = h;
    r->started_ms = loop_now_ms(h->loop);
    r->fn = fn;
    r->user = user;
    r->mem = arena_new();
    buf_init(&r->body, h->limits.body_max);
    r->next = h->requests;
    if (r->next)
        r->next->prev = r;
    h->requests = r;
    return r;
}

/* Takes it out of curl and of the list; its memory stays until free_request. */
static void detach(struct http_request *r)
{
    struct http *h = r->http;
    loop_timer_cancel(r->refusal);
    r->refusal = NULL;
    if (r->easy) {
        h->curl.multi_remove_handle(h->multi, r->easy);
        h->curl.easy_cleanup(r->easy);
    }
    if (r->prev)
        r->prev->next = r->next;
    else
        h->requests = r->next;
    if (r->next)
        r->next->prev = r->prev;
}

static void free_request(struct http_request *r)
{
    struct http *h = r->http;
    if (h->multi) {
        h->curl.url_cleanup(r->url);
        h->curl.slist_free_all(r->headers);
    }
    ARRAY_DONE(&r->got);
    buf_done(&r->body);
    arena_free(r->mem);
    free(r);
}

/* Seconds, or a date by the loop's clock. */
static uint32_t retry_after(const struct http_request *r)
{
    const char *text = NULL;
    for (size_t i = 0; i < r->got.count; i++)
        if (strcasecmp(r->got.at[i].name, "retry-after") == 0)
            text = r->got.at[i].value;
    if (!text || !*text)
        return 0;
    int64_t ms = 0;
    if (text[strspn(text, "0123456789")] == '\0') {
        for (; *text && ms < RETRY_MAX_MS; text++)
            ms = ms * 10 + (int64_t)(*text - '0') * 1000;
    } else {
        const struct tick *tick = loop_tick(r->http->loop);
        time_t date = r->http->curl.getdate(text, NULL);
        ms = date < 0 ? 0 : (int64_t)date * 1000 - tick->wall_ms(tick->user);
    }
    if (ms > RETRY_MAX_MS)
        ms = RETRY_MAX_MS;
    return ms > 0 ? (uint32_t)ms : 0;
}

/* Of the first certificate that the server showed, its own.  On a connection that was used before curl has
 * none to tell of. */
static int64_t certificate_left(const struct http_request *r)
{
    static const char field[] = "Expire date:";
    struct curl_certinfo *shown = NULL;
    if (r->http->curl.easy_getinfo(r->easy, CURLINFO_CERTINFO, &shown) != CURLE_OK || !shown ||
        shown->num_of_certs < 1)
        return -1;
    for (const struct curl_slist *line = shown->certinfo[0]; line; line = line->next) {
        if (strncmp(line->data, field, strlen(field)) != 0)
            continue;
        const struct tick *tick = loop_tick(r->http->loop);
        time_t ends = r->http->curl.getdate(line->data + strlen(field), NULL);
        int64_t left = (int64_t)ends - tick->wall_ms(tick->user) / 1000;
        return ends < 0 ? -1 : left > 0 ? left : 0;
    }
    return -1;
}

/* Without a reply all depends on whether a byte of the request can have reached the service.  Before curl is
 * about to write, none has: no address, no connection, no trust.  After that only one case is certain: over
 * plain TCP the kernel took no byte.  Over TLS a record may have left although the write is reported as not
 * done, so nothing is certain there. */
static enum http_sent certainty(struct http_request *r)
{
    long written = 1;
    if (!r->began)
        return HTTP_NOT_SENT;
    if (r->is_plain && r->http->curl.easy_getinfo(r->easy, CURLINFO_REQUEST_SIZE, &written) == CURLE_OK)
        return written > 0 ? HTTP_MAYBE_SENT : HTTP_NOT_SENT;
    return HTTP_MAYBE_SENT;
}

/* What is wrong with a certificate, by the number OpenSSL gives it; curl's words leave out what to do.  The
 * name is compared before there is a number: libcurl has its own "not yet" (1) then. */
static const struct {
    long number;
    const char *words;
} certificate_faults[] = {
    {0, "the server's certificate is for another name than the one that was asked"},
    {1, "the server's certificate is for another name than the one that was asked"},
    {9, "the server's certificate is not valid yet: look at the clocks of both machines"},
    {10, "the server's certificate has expired: renew it"},
    {18, "the server's certificate is signed by itself alone: name it below http.ca_file in landfall.yaml"},
    {19, "the server's certificate comes from an authority that is not trusted here: name that authority's "
         "below http.ca_file in landfall.yaml"},
    {20, "the server's certificate comes from an authority that is not trusted here: name that authority's "
         "below http.ca_file in landfall.yaml"},
    {23, "the server's certificate was revoked"},
};

static const char *words_of(struct http_request *r, CURLcode code)
{
    const struct http_curl *c = &r->http->curl;
    const char *plain = r->words[0] ? r->words : c->easy_strerror(code);
    long number = -1;
    if (r->why)
        return r->why;
    if (code != CURLE_PEER_FAILED_VERIFICATION ||
        c->easy_getinfo(r->easy, CURLINFO_SSL_VERIFYRESULT, &number) != CURLE_OK)
        return plain;
    for (size_t i = 0; i < COUNT_OF(certificate_faults); i++) {
        if (certificate_faults[i].number == number)
            return arena_print(r->mem, "%s (%s)", certificate_faults[i].words, plain);
    }
    return plain;
}

static void settle(struct http_request *r, CURLcode code)
{
    struct http_reply reply = {.sent = HTTP_REPLY, .body = "", .certificate_left_s = -1};
    long status = 0;
    if (code == CURLE_OK)
        r->http->curl.easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
    if (code == CURLE_OK && status > 0) {
        reply.status = (uint32_t)status;
        reply.headers = r->got.at;
        reply.header_count = r->got.count;
        reply.body = r->body.at;
        reply.body_count = r->body.count;
        reply.retry_after_ms = retry_after(r);
        reply.took_ms = (uint64_t)(loop_now_ms(r->http->loop) - r->started_ms);
        reply.certificate_left_s = certificate_left(r);
    } else {
        reply.sent = certainty(r);
        reply.error = words_of(r, code);
    }
    if (r->is_altered && r->http->tap)
        r->http->tap->arrives(r->http->tap->user, &reply);
    detach(r);
    r->fn(r->user, &reply);
    free_request(r);
}

static void on_refusal(void *user)
{
    struct http_request *r = user;
    struct http_reply reply = r->instead;
    r->refusal = NULL;
    detach(r);
    r->fn(r->user, &reply);
    free_request(r);
}

static void answer_later(struct http_request *r, uint64_t ms, const struct http_reply *instead)
{
    r->instead = *instead;
    r->refusal = loop_after(r->http->loop, ms, on_refusal, r);
}

/* False: the tap keeps the request from leaving, and its answer is on its way. */
static bool passes_tap(struct http_request *r, const struct http_ask *ask)
{
    const struct http_tap *tap = r->http->tap;
    struct http_reply instead = {
        .sent = HTTP_MAYBE_SENT, .body = "", .error = "no reply came in time", .certificate_left_s = -1};
    enum http_tap_way way = tap ? tap->leaves(tap->user, ask, &instead) : HTTP_TAP_PASS;
    r->is_altered = way == HTTP_TAP_ALTER;
    if (way == HTTP_TAP_ANSWER)
        answer_later(r, 0, &instead);
    else if (way == HTTP_TAP_SILENT)
        answer_later(r, ask->timeout_ms ? ask->timeout_ms : TIMEOUT_MS, &instead);
    return way == HTTP_TAP_PASS || way == HTTP_TAP_ALTER;
}

/* ---- what curl asks for, during a transfer ---- */

/* Called each time curl is about to write a request.  It comes a second time when curl, on its own, repeats
 * one whose reused connection died: safe for GET, a possible duplicate for all else. */
static int before_request(void *user, char *peer, char *own, int peer_port, int own_port)
{
    struct http_request *r = user;
    (void)peer, (void)own, (void)peer_port, (void)own_port;
    if (r->began && !r->is_safe && certainty(r) != HTTP_NOT_SENT) {
        r->why = "the connection closed before a reply came";
        return CURL_PREREQFUNC_ABORT;
    }
    r->began = true;
    return CURL_PREREQFUNC_OK;
}

static size_t on_body(char *bytes, size_t one, size_t count, void *user)
{
    struct http_request *r = user;
    buf_add(&r->body, bytes, one * count);
    if (!r->body.full)
        return count;
    r->why = arena_print(r->mem, "the reply's body is over the limit of %zu bytes", r->body.cap);
    return 0;
}

static size_t on_header(char *line, size_t one, size_t count, void *user)
{
    struct http_request *r = user;
    size_t size = one * count;
    r->got_bytes += size;
    if (r->got_bytes > HEADER_MAX || r->got.count == HEADER_COUNT) {
        r->why = "the reply's headers are over the limit";
        return 0;
    }
    /* Another reply follows one of the 1xx kind; only the last one counts. */
    if (size >= 5 && memcmp(line, "HTTP/", 5) == 0) {
        r->got.count = 0;
        return count;
    }
    const char *colon = memchr(line, ':', size);
    if (!colon)
        return count;
    const char *start = colon + 1, *end = line + size;
    while (start < end && isspace((unsigned char)*start))
        start++;
    while (end > start && isspace((unsigned char)end[-1]))
        end--;
    struct http_header header = {
        .name = arena_text_n(r->mem, line, (size_t)(colon - line)),
        .value = arena_text_n(r->mem, start, (size_t)(end - start)),
    };
    ARRAY_PUSH(&r->got, header);
    return count;
}

/* ---- curl on the loop ---- */

static void tell_the_ended(struct http *h)
{
    int left;
    for (CURLMsg *m; (m = h->curl.multi_info_read(h->multi, &left));) {
        struct http_request *r = NULL;
        if (m->msg == CURLMSG_DONE && h->curl.easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &r) == CURLE_OK)
            settle(r, m->data.result);
    }
}

static void on_ready(void *user, int fd, uint32_t events)
{
    struct http *h = user;
    /* An error is not told apart: reading may still find a reply that came before it. */
    int seen =
        (events & LOOP_READABLE ? CURL_CSELECT_IN : 0) | (events & LOOP_WRITABLE ? CURL_CSELECT_OUT : 0);
    int running;
    h->curl.multi_socket_action(h->multi, fd, seen, &running);
    tell_the_ended(h);
}

static void on_timer(void *user)
{
    struct http *h = user;
    int running;
    h->timer = NULL;
    h->curl.multi_socket_action(h->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    tell_the_ended(h);
}

static int want_timer(CURLM *multi, long ms, void *user)
{
    struct http *h = user;
    (void)multi;
    loop_timer_cancel(h->timer);
    h->timer = ms < 0 ? NULL : loop_after(h->loop, (uint64_t)ms, on_timer, h);
    return 0;
}

static int want_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *socket)
{
    struct http *h = user;
    struct loop_watch *w = socket;
    (void)easy;
    loop_unwatch(w);
    w = NULL;
    if (what != CURL_POLL_REMOVE) {
        uint32_t events =
            (what & CURL_POLL_IN ? LOOP_READABLE : 0) | (what & CURL_POLL_OUT ? LOOP_WRITABLE : 0);
        w = loop_watch(h->loop, fd, events, on_ready, h);
    }
    h->curl.multi_assign(h->multi, fd, w);
    return 0;
}

static bool start_curl(struct http *h, struct err *err)
{
    if (h->multi)
        return true;
    if (!http_curl_load(&h->curl, err))
        return false;
    CURLM *multi = h->curl.multi_init();
    if (!multi)
        return err_set(err, "http.no_curl", "cannot start libcurl");
    h->curl.multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, want_socket);
    h->curl.multi_setopt(multi, CURLMOPT_SOCKETDATA, h);
    h->curl.multi_setopt(multi, CURLMOPT_TIMERFUNCTION, want_timer);
    h->curl.multi_setopt(multi, CURLMOPT_TIMERDATA, h);
    h->curl.multi_setopt(multi, CURLMOPT_MAXCONNECTS, CONNECTIONS_MAX);
    kernel_survive_closed_peers();
    h->multi = multi;
    return true;
}

/* ---- preparing a request ---- */

/* IPv6 addresses stand in brackets in a URL, and without them in a list of hosts. */
static bool may_be_plain(const struct http_limits *limits, const char *host)
{
    size_t size = strlen(host), skip = host[0] == '[' && size > 2 ? 1 : 0;
    for (size_t i = 0; i < limits->plain_count; i++) {
        const char *named = limits->plain[i];
        if (strlen(named) == size - 2 * skip && strncasecmp(named, host + skip, size - 2 * skip) == 0)
            return true;
    }
    return false;
}

/* Where a cloud's machine asks for its own keys.  It speaks plain http alone, and link-local addresses are
 * not routed: such a request does not leave the host it runs on. */
static bool host_is_metadata(const char *host)
{
    return strcmp(host, "169.254.169.254") == 0 || strcasecmp(host, "[fd00:ec2::254]") == 0;
}

/* Read by curl's own parser, and the result is what curl connects to: there is no second opinion on which
 * host a URL means. */
static bool check_url(struct http_request *r, const char *url, struct err *err)
{
    const struct http_curl *c = &r->http->curl;
    char *scheme = NULL, *host = NULL;
    bool good = false;
    r->url = c->url();
    /* As it is: with "/queues/.." taken for "/", a name would ask about, or delete, something else. */
    if (!r->url ||
        c->url_set(r->url, CURLUPART_URL, url, CURLU_DISALLOW_USER | CURLU_PATH_AS_IS) != CURLUE_OK ||
        c->url_get(r->url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
        c->url_get(r->url, CURLUPART_HOST, &host, 0) != CURLUE_OK) {
        err_set(err, "http.url", "'%s' is not a URL that can be asked", url);
        err_advise(err, "write https://HOST/PATH, percent-encoded, without user or password");
        goto out;
    }
    r->is_plain = strcmp(scheme, "http") == 0;
    if (!r->is_plain && strcmp(scheme, "https") != 0)
        err_set(err, "http.url", "cannot ask by '%s': only https and http", scheme);
    else if (r->is_plain && !peer_is_loopback(host) && !host_is_metadata(host) &&
             !may_be_plain(&r->http->limits, host))
        err_set(err, "http.plain",
                "will not send to '%s' without TLS: use https, or name the host below http.plain in "
                "landfall.yaml",
                host);
    else
        good = true;
out:
    c->free(scheme);
    c->free(host);
    return good;
}

/* RFC 9110 token, so that neither a method nor a name can smuggle in a line of its own. */
static bool is_token(const char *text)
{
    const char *rest = text;
    while (isalnum((unsigned char)*rest) || (*rest && strchr("!#$%&'*+-.^_`|~", *rest)))
        rest++;
    return *text && !*rest;
}

static void add_header(struct http_request *r, const char *line)
{
    const struct http_curl *c = &r->http->curl;
    struct curl_slist *longer = c->slist_append(r->headers, line);
    if (longer)
        r->headers = longer;
    else
        abort(); /* out of memory; a request that lacks a header must not leave */
}

static bool has_header(const struct http_ask *ask, const char *name)
{
    for (size_t i = 0; i < ask->header_count; i++)
        if (strcasecmp(ask->headers[i].name, name) == 0)
            return true;
    return false;
}

static bool add_headers(struct http_request *r, const struct http_ask *ask, struct err *err)
{
    for (size_t i = 0; i < ask->header_count; i++) {
        const struct http_header *h = &ask->headers[i];
        if (!is_token(h->name) || strpbrk(h->value, "\r\n"))
            return err_set(err, "http.header", "header '%s' has a character that HTTP does not allow",
                           h->name);
        /* curl's way to send an empty value ends with a semicolon. */
        add_header(r, *h->value ? arena_print(r->mem, "%s: %s", h->name, h->value)
                                : arena_print(r->mem, "%s;", h->name));
    }
    /* A header curl is told to leave out would be signed all the same (libcurl 7.88). */
    if (ask->aws_sigv4)
        return true;
    if (!has_header(ask, "expect"))
        add_header(r, "Expect:"); /* curl would send a big body twice */
    if (!has_header(ask, "content-type"))
        add_header(r, "Content-Type:"); /* curl would call it a form */
    return true;
}

static const struct {
    CURLoption option;
    long value;
} rules[] = {
    {CURLOPT_FOLLOWLOCATION, 0},
    {CURLOPT_UNRESTRICTED_AUTH, 0},
    {CURLOPT_NETRC, CURL_NETRC_IGNORED},
    {CURLOPT_NOSIGNAL, 1},
    {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
    {CURLOPT_SSL_VERIFYPEER, 1},
    {CURLOPT_SSL_VERIFYHOST, 2},
    /* Of HTTP/2's streams a dead connection would leave many requests in doubt at once. */
    {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
    {CURLOPT_HTTPAUTH, CURLAUTH_BASIC},
    {CURLOPT_LOW_SPEED_LIMIT, 1},
    {CURLOPT_LOW_SPEED_TIME, SLOW_SECONDS},
    {CURLOPT_MAXAGE_CONN, IDLE_SECONDS},
    {CURLOPT_CERTINFO, 1},
};

static bool set_rules(struct http_request *r)
{
    const struct http_curl *c = &r->http->curl;
    bool good = true;
    for (size_t i = 0; i < COUNT_OF(rules); i++)
        good &= c->easy_setopt(r->easy, rules[i].option, rules[i].value) == CURLE_OK;
    good &= c->easy_setopt(r->easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK;
    /* No proxy, also none from the environment: it would see plain http to loopback. */
    good &= c->easy_setopt(r->easy, CURLOPT_PROXY, "") == CURLE_OK;
    if (r->http->limits.ca_file)
        good &= c->easy_setopt(r->easy, CURLOPT_CAINFO, r->http->limits.ca_file) == CURLE_OK;
    return good;
}

static bool set_callbacks(struct http_request *r)
{
    const struct http_curl *c = &r->http->curl;
    bool good = c->easy_setopt(r->easy, CURLOPT_PREREQFUNCTION, before_request) == CURLE_OK;
    good &= c->easy_setopt(r->easy, CURLOPT_PREREQDATA, r) == CURLE_OK;
    good &= c->easy_setopt(r->easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK;
    good &= c->easy_setopt(r->easy, CURLOPT_WRITEDATA, r) == CURLE_OK;
    good &= c->easy_setopt(r->easy, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK;
    good &= c->easy_setopt(r->easy, CURLOPT_HEADERDATA, r) == CURLE_OK;
    good &= c->easy_setopt(r->easy, CURLOPT_ERRORBUFFER, r->words) == CURLE_OK;
    good &= c->easy_setopt(r->easy, CURLOPT_PRIVATE, r) == CURLE_OK;
    return good;
}

static bool set_method(struct http_request *r, const struct http_ask *ask)
{
    const struct http_curl *c = &r->http->curl;
    if (strcmp(ask->method, "HEAD") == 0)
        return c->easy_setopt(r->easy, CURLOPT_NOBODY, 1L) == CURLE_OK;
    bool good = true;
    /* These three say "Content-Length: 0" when they carry nothing; others say nothing. */
    if (ask->body_count > 0 || strcmp(ask->method, "POST") == 0 || strcmp(ask->method, "PUT") == 0 ||
        strcmp(ask->method, "PATCH") == 0) {
        const char *body = ask->body_count > 0 ? ask->body : "";
        good &= c->easy_setopt(r->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)ask->body_count) == CURLE_OK;
        good &= c->easy_setopt(r->easy, CURLOPT_COPYPOSTFIELDS, body) == CURLE_OK;
    }
    good &= c->easy_setopt(r->easy, CURLOPT_CUSTOMREQUEST, ask->method) == CURLE_OK;
    return good;
}

static bool set_ask(struct http_request *r, const struct http_ask *ask)
{
    const struct http_curl *c = &r->http->curl;
    long timeout = TIMEOUT_MS;
    if (ask->timeout_ms > 0)
        timeout = ask->timeout_ms < INT32_MAX ? (long)ask->timeout_ms : INT32_MAX;
    bool good = set_method(r, ask);
    good &= c->easy_setopt(r->easy, CURLOPT_CURLU, r->url) == CURLE_OK;
    good &= c->easy_setopt(r->easy, CURLOPT_HTTPHEADER, r->headers) == CURLE_OK;
    good &= c->easy_setopt(r->easy, CURLOPT_TIMEOUT_MS, timeout) == CURLE_OK;
    if (ask->fresh) {
        good &= c->easy_setopt(r->easy, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK;
        good &= c->easy_setopt(r->easy, CURLOPT_FORBID_REUSE, 1L) == CURLE_OK;
    }
    if (!has_header(ask, "user-agent"))
        good &= c->easy_setopt(r->easy, CURLOPT_USERAGENT, "landfall") == CURLE_OK;
    if (ask->aws_sigv4)
        good &= c->easy_setopt(r->easy, CURLOPT_AWS_SIGV4, ask->aws_sigv4) == CURLE_OK;
    /* Apart, because a user may hold a colon.  They live in this request's handle only, so that no other
     * host or port can ever be sent them. */
    if (ask->user)
        good &= c->easy_setopt(r->easy, CURLOPT_USERNAME, ask->user) == CURLE_OK;
    if (ask->password)
        good &= c->easy_setopt(r->easy, CURLOPT_PASSWORD, ask->password) == CURLE_OK;
    return good;
}

static bool start_request(struct http_request *r, const struct http_ask *ask, struct err *err)
{
    struct http *h = r->http;
    if (!is_token(ask->method))
        return err_set(err, "http.method", "'%s' is not an HTTP method", ask->method);
    if (!start_curl(h, err) || !check_url(r, ask->url, err) || !add_headers(r, ask, err))
        return false;
    r->is_safe = strcmp(ask->method, "GET") == 0 || strcmp(ask->method, "HEAD") == 0;
    r->easy = h->curl.easy_init();
    /* A rule this libcurl does not know must not be skipped. */
    if (!r->easy || !set_rules(r) || !set_callbacks(r) || !set_ask(r, ask))
        return err_set(err, "http.option", "this libcurl refuses an option that is needed");
    if (h->curl.multi_add_handle(h->multi, r->easy) != CURLM_OK)
        return err_set(err, "http.option", "libcurl refuses the request");
    return true;
}

/* ---- the face ---- */

struct http *http_new(struct loop *l, struct http_limits limits)
{
    struct http *h = heap_new(sizeof(*h));
    h->loop = l;
    h->limits = limits;
    if (h->limits.body_max == 0)
        h->limits.body_max = BODY_MAX;
    return h;
}

void http_free(struct http *h)
{
    if (!h)
        return;
    while (h->requests)
        http_cancel(h->requests);
    if (h->multi) {
        h->curl.multi_cleanup(h->multi);
        h->curl.global_cleanup();
    }
    loop_timer_cancel(h->timer);
    free(h);
}

struct http_request *http_send(struct http *h, const struct http_ask *ask, http_reply_fn *fn, void *user)
{
    struct http_request *r = new_request(h, fn, user);
    struct err err;
    if (!passes_tap(r, ask))
        r->began = true;
    else if (!start_request(r, ask, &err))
        answer_later(r, 0,
                     &(struct http_reply){.sent = HTTP_NOT_SENT,
                                          .body = "",
                                          .error = arena_text(r->mem, err.summary),
                                          .certificate_left_s = -1});
    return r;
}

void http_set_tap(struct http *h, const struct http_tap *tap)
{
    h->tap = tap;
}

bool http_has_begun(const struct http_request *r)
{
    return r->began;
}

void http_cancel(struct http_request *r)
{
    detach(r);
    free_request(r);
}
