#include "rfc2136.h"

#include <string.h>

/* What a person reads of an exchange that failed: "the name server at '192.0.2.1' port 53 <happened>". */
struct sentence {
    const char *code;
    const char *path;
    const char *happened;
    bool names_key; /* the key's name follows */
    const char *advice;
};

static const struct sentence sentences[] = {
    [TALK_UNSENT] = {"rfc2136.unreachable", "server", "cannot be reached", false,
                     "check `server` and `port` of the drivers block, and that it takes TCP from here"},
    [TALK_LOST] = {"rfc2136.no_answer", "server", "does not answer", false,
                   "look at the server and its log; `timeout_s` says how long it is waited for"},
    [TALK_GARBLED] =
        {"rfc2136.bad_answer", "server", "gives no answer that can be trusted", false,
         "check that `server` and `port` are the zone's primary itself: its answers must be signed "
         "with the same key, and a secondary that hands updates on will not do"},
    [TALK_BAD_KEY] = {"rfc2136.bad_key", "key", "does not accept the key", true,
                      "compare `key` and `algorithm` with the server's configuration, and what it lets that "
                      "key do"},
    [TALK_BAD_SIGNATURE] =
        {"rfc2136.bad_signature", "secret", "has another secret for the key", true,
         "compare `secret` (base64, as tsig-keygen and keymgr print it) with the server's"},
    [TALK_BAD_TIME] = {"rfc2136.bad_time", NULL, "has another time than this machine", false,
                       "set both clocks by NTP (`timedatectl` tells whether this one is); they may lie 300 "
                       "seconds apart"},
    [TALK_UNUSABLE] =
        {"rfc2136.unusable", "secret", "cannot be asked: no signed message can be made", false,
         "write `secret` as base64, as tsig-keygen and keymgr print it; and what is changed at once must "
         "fit into a message of 64 KB"},
};

struct rfc2136_words rfc2136_fault_words(const struct rfc2136 *self, struct lf_op *op,
                                         const struct talk_fault *fault)
{
    const struct sentence *sentence = &sentences[fault->end];
    const struct kit *kit = &self->kit;
    const char *key = sentence->names_key ? kit_format(kit, op, " '%s'", self->key) : "";
    return (struct rfc2136_words){
        .code = sentence->code,
        .path = sentence->path,
        .summary = kit_format(kit, op, "the name server at '%s' port %u %s%s", self->server, self->port,
                              sentence->happened, key),
        .detail = fault->detail ? kit_copy(kit, op, fault->detail, strlen(fault->detail)) : NULL,
        .advice = sentence->advice,
    };
}

static void words_refused(const struct rfc2136 *self, struct lf_op *op, const char *what, const char *zone,
                          struct rfc2136_words *words)
{
    const struct kit *kit = &self->kit;
    bool names_host = strncmp(what, "MX ", 3) == 0 || strncmp(what, "NS ", 3) == 0;
    words->code = "rfc2136.not_allowed";
    words->summary =
        kit_format(kit, op, "the name server at '%s' port %u does not let the key '%s' change %s",
                   self->server, self->port, self->key, what);
    words->advice = kit_format(
        kit, op,
        "let it change that and all below '_landfall.%s' (BIND: update-policy; Knot: an acl with "
        "`action: update`)%s",
        zone, names_host ? "; or BIND misses the address of a host in the same zone: give it one first" : "");
}

struct rfc2136_words rfc2136_rcode_words(const struct rfc2136 *self, struct lf_op *op, uint32_t rcode,
                                         const char *what, const char *zone)
{
    const struct kit *kit = &self->kit;
    struct rfc2136_words words = {
        .code = "rfc2136.refused",
        .summary = kit_format(kit, op, "the name server at '%s' port %u does not change %s", self->server,
                              self->port, what),
        .detail = kit_format(kit, op, "it answered %s", wire_rcode_name(rcode)),
        .advice = "the server's log says why",
    };
    switch (rcode) {
    case WIRE_REFUSED:
        words_refused(self, op, what, zone, &words);
        break;
    case WIRE_NOTAUTH:
        words.code = "rfc2136.not_primary";
        words.advice = kit_format(kit, op, "write the address of the primary of '%s' as `server`", zone);
        break;
    case WIRE_NOTIMP:
        words.code = "rfc2136.no_updates";
        words.advice = "it takes no dynamic updates: choose a server that does, or another driver";
        break;
    case WIRE_SERVFAIL:
        words.code = "rfc2136.server_failure";
        break;
    case WIRE_YXDOMAIN:
    case WIRE_YXRRSET:
    case WIRE_NXDOMAIN:
    case WIRE_NXRRSET:
        words.code = "rfc2136.changed_meanwhile";
        words.detail = kit_format(kit, op, "it answered %s: somebody changed it between looking and writing",
                                  wire_rcode_name(rcode));
        words.advice = "see who else writes to the zone, then try again";
        break;
    default:
        break;
    }
    return words;
}

struct rfc2136_words rfc2136_not_served_words(const struct rfc2136 *self, struct lf_op *op, const char *zone,
                                              const char *seen)
{
    const struct kit *kit = &self->kit;
    return (struct rfc2136_words){
        .code = "rfc2136.zone_not_served",
        .path = "zone",
        .summary = kit_format(kit, op, "the name server at '%s' port %u does not answer for the zone '%s'",
                              self->server, self->port, zone),
        .detail = seen ? kit_copy(kit, op, seen, strlen(seen)) : NULL,
        .advice = "make the zone on that server (a dynamic update cannot), and let the key ask for it",
    };
}

void rfc2136_note(struct kit_batch *batch, size_t i, const struct rfc2136_words *words)
{
    kit_batch_note(batch, i, words->code, words->path, words->summary, words->detail, words->advice);
}
