#include "run/courier.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/str.h"
#include "base/tick.h"
#include "io/http.h"
#include "io/http_mail.h"
#include "io/loop.h"
#include "model/value.h"
#include "model/value_json.h"
#include "region/notices.h"
#include "store/store.h"

#define HOOK_TIMEOUT_MS 10000
#define MAIL_TIMEOUT_MS 30000
/* First pause, doubled with every try, up to an hour: a sink that is down for a night is asked a dozen times.
 */
#define PAUSE_FIRST_MS INT64_C(2000)
#define PAUSE_MOST_MS  INT64_C(3600000)
/* Who has not answered for so long is not waited for. */
#define SLOW_MS 2000
/* Kept in memory; what is more stays in the store until there is room. */
#define KEPT_MOST 10000

/* One notice: its texts lie behind it. */
struct item {
    struct item *next;
    bool taken; /* of one that was put: the store had none of this key */
    const char *key, *body;
    int64_t due_ms, made_ms;
    uint32_t attempt;
    char bytes[];
};

struct list {
    struct item *first, *last;
    size_t count;
};

/* One sink. */
struct lane {
    struct courier *courier;
    const struct notices_sink *sink;
    struct list fresh; /* put, and not durable yet */
    struct list ready, under_way;
    struct list later;            /* by the time they are due */
    struct http_request *request; /* one of the two, or none: nothing is under way */
    struct http_mail_sending *mail;
    struct loop_timer *timer;
    int64_t asked_ms;
    int64_t until_ms; /* wall clock: nothing is tried before */
    size_t most;      /* in one message, by how the last ones went */
    bool trouble;     /* not waited for */
    uint64_t sent, given_up;
    char why[200]; /* of the last failure that nothing followed */
};

struct courier {
    struct courier_ask ask;
    struct lane *lanes; /* as the notices' sinks */
    size_t count;
    struct arena *mem;
    size_t kept;
    bool more;     /* something due is in the store alone */
    bool fetching; /* and is about to be read */
    bool stopped;  /* nothing is sent any more, and the writer is not touched */
    bool lingers, settled;
    struct loop_timer *linger_timer;
};

/* ---- lists --------------------------------------------------------------------------------------- */

static void list_add(struct list *list, struct item *item)
{
    item->next = NULL;
    if (list->last)
        list->last->next = item;
    else
        list->first = item;
    list->last = item;
    list->count++;
}

static struct item *list_take(struct list *list)
{
    struct item *item = list->first;
    if (!item)
        return NULL;
    list->first = item->next;
    if (!list->first)
        list->last = NULL;
    list->count--;
    return item;
}

/* Nearly always behind the last one. */
static void list_add_by_time(struct list *list, struct item *item)
{
    if (!list->last || list->last->due_ms <= item->due_ms) {
        list_add(list, item);
        return;
    }
    struct item **at = &list->first;
    while ((*at)->due_ms <= item->due_ms)
        at = &(*at)->next;
    item->next = *at;
    *at = item;
    list->count++;
}

/* In front of what is there. */
static void list_put_back(struct list *list, struct list *from)
{
    if (!from->last)
        return;
    from->last->next = list->first;
    list->first = from->first;
    list->last = list->last ? list->last : from->last;
    list->count += from->count;
    *from = (struct list){0};
}

static void list_clear(struct list *list)
{
    for (struct item *item; (item = list_take(list));)
        free(item);
}

static int64_t wall_ms(const struct courier *c)
{
    const struct tick *tick = loop_tick(c->ask.loop);
    return tick->wall_ms(tick->user);
}

static void send_next(struct lane *l);

static bool is_busy(const struct lane *l)
{
    return l->request || l->mail;
}

/* ---- waiting for the end ----------------------------------------------------------------------- */

static bool is_settled(const struct courier *c)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct lane *l = &c->lanes[i];
        /* What the store has not answered for may be there already, and is no notice then. */
        if (l->fresh.first || (!l->trouble && (is_busy(l) || l->ready.first)))
            return false;
    }
    return !c->fetching;
}

static void look_for_end(struct courier *c)
{
    if (!c->lingers || c->settled || !is_settled(c))
        return;
    c->settled = true;
    loop_stop(c->ask.loop);
}

static void on_linger_over(void *user)
{
    struct courier *c = user;
    c->linger_timer = NULL;
    c->settled = true;
    loop_stop(c->ask.loop);
}

/* ---- how a try ended --------------------------------------------------------------------------- */

static void move(struct lane *l, const struct item *item, const char *state, const char *why)
{
    struct store_notice row = {.key = item->key,
                               .sink = l->sink->name,
                               .body = item->body,
                               .due_ms = item->due_ms,
                               .attempt = item->attempt,
                               .state = state,
                               .why = why};
    store_move_notice(l->courier->ask.writer, &row);
}

static void drop(struct lane *l, struct item *item)
{
    l->courier->kept--;
    free(item);
}

static int64_t pause_ms(uint32_t attempt, uint32_t asked_ms)
{
    int64_t pause = PAUSE_FIRST_MS;
    for (uint32_t i = 1; i < attempt && pause < PAUSE_MOST_MS; i++)
        pause *= 2;
    if (pause > PAUSE_MOST_MS)
        pause = PAUSE_MOST_MS;
    return asked_ms > pause ? asked_ms : pause;
}

/* Kept in the store as the reason of the row, and for who asks afterwards. */
static const char *note_why(struct lane *l, struct arena *mem, const char *why)
{
    struct courier *c = l->courier;
    const char *masked = c->ask.mask(c->ask.user, mem, why);
    snprintf(l->why, sizeof(l->why), "%s", masked);
    return masked;
}

static void fail_item(struct lane *l, struct item *item, const char *why, uint32_t asked_ms)
{
    struct courier *c = l->courier;
    int64_t now = wall_ms(c);
    item->attempt++;
    if (now - item->made_ms >= c->ask.notices->give_up_ms) {
        move(l, item, "given_up", why);
        l->given_up++;
        drop(l, item);
        return;
    }
    item->due_ms = now + pause_ms(item->attempt, asked_ms);
    move(l, item, "due", why);
    list_add_by_time(&l->later, item);
}

/* The sink is at fault: what is ready waits as long as what was tried. */
static void fail_sink(struct lane *l, const char *why, uint32_t asked_ms)
{
    struct arena *tmp = arena_new();
    const char *masked = note_why(l, tmp, why);
    l->trouble = true;
    for (struct item *item; (item = list_take(&l->under_way));) {
        int64_t until = wall_ms(l->courier) + pause_ms(item->attempt + 1, asked_ms);
        l->until_ms = until > l->until_ms ? until : l->until_ms;
        fail_item(l, item, masked, asked_ms);
    }
    arena_free(tmp);
}

static void end_taken(struct lane *l)
{
    for (struct item *item; (item = list_take(&l->under_way));) {
        move(l, item, "sent", NULL);
        l->sent++;
        drop(l, item);
    }
    l->trouble = false;
    l->why[0] = '\0';
    l->most *= 2;
}

/* The message is at fault: among several, each is tried alone; one alone lets the others pass. */
static void end_refused(struct lane *l, const char *why)
{
    if (l->under_way.first->next) {
        l->most = 1;
        list_put_back(&l->ready, &l->under_way);
        return;
    }
    struct arena *tmp = arena_new();
    fail_item(l, list_take(&l->under_way), note_why(l, tmp, why), 0);
    arena_free(tmp);
}

/* What a hook says of the bytes it got, and not of who sends or of itself (RFC 9110). */
static bool is_about_message(uint32_t status)
{
    return status == 400 || status == 413 || status == 415 || status == 422;
}

static void on_reply(void *user, const struct http_reply *reply)
{
    struct lane *l = user;
    char why[160];
    l->request = NULL;
    l->mail = NULL;
    if (reply->sent == HTTP_REPLY && reply->status >= 200 && reply->status < 300) {
        end_taken(l);
    } else {
        if (reply->error)
            snprintf(why, sizeof(why), "%s", reply->error);
        else
            snprintf(why, sizeof(why), "it answered %" PRIu32, reply->status);
        if (reply->sent == HTTP_REPLY && l->sink->kind != NOTICES_MAIL && is_about_message(reply->status))
            end_refused(l, why);
        else
            fail_sink(l, why, reply->retry_after_ms);
    }
    send_next(l);
    look_for_end(l->courier);
}

/* ---- sending ----------------------------------------------------------------------------------- */

bool courier_key(struct arena *mem, const char *key, const uint8_t **bytes, size_t *count, struct err *err)
{
    static const char prefix[] = "whsec_";
    *bytes = (const uint8_t *)key;
    *count = strlen(key);
    if (!str_starts(key, prefix) || (*bytes = digest_from_base64(mem, key + strlen(prefix), count)))
        return true;
    err_set(err, "courier.key", "it begins with whsec_ and is not base64 behind it");
    return err_advise(err, "take it as the receiver shows it, whole");
}

/* standardwebhooks.com: what is signed is "id.timestamp.body".  The id stays the same with every try, the
 * time is this one's: who checks both can neither be sent an old message again nor take a new one twice. */
static bool sign(struct lane *l, struct arena *mem, const char *id, const char *timestamp,
                 const struct courier_message *message, const char **signature, struct err *err)
{
    const char *key;
    const uint8_t *bytes;
    size_t count;
    struct courier *c = l->courier;
    if (!c->ask.reveal(c->ask.user, l->sink->key, &key, err))
        return err_wrap(err, "the key of sink '%s'", l->sink->name);
    if (!courier_key(mem, key, &bytes, &count, err))
        return err_wrap(err, "the key of sink '%s'", l->sink->name);
    uint8_t hash[DIGEST_BYTES];
    const char *head = arena_print(mem, "%s.%s.", id, timestamp);
    size_t head_count = strlen(head);
    char *whole = arena_alloc(mem, head_count + message->count);
    memcpy(whole, head, head_count);
    memcpy(whole + head_count, message->text, message->count);
    digest_hmac_sha256(bytes, count, whole, head_count + message->count, hash);
    *signature = arena_print(mem, "v1,%s", digest_base64(mem, hash, sizeof(hash)));
    return true;
}

static bool send_hook(struct lane *l, struct arena *mem, const struct courier_message *message,
                      struct err *err)
{
    struct courier *c = l->courier;
    const char *url, *id = l->under_way.first->key, *signature = NULL;
    const char *timestamp = arena_print(mem, "%" PRId64, wall_ms(c) / 1000);
    struct http_header headers[4] = {{"Content-Type", message->content_type}};
    size_t count = 1;
    if (!c->ask.reveal(c->ask.user, l->sink->url, &url, err))
        return err_wrap(err, "the URL of sink '%s'", l->sink->name);
    if (l->sink->kind == NOTICES_WEBHOOK) {
        headers[count++] = (struct http_header){"webhook-id", id};
        headers[count++] = (struct http_header){"webhook-timestamp", timestamp};
    }
    if (l->sink->key) {
        if (!sign(l, mem, id, timestamp, message, &signature, err))
            return false;
        headers[count++] = (struct http_header){"webhook-signature", signature};
    }
    struct http_ask ask = {.method = "POST",
                           .url = url,
                           .headers = headers,
                           .header_count = count,
                           .body = message->text,
                           .body_count = message->count,
                           .timeout_ms = HOOK_TIMEOUT_MS};
    l->request = http_send(c->ask.http, &ask, on_reply, l);
    return true;
}

static bool send_mail(struct lane *l, const struct courier_message *message, struct err *err)
{
    struct courier *c = l->courier;
    const struct notices_sink *sink = l->sink;
    struct http_mail mail = {.server = sink->server,
                             .user = sink->user,
                             .from = sink->from,
                             .to = sink->to,
                             .to_count = sink->to_count,
                             .message = message->text,
                             .message_count = message->count,
                             .timeout_ms = MAIL_TIMEOUT_MS,
                             .ca_file = c->ask.ca_file};
    if (sink->password && !c->ask.reveal(c->ask.user, sink->password, &mail.password, err))
        return err_wrap(err, "the password of sink '%s'", sink->name);
    l->mail = http_mail_send(c->ask.loop, &mail, on_reply, l);
    return true;
}

static bool send_batch(struct lane *l, struct err *err)
{
    struct courier *c = l->courier;
    struct arena *mem = arena_new();
    const char **bodies = ARENA_ARRAY(mem, const char *, l->under_way.count);
    struct courier_message message;
    size_t count = 0;
    for (const struct item *item = l->under_way.first; item; item = item->next)
        bodies[count++] = item->body;
    bool ok =
        c->ask.make(c->ask.user, mem, l->sink, bodies, count, &message, err) &&
        (l->sink->kind == NOTICES_MAIL ? send_mail(l, &message, err) : send_hook(l, mem, &message, err));
    l->asked_ms = loop_now_ms(c->ask.loop);
    arena_free(mem);
    return ok;
}

static void on_time(void *user)
{
    struct lane *l = user;
    l->timer = NULL;
    send_next(l);
    look_for_end(l->courier); /* what could not even be sent has ended, too */
}

static void wait_until(struct lane *l, int64_t until_ms)
{
    int64_t now = wall_ms(l->courier);
    loop_timer_cancel(l->timer);
    l->timer = loop_after(l->courier->ask.loop, until_ms > now ? (uint64_t)(until_ms - now) : 0, on_time, l);
}

static void on_room(void *user, bool ok, const struct err *err)
{
    struct courier *c = user;
    struct err none;
    (void)err;
    c->fetching = false;
    if (ok && !c->stopped)
        (void)!courier_load(c, &none); /* what cannot be read stays due, for the next run */
}

/* What did not fit into memory is read once all that did is gone, and is marked as gone in the store, so that
 * nothing is there twice.  What is put meanwhile is for the next time. */
static void fetch_more(struct courier *c)
{
    if (!c->more || c->kept > 0 || c->fetching)
        return;
    c->more = false;
    c->fetching = true;
    store_after_commit(c->ask.writer, on_room, c);
}

static void send_next(struct lane *l)
{
    struct courier *c = l->courier;
    struct err err;
    int64_t now = wall_ms(c);
    if (c->stopped || is_busy(l))
        return;
    fetch_more(c);
    while (l->later.first && l->later.first->due_ms <= now)
        list_add(&l->ready, list_take(&l->later));
    if (l->ready.first && now >= l->until_ms) {
        size_t most = c->ask.most(l->sink);
        l->most = l->most < 1 ? 1 : l->most > most ? most : l->most;
        while (l->ready.first && l->under_way.count < l->most)
            list_add(&l->under_way, list_take(&l->ready));
        if (send_batch(l, &err))
            return;
        fail_sink(l, err.summary, 0);
    }
    if (l->ready.first)
        wait_until(l, l->until_ms);
    else if (l->later.first)
        wait_until(l, l->later.first->due_ms);
}

/* ---- taking up --------------------------------------------------------------------------------- */

static struct lane *lane_of(struct courier *c, const char *sink)
{
    for (size_t i = 0; i < c->count; i++)
        if (strcmp(c->lanes[i].sink->name, sink) == 0)
            return &c->lanes[i];
    return NULL;
}

static struct item *new_item(struct courier *c, const struct store_notice *row, int64_t made_ms)
{
    size_t key = strlen(row->key) + 1, body = strlen(row->body) + 1;
    struct item *item = calloc(1, sizeof(*item) + key + body);
    if (!item)
        abort();
    item->key = memcpy(item->bytes, row->key, key);
    item->body = memcpy(item->bytes + key, row->body, body);
    item->attempt = row->attempt;
    item->due_ms = row->due_ms;
    item->made_ms = made_ms;
    c->kept++;
    return item;
}

static int64_t made_at(struct arena *mem, const struct store_notice *row)
{
    const struct value *map = NULL;
    struct err none;
    int64_t made = row->due_ms;
    const char *at = value_json_parse(mem, row->body, strlen(row->body), &map, &none)
                         ? value_get_text(map, "at", NULL)
                         : NULL;
    if (at && !tick_parse(at, &made))
        made = row->due_ms;
    return made;
}

static void take_up(struct courier *c, struct arena *mem, const struct store_notice *row)
{
    struct lane *l = lane_of(c, row->sink);
    int64_t made_ms = made_at(mem, row);
    if (l && c->kept < KEPT_MOST) {
        struct item *item = new_item(c, row, made_ms);
        /* An earlier run waited for it in vain. */
        l->trouble = l->trouble || (row->attempt > 0 && !c->ask.hurry);
        if (c->ask.hurry || item->due_ms <= wall_ms(c))
            list_add(&l->ready, item);
        else
            list_add_by_time(&l->later, item);
    } else if (l) {
        c->more = true;
    } else if (wall_ms(c) - made_ms >= c->ask.notices->give_up_ms) {
        struct store_notice gone = *row;
        gone.state = "given_up";
        gone.why = "landfall.yaml has no sink of this name any more";
        store_move_notice(c->ask.writer, &gone);
    }
}

bool courier_load(struct courier *c, struct err *err)
{
    struct arena *mem = arena_new();
    struct store_notice *rows;
    size_t count;
    bool ok = store_read_notices(mem, c->ask.store_path, "due", &rows, &count, err);
    for (size_t i = 0; ok && i < count; i++)
        take_up(c, mem, &rows[i]);
    arena_free(mem);
    for (size_t i = 0; ok && i < c->count; i++) {
        struct lane *l = &c->lanes[i];
        if (!is_busy(l) && (l->ready.first || l->later.first))
            wait_until(l, l->ready.first ? l->until_ms : l->later.first->due_ms);
    }
    return ok;
}

static void on_durable(void *user, bool ok, const struct err *err)
{
    struct lane *l = user;
    struct courier *c = l->courier;
    (void)err;
    /* A store that failed takes no more: nothing could be marked as sent. */
    if (!ok && !c->stopped) {
        c->stopped = true;
        if (c->lingers)
            loop_stop(c->ask.loop);
    }
    if (c->stopped)
        return;
    struct item *item = list_take(&l->fresh);
    if (item->taken)
        list_add(&l->ready, item);
    else
        drop(l, item);
    send_next(l);
    look_for_end(c);
}

void courier_put(struct courier *c, const char *key, const char *sink, const char *body)
{
    struct lane *l = lane_of(c, sink);
    struct store_notice row = {.key = key, .sink = sink, .body = body, .due_ms = wall_ms(c), .state = "due"};
    if (c->kept >= KEPT_MOST || c->more || c->fetching) {
        store_put_notice(c->ask.writer, &row);
        c->more = true;
        return;
    }
    struct item *item = new_item(c, &row, row.due_ms);
    store_offer_notice(c->ask.writer, &row, &item->taken);
    list_add(&l->fresh, item);
    store_after_commit(c->ask.writer, on_durable, l);
}

/* What cannot be read is not known; the store takes it only once in any case. */
bool courier_knows(const struct courier *c, const char *key)
{
    const struct store_notice *row = NULL;
    struct err none;
    struct arena *mem = arena_new();
    bool known = store_read_notice(mem, c->ask.store_path, key, &row, &none) && row;
    arena_free(mem);
    return known;
}

/* ---- the face ---------------------------------------------------------------------------------- */

struct courier *courier_new(const struct courier_ask *ask)
{
    struct courier *c = calloc(1, sizeof(*c));
    if (!c)
        abort();
    c->ask = *ask;
    c->mem = arena_new();
    c->count = ask->notices->sink_count;
    c->lanes = ARENA_ARRAY(c->mem, struct lane, c->count + 1);
    for (size_t i = 0; i < c->count; i++)
        c->lanes[i] = (struct lane){.courier = c, .sink = &ask->notices->sinks[i], .most = SIZE_MAX};
    return c;
}

/* What was not answered counts as a try: the next command does not wait for that sink. */
static void cut_off(struct lane *l, bool has_store)
{
    if (l->request)
        http_cancel(l->request);
    if (l->mail)
        http_mail_cancel(l->mail);
    bool was_busy = is_busy(l);
    l->request = NULL;
    l->mail = NULL;
    if (was_busy && has_store)
        fail_sink(l, "it had not answered when landfall ended", 0);
}

void courier_stop(struct courier *c)
{
    bool has_store = !c->stopped;
    c->stopped = true;
    for (size_t i = 0; i < c->count; i++) {
        struct lane *l = &c->lanes[i];
        loop_timer_cancel(l->timer);
        l->timer = NULL;
        cut_off(l, has_store);
    }
}

void courier_free(struct courier *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->count; i++) {
        list_clear(&c->lanes[i].fresh);
        list_clear(&c->lanes[i].ready);
        list_clear(&c->lanes[i].under_way);
        list_clear(&c->lanes[i].later);
    }
    arena_free(c->mem);
    free(c);
}

void courier_linger(struct courier *c, uint64_t most_ms)
{
    int64_t now = loop_now_ms(c->ask.loop);
    for (size_t i = 0; i < c->count; i++)
        if (is_busy(&c->lanes[i]) && now - c->lanes[i].asked_ms >= SLOW_MS)
            c->lanes[i].trouble = true;
    c->settled = c->stopped || is_settled(c);
    c->lingers = true;
    if (!c->settled)
        c->linger_timer = loop_after(c->ask.loop, most_ms, on_linger_over, c);
    while (!c->settled && !c->stopped)
        loop_run(c->ask.loop);
    loop_timer_cancel(c->linger_timer);
    c->linger_timer = NULL;
    c->lingers = false;
}

const struct courier_tally *courier_tallies(const struct courier *c, struct arena *mem, size_t *count)
{
    struct courier_tally *tallies = ARENA_ARRAY(mem, struct courier_tally, c->count + 1);
    *count = 0;
    for (size_t i = 0; i < c->count; i++) {
        const struct lane *l = &c->lanes[i];
        uint64_t due = l->fresh.count + l->ready.count + l->later.count + l->under_way.count;
        if (l->sent + due + l->given_up == 0)
            continue;
        tallies[(*count)++] = (struct courier_tally){.sink = l->sink->name,
                                                     .sent = l->sent,
                                                     .due = due,
                                                     .given_up = l->given_up,
                                                     .why = l->why[0] ? arena_text(mem, l->why) : NULL};
    }
    return tallies;
}
