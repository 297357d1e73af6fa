#include "io/http_mail.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/peer.h"
#include "io/heap.h"
#include "io/http_curl.h"
#include "io/kernel.h"
#include "io/loop.h"

#define TIMEOUT_MS 30000

/* While its thread runs, what stands behind `thread` is the thread's, but for `lock`, `fd` and `canceled`. */
struct http_mail_sending {
    struct arena *mem;
    struct http_mail mail; /* copied */
    http_reply_fn *fn;
    void *user;
    struct loop_waker *waker;
    int64_t started_ms;
    struct loop *loop;
    struct loop_timer *timer; /* curl keeps no limit of time while it says goodbye */
    bool is_late;

    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock;
    int fd; /* the connection's, for http_mail_cancel; -1: none */
    atomic_bool canceled;

    struct http_curl curl;
    CURL *easy;
    CURLU *url;
    struct curl_slist *recipients;
    bool is_plain; /* nothing asks for TLS */
    bool began;    /* the server may have seen the message */
    size_t read;   /* of the message, by curl */
    char words[CURL_ERROR_SIZE];
    struct http_reply reply;
};

/* ---- on the thread ------------------------------------------------------------------------------- */

static size_t on_upload(char *into, size_t one, size_t count, void *user)
{
    struct http_mail_sending *s = user;
    size_t left = s->mail.message_count - s->read, room = one * count, size = left < room ? left : room;
    memcpy(into, s->mail.message + s->read, size);
    s->read += size;
    s->began = true;
    return size;
}

/* What a server says beside its replies is nobody's. */
static size_t on_words(char *bytes, size_t one, size_t count, void *user)
{
    (void)bytes, (void)user;
    return one * count;
}

static int on_progress(void *user, curl_off_t down_total, curl_off_t down, curl_off_t up_total, curl_off_t up)
{
    struct http_mail_sending *s = user;
    (void)down_total, (void)down, (void)up_total, (void)up;
    return atomic_load(&s->canceled);
}

/* The descriptor is known to both sides while it is open, and by nobody once it may be another's. */
static curl_socket_t open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *at)
{
    struct http_mail_sending *s = user;
    (void)purpose;
    int fd = socket(at->family, at->socktype | SOCK_CLOEXEC, at->protocol);
    pthread_mutex_lock(&s->lock);
    s->fd = fd;
    pthread_mutex_unlock(&s->lock);
    return fd < 0 ? CURL_SOCKET_BAD : fd;
}

static int close_socket(void *user, curl_socket_t fd)
{
    struct http_mail_sending *s = user;
    pthread_mutex_lock(&s->lock);
    if (s->fd == fd)
        s->fd = -1;
    int result = close(fd);
    pthread_mutex_unlock(&s->lock);
    return result;
}

static void *run(void *user)
{
    struct http_mail_sending *s = user;
    long status = 0;
    CURLcode code = s->curl.easy_perform(s->easy);
    if (s->curl.easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK)
        status = 0;
    if (code == CURLE_OK || status >= 400) {
        s->reply.sent = HTTP_REPLY;
        s->reply.status = code == CURLE_OK ? 250 : (uint32_t)status;
    } else {
        s->reply.sent = s->began ? HTTP_MAYBE_SENT : HTTP_NOT_SENT;
    }
    if (code != CURLE_OK)
        s->reply.error = s->words[0] ? s->words : s->curl.easy_strerror(code);
    loop_wake(s->waker);
    return NULL;
}

/* ---- preparing ------------------------------------------------------------------------------------ */

/* What ends up in a command of the protocol: a line break in it would be another command. */
static bool is_path(const char *address)
{
    for (; *address; address++)
        if (*address <= ' ' || *address >= 0x7f || strchr("<>\\\"", *address))
            return false;
    return true;
}

static bool check_server(struct http_mail_sending *s, struct err *err)
{
    const struct http_curl *c = &s->curl;
    char *scheme = NULL, *host = NULL;
    bool good = false;
    s->url = c->url();
    if (s->url && c->url_set(s->url, CURLUPART_URL, s->mail.server, CURLU_DISALLOW_USER) == CURLUE_OK &&
        c->url_get(s->url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
        c->url_get(s->url, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
        good = strcmp(scheme, "smtp") == 0 || strcmp(scheme, "smtps") == 0;
        s->is_plain = strcmp(scheme, "smtp") == 0 && peer_is_loopback(host);
    }
    c->free(scheme);
    c->free(host);
    if (good)
        return true;
    err_set(err, "http.url", "'%s' is no mail server", s->mail.server);
    return err_advise(err, "write smtp://HOST:587 or smtps://HOST:465");
}

static bool add_recipients(struct http_mail_sending *s, struct err *err)
{
    for (size_t i = 0; i < s->mail.to_count; i++) {
        const char *to = s->mail.to[i];
        struct curl_slist *longer = is_path(to) ? s->curl.slist_append(s->recipients, to) : NULL;
        if (!longer)
            return err_set(err, "http.address", "'%s' is no mail address", to);
        s->recipients = longer;
    }
    return is_path(s->mail.from) || err_set(err, "http.address", "'%s' is no mail address", s->mail.from);
}

static bool set_numbers(struct http_mail_sending *s)
{
    /* STARTTLS may not be left out by a server, or by who sits in between.  A connection that were kept would
     * be closed with words that are waited for, outside all limits of time. */
    const struct {
        CURLoption option;
        long value;
    } numbers[] = {
        {CURLOPT_USE_SSL, s->is_plain ? CURLUSESSL_NONE : CURLUSESSL_ALL},
        {CURLOPT_UPLOAD, 1},
        {CURLOPT_FORBID_REUSE, 1},
        {CURLOPT_NETRC, CURL_NETRC_IGNORED},
        {CURLOPT_NOSIGNAL, 1},
        {CURLOPT_NOPROGRESS, 0},
        {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
        {CURLOPT_SSL_VERIFYPEER, 1},
        {CURLOPT_SSL_VERIFYHOST, 2},
    };
    bool good = true;
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        good &= s->curl.easy_setopt(s->easy, numbers[i].option, numbers[i].value) == CURLE_OK;
    return good;
}

static bool set_callbacks(struct http_mail_sending *s)
{
    const struct http_curl *c = &s->curl;
    bool good = c->easy_setopt(s->easy, CURLOPT_READFUNCTION, on_upload) == CURLE_OK;
    good &= c->easy_setopt(s->easy, CURLOPT_READDATA, s) == CURLE_OK;
    good &= c->easy_setopt(s->easy, CURLOPT_WRITEFUNCTION, on_words) == CURLE_OK;
    good &= c->easy_setopt(s->easy, CURLOPT_XFERINFOFUNCTION, on_progress) == CURLE_OK;
    good &= c->easy_setopt(s->easy, CURLOPT_XFERINFODATA, s) == CURLE_OK;
    good &= c->easy_setopt(s->easy, CURLOPT_OPENSOCKETFUNCTION, open_socket) == CURLE_OK;
    good &= c->easy_setopt(s->easy, CURLOPT_OPENSOCKETDATA, s) == CURLE_OK;
    good &= c->easy_setopt(s->easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket) == CURLE_OK;
    good &= c->easy_setopt(s->easy, CURLOPT_CLOSESOCKETDATA, s) == CURLE_OK;
    good &= c->easy_setopt(s->easy, CURLOPT_ERRORBUFFER, s->words) == CURLE_OK;
    return good;
}

static bool set_mail(struct http_mail_sending *s)
{
    const struct http_curl *c = &s->curl;
    bool good = c->easy_setopt(s->easy, CURLOPT_CURLU, s->url) == CURLE_OK;
    good &= c->easy_setopt(s->easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps") == CURLE_OK;
    good &= c->easy_setopt(s->easy, CURLOPT_PROXY, "") == CURLE_OK;
    good &= c->easy_setopt(s->easy, CURLOPT_MAIL_FROM, s->mail.from) == CURLE_OK;
    good &= c->easy_setopt(s->easy, CURLOPT_MAIL_RCPT, s->recipients) == CURLE_OK;
    good &= c->easy_setopt(s->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)s->mail.message_count) == CURLE_OK;
    if (s->mail.ca_file)
        good &= c->easy_setopt(s->easy, CURLOPT_CAINFO, s->mail.ca_file) == CURLE_OK;
    if (s->mail.user)
        good &= c->easy_setopt(s->easy, CURLOPT_USERNAME, s->mail.user) == CURLE_OK;
    if (s->mail.password)
        good &= c->easy_setopt(s->easy, CURLOPT_PASSWORD, s->mail.password) == CURLE_OK;
    return good;
}

/* A thread that signals do not reach: they are the loop's. */
static bool start_thread(struct http_mail_sending *s, struct err *err)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&s->thread, NULL, run, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    s->has_thread = failed == 0;
    return s->has_thread || err_sys(err, "http.thread", failed, "cannot start a thread for a mail");
}

static bool start(struct http_mail_sending *s, struct err *err)
{
    if (!http_curl_load(&s->curl, err))
        return false;
    kernel_survive_closed_peers();
    if (!check_server(s, err) || !add_recipients(s, err))
        return false;
    s->easy = s->curl.easy_init();
    if (!s->easy || !set_numbers(s) || !set_callbacks(s) || !set_mail(s))
        return err_set(err, "http.option", "this libcurl refuses an option that is needed");
    return start_thread(s, err);
}

static void copy_mail(struct http_mail_sending *s, const struct http_mail *mail)
{
    const char **to = ARENA_ARRAY(s->mem, const char *, mail->to_count + 1);
    for (size_t i = 0; i < mail->to_count; i++)
        to[i] = arena_text(s->mem, mail->to[i]);
    s->mail = *mail;
    s->mail.to = to;
    s->mail.server = arena_text(s->mem, mail->server);
    s->mail.from = arena_text(s->mem, mail->from);
    s->mail.user = arena_text(s->mem, mail->user);
    s->mail.password = arena_text(s->mem, mail->password);
    s->mail.message = arena_text_n(s->mem, mail->message, mail->message_count);
    if (s->mail.timeout_ms == 0)
        s->mail.timeout_ms = TIMEOUT_MS;
}

/* ---- the face -------------------------------------------------------------------------------------- */

/* curl says goodbye on a connection that is open still, and waits for the answer: there shall be none. */
static void hang_up(struct http_mail_sending *s)
{
    pthread_mutex_lock(&s->lock);
    if (s->fd >= 0)
        shutdown(s->fd, SHUT_RDWR);
    pthread_mutex_unlock(&s->lock);
}

static void on_late(void *user)
{
    struct http_mail_sending *s = user;
    s->timer = NULL;
    s->is_late = true;
    atomic_store(&s->canceled, true); /* also where there is no connection yet */
    hang_up(s);
}

static void free_sending(struct http_mail_sending *s)
{
    loop_timer_cancel(s->timer);
    if (s->has_thread)
        pthread_join(s->thread, NULL);
    hang_up(s);
    if (s->easy)
        s->curl.easy_cleanup(s->easy);
    if (s->url)
        s->curl.url_cleanup(s->url);
    if (s->recipients)
        s->curl.slist_free_all(s->recipients);
    loop_waker_hold(s->waker, false);
    loop_waker_free(s->waker);
    pthread_mutex_destroy(&s->lock);
    if (s->mail.password)
        explicit_bzero((char *)s->mail.password, strlen(s->mail.password));
    arena_free(s->mem);
    free(s);
}

static void on_end(void *user)
{
    struct http_mail_sending *s = user;
    if (s->is_late && s->reply.error)
        s->reply.error = "no answer came in time";
    s->reply.took_ms = (uint64_t)(loop_now_ms(s->loop) - s->started_ms);
    s->fn(s->user, &s->reply);
    free_sending(s);
}

struct http_mail_sending *http_mail_send(struct loop *l, const struct http_mail *mail, http_reply_fn *fn,
                                         void *user)
{
    struct http_mail_sending *s = heap_new(sizeof(*s));
    struct err err;
    s->mem = arena_new();
    s->loop = l;
    s->fn = fn;
    s->user = user;
    s->fd = -1;
    s->started_ms = loop_now_ms(l);
    s->reply = (struct http_reply){.sent = HTTP_NOT_SENT, .body = "", .certificate_left_s = -1};
    s->waker = loop_waker_new(l, on_end, s);
    loop_waker_hold(s->waker, true);
    pthread_mutex_init(&s->lock, NULL);
    copy_mail(s, mail);
    if (start(s, &err)) {
        s->timer = loop_after(l, s->mail.timeout_ms, on_late, s);
        return s;
    }
    s->reply.error = arena_text(s->mem, err.summary);
    loop_wake(s->waker);
    return s;
}

void http_mail_cancel(struct http_mail_sending *s)
{
    atomic_store(&s->canceled, true);
    hang_up(s);
    free_sending(s);
}
