/* A RabbitMQ broker for contract tests, the bench that talks to it through a proxy on which things can go
 * wrong, and the judges: the API asked by curl, and a program that reads queues over AMQP; never the driver.
 */
#pragma once

#include "bench.h"
#include "mishap.h"

#define BROKER_MARKER "lf1.mine"

struct broker {
    char folder[64];
    int amqp_port, api_port, more_ports[2];
    char partner[72]; /* the folder of a second node; "": there is none */
    int partner_ports[3];
    char vhost[32]; /* of the test under way */
    int tests;
    struct mishap *m;
    struct bench *b;
};

/* Skipped (77) or failed where a program is missing; 0: all are there. */
int broker_missing(void);
/* One broker in a folder of its own, for all tests of a program: it takes its time to start. */
void broker_start(struct broker *w);
void broker_crash(struct broker *w);
void broker_restart(struct broker *w);
void broker_stop(struct broker *w);
/* A second node in a cluster with the first; again after it was stopped.  broker_stop stops it too. */
void broker_partner_start(struct broker *w);
void broker_partner_stop(struct broker *w);
/* A vhost, a proxy and a bench of the test's own; settings: more of them, JSON with ' for ", beginning with a
 * comma, or "". */
void broker_open(struct broker *w, const char *settings);
/* Closes them and deletes the vhost; the bench must have seen no breach of contract. */
void broker_close(struct broker *w);

/* In paths '*' is the test's vhost.  What the API says to GET path, through a jq filter. */
const char *broker_ask(struct broker *w, const char *path, const char *filter);
/* The same asked again and again until it is `answer`, for what RabbitMQ does by and by: ten seconds. */
void broker_await(struct broker *w, const char *path, const char *filter, const char *answer);
/* Sends what another tool would; gives the HTTP status. */
int broker_send(struct broker *w, const char *method, const char *path, const char *body);
/* The messages that a program receives from the queue, through a jq filter, one a line; "ack" or "drop". */
const char *broker_receive(struct broker *w, const char *queue, const char *how, int count,
                           const char *filter);

/* Verbs with marker lf1.mine and address queue.step.one; `json` as in bench_value.  A destroy and a read get
 * it as prior. */
const struct op_result *broker_do_as(struct broker *w, const char *marker, uint32_t verb, const char *type,
                                     const char *json);
const struct op_result *broker_do(struct broker *w, uint32_t verb, const char *type, const char *json);
/* The create ends well. */
const struct op_result *broker_made(struct broker *w, const char *type, const char *json);
/* The verb ends as REFUSED, with a note of that code. */
void broker_refused(struct broker *w, uint32_t verb, const char *type, const char *json, const char *code);
/* The call `send`, and its recover. */
const struct op_result *broker_call(struct broker *w, uint32_t verb, const char *token, const char *json);
/* The same, handed what an earlier try had saved last, or NULL. */
const struct op_result *broker_call_again(struct broker *w, uint32_t verb, const char *token,
                                          const char *json, const struct value *saved);
/* What the last verb saved last, or NULL. */
const struct value *broker_saved(const struct broker *w);
