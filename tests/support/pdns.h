/* A PowerDNS server for contract tests, the bench that talks to it through a proxy on which things can go
 * wrong, and the judge: dig, and the API asked by curl, never by the driver. */
#pragma once

#include "bench.h"
#include "mishap.h"

struct CMUnitTest;

struct pdns {
    char folder[64];
    int dns_port, api_port;
    char key[64];
    const char *backend; /* of tests/servers/pdns: "sqlite", "pgsql ..." */
    struct mishap *m;
    struct bench *b;
};

/* Starts a server in a folder of its own. */
void pdns_start(struct pdns *p, const char *backend);
void pdns_restart(struct pdns *p); /* after a crash or a stop, with its data */
void pdns_stop(struct pdns *p);    /* and removes the folder */
/* A fresh bench and proxy; settings: more of them, JSON with ' for ", beginning with a comma, or "". */
void pdns_open(struct pdns *p, const char *settings);
/* Closes both and removes every zone; the bench must have seen no breach of contract. */
void pdns_close(struct pdns *p);

/* What the API says to GET path, through a jq filter. */
const char *pdns_ask(struct pdns *p, const char *path, const char *filter);
/* Sends what another tool would; gives the HTTP status. */
int pdns_send(struct pdns *p, const char *method, const char *path, const char *body);
/* Sorted answers of the name server, a line each. */
const char *pdns_dig(struct pdns *p, const char *question);

/* Verbs with marker lf1.mine and address dns.step.one; `json` as in bench_value. */
const struct op_result *pdns_change(struct pdns *p, const char *type, uint32_t verb, const char *json);
const struct op_result *pdns_change_as(struct pdns *p, const char *marker, const char *type, uint32_t verb,
                                       const char *json);
const struct op_result *pdns_look(struct pdns *p, const char *type, uint32_t verb, const char *json);

/* The zone acme.test with the time to live 600; a record that must be made. */
void pdns_make_zone(struct pdns *p);
void pdns_make(struct pdns *p, const char *json);
/* OK, and the state is all of `json`. */
void pdns_assert_state(struct pdns *p, const struct op_result *r, const char *json);
/* The last run said this, with `words` (or NULL) in it, and what to do. */
void pdns_assert_note(struct pdns *p, const char *code, const char *words);
/* What the API has of one RRset of acme.test: [ttl, contents, [[account, comment], ...]]; "": nothing. */
const char *pdns_rrset(struct pdns *p, const char *name, const char *type);

/* Runs the tests on a server of each backend, for main: its exit status. */
int pdns_on_each(struct pdns *p, const struct CMUnitTest *tests, size_t count);
