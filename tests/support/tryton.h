/* A Tryton of a test's own, and landfall's driver on it.  The database is looked at with SQL, past Tryton and
 * past the driver; a person works in it through Tryton, as its administrator. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct bench;
struct mishap;
struct op_result;

struct tryton {
    struct bench *b;
    struct mishap *m; /* between the driver and the server */
    char folder[64];
    int port;
};

/* 0: what a test needs is there. */
int tryton_missing(void);
void tryton_open(struct tryton *t);
void tryton_close(struct tryton *t);
/* A driver anew: as another process would have it, without session and without what it had read. */
void tryton_again(struct tryton *t);
/* The good settings, but for those in `more`: JSON pairs with ' for ". */
const char *tryton_settings(struct tryton *t, const char *more);
struct bench *tryton_bench(struct tryton *t, const char *more);

/* A verb; `json` is desired, and prior for what destroys and reads. */
const struct op_result *tryton_run(struct tryton *t, const char *type, uint32_t verb, const char *marker,
                                   const char *id, const char *json);
const struct op_result *tryton_update(struct tryton *t, const char *type, const char *marker, const char *id,
                                      const char *prior, const char *json);

/* The first column of the first row, as text; "" for NULL and where there is no row. */
__attribute__((format(printf, 2, 3))) const char *tryton_sql(struct tryton *t, const char *format, ...);
/* What a person does: model.METHOD(PARAMS), PARAMS as JSON with ' for ", without the context.  The answer. */
__attribute__((format(printf, 3, 4))) const char *tryton_person(struct tryton *t, const char *method,
                                                                const char *params, ...);
/* tests/servers/tryton_sell.py: "unit price|taxes|untaxed|tax|total|number". */
const char *tryton_sell(struct tryton *t, const char *country, const char *product, const char *list,
                        const char *sequence);
/* All notes of the last run in one text, for messages of failing tests. */
const char *tryton_notes(struct tryton *t);

/* ---- what a test expects; a failure says what the driver said
 * ------------------------------------------------ */

void tryton_assert_end(struct tryton *t, const struct op_result *r, uint32_t status);
void tryton_assert_noted(struct tryton *t, const char *code);
void tryton_assert_refused(struct tryton *t, const struct op_result *r, const char *code);
void tryton_assert_sql(struct tryton *t, const char *want, const char *sql);
/* A create that must succeed; its id, also in `id`, which has 32 bytes. */
const char *tryton_make(struct tryton *t, const char *type, const char *marker, const char *json, char *id);
/* An attribute of the result's state; "" where it is missing. */
const char *tryton_text(const struct op_result *r, const char *key);
