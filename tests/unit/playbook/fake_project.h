/* What the tests of playbooks share: a project in a temporary folder, a region, a catalog of a few types. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/str.h"
#include "model/catalog.h"
#include "model/decl.h"
#include "model/expr.h"
#include "model/value.h"
#include "model/value_json.h"
#include "playbook/playbook.h"
#include "region/region.h"

struct fixture {
    struct arena *mem;
    char folder[64];
    struct region region;
    struct playbook *p;
    struct script_limits limits;
    struct err err;
};

static const struct schema_attr zone_attrs[] = {
    {.name = "email", .kind = VALUE_TEXT},
    {.name = "name", .kind = VALUE_TEXT, .flags = SCHEMA_REQUIRED},
    {.name = "nameservers", .kind = VALUE_LIST, .flags = SCHEMA_COMPUTED},
    {.name = "options", .kind = VALUE_MAP},
};
static const struct schema_attr record_attrs[] = {
    {.name = "name", .kind = VALUE_TEXT}, {.name = "ttl", .kind = VALUE_INT},
    {.name = "type", .kind = VALUE_TEXT}, {.name = "values", .kind = VALUE_LIST},
    {.name = "zone", .kind = VALUE_TEXT},
};
static const struct schema_attr database_attrs[] = {
    {.name = "host", .kind = VALUE_TEXT, .flags = SCHEMA_COMPUTED},
    {.name = "password", .kind = VALUE_TEXT, .flags = SCHEMA_SECRET},
    {.name = "size", .kind = VALUE_TEXT},
};
static const struct schema_attr query_attrs[] = {
    {.name = "database", .kind = VALUE_TEXT, .flags = SCHEMA_REQUIRED},
    {.name = "params", .kind = VALUE_LIST},
    {.name = "sql", .kind = VALUE_TEXT, .flags = SCHEMA_REQUIRED},
};
static const struct schema zone_schema = {.attrs = zone_attrs, .count = 4};
static const struct schema record_schema = {.attrs = record_attrs, .count = 5};
static const struct schema database_schema = {.attrs = database_attrs, .count = 3};
static const struct schema query_schema = {.attrs = query_attrs, .count = 3};

static const struct catalog_type fake_types[] = {
    {.subsystem = "dns", .name = "zone", .schema = &zone_schema, .can_find = true},
    {.subsystem = "dns", .name = "record", .schema = &record_schema},
    {.subsystem = "database", .name = "database", .schema = &database_schema},
};
static const struct catalog_call fake_query = {
    .subsystem = "database", .name = "query", .args = &query_schema};

static inline bool fake_subsystem(void *user, const char *subsystem, struct err *err)
{
    (void)user;
    if (str_equal(subsystem, "dns") || str_equal(subsystem, "database"))
        return true;
    err_set(err, "catalog.no_subsystem", "there is no subsystem '%s'", subsystem);
    return err_advise(err, "the region has: database, dns");
}

static inline bool fake_type(void *user, const char *subsystem, const char *instance, const char *type,
                             const struct catalog_type **out, struct err *err)
{
    static const char *const names[] = {"zone", "record", "database"};
    (void)user;
    if (*instance && !str_equal(instance, "parent")) {
        err_set(err, "catalog.no_instance", "'%s' has no driver instance '%s'", subsystem, instance);
        return err_advise(err, "did you mean 'parent'?");
    }
    for (size_t i = 0; i < COUNT_OF(fake_types); i++) {
        if (!str_equal(fake_types[i].subsystem, subsystem) || !str_equal(fake_types[i].name, type))
            continue;
        *out = &fake_types[i];
        return true;
    }
    const char *near = str_nearest(type, names, COUNT_OF(names));
    err_set(err, "catalog.no_type", "'%s' has no type '%s'", subsystem, type);
    return err_advise(err, "did you mean '%s'?", near ? near : "none of them");
}

static inline bool fake_call(void *user, const char *subsystem, const char *instance, const char *call,
                             const struct catalog_call **out, struct err *err)
{
    (void)user;
    (void)instance;
    if (!str_equal(subsystem, "database") || !str_equal(call, "query"))
        return err_set(err, "catalog.no_call", "'%s' has no call '%s'", subsystem, call);
    *out = &fake_query;
    return true;
}

static inline bool fake_output(void *user, struct arena *mem, const char *region, const char *name,
                               const struct value **out, struct err *err)
{
    (void)user;
    if (!str_equal(name, "db_host")) {
        err_set(err, "outputs.none", "the region '%s' has no output '%s'", region, name);
        return err_advise(err, "apply '%s' first", region);
    }
    *out = value_text(mem, "db.us.example");
    return true;
}

/* Writes a file of the project. */
static inline void put_file(struct fixture *f, const char *path, const char *text)
{
    struct err err;
    const char *full = file_join(f->mem, f->folder, path);
    if (!file_make_folders(file_folder(f->mem, full), 0755, &err) ||
        !file_replace(full, text, strlen(text), 0644, &err))
        fail_msg("%s", err.summary);
}

static inline int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    f->mem = arena_new();
    snprintf(f->folder, sizeof(f->folder), "/tmp/landfall-playbook-XXXXXX");
    if (!mkdtemp(f->folder))
        return -1;
    static const char view[] =
        "{\"region\":\"eu\",\"title\":\"Europe\",\"domain\":\"eu.acme.example\",\"parent_domain\":\"acme."
        "example\","
        "\"currency\":\"EUR\",\"services\":{\"databases\":{\"main\":{\"size\":\"db.t4g.medium\"},"
        "\"audit\":{\"size\":\"db.t4g.small\"}}}}";
    f->region.name = "eu";
    if (!value_json_parse(f->mem, view, strlen(view), &f->region.view, &f->err))
        return -1;
    struct secret secret = {.source = "env:DB_PASSWORD", .digest = "d1"};
    f->region.view = value_with_key(f->mem, f->region.view, "password", value_secret(f->mem, &secret));
    *state = f;
    return 0;
}

static inline int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static inline int teardown(void **state)
{
    struct fixture *f = *state;
    playbook_free(f->p);
    nftw(f->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    arena_free(f->mem);
    free(f);
    return 0;
}

static inline bool load(struct fixture *f, const char *text)
{
    put_file(f, "playbooks/saas.lua", text);
    playbook_free(f->p);
    f->p = NULL;
    memset(&f->err, 0, sizeof(f->err));
    struct playbook_ask ask = {
        .project = f->folder,
        .path = "playbooks/saas.lua",
        .region = &f->region,
        .catalog = {.subsystem = fake_subsystem, .type = fake_type, .call = fake_call},
        .region_output = fake_output,
        .limits = f->limits,
    };
    return playbook_load(f->mem, &ask, &f->p, &f->err);
}

/* Loads and gives the declarations; the test fails when it does not load. */
static inline const struct decls *loaded(struct fixture *f, const char *text)
{
    if (!load(f, text))
        fail_msg("%s: %s (%s) %s", f->err.where, f->err.summary, f->err.advice, f->err.detail);
    return playbook_decls(f->p);
}

/* With `local dns, database = landfall.use(...)` as its first line, so that the text begins on line 2. */
#define USE "local dns, database = landfall.use(\"dns\", \"database\")\n"

static inline void assert_refused(struct fixture *f, const char *text, unsigned line, const char *summary,
                                  const char *advice)
{
    char where[64];
    snprintf(where, sizeof(where), "playbooks/saas.lua:%u", line);
    if (load(f, text))
        fail_msg("it was taken: %s", text);
    if (!strstr(f->err.summary, summary))
        fail_msg("'%s' is not in '%s'", summary, f->err.summary);
    if (!strstr(f->err.advice, advice))
        fail_msg("'%s' is not in '%s'", advice, f->err.advice);
    assert_string_equal(f->err.where, where);
}

/* An attribute of a declared step as a reader of a plan sees it. */
static inline const char *shown(struct fixture *f, const char *address, const char *attr)
{
    const struct decl *d = decl_find(playbook_decls(f->p), address);
    if (!d)
        fail_msg("there is no '%s'", address);
    const struct value *v = value_get(d->attrs, attr);
    if (value_kind(v) != VALUE_EXPR)
        return v ? value_json_text(f->mem, v) : "(none)";
    struct buf text;
    buf_init(&text, 0);
    expr_print(&text, v->expr);
    const char *kept = buf_keep(&text, f->mem);
    buf_done(&text);
    return kept;
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
