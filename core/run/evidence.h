/* The evidence: a person did a human step, says so, and what proves it - a document on this machine, of which
 * digest, size and name are kept, or an address.  Where the playbook gives the step a probe, that must agree.
 * Its row is what lets the steps after it go on; it holds as long as what the person was asked stays the
 * same. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/digest.h"
#include "model/event.h"

struct arena;
struct err;
struct http;
struct loop;
struct plan;
struct registry;
struct store_writer;

/* Documents beyond this are kept where they live, and their address is given. */
#define EVIDENCE_MOST (UINT64_C(64) * 1024 * 1024)

struct evidence {
    const char *text; /* as it is shown: the document's name without folders, or the address */
    bool is_file;
    char digest[DIGEST_HEX]; /* of a document; "" otherwise */
    uint64_t size;
};

/* What was typed: an address (https://...), which is not looked at, or the document at `path`.  Errors:
 * evidence.missing, .empty, .too_large, .not_a_file. */
MUST_USE bool evidence_read(struct arena *mem, const char *typed, const char *path, struct evidence *out,
                            struct err *err);

struct evidence_ask {
    struct loop *loop;
    struct http *http;
    struct registry *registry;
    struct store_writer *writer;
    const struct plan *plan;
    uint32_t step;  /* of a human step whose inputs are known */
    const char *by; /* who did it */
    const struct evidence *proof;
    event_fn *keep; /* called beside the event that is put, or NULL */
    void *keep_user;
};

/* Asks the step's probe, where it has one; runs the loop.  Error evidence.refused: it does not agree. */
MUST_USE bool evidence_check(const struct evidence_ask *ask, struct err *err);
/* Row, event and an entry of the audit chain, in one transaction.  Runs the loop; durable when it returns
 * true. */
MUST_USE bool evidence_record(const struct evidence_ask *ask, struct err *err);
