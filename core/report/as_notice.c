#include "report/as_notice.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/str.h"
#include "base/tick.h"
#include "model/value.h"
#include "model/value_json.h"
#include "region/notices.h"
#include "report/out.h"

/* What a service said may be long; a notice is read on a telephone. */
#define TEXT_MOST   2000
#define DIGEST_MOST 16000
/* More than that in one message is not read. */
#define TOGETHER 20
/* RFC 5322, 2.1.1: a line should have no more than 78 characters. */
#define SUBJECT_MOST 68

/* ---- bodies ----------------------------------------------------------------------------------- */

/* Cut at a character, never inside one; masked before it is cut, since half a secret is not found. */
static void member(struct buf *out, const struct out_filter *filter, const char *key, const char *text,
                   size_t most)
{
    struct buf made;
    if (!text || !text[0])
        return;
    buf_init(&made, 0);
    out_filter_mask(filter, &made, text, strlen(text));
    size_t count = made.count;
    if (count > most) {
        count = most;
        while (count > 0 && ((unsigned char)made.at[count] & 0xc0) == 0x80)
            count--;
    }
    struct buf whole;
    buf_init(&whole, 0);
    buf_add(&whole, made.at, count);
    if (count < made.count)
        buf_text(&whole, " ...");
    if (out->count > 1)
        buf_char(out, ',');
    buf_print(out, "\"%s\":", key);
    /* A provider's bytes need not be UTF-8, and JSON must be. */
    if (str_is_utf8(whole.at, whole.count)) {
        value_json_print_text(out, whole.at, whole.count);
    } else {
        struct buf safe;
        buf_init(&safe, 0);
        str_safe(&safe, whole.at, whole.count);
        value_json_print_text(out, safe.at, safe.count);
        buf_done(&safe);
    }
    buf_done(&whole);
    buf_done(&made);
}

const char *as_notice_body(struct arena *mem, const struct out_filter *filter,
                           const struct as_notice_facts *f)
{
    char at[TICK_TEXT];
    struct buf out;
    tick_print(f->at_ms, at);
    const struct {
        const char *key, *text;
    } members[] = {
        {"format", "landfall.notice/1"},
        {"key", f->key},
        {"kind", f->kind},
        {"region", f->region},
        {"at", at},
        {"run", f->run_id},
        {"title", f->title},
        {"address", f->address},
        {"verb", f->verb},
        {"stage", f->stage},
        {"owner", f->owner},
        {"class", f->class_name},
        {"text", f->text},
        {"code", f->code},
        {"advice", f->advice},
        {"where", f->where},
    };
    buf_init(&out, 0);
    buf_char(&out, '{');
    for (size_t i = 0; i < COUNT_OF(members); i++)
        member(&out, filter, members[i].key, members[i].text, f->data ? DIGEST_MOST : TEXT_MOST);
    if (f->data) {
        buf_text(&out, ",\"data\":");
        out_filter_mask(filter, &out, f->data, strlen(f->data));
    }
    buf_char(&out, '}');
    const char *body = buf_keep(&out, mem);
    buf_done(&out);
    return body;
}

/* ---- one notice as lines ------------------------------------------------------------------------- */

struct notice {
    const struct value *map;
    const char *key, *kind, *region, *title;
};

static bool parse(struct arena *mem, const char *body, struct notice *out, struct err *err)
{
    const struct value *map;
    if (!value_json_parse(mem, body, strlen(body), &map, err))
        return err_wrap(err, "reading a notice");
    *out = (struct notice){.map = map,
                           .key = value_get_text(map, "key", ""),
                           .kind = value_get_text(map, "kind", ""),
                           .region = value_get_text(map, "region", ""),
                           .title = value_get_text(map, "title", "")};
    return true;
}

/* Other people's text: nothing in it may pass for a control character, and its own lines stay lines. */
static void add_lines(struct buf *out, const char *text)
{
    for (const char *line = text; *line;) {
        size_t size = strcspn(line, "\n");
        str_safe(out, line, size);
        buf_char(out, '\n');
        line += size + (line[size] == '\n');
    }
}

static void add_line(struct buf *out, const char *label, const char *text)
{
    if (!text)
        return;
    buf_text(out, label);
    add_lines(out, text);
}

static void add_notice(struct buf *out, const struct notice *n)
{
    const char *owner = value_get_text(n->map, "owner", NULL), *stage = value_get_text(n->map, "stage", NULL),
               *class_name = value_get_text(n->map, "class", NULL);
    buf_print(out, "%s: ", n->region);
    add_lines(out, n->title);
    add_line(out, "", value_get_text(n->map, "text", NULL));
    add_line(out, "To do: ", value_get_text(n->map, "advice", NULL));
    add_line(out, "Owner: ", owner);
    add_line(out, "Stage: ", stage);
    /* Local is what nearly all steps are. */
    if (class_name && strcmp(class_name, "local") != 0)
        add_line(out, "Class: ", class_name);
    add_line(out, "Declared at: ", value_get_text(n->map, "where", NULL));
}

/* ---- Slack ---------------------------------------------------------------------------------------- */

/* The three characters of its markup (api.slack.com, "Escaping text"): nobody's text can call a channel. */
static void make_slack(struct arena *mem, const struct notice *at, size_t count,
                       struct as_notice_message *out)
{
    struct buf text, made;
    buf_init(&text, 0);
    buf_init(&made, 0);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_char(&text, '\n');
        add_notice(&text, &at[i]);
    }
    for (size_t i = 0; i + 1 < text.count; i++) {
        char c = text.at[i];
        if (c == '&' || c == '<' || c == '>')
            buf_text(&made, c == '&' ? "&amp;" : c == '<' ? "&lt;" : "&gt;");
        else
            buf_char(&made, c);
    }
    struct buf json;
    buf_init(&json, 0);
    buf_text(&json, "{\"text\":");
    value_json_print_text(&json, made.at, made.count);
    buf_text(&json, ",\"mrkdwn\":false}");
    *out = (struct as_notice_message){"application/json", buf_keep(&json, mem), json.count};
    buf_done(&json);
    buf_done(&made);
    buf_done(&text);
}

/* ---- mail ------------------------------------------------------------------------------------------ */

/* What stands in a header: printable ASCII alone, so that no text can begin a header of its own. */
static void add_header_text(struct buf *out, const char *text, size_t most)
{
    size_t count = 0;
    for (; *text && count < most; text++, count++)
        buf_char(out, *text >= ' ' && *text < 0x7f ? *text : '?');
    if (*text)
        buf_text(out, "...");
}

static void add_subject(struct buf *out, const struct notice *at, size_t count)
{
    struct buf subject;
    buf_init(&subject, 0);
    if (count == 1)
        buf_print(&subject, "[landfall %s] %s", at[0].region, at[0].title);
    else
        buf_print(&subject, "[landfall %s] %zu notices: %s", at[0].region, count, at[0].title);
    buf_text(out, "Subject: ");
    add_header_text(out, subject.at, SUBJECT_MOST);
    buf_text(out, "\r\n");
    buf_done(&subject);
}

/* RFC 5322, 3.3, in UTC. */
static void add_date(struct buf *out, int64_t wall_ms)
{
    static const char *const days[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    char at[TICK_TEXT];
    tick_print(wall_ms, at); /* 2026-11-22T11:40:30.123Z */
    unsigned month = (unsigned)(at[5] - '0') * 10 + (unsigned)(at[6] - '0');
    buf_print(out, "Date: %s, %.2s %s %.4s %.8s +0000\r\n", days[wall_ms / 86400000 % 7], at + 8,
              months[(month - 1) % 12], at, at + 11);
}

/* The same keys make the same id, so that a mail that was sent twice is one to who keeps ids. */
static void add_message_id(struct buf *out, const struct notice *at, size_t count, const char *from)
{
    struct arena *tmp = arena_new();
    struct digest_stream *s = digest_stream_new(tmp);
    uint8_t hash[DIGEST_BYTES];
    char hex[DIGEST_HEX];
    for (size_t i = 0; i < count; i++)
        digest_stream_text(s, at[i].key);
    digest_stream_end(s, hash);
    digest_hex(hash, 16, hex);
    buf_print(out, "Message-ID: <%s%s>\r\n", hex, strrchr(from, '@'));
    arena_free(tmp);
}

static void add_recipients(struct buf *out, const struct notices_sink *sink)
{
    buf_text(out, "To: ");
    for (size_t i = 0; i < sink->to_count; i++)
        buf_print(out, "%s%s", i > 0 ? ",\r\n " : "", sink->to[i]);
    buf_text(out, "\r\n");
}

/* In lines of 76 characters (RFC 2045, 6.8): any text of any length is lines that every server takes. */
static void add_base64(struct buf *out, struct arena *mem, const char *text, size_t count)
{
    const char *coded = digest_base64(mem, text, count);
    for (size_t left = strlen(coded); left > 0;) {
        size_t size = left < 76 ? left : 76;
        buf_add(out, coded, size);
        buf_text(out, "\r\n");
        coded += size;
        left -= size;
    }
}

static void make_mail(struct arena *mem, const struct notices_sink *sink, const struct notice *at,
                      size_t count, int64_t at_ms, struct as_notice_message *out)
{
    struct buf mail, text;
    buf_init(&mail, 0);
    buf_init(&text, 0);
    buf_print(&mail, "From: landfall <%s>\r\n", sink->from);
    add_recipients(&mail, sink);
    add_subject(&mail, at, count);
    add_date(&mail, at_ms);
    add_message_id(&mail, at, count, sink->from);
    for (size_t i = 0; i < count; i++) {
        buf_text(&mail, "X-Landfall-Key: ");
        add_header_text(&mail, at[i].key, 900); /* a line may have 998 (RFC 5322, 2.1.1) */
        buf_text(&mail, "\r\n");
    }
    /* RFC 3834: nobody's holiday answers a machine. */
    buf_text(&mail, "Auto-Submitted: auto-generated\r\n"
                    "MIME-Version: 1.0\r\n"
                    "Content-Type: text/plain; charset=utf-8\r\n"
                    "Content-Transfer-Encoding: base64\r\n\r\n");
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_char(&text, '\n');
        add_notice(&text, &at[i]);
    }
    add_base64(&mail, mem, text.at, text.count);
    *out = (struct as_notice_message){NULL, buf_keep(&mail, mem), mail.count};
    buf_done(&text);
    buf_done(&mail);
}

/* ---- messages ---------------------------------------------------------------------------------------- */

size_t as_notice_most(const struct notices_sink *sink)
{
    return sink->kind == NOTICES_WEBHOOK ? 1 : TOGETHER;
}

bool as_notice_message(struct arena *mem, const struct notices_sink *sink, const char *const *bodies,
                       size_t count, int64_t at_ms, struct as_notice_message *out, struct err *err)
{
    struct notice *at = ARENA_ARRAY(mem, struct notice, count);
    if (sink->kind == NOTICES_WEBHOOK) {
        *out = (struct as_notice_message){"application/json", bodies[0], strlen(bodies[0])};
        return true;
    }
    for (size_t i = 0; i < count; i++)
        if (!parse(mem, bodies[i], &at[i], err))
            return false;
    if (sink->kind == NOTICES_SLACK)
        make_slack(mem, at, count, out);
    else
        make_mail(mem, sink, at, count, at_ms, out);
    return true;
}
