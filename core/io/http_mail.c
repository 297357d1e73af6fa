#include "io/http_mail.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/peer.h"
#include "io/http_state.h"

static size_t on_upload(char *into, size_t one, size_t count, void *user)
{
    struct http_request *r = user;
    size_t room = one * count, size = r->upload_count < room ? r->upload_count : room;
    memcpy(into, r->upload, size);
    r->upload += size;
    r->upload_count -= size;
    return size;
}

/* What ends up in a command of the protocol: a line break in it would be another command. */
static bool is_path(const char *address)
{
    for (; *address; address++)
        if (*address <= ' ' || *address >= 0x7f || strchr("<>\\\"", *address))
            return false;
    return true;
}

static bool check_server(struct http_request *r, const char *server, struct err *err)
{
    const struct http_curl *c = &r->http->curl;
    char *scheme = NULL, *host = NULL;
    bool good = false;
    r->url = c->url();
    if (r->url && c->url_set(r->url, CURLUPART_URL, server, CURLU_DISALLOW_USER) == CURLUE_OK &&
        c->url_get(r->url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
        c->url_get(r->url, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
        good = strcmp(scheme, "smtp") == 0 || strcmp(scheme, "smtps") == 0;
        r->is_plain = strcmp(scheme, "smtp") == 0 && peer_is_loopback(host);
    }
    c->free(scheme);
    c->free(host);
    if (good)
        return true;
    err_set(err, "http.url", "'%s' is no mail server", server);
    return err_advise(err, "write smtp://HOST:587 or smtps://HOST:465");
}

static bool add_recipients(struct http_request *r, const struct http_mail *mail, struct err *err)
{
    const struct http_curl *c = &r->http->curl;
    for (size_t i = 0; i < mail->to_count; i++) {
        struct curl_slist *longer = is_path(mail->to[i]) ? c->slist_append(r->recipients, mail->to[i]) : NULL;
        if (!longer)
            return err_set(err, "http.address", "'%s' is no mail address", mail->to[i]);
        r->recipients = longer;
    }
    return is_path(mail->from) || err_set(err, "http.address", "'%s' is no mail address", mail->from);
}

static bool set_mail(struct http_request *r, const struct http_mail *mail)
{
    const struct http_curl *c = &r->http->curl;
    long tls = r->is_plain ? CURLUSESSL_NONE : CURLUSESSL_ALL;
    r->upload = arena_text_n(r->mem, mail->message, mail->message_count);
    r->upload_count = mail->message_count;
    bool good = c->easy_setopt(r->easy, CURLOPT_USE_SSL, tls) == CURLE_OK;
    good &= c->easy_setopt(r->easy, CURLOPT_MAIL_FROM, mail->from) == CURLE_OK;
    good &= c->easy_setopt(r->easy, CURLOPT_MAIL_RCPT, r->recipients) == CURLE_OK;
    good &= c->easy_setopt(r->easy, CURLOPT_UPLOAD, 1L) == CURLE_OK;
    good &= c->easy_setopt(r->easy, CURLOPT_READFUNCTION, on_upload) == CURLE_OK;
    good &= c->easy_setopt(r->easy, CURLOPT_READDATA, r) == CURLE_OK;
    good &= c->easy_setopt(r->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)mail->message_count) == CURLE_OK;
    if (mail->user)
        good &= c->easy_setopt(r->easy, CURLOPT_USERNAME, mail->user) == CURLE_OK;
    if (mail->password)
        good &= c->easy_setopt(r->easy, CURLOPT_PASSWORD, mail->password) == CURLE_OK;
    return good;
}

static bool start_mail(struct http_request *r, const struct http_mail *mail, struct err *err)
{
    if (!http_request_start_curl(r, err) || !check_server(r, mail->server, err) ||
        !add_recipients(r, mail, err))
        return false;
    r->is_mail = true;
    r->easy = r->http->curl.easy_init();
    if (!r->easy || !http_request_set_rules(r, "smtp,smtps", mail->timeout_ms) || !set_mail(r, mail))
        return err_set(err, "http.option", "this libcurl refuses an option that is needed");
    return http_request_begin(r, err);
}

struct http_request *http_mail_send(struct http *h, const struct http_mail *mail, http_reply_fn *fn,
                                    void *user)
{
    struct http_request *r = http_request_new(h, fn, user);
    struct err err;
    if (!start_mail(r, mail, &err))
        http_request_refuse(r, &err);
    return r;
}
