/* One command of a step: its words, its environment and its time put together, run through the host, and its
 * end told in the step's own terms. */
#pragma once

#include "kit.h"

#define EXEC_OUTPUT_MAX ((size_t)1 << 20)

struct exec {
    struct kit kit;
    const struct lf_value *settings; /* live until close() */
};

/* What the end of a command says. */
enum exec_says {
    EXEC_DONE = 1,
    EXEC_NOT,     /* of a probe: for certain not done */
    EXEC_RETRY,   /* for certain nothing happened */
    EXEC_REFUSED, /* the same, and that will stay so */
    EXEC_UNSURE,  /* something may have happened; of a probe: it cannot tell */
    EXEC_OTHER,   /* an exit code that nobody gave a meaning */
    EXEC_NEVER,   /* it never ran */
    EXEC_CANCELED,
};

struct exec_end {
    enum exec_says says;
    const char *how; /* in words: "it ended with exit code 3" */
    const char *out; /* standard output, belongs to the operation */
    size_t out_len;
    bool out_cut;
    const char *told; /* the end of what it wrote to standard error, or of its output; "" for nothing */
};

typedef void exec_end_fn(struct lf_op *op, const struct exec_end *end, void *user);

struct exec_ask {
    const char *verb; /* "create", "update", "destroy" or "probe", for LANDFALL_VERB */
    const struct lf_value *argv;
    const struct lf_value *step;  /* the attributes: env, secrets, input, cwd */
    const struct lf_value *codes; /* a map of lists: done, absent, retry, refused, unsure; NULL: 0 is done */
    const struct lf_request *req; /* token, marker, address; or NULL */
    int64_t timeout_s;
    bool asks;  /* changes nothing */
    bool input; /* give it the step's input */
};

/* Borrowed until it returns; fn comes exactly once, later. */
void exec_run(const struct exec *exec, struct lf_op *op, const struct exec_ask *ask, exec_end_fn *fn,
              void *user);
