#include "http_ask.h"

#include <string.h>
#include <strings.h>

/* ---- paths ----------------------------------------------------------------------------------------------
 */

static const char *const words[] = {"{id}", "{key}", "{marker}", "{token}", "{name}"};
#define WORDS (sizeof(words) / sizeof(words[0]))

static const char *value_of(const struct http_names *names, size_t word)
{
    const char *const values[] = {names->id, names->key, names->marker, names->token, names->name};
    return values[word];
}

bool http_ask_is_step(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

const char *http_ask_path(const struct http *http, struct lf_op *op, const char *path,
                          const struct http_names *names, const char **why)
{
    const struct kit *kit = &http->kit;
    struct kit_text text = {0};
    kit_text_add(kit, op, &text, "", 0);
    while (*path) {
        size_t word = 0;
        while (word < WORDS && strncmp(path, words[word], strlen(words[word])) != 0)
            word++;
        if (word == WORDS) {
            kit_text_add(kit, op, &text, path++, 1);
            continue;
        }
        const char *value = value_of(names, word);
        if (!value || !value[0]) {
            *why = kit_format(kit, op, "nothing stands for %s yet", words[word]);
            return NULL;
        }
        if (http_ask_is_step(value)) {
            *why =
                kit_format(kit, op, "'%s' stands for %s, and leads elsewhere in a URL", value, words[word]);
            return NULL;
        }
        kit_text_print(kit, op, &text, "%s", kit_http_encode(kit, op, value));
        path += strlen(words[word]);
    }
    return text.bytes;
}

/* ---- headers --------------------------------------------------------------------------------------------
 */

struct headers {
    const struct http *http;
    struct lf_op *op;
    struct lf_header *at;
    uint32_t count;
    bool lost; /* a secret could not be read */
};

static size_t size_of(const struct kit *kit, const struct lf_value *map)
{
    return map ? kit->values->count(map) : 0;
}

/* A header said twice would be sent twice: the later word counts. */
static void set(struct headers *h, const char *name, const char *value)
{
    uint32_t i = 0;
    while (i < h->count && strcasecmp(h->at[i].name, name) != 0)
        i++;
    h->at[i] = (struct lf_header){name, value};
    if (i == h->count)
        h->count++;
}

/* The host has said why, when a secret cannot be read. */
static const char *text_of(struct headers *h, const struct lf_value *value)
{
    const struct kit *kit = &h->http->kit;
    size_t len = 0;
    const char *text = kit->values->as_text(value, NULL);
    if (text || kit->values->kind(value) != LF_KIND_SECRET)
        return text;
    text = kit->values->reveal(h->op, value, &len);
    h->lost = h->lost || !text;
    return text ? kit_copy(kit, h->op, text, len) : NULL;
}

static bool has(const struct headers *h, const char *name)
{
    for (uint32_t i = 0; i < h->count; i++) {
        if (strcasecmp(h->at[i].name, name) == 0)
            return true;
    }
    return false;
}

static void set_all(struct headers *h, const struct lf_value *map)
{
    const struct kit *kit = &h->http->kit;
    for (size_t i = 0; i < size_of(kit, map); i++) {
        const char *name = NULL;
        const struct lf_value *value = kit->values->at(map, i, &name);
        const char *text = text_of(h, value);
        if (text)
            set(h, name, text);
    }
}

static void set_ours(struct headers *h)
{
    const struct kit *kit = &h->http->kit;
    const struct lf_value *settings = h->http->settings, *bearer = kit_get(kit, settings, "bearer");
    set_all(h, kit_get(kit, settings, "headers"));
    set_all(h, kit_get(kit, settings, "secret_headers"));
    if (bearer && kit->values->kind(bearer) == LF_KIND_SECRET) {
        const char *token = text_of(h, bearer);
        if (token)
            set(h, "Authorization", kit_format(kit, h->op, "Bearer %s", token));
    }
}

bool http_ask_send(const struct http *http, struct lf_op *op, const struct http_ask *ask, kit_http_fn *fn,
                   void *user)
{
    const struct kit *kit = &http->kit;
    const struct lf_value *settings = http->settings;
    bool ours = ask->url[0] == '/';
    struct headers h = {.http = http, .op = op};
    size_t most = size_of(kit, kit_get(kit, settings, "headers")) +
                  size_of(kit, kit_get(kit, settings, "secret_headers")) + size_of(kit, ask->headers) + 5;
    h.at = kit->ops->scratch(op, most * sizeof(*h.at));
    if (ours)
        set_ours(&h);
    set_all(&h, ask->headers);
    for (size_t i = 0; i < 2 && ask->more[i].name; i++)
        set(&h, ask->more[i].name, ask->more[i].value);
    if (ask->json && !has(&h, "Content-Type"))
        set(&h, "Content-Type", "application/json");
    if (h.lost)
        return false;
    struct kit_http_ask send = {
        .method = ask->method,
        .url = ours ? kit_format(kit, op, "%s%s", http->url, ask->url) : ask->url,
        .headers = h.at,
        .header_count = h.count,
        .flags = ask->flags,
        .timeout_ms =
            ask->timeout_ms ? ask->timeout_ms : (uint64_t)kit_get_int(kit, settings, "timeout_ms", 30000),
        .user = ours ? kit_get_text(kit, settings, "user") : NULL,
        .password = ours ? kit_get(kit, settings, "password") : NULL,
    };
    if (ask->json)
        send.body = kit->values->to_json(op, ask->json, &send.body_len);
    kit_http_send(kit, op, &send, fn, user);
    return true;
}

/* ---- words ----------------------------------------------------------------------------------------------
 */

void http_ask_say(const struct http *http, struct lf_op *op, const struct kit_http_reply *reply,
                  const char *doing)
{
    const struct kit *kit = &http->kit;
    const char *service = kit_format(kit, op, "the service at '%s'", http->url);
    struct kit_http_words said = kit_http_words(kit, op, reply, service, doing, NULL);
    kit_note(kit, op, kit_format(kit, op, "http.%s", said.what), NULL, said.summary, said.detail,
             said.advice);
}
