/* The facts: what a command found out, gathered by cli/ and told by as_text and as_json alike, so that the
 * two can never disagree.  Plain data, borrowed during the call it is passed to. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct approval;
struct approval_delta;
struct approval_set;
struct approval_subject;
struct approvals;
struct contract;
struct err;
struct event;
struct executor_outcome;
struct launch;
struct lf_plugin;
struct plan;
struct plan_file;
struct plan_step;
struct policy_case;
struct recover_outcome;
struct region;
struct rehearsal;
struct residence_book;
struct schema_diff;
struct spend_limit;
struct store_event;
struct store_notice;
struct store_run;
struct store_snapshot;
struct store_approval;
struct store_audit;
struct sweep;
struct value;
struct waivers;

/* What is known of a region without asking anybody. */
/* An approval that opened a run, or let it go on. */
struct facts_used {
    const char *run_id;
    const struct approval *approval;
};

struct facts_status {
    const char *region;
    const struct region *resolved; /* NULL: its file does not load, or was not asked for */
    const struct store_snapshot *truth;
    const struct store_event *events; /* since the last run began, oldest first */
    size_t event_count;
    const struct facts_used *used; /* by the last run */
    size_t used_count;
    int64_t now_ms;                /* wall clock, for "3 h ago" */
    const struct waivers *waivers; /* or NULL */
    bool waivers_broken;           /* they do not load */
};

/* What the tests of policies found. */
struct facts_cases {
    const struct policy_case *at;
    size_t count, failed;
    const char *untested; /* names of files without tests, or NULL */
    bool only_failed;
};

/* One run that has just ended. */
struct facts_run {
    const char *region, *command, *run_id;
    const struct plan *plan;                 /* NULL: it ended while settling what an earlier run left */
    const struct executor_outcome *outcome;  /* NULL as above */
    const struct recover_outcome *recovered; /* NULL: nothing was left in doubt */
    const struct event *troubles; /* STEP_FAILED, CONFLICT, HELD, BLOCKED and WAITS, in order; kept by cli/ */
    size_t trouble_count;
    const struct value *outputs; /* as they stand now, or NULL */
    const struct sweep *sweep;   /* after a destroy: what is left over; else NULL */
    int64_t took_ms;
    const char *next; /* the command to go on with, or NULL: nothing is left to do */
};

struct facts_history {
    const char *region;
    const char *address;          /* NULL: of everything */
    const char *near;             /* where nothing is remembered of it: what may have been meant, or NULL */
    const struct store_run *runs; /* oldest first; not with an address */
    size_t run_count;
    const struct facts_used *used; /* by any of them, oldest first */
    size_t used_count;
    size_t earlier_runs;              /* not among them: older than was asked for */
    const struct store_event *events; /* oldest first */
    size_t event_count;
    bool earlier_events; /* there are older ones than was asked for */
};

/* Who was told of what, and who is still to be told. */
struct facts_notices {
    const char *region;
    const struct store_notice *rows; /* oldest first: all that are not sent, and the newest of the others */
    size_t count;
    size_t total;   /* how many there ever were */
    bool has_sinks; /* landfall.yaml names somebody */
};

/* One driver that was found, for describe and plugin list. */
struct facts_plugin {
    const char *path;
    const struct lf_plugin *plugin;  /* NULL when it was refused */
    const char *refusal;             /* why, when refused */
    const struct contract *contract; /* compiled; NULL when refused, or not needed */
};

/* What blocks launch; see launch/launch.h. */
struct facts_launch {
    const struct region *region;
    const struct plan *plan;
    const struct launch *launch;
    const struct err *silence; /* the plan is of the store, because a service did not answer; or NULL */
    const char *next;          /* the command that does what landfall can do itself */
};

/* Where data is, as the audit chain has it. */
struct facts_residency {
    const struct residence_book *book;
    const char *const *missing; /* steps that stand and that the chain does not know */
    size_t missing_count;
    int64_t made_ms;
    const char *digest; /* of the file of evidence that the text goes with; NULL: there is none */
};

/* How long something was taken to take, and on whose word. */
struct facts_span {
    const char *what;   /* a type, a call, "check", or a step's address */
    const char *source; /* "region file", "measured", "guess of the playbook", "assumed" */
    int64_t p50_ms, p90_ms;
    uint32_t steps;
    uint32_t measured; /* how often, where it was */
    bool known;        /* false: nobody said, and nothing was measured */
};

struct facts_rehearsal {
    const struct region *region;
    const char *playbook;
    const struct rehearsal *rehearsal;
    const struct facts_span *spans; /* by what */
    size_t span_count;
    const char *const *drivers; /* "dns-local", each once */
    size_t driver_count;
    const char *const *unopened; /* drivers that could not be asked what things cost */
    size_t unopened_count;
};

/* One thing a command did, in a line: resolve, adopt, done. */
struct facts_deed {
    const char *command; /* "resolve" */
    const char *region, *address;
    const char *id;                        /* or NULL */
    const char *what;                      /* "kept zone-2 as dns.zone.apex" */
    const char *next;                      /* the command to go on with, or NULL */
    const struct facts_adoption *adoption; /* what an adoption met, or NULL */
};

/* What is to become ours, as it is there and as the playbook declares it. */
struct facts_adoption {
    const struct plan *plan;
    const char *address;
    const struct plan_step *step;
    const char *id; /* as the service has it, or NULL */
    const struct schema_diff *diffs;
    size_t diff_count;
    const char *as_it_is; /* why nothing of it is changed, or NULL: it is brought to what is declared */
};

/* Everything that is known of a region, for its report. */
struct facts_report {
    const struct plan *plan;
    const struct store_event *events; /* of the last run, oldest first */
    size_t event_count;
    const struct launch *launch;     /* what its launch waits for; NULL: it cannot be told */
    const struct err *launch_why;    /* why not; NULL with a launch */
    const struct store_audit *audit; /* the whole chain, oldest first */
    size_t audit_count;
    const struct err *audit_broken;    /* NULL: every entry is as it was written */
    const struct residence_book *book; /* where data is, by that chain; NULL: there is none, or see below */
    const struct err *book_why;        /* what is wrong with its entries; or NULL */
    const char *const *missing;        /* addresses that hold data and of which the chain says nothing */
    size_t missing_count;
    int64_t made_ms;           /* wall clock */
    bool as_stored;            /* no service was asked: what is there is what the store remembers */
    const struct err *silence; /* why not, when one was to be asked and did not answer; or NULL */
};

/* What changed since somebody said yes. */
struct facts_since {
    const char *by;     /* "ada, bob" */
    int64_t when_ms;    /* of the last of them */
    const char *digest; /* of what was approved */
    const struct approval_delta *delta;
    bool has_once;       /* false: part of it is spent, and what is left says nothing */
    int64_t month, once; /* what is planned now, less what was approved; millionths */
    int64_t month_now, once_now;
    const char *currency;
};

/* A plan before somebody says yes to it, and after. */
struct facts_approval {
    const char *file; /* as it was typed */
    const struct plan_file *plan;
    const struct approval_subject *subject;
    const struct approvals *config;
    const struct approval_set *set; /* those that count; once given, with this one */
    const uint32_t *missing;        /* per class of change */
    const struct approval *mine;
    const struct value *budget;      /* as the region file has it, or NULL */
    const struct spend_limit *held;  /* the part of it that apply holds every run to */
    const struct facts_since *since; /* NULL: nothing of it was approved before */
    bool is_blind;         /* the plan follows a run, and no store here tells whether it is the last */
    const char *approvals; /* the file it is put into */
    const char *next;      /* the command to go on with */
};
