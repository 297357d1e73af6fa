/* The notices: who is told of what, and where - `notices` of landfall.yaml.
 *
 *     notices:
 *       give_up_after: 72            # hours a notice is tried before it is given up; this is the default
 *       sinks:
 *         team:   { kind: slack, url: !secret env:TEAM_HOOK }
 *         ops:    { kind: webhook, url: "https://ops.acme.example/landfall", key: !secret env:OPS_HOOK_KEY }
 *         people: { kind: mail, server: "smtp://mail.acme.example:587", user: landfall,
 *                   password: !secret env:MAIL_PASSWORD, from: landfall@acme.example, to: [ada@acme.example]
 * } rules:
 *         - { to: [team], about: [failed, conflict, held, run_ended] }
 *         - { to: [people], about: [waits, deadline], owner: [legal] }
 *         - { to: [ops], about: [done], stage: [names], class: [shared, irreversible] }
 *
 * The map is closed.  owner, stage and class choose among steps, so a rule that has one of them may be about
 * nothing else.  Pure: nothing is sent from here, no secret is looked up.  Lives in the project's arena. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct findings;
struct project_http;
struct value;

enum notices_kind {
    NOTICES_FAILED = 0,
    NOTICES_CONFLICT,    /* something foreign is there                   */
    NOTICES_HELD,        /* nobody knows what became of a call           */
    NOTICES_WAITS,       /* for a person                                 */
    NOTICES_RESOLVED,    /* a person settled what was held, or took something foreign over */
    NOTICES_BLOCKED,     /* could not start; told once, as the run ends  */
    NOTICES_DONE,        /* a step                                       */
    NOTICES_SHARED_DONE, /* a step that live customers of other regions use */
    NOTICES_DEADLINE,    /* of a step or of the launch: near, or passed  */
    NOTICES_WAIVER,      /* ends soon, or has ended                      */
    NOTICES_RUN_ENDED,
    NOTICES_APPROVAL, /* was used, or is needed  */
    NOTICES_DIGEST,   /* landfall board --send  */
    NOTICES_KIND_COUNT,
};
const char *notices_kind_name(enum notices_kind kind); /* "run_ended" */

enum notices_sink_kind { NOTICES_WEBHOOK = 1, NOTICES_SLACK, NOTICES_MAIL };
const char *notices_sink_kind_name(enum notices_sink_kind kind);

struct notices_sink {
    const char *name;
    enum notices_sink_kind kind;
    const struct value *url;      /* webhook, slack: text or secret */
    const struct value *key;      /* webhook: what bodies are signed with; a secret, or NULL */
    const char *server;           /* mail: "smtp://host:port" or "smtps://host:port" */
    const char *user;             /* mail, or NULL */
    const struct value *password; /* mail: a secret; NULL without a user */
    const char *from, *const *to; /* mail */
    size_t to_count;
};

/* One rule.  An empty list of owners or stages, and no class, let every step through. */
struct notices_rule {
    uint64_t sinks; /* bit i: sinks[i] */
    uint32_t kinds; /* bit of enum notices_kind */
    const char *const *owners, *const *stages;
    size_t owner_count, stage_count;
    uint32_t classes; /* APPROVALS_BIT of each; 0: any */
};

#define NOTICES_SINKS_MOST 64 /* one bit each */

struct notices {
    const struct notices_sink *sinks; /* sorted by name */
    size_t sink_count;
    const struct notices_rule *rules;
    size_t rule_count;
    int64_t give_up_ms;
};

/* What a notice is about.  Of a step: all of it; else kind alone. */
struct notices_subject {
    enum notices_kind kind;
    bool is_step;
    bool is_undeclared;        /* nobody knows whose it is: no rule keeps it from anybody */
    const char *owner, *stage; /* NULL or "": it has none */
    uint32_t classes;          /* APPROVALS_BIT of each; 0: not known */
};

/* What is wrong becomes a finding; what is broken is left out.  `map` NULL: nobody is told anything. */
struct notices notices_parse(struct findings *f, const struct value *map, const struct project_http *http);
/* The sinks that want it, as bits. */
uint64_t notices_wanted(const struct notices *n, const struct notices_subject *subject);
/* Is there a rule about it at all? */
bool notices_has(const struct notices *n, enum notices_kind kind);
/* NULL: no sink of that name, any more. */
const struct notices_sink *notices_find(const struct notices *n, const char *name);
