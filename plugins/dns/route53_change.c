#include "route53_change.h"

#include <string.h>

/* Most changes are everywhere within a minute; asking is cheap, but counts against the five a second. */
#define WAIT_FIRST_MS 250u
#define WAIT_MOST_MS  8000u

void change_add(const struct route53 *dns, struct lf_op *op, struct change *change, const char *action,
                const struct route53_set *set)
{
    size_t weight = strcmp(action, "UPSERT") == 0 ? 2 : 1;
    set_add_change(dns, op, &change->xml, action, set);
    change->values += weight * set->count;
    change->chars += weight * set_chars(set);
}

void change_send(const struct route53 *dns, struct lf_op *op, const char *hosted, struct change *change,
                 kit_aws_fn *fn, void *user)
{
    struct kit_text xml = {0};
    kit_text_print(
        &dns->kit, op, &xml,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ChangeResourceRecordSetsRequest xmlns=\"%s\">"
        "<ChangeBatch><Changes>",
        ROUTE53_NAMESPACE);
    kit_text_add(&dns->kit, op, &xml, change->xml.bytes, change->xml.len);
    kit_text_print(&dns->kit, op, &xml, "</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>");
    route53_post(dns, op, route53_path(dns, op, "hostedzone/%s/rrset/", hosted), &xml, fn, user);
}

const char *change_id(const struct route53 *dns, struct lf_op *op, const struct kit_aws_reply *reply)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    const char *text = kit_xml_text(reply->xml, "ChangeInfo/Id");
    const char *slash = text ? strrchr(text, '/') : NULL;
    const char *id = slash ? slash + 1 : text;
    return id && id[0] && strlen(id) <= 32 && id[strspn(id, letters)] == '\0'
               ? kit_copy(&dns->kit, op, id, strlen(id))
               : NULL;
}

bool change_is_done(const struct kit_aws_reply *reply)
{
    const char *status = kit_xml_text(reply->xml, "ChangeInfo/Status");
    return status && strcmp(status, "INSYNC") == 0;
}

struct waiting {
    const struct route53 *dns;
    const char *id;
    uint64_t pause_ms;
    change_done_fn *fn;
    void *user;
};

static void look(struct lf_op *op, void *user, int canceled);

static void looked(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct waiting *waiting = user;
    const char *status =
        route53_is_good(reply, "GetChangeResponse") ? kit_xml_text(reply->xml, "ChangeInfo/Status") : NULL;
    if (status && change_is_done(reply)) {
        waiting->fn(op, NULL, waiting->user);
        return;
    }
    /* A throttled look is only a longer pause. */
    if ((status && strcmp(status, "PENDING") == 0) || kit_aws_end(reply, false) == LF_END_RETRY) {
        waiting->dns->kit.ops->after(op, waiting->pause_ms, look, waiting);
        waiting->pause_ms = waiting->pause_ms * 2 < WAIT_MOST_MS ? waiting->pause_ms * 2 : WAIT_MOST_MS;
        return;
    }
    waiting->fn(op, reply, waiting->user);
}

static void look(struct lf_op *op, void *user, int canceled)
{
    struct waiting *waiting = user;
    if (canceled) {
        struct kit_aws_reply reply = {.http = {.sent = LF_SENT_CANCELED, .body = ""}};
        waiting->fn(op, &reply, waiting->user);
        return;
    }
    route53_ask(waiting->dns, op, "GET", route53_path(waiting->dns, op, "change/%s", waiting->id), NULL, 0,
                looked, waiting);
}

void change_wait(const struct route53 *dns, struct lf_op *op, const char *id, change_done_fn *fn, void *user)
{
    struct waiting *waiting = dns->kit.ops->scratch(op, sizeof(*waiting));
    *waiting = (struct waiting){.dns = dns, .id = id, .pause_ms = WAIT_FIRST_MS, .fn = fn, .user = user};
    dns->kit.ops->after(op, WAIT_FIRST_MS, look, waiting);
}
