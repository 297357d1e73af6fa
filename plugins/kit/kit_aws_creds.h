/* Where an AWS driver's keys come from, and the keys themselves while they are good.  Part of kit_aws: no
 * driver includes it.
 *
 * Keys that were fetched are kept until near their end and fetched once for everybody who waits. */
#pragma once

#include "kit_aws.h"

enum kit_aws_source { KIT_AWS_KEYS = 1, KIT_AWS_FILE, KIT_AWS_INSTANCE, KIT_AWS_COMMAND };

/* On the heap, because it outlives operations. */
struct kit_aws_keys {
    char *access_key;
    char *secret_key;
    char *session_token; /* or NULL */
};

struct kit_aws_creds {
    struct kit kit;
    enum kit_aws_source source;
    const struct lf_value *access_key, *secret_key, *session_token; /* KEYS: the settings' own handles */
    char *file, *profile;                                           /* FILE */
    char *metadata;                                                 /* INSTANCE: its address */
    char **argv;                                                    /* COMMAND, ends with NULL */
    struct lf_variable *env;
    uint32_t env_count;
    struct kit_aws_keys held;
    int64_t held_until_ms;   /* on now_ms(); 0: nothing is held                              */
    int64_t asked_until_ms;  /* somebody is fetching, and is given up at this time; 0: nobody */
    int64_t failed_until_ms; /* so long the failure below is the answer for everybody */
    struct {
        char *path, *summary, *detail, *advice;
        bool final;
    } failed;
};

/* What signs one request; belongs to its operation. */
struct kit_aws_key {
    const char *access_key;
    const struct lf_value *secret_key;
    const char *session_token; /* or NULL */
};

/* `key`, or `trouble`; both NULL: canceled. */
typedef void kit_aws_key_fn(struct lf_op *op, const struct kit_aws_key *key,
                            const struct kit_aws_trouble *trouble, void *user);

bool kit_aws_creds_init(struct kit_aws_creds *creds, const struct kit *kit, const struct lf_value *settings,
                        struct lf_diag *why);
void kit_aws_creds_done(struct kit_aws_creds *creds);
/* The callback may come before this returns. */
void kit_aws_creds_get(struct kit_aws_creds *creds, struct lf_op *op, kit_aws_key_fn *fn, void *user);
/* The service says that these are no longer good; newer ones are kept. */
void kit_aws_creds_stale(struct kit_aws_creds *creds, const char *access_key);
/* They can be had anew without a person. */
bool kit_aws_creds_renew(const struct kit_aws_creds *creds);

/* ---- what was fetched ------------------------------------------------------------------------------------
 */

/* All belongs to the operation. */
struct kit_aws_found {
    const char *access_key, *secret_key, *session_token;
    int64_t left_ms; /* how long they are good; 0: not said */
};

/* The text of a shared credentials or config file, strictly. */
bool kit_aws_profile_parse(const struct kit *kit, struct lf_op *op, const char *bytes, size_t len,
                           const char *file, const char *profile, struct kit_aws_found *found,
                           struct kit_aws_trouble *trouble);
const struct kit *kit_aws_kit(const struct kit_aws *aws);
/* The error code says that the keys ran out. */
bool kit_aws_error_is_stale(const struct kit_aws_reply *reply);
/* COMMAND: runs it and gives what it printed.  In kit_aws_command.c. */
typedef void kit_aws_ran_fn(struct lf_op *op, const struct kit_aws_found *found,
                            const struct kit_aws_trouble *trouble, void *user); /* both NULL: canceled */
bool kit_aws_command_init(struct kit_aws_creds *creds, const struct lf_value *settings, struct lf_diag *why);
void kit_aws_command_done(struct kit_aws_creds *creds);
void kit_aws_command_run(const struct kit_aws_creds *creds, struct lf_op *op, kit_aws_ran_fn *fn, void *user);
/* Milliseconds between two moments: `end` as ISO 8601 in UTC, `now` as HTTP's Date.  false: one is neither.
 */
bool kit_aws_left(const char *end, const char *now, int64_t *left_ms);
