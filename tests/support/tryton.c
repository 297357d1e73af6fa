#include "tryton.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "bench.h"
#include "mishap.h"
#include "model/value.h"
#include "server.h"

#define SCRIPT    TESTS_FOLDER "/servers/tryton"
#define TEMPLATES PLUGINS_FOLDER "/../tests/servers"
#define OUT_MAX   65536

int tryton_missing(void)
{
    static const char *const programs[] = {"trytond", "trytond-admin", "curl", NULL};
    char out[256];
    int missing = server_missing(programs, "tryton-server curl");
    if (missing != 0)
        return missing;
    if (server_try(out, sizeof(out),
                   "dpkg-query -W tryton-proteus tryton-modules-account-invoice "
                   "tryton-modules-account-product tryton-modules-account-tax-rule-country "
                   "tryton-modules-sale-price-list tryton-modules-sale-subscription 2>&1") == 0)
        return 0;
    static const char *const modules[] = {"modules-of-tryton", NULL};
    return server_missing(modules,
                          "tryton-proteus tryton-modules-account-invoice tryton-modules-account-product "
                          "tryton-modules-account-tax-rule-country tryton-modules-sale-price-list "
                          "tryton-modules-sale-subscription");
}

static const char *secret(struct tryton *t, const char *name)
{
    static char text[64];
    char out[64];
    server_run(out, sizeof(out), "cat %s/server/%s", t->folder, name);
    (void)snprintf(text, sizeof(text), "%.*s", (int)strcspn(out, "\n"), out);
    return text;
}

const char *tryton_settings(struct tryton *t, const char *more)
{
    static char settings[4096];
    char url[64], password[128];
    (void)snprintf(url, sizeof(url), "'http://127.0.0.1:%d'", mishap_port(t->m));
    (void)snprintf(password, sizeof(password), "{'$secret':{'source':'test:%s'}}", secret(t, "password"));
    const struct {
        const char *key, *value;
    } good[] = {
        {"'url'", url},
        {"'database'", "'acme'"},
        {"'user'", "'landfall'"},
        {"'password'", password},
        {"'company'", "'acme-books'"},
        {"'tax_account'", "'Main Tax'"},
        {"'tax_rule'", "'Customers by country'"},
        {"'price_lists'", "{'month':'Monthly','year':'Yearly','one_time':'One-time'}"},
        {"'recurrences'", "{'month':'Monthly','year':'Yearly'}"},
    };
    size_t len = (size_t)snprintf(settings, sizeof(settings), "{%s", more);
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        if (!strstr(more, good[i].key))
            len += (size_t)snprintf(settings + len, sizeof(settings) - len, "%s%s:%s", len > 1 ? "," : "",
                                    good[i].key, good[i].value);
    (void)snprintf(settings + len, sizeof(settings) - len, "}");
    return settings;
}

struct bench *tryton_bench(struct tryton *t, const char *more)
{
    return bench_open(PLUGINS_FOLDER "/billing-tryton.so", tryton_settings(t, more));
}

void tryton_open(struct tryton *t)
{
    char out[4096];
    memset(t, 0, sizeof(*t));
    (void)snprintf(t->folder, sizeof(t->folder), "/tmp/landfall-tryton-XXXXXX");
    assert_non_null(mkdtemp(t->folder));
    t->port = server_port();
    server_run(out, sizeof(out), SCRIPT " start %s/server %d " TEMPLATES " 2>&1", t->folder, t->port);
    t->m = mishap_open(t->port);
    t->b = tryton_bench(t, "");
}

void tryton_close(struct tryton *t)
{
    char out[4096];
    size_t breaches = 0;
    bench_breaches(t->b, &breaches);
    assert_int_equal(breaches, 0);
    bench_close(t->b);
    mishap_close(t->m);
    server_run(out, sizeof(out), SCRIPT " stop %s/server && rm -r %s 2>&1", t->folder, t->folder);
}

void tryton_again(struct tryton *t)
{
    bench_close(t->b);
    t->b = tryton_bench(t, "");
}

const struct op_result *tryton_run(struct tryton *t, const char *type, uint32_t verb, const char *marker,
                                   const char *id, const char *json)
{
    struct op_item item = {.verb = verb, .marker = marker, .id = id};
    const struct value *value = bench_value(t->b, json);
    if (verb == LF_VERB_READ || verb == LF_VERB_DESTROY)
        item.prior = value;
    else
        item.desired = value;
    return bench_run(t->b, type, item);
}

const struct op_result *tryton_update(struct tryton *t, const char *type, const char *marker, const char *id,
                                      const char *prior, const char *json)
{
    struct op_item item = {.verb = LF_VERB_UPDATE, .marker = marker, .id = id};
    item.prior = bench_value(t->b, prior);
    item.desired = bench_value(t->b, json);
    return bench_run(t->b, type, item);
}

const char *tryton_sql(struct tryton *t, const char *format, ...)
{
    char sql[1024], file[128];
    sqlite3 *db = NULL;
    sqlite3_stmt *row = NULL;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(sql, sizeof(sql), format, args);
    va_end(args);
    (void)snprintf(file, sizeof(file), "%s/server/acme.sqlite", t->folder);
    assert_int_equal(sqlite3_open_v2(file, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    if (sqlite3_prepare_v2(db, sql, -1, &row, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    const char *text = sqlite3_step(row) == SQLITE_ROW ? (const char *)sqlite3_column_text(row, 0) : NULL;
    text = arena_text(bench_arena(t->b), text ? text : "");
    sqlite3_finalize(row);
    sqlite3_close(db);
    return text;
}

const char *tryton_person(struct tryton *t, const char *method, const char *params, ...)
{
    char file[128], body[4096], json[3072];
    static char out[OUT_MAX];
    struct err err;
    va_list args;
    va_start(args, params);
    (void)vsnprintf(json, sizeof(json), params, args);
    va_end(args);
    (void)snprintf(body, sizeof(body), "{\"id\":1,\"method\":\"model.%s\",\"params\":[%s,{'company':1}]}",
                   method, json);
    for (char *c = body; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    (void)snprintf(file, sizeof(file), "%s/body.json", t->folder);
    assert_true(file_replace(file, body, strlen(body), 0600, &err));
    server_run(out, sizeof(out),
               "curl -s -u admin:$(cat %s/server/admin.password) -H 'Content-Type: application/json' "
               "-d @%s http://127.0.0.1:%d/acme/",
               t->folder, file, t->port);
    if (strstr(out, "\"error\"") || !strstr(out, "\"result\""))
        fail_msg("%s: %s", body, out);
    return out;
}

const char *tryton_sell(struct tryton *t, const char *country, const char *product, const char *list,
                        const char *sequence)
{
    static char out[OUT_MAX];
    server_run(out, sizeof(out),
               "PYTHONWARNINGS=ignore PYTHONDONTWRITEBYTECODE=1 $(sed -n '1s/^#! *//p' $(command -v "
               "trytond)) " TESTS_FOLDER "/servers/tryton_sell.py %s/server %s %s %s '%s' 2>&1 | tail -n 1",
               t->folder, country, product, list, sequence);
    out[strcspn(out, "\n")] = '\0';
    return out;
}

const char *tryton_notes(struct tryton *t)
{
    size_t count = 0;
    const struct diag *notes = bench_notes(t->b, &count);
    const char *text = "";
    for (size_t i = 0; i < count; i++)
        text = arena_print(bench_arena(t->b), "%s%s: %s (%s)\n", text, notes[i].code, notes[i].summary,
                           notes[i].detail ? notes[i].detail : "");
    return text;
}

/* ---- what a test expects ------------------------------------------------------------------------------- */

void tryton_assert_end(struct tryton *t, const struct op_result *r, uint32_t status)
{
    if (r->status != status)
        fail_msg("ended as %u, not %u: %s", r->status, status, tryton_notes(t));
}

void tryton_assert_noted(struct tryton *t, const char *code)
{
    if (!bench_has_note(t->b, code))
        fail_msg("no %s, but %s", code, tryton_notes(t));
}

void tryton_assert_refused(struct tryton *t, const struct op_result *r, const char *code)
{
    tryton_assert_end(t, r, LF_END_REFUSED);
    tryton_assert_noted(t, code);
}

void tryton_assert_sql(struct tryton *t, const char *want, const char *sql)
{
    assert_string_equal(tryton_sql(t, "%s", sql), want);
}

const char *tryton_make(struct tryton *t, const char *type, const char *marker, const char *json, char *id)
{
    const struct op_result *r = tryton_run(t, type, LF_VERB_CREATE, marker, NULL, json);
    tryton_assert_end(t, r, LF_END_OK);
    assert_string_equal(r->marker, marker);
    (void)snprintf(id, 32, "%s", r->id);
    return id;
}

const char *tryton_text(const struct op_result *r, const char *key)
{
    const char *text = value_get_text(r->state, key, NULL);
    return text ? text : "";
}
