#include "dynamic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "model/value.h"
#include "server.h"

const char *const dynamic_programs[] = {"named", "dig",  "nsupdate", "dnssec-dsfromkey",
                                        "knotd", "kdig", NULL};

static char output[1 << 20];

static void read_secret(struct dynamic *d)
{
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/secret", d->folder);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(d->secret, sizeof(d->secret), file));
    (void)fclose(file);
    d->secret[strcspn(d->secret, "\n")] = '\0';
}

/* A server signs a new zone bit by bit, and each bit is a change. */
static void wait_for_signatures(const struct dynamic *d, const char *zones)
{
    char zone[256];
    long before = -1;
    (void)snprintf(zone, sizeof(zone), "%.*s", (int)strcspn(zones, " "), zones);
    for (int tries = 0; tries < 100; tries++) {
        (void)nanosleep(&(struct timespec){0, 300000000}, NULL);
        (void)server_run(
            output, sizeof(output),
            "dig +dnssec +short +time=2 +tries=2 @127.0.0.1 -p %d %s DNSKEY | grep -c '^DNSKEY' || true",
            d->port, zone);
        long serial = dynamic_serial(d, zone);
        if (strtol(output, NULL, 10) > 0 && serial == before)
            return;
        before = serial;
    }
    fail_msg("'%s' is not signed", zone);
}

void dynamic_start(struct dynamic *d, const char *kind, const char *options, const char *zones)
{
    const char *verb = strcmp(kind, "knot") == 0 ? "dynamic" : "start";
    d->kind = kind;
    (void)snprintf(d->folder, sizeof(d->folder), "/tmp/landfall-dynamic-XXXXXX");
    assert_non_null(mkdtemp(d->folder));
    d->port = server_port();
    (void)server_run(output, sizeof(output), TESTS_FOLDER "/servers/%s %s %s %d %s %s 2>&1", kind, verb,
                     d->folder, d->port, options, zones);
    read_secret(d);
    if (strstr(options, "--signed"))
        wait_for_signatures(d, zones);
}

void dynamic_stop(struct dynamic *d)
{
    size_t breaches = 0;
    if (d->b) {
        (void)bench_breaches(d->b, &breaches);
        bench_close(d->b);
    }
    d->b = NULL;
    assert_int_equal(breaches, 0);
    (void)server_run(output, sizeof(output), TESTS_FOLDER "/servers/%s stop %s 2>&1 && rm -rf %s", d->kind,
                     d->folder, d->folder);
}

const char *dynamic_settings(const struct dynamic *d, char *out, size_t room, const char *key, int port,
                             const char *more)
{
    int len = snprintf(out, room,
                       "{'server':'127.0.0.1','port':%d,'key':'%s',"
                       "'secret':{'$secret':{'source':'test:%s'}}%s}",
                       port, key, d->secret, more);
    assert_true(len > 0 && (size_t)len < room);
    return out;
}

const char *dynamic_answer(const struct dynamic *d, const char *question)
{
    return server_run(output, sizeof(output),
                      "dig +short +time=2 +tries=2 +nosplit @127.0.0.1 -p %d %s | LC_ALL=C sort", d->port,
                      question);
}

const char *dynamic_dump(const struct dynamic *d, const char *zone)
{
    return server_run(
        output, sizeof(output),
        "dig +noall +answer +nosplit @127.0.0.1 -p %d -y hmac-sha256:auditor:%s %s AXFR | tr -s '\\t' ' ' "
        "| awk '$4 !~ /^(SOA|RRSIG|NSEC|NSEC3|NSEC3PARAM|DNSKEY|CDS|CDNSKEY|TYPE65534)$/ "
        "{ $3 = \"\"; print }' | tr -s ' ' | LC_ALL=C sort",
        d->port, d->secret, zone);
}

long dynamic_serial(const struct dynamic *d, const char *zone)
{
    char out[256];
    (void)server_run(out, sizeof(out), "dig +short +time=2 +tries=2 @127.0.0.1 -p %d %s SOA | cut -d' ' -f3",
                     d->port, zone);
    return strtol(out, NULL, 10);
}

void dynamic_update(const struct dynamic *d, const char *zone, const char *lines)
{
    (void)server_run(output, sizeof(output),
                     "printf '%%s\\n' 'server 127.0.0.1 %d' 'zone %s' '%s' send | nsupdate -v -y "
                     "hmac-sha256:writer:%s 2>&1",
                     d->port, zone, lines, d->secret);
}

void dynamic_tell(const struct dynamic *d, const char *command)
{
    (void)server_run(output, sizeof(output), TESTS_FOLDER "/servers/%s %s %s 2>&1", d->kind, command,
                     d->folder);
}

/* ---- the driver ------------------------------------------------------------------------------------------
 */

void dynamic_drive(struct dynamic *d, const char *key, int port, const char *more)
{
    char settings[1024];
    if (d->b)
        bench_close(d->b);
    d->b = bench_open(DYNAMIC_DRIVER, dynamic_settings(d, settings, sizeof(settings), key, port, more));
}

static struct op_item item_of(struct dynamic *d, uint32_t verb, const char *json)
{
    struct op_item item = {
        .verb = verb, .marker = DYNAMIC_OURS, .token = "token-1", .address = "dns.record.api"};
    const struct value *v = bench_value(d->b, json);
    if (verb == LF_VERB_READ || verb == LF_VERB_DESTROY)
        item.prior = v;
    else
        item.desired = v;
    return item;
}

struct op_item dynamic_record(struct dynamic *d, uint32_t verb, const char *rest)
{
    size_t room = strlen(rest) + 64;
    char *json = malloc(room);
    assert_non_null(json);
    (void)snprintf(json, room, "{'zone':'acme.test',%s}", rest);
    struct op_item item = item_of(d, verb, json);
    free(json);
    return item;
}

struct op_item dynamic_zone(struct dynamic *d, uint32_t verb, const char *json)
{
    struct op_item item = item_of(d, verb, json);
    item.address = "dns.zone.acme";
    return item;
}

const struct op_result *dynamic_ask_record(struct dynamic *d, uint32_t verb, const char *rest)
{
    return bench_run(d->b, "record", dynamic_record(d, verb, rest));
}

const struct op_result *dynamic_ask_zone(struct dynamic *d, uint32_t verb, const char *json)
{
    return bench_run(d->b, "zone", dynamic_zone(d, verb, json));
}

const struct op_result *dynamic_change_record(struct dynamic *d, const char *before, const char *after)
{
    struct op_item item = dynamic_record(d, LF_VERB_UPDATE, after);
    item.prior = dynamic_record(d, LF_VERB_READ, before).prior;
    item.token = "token-2";
    return bench_run(d->b, "record", item);
}

const struct op_result *dynamic_change_zone(struct dynamic *d, const char *before, const char *after)
{
    struct op_item item = dynamic_zone(d, LF_VERB_UPDATE, after);
    item.prior = bench_value(d->b, before);
    item.token = "token-2";
    return bench_run(d->b, "zone", item);
}

static void print_notes(struct dynamic *d)
{
    size_t count = 0;
    const struct diag *notes = bench_notes(d->b, &count);
    for (size_t i = 0; i < count; i++)
        print_message("%s: %s (%s)\n", notes[i].code, notes[i].summary,
                      notes[i].detail ? notes[i].detail : "");
}

void dynamic_assert_end(struct dynamic *d, const struct op_result *result, uint32_t status)
{
    if (result->status != status)
        print_notes(d);
    assert_int_equal(result->status, status);
    assert_null(result->broke);
}

void dynamic_assert_note(struct dynamic *d, const char *code)
{
    if (!bench_has_note(d->b, code))
        print_notes(d);
    assert_true(bench_has_note(d->b, code));
}

void dynamic_assert_answer(const struct dynamic *d, const char *question, const char *answer)
{
    assert_string_equal(dynamic_answer(d, question), answer);
}
