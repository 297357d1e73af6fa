/* The kit: what every driver writes anyway, written once.  A driver may use it or leave it; it sees
 * nothing but include/landfall/plugin.h, so a driver outside this tree can copy it.
 *
 * Rules that hold for all of it: strings and values made here belong to the operation they were made
 * for; nothing here waits, retries or keeps memory of its own; the first parameter is the thing acted on.
 */
#pragma once

#include <landfall/plugin.h>
#include <stdarg.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define KIT_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define KIT_PRINTF(text, first)
#endif

/* The tables a driver was handed in open(), one step away.  Embed it in the driver's own self. */
struct kit {
    const struct lf_host *host;
    const struct lf_values *values;
    const struct lf_ops *ops;
};

void kit_init(struct kit *kit, const struct lf_host *host);

/* ---- memory and text of an operation ------------------------------------------------------ */

/* A copy that ends with NUL.  `text` may be NULL when len is 0. */
char *kit_copy(const struct kit *kit, struct lf_op *op, const char *text, size_t len);
/* printf into memory of the operation. */
KIT_PRINTF(3, 4) char *kit_format(const struct kit *kit, struct lf_op *op, const char *format, ...);

/* A text that grows, for files and statements.  {0} is an empty one. */
struct kit_text {
    char *bytes; /* ends with NUL once anything was added */
    size_t len;
    size_t room;
};

void kit_text_add(const struct kit *kit, struct lf_op *op, struct kit_text *text, const char *bytes,
                  size_t len);
KIT_PRINTF(4, 5)
void kit_text_print(const struct kit *kit, struct lf_op *op, struct kit_text *text, const char *format, ...);

/* ---- reading values ----------------------------------------------------------------------- */

/* `path` is an attribute's name or a path as in lf_values.get.  `map` may be NULL. */
const struct lf_value *kit_get(const struct kit *kit, const struct lf_value *map, const char *path);
/* NULL unless there and a text. */
const char *kit_get_text(const struct kit *kit, const struct lf_value *map, const char *path);
int64_t kit_get_int(const struct kit *kit, const struct lf_value *map, const char *path, int64_t otherwise);
bool kit_get_bool(const struct kit *kit, const struct lf_value *map, const char *path, bool otherwise);
/* There and neither null nor unknown. */
bool kit_has(const struct kit *kit, const struct lf_value *map, const char *path);
/* No unknown at any depth.  A missing value is known. */
bool kit_is_known(const struct kit *kit, const struct lf_value *value);
/* Equal at any depth; the order of map keys does not count.  Missing equals null.  Secrets differ, unless
 * the core can tell that they hide the same bytes (since ABI 1.1). */
bool kit_is_same(const struct kit *kit, const struct lf_value *a, const struct lf_value *b);
/* The same for lists whose order carries no meaning: equal as multisets. */
bool kit_is_same_set(const struct kit *kit, const struct lf_value *a, const struct lf_value *b);

/* ---- making values ------------------------------------------------------------------------ */

const struct lf_value *kit_map(const struct kit *kit, struct lf_op *op);
/* Each gives a map with one more key; the map handed in stays as it was. */
const struct lf_value *kit_put(const struct kit *kit, struct lf_op *op, const struct lf_value *map,
                               const char *key, const struct lf_value *value);
/* `text` may be NULL: then the map comes back unchanged. */
const struct lf_value *kit_put_text(const struct kit *kit, struct lf_op *op, const struct lf_value *map,
                                    const char *key, const char *text);
const struct lf_value *kit_put_int(const struct kit *kit, struct lf_op *op, const struct lf_value *map,
                                   const char *key, int64_t n);
const struct lf_value *kit_put_bool(const struct kit *kit, struct lf_op *op, const struct lf_value *map,
                                    const char *key, bool b);

/* ---- ending an operation ------------------------------------------------------------------ */

/* A result with its size and status filled. */
struct lf_result kit_result(uint32_t status);
/* finish() with nothing but a status: GONE, CANNOT_TELL, RETRY, UNSURE, CANCELED ... */
void kit_finish(const struct kit *kit, struct lf_op *op, uint32_t status);
/* id, marker and state may be NULL. */
void kit_ok(const struct kit *kit, struct lf_op *op, const char *id, const char *marker,
            const struct lf_value *state);
/* One diagnostic of severity error.  path, detail and advice may be NULL. */
void kit_note(const struct kit *kit, struct lf_op *op, const char *code, const char *path,
              const char *summary, const char *detail, const char *advice);
/* The note, and the end: REFUSED. */
void kit_refuse(const struct kit *kit, struct lf_op *op, const char *code, const char *path,
                const char *summary, const char *detail, const char *advice);

/* ---- batches ------------------------------------------------------------------------------ */

/* Many requests, or one, handled by the same code.  Answers and notes are held until kit_batch_end, so
 * that a driver can write its file or commit its transaction first.  At the end each item's notes are
 * given just before its answer, in order, and a batch of one ends its operation with its one answer. */
struct kit_held_note;

struct kit_batch {
    const struct kit *kit;
    void *self; /* the driver's */
    struct lf_op *op;
    const struct lf_request *const *reqs;
    size_t count;
    struct lf_result *answers;    /* status 0: not answered yet */
    struct kit_held_note **notes; /* a list each, last first    */
    bool single;
    void *user; /* free for the driver */
};

struct kit_batch *kit_batch_one(const struct kit *kit, void *self, struct lf_op *op,
                                const struct lf_request *req);
struct kit_batch *kit_batch_many(const struct kit *kit, void *self, struct lf_op *op,
                                 const struct lf_request *const *reqs, size_t count);
/* Copied; what it points to must belong to the operation.  A second answer replaces the first. */
void kit_batch_answer(struct kit_batch *batch, size_t i, const struct lf_result *result);
void kit_batch_status(struct kit_batch *batch, size_t i, uint32_t status);
/* Strings must belong to the operation or be constant. */
void kit_batch_note(struct kit_batch *batch, size_t i, const char *code, const char *path,
                    const char *summary, const char *detail, const char *advice);
void kit_batch_refuse(struct kit_batch *batch, size_t i, const char *code, const char *path,
                      const char *summary, const char *detail, const char *advice);
/* The request's verb is one that may change the world (create, update, destroy). */
bool kit_changes(const struct lf_request *req);
/* The object that carries `marker` (or NULL) is ours, or may be made ours: an adopting update says which
 * marker it expects to find (memo {"adopt": true, "was": "..."}), and takes the object only while that is
 * still so. */
bool kit_may_change(const struct kit *kit, const struct lf_request *req, const char *marker);
/* What became of every change the batch hoped to make: replaces the answers of OK and GONE that changing
 * requests were given, for a write that failed after they were answered. */
void kit_batch_spoil(struct kit_batch *batch, uint32_t status, const char *code, const char *summary,
                     const char *detail, const char *advice);
/* Gives every held note and answer and ends the operation.  Unanswered items are left to the core, which
 * takes them for UNSURE; a lone unanswered request ends as UNSURE too.  The batch is gone afterwards. */
void kit_batch_end(struct kit_batch *batch);

#ifdef __cplusplus
}
#endif
