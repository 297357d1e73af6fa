#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dynamic.h"
#include "model/value.h"
#include "server.h"

/* Zones in landfall's charge, the search for what is ours, and what is asked before a run: on BIND and Knot.
 */

static int enter(void **state, const char *kind, const char *options)
{
    static struct dynamic d;
    memset(&d, 0, sizeof(d));
    dynamic_start(&d, kind, options, "acme.test other.test");
    dynamic_drive(&d, "writer", d.port, ",'zones':['acme.test']");
    *state = &d;
    return 0;
}

static int enter_bind(void **state)
{
    return enter(state, "bind", "");
}

static int enter_knot(void **state)
{
    return enter(state, "knot", "");
}

static int enter_bind_closed(void **state)
{
    return enter(state, "bind", "--no-transfer");
}

static int enter_knot_closed(void **state)
{
    return enter(state, "knot", "--no-transfer");
}

static int enter_bind_signed(void **state)
{
    return enter(state, "bind", "--signed");
}

static int enter_knot_signed(void **state)
{
    return enter(state, "knot", "--signed");
}

static int enter_bind_short(void **state)
{
    return enter(state, "bind", "--max-ttl 600");
}

static int leave(void **state)
{
    dynamic_stop(*state);
    return 0;
}

#define MARK  "\"" DYNAMIC_OURS "\" \"token-1\" \"dns.zone.acme\"\n"
#define EMPTY "acme.test. 300 NS ns1.acme.test.\nns1.acme.test. 300 A 127.0.0.1\n"

/* ---- zones --------------------------------------------------------------------------------------------- */

static void test_a_zone_that_stands_ready_is_taken_and_given_back(void **state)
{
    struct dynamic *d = *state;
    const struct op_result *r = dynamic_ask_zone(d, LF_VERB_CREATE, "{'name':'acme.test','ttl':300}");
    dynamic_assert_end(d, r, LF_END_OK);
    assert_string_equal(r->id, "acme.test");
    assert_string_equal(r->marker, DYNAMIC_OURS);
    assert_string_equal(value_get(r->state, "nameservers")->items[0]->text, "ns1.acme.test");
    assert_string_equal(value_get_text(r->state, "email", ""), "hostmaster@acme.test");
    assert_int_equal(value_get(r->state, "ds")->count, 0);
    dynamic_assert_answer(d, "_zone._landfall.acme.test TXT", MARK);
    long serial = dynamic_serial(d, "acme.test");
    dynamic_assert_end(d, dynamic_ask_zone(d, LF_VERB_CREATE, "{'name':'acme.test','ttl':300}"), LF_END_OK);
    dynamic_assert_end(d, dynamic_ask_zone(d, LF_VERB_RECOVER, "{'name':'Acme.Test.'}"), LF_END_OK);
    dynamic_assert_end(d, dynamic_ask_zone(d, LF_VERB_READ, "{'name':'acme.test'}"), LF_END_OK);
    assert_int_equal(dynamic_serial(d, "acme.test"), serial);
    dynamic_assert_end(d, dynamic_ask_zone(d, LF_VERB_DESTROY, "{'name':'acme.test'}"), LF_END_GONE);
    dynamic_assert_end(d, dynamic_ask_zone(d, LF_VERB_DESTROY, "{'name':'acme.test'}"), LF_END_GONE);
    dynamic_assert_end(d, dynamic_ask_zone(d, LF_VERB_READ, "{'name':'acme.test'}"), LF_END_GONE);
    dynamic_assert_end(d, dynamic_ask_zone(d, LF_VERB_RECOVER, "{'name':'acme.test'}"), LF_END_GONE);
    assert_string_equal(dynamic_dump(d, "acme.test"), EMPTY);
}

static void test_the_zones_own_records_become_what_is_asked(void **state)
{
    struct dynamic *d = *state;
    const char *first = "{'name':'acme.test','ttl':3600,'email':'dns.admin@acme.test',"
                        "'nameservers':['ns1.example.net','ns2.example.net']}";
    const char *second = "{'name':'acme.test','ttl':600,'email':'ops@acme.test',"
                         "'nameservers':['NS3.example.net.','ns2.example.net']}";
    long serial = dynamic_serial(d, "acme.test");
    dynamic_assert_end(d, dynamic_ask_zone(d, LF_VERB_CREATE, first), LF_END_OK);
    assert_true(dynamic_serial(d, "acme.test") > serial);
    dynamic_assert_answer(d, "acme.test NS", "ns1.example.net.\nns2.example.net.\n");
    dynamic_assert_answer(d, "+noshort +noall +answer acme.test SOA | awk \"{print \\$2, \\$6}\"",
                          "3600 dns\\.admin.acme.test.\n");
    const struct op_result *r = dynamic_change_zone(d, first, second);
    dynamic_assert_end(d, r, LF_END_OK);
    assert_string_equal(value_get(r->state, "nameservers")->items[0]->text, "NS3.example.net.");
    assert_string_equal(value_get_text(r->state, "email", ""), "ops@acme.test");
    dynamic_assert_answer(d, "acme.test NS", "ns2.example.net.\nns3.example.net.\n");
    dynamic_assert_answer(d, "+noshort +noall +answer acme.test SOA | awk \"{print \\$2, \\$6}\"",
                          "600 ops.acme.test.\n");
    serial = dynamic_serial(d, "acme.test");
    dynamic_assert_end(d, dynamic_change_zone(d, second, second), LF_END_OK);
    assert_int_equal(dynamic_serial(d, "acme.test"), serial);
}

static void test_name_servers_of_the_settings_are_given_to_a_zone_that_names_none(void **state)
{
    struct dynamic *d = *state;
    dynamic_drive(d, "writer", d->port, ",'zones':['acme.test'],'nameservers':['Ns7.example.net']");
    struct op_item plan = dynamic_zone(d, LF_VERB_PLAN, "{'name':'acme.test'}");
    const struct op_result *r = bench_run(d->b, "zone", plan);
    dynamic_assert_end(d, r, LF_END_OK);
    assert_string_equal(value_get(r->state, "nameservers")->items[0]->text, "ns7.example.net");
    dynamic_assert_end(d, dynamic_ask_zone(d, LF_VERB_CREATE, "{'name':'acme.test'}"), LF_END_OK);
    dynamic_assert_answer(d, "acme.test NS", "ns7.example.net.\n");
}

static void test_a_zone_nobody_listed_is_found_and_not_taken(void **state)
{
    struct dynamic *d = *state;
    long serial = dynamic_serial(d, "other.test");
    const struct op_result *r = dynamic_ask_zone(d, LF_VERB_FIND, "{'name':'other.test'}");
    dynamic_assert_end(d, r, LF_END_OK);
    assert_string_equal(r->id, "other.test");
    assert_null(r->marker);
    r = dynamic_ask_zone(d, LF_VERB_PLAN, "{'name':'other.test'}");
    dynamic_assert_end(d, r, LF_END_REFUSED);
    dynamic_assert_note(d, "rfc2136.zone_not_made");
    r = dynamic_ask_zone(d, LF_VERB_CREATE, "{'name':'other.test'}");
    dynamic_assert_end(d, r, LF_END_EXISTS);
    assert_null(r->marker);
    assert_int_equal(dynamic_serial(d, "other.test"), serial);
    struct op_item adopt = dynamic_zone(d, LF_VERB_UPDATE, "{'name':'other.test','ttl':300}");
    adopt.prior = bench_value(d->b, "{'name':'other.test'}");
    adopt.memo = bench_value(d->b, "{'adopt':true,'was':''}");
    dynamic_assert_end(d, bench_run(d->b, "zone", adopt), LF_END_OK);
    dynamic_assert_answer(d, "_zone._landfall.other.test TXT", MARK);
}

static void test_a_zone_in_the_charge_of_another_store_is_left_alone(void **state)
{
    struct dynamic *d = *state;
    struct op_item theirs = dynamic_zone(d, LF_VERB_CREATE, "{'name':'acme.test','ttl':300}");
    theirs.marker = DYNAMIC_THEIRS;
    dynamic_assert_end(d, bench_run(d->b, "zone", theirs), LF_END_OK);
    long serial = dynamic_serial(d, "acme.test");
    static const uint32_t verbs[] = {LF_VERB_CREATE, LF_VERB_DESTROY, LF_VERB_RECOVER};
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        const struct op_result *r = dynamic_ask_zone(d, verbs[i], "{'name':'acme.test'}");
        dynamic_assert_end(d, r, LF_END_EXISTS);
        assert_string_equal(r->marker, DYNAMIC_THEIRS);
    }
    assert_int_equal(dynamic_serial(d, "acme.test"), serial);
}

static void test_a_zone_the_server_does_not_have_is_told_so(void **state)
{
    struct dynamic *d = *state;
    const char *record = "{'zone':'missing.test','type':'A','name':'a','values':['192.0.2.1']}";
    struct op_item item = dynamic_zone(d, LF_VERB_CREATE, record);
    dynamic_assert_end(d, dynamic_ask_zone(d, LF_VERB_FIND, "{'name':'missing.test'}"), LF_END_CANNOT_TELL);
    dynamic_assert_note(d, "rfc2136.zone_not_served");
    dynamic_assert_end(d, bench_run(d->b, "record", item), LF_END_REFUSED);
    dynamic_assert_note(d, "rfc2136.zone_not_served");
    item.verb = LF_VERB_RECOVER;
    dynamic_assert_end(d, bench_run(d->b, "record", item), LF_END_CANNOT_TELL);
    /* Below a zone of the server's there is none, and it says so for sure. */
    dynamic_assert_end(d, dynamic_ask_zone(d, LF_VERB_FIND, "{'name':'sub.acme.test'}"), LF_END_GONE);
}

static void test_a_signed_zone_tells_what_its_parent_publishes(void **state)
{
    struct dynamic *d = *state;
    char want[1024];
    char line[1024];
    const struct op_result *r = dynamic_ask_zone(d, LF_VERB_FIND, "{'name':'acme.test'}");
    dynamic_assert_end(d, r, LF_END_OK);
    (void)server_run(
        want, sizeof(want),
        "dig +noall +answer @127.0.0.1 -p %d acme.test DNSKEY | dnssec-dsfromkey -2 -f - acme.test | "
        "awk '{print $4, $5, $6, $7}'",
        d->port);
    const struct value *ds = value_get(r->state, "ds");
    assert_int_equal(ds->count, 1);
    (void)snprintf(line, sizeof(line), "%s\n", ds->items[0]->text);
    assert_int_equal(strcasecmp(line, want), 0);
}

static void test_a_time_to_live_the_server_cuts_is_told_as_it_is(void **state)
{
    struct dynamic *d = *state;
    const struct op_result *r =
        dynamic_ask_record(d, LF_VERB_CREATE, "'type':'A','name':'a','values':['192.0.2.1'],'ttl':86400");
    dynamic_assert_end(d, r, LF_END_OK);
    assert_int_equal(value_get_int(r->state, "ttl", 0), 600);
}

/* ---- what is ours -------------------------------------------------------------------------------------- */

static void test_everything_marked_is_found(void **state)
{
    struct dynamic *d = *state;
    size_t count = 0;
    dynamic_assert_end(d, dynamic_ask_zone(d, LF_VERB_CREATE, "{'name':'acme.test','ttl':300}"), LF_END_OK);
    dynamic_assert_end(
        d, dynamic_ask_record(d, LF_VERB_CREATE, "'type':'A','name':'*.app','values':['192.0.2.1']"),
        LF_END_OK);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_CREATE, "'type':'TXT','name':'@','values':['x']"),
                       LF_END_OK);
    dynamic_update(d, "acme.test", "update add x._landfall.acme.test 60 TXT \"not ours\"");
    dynamic_assert_end(d, bench_run(d->b, "record", (struct op_item){.verb = LF_VERB_OWNED}), LF_END_OK);
    const struct op_result *found = bench_found(d->b, &count);
    assert_int_equal(count, 2);
    bool app = false;
    bool apex = false;
    for (size_t i = 0; i < count; i++) {
        app = app || strcmp(found[i].id, "acme.test/*.app/A") == 0;
        apex = apex || strcmp(found[i].id, "acme.test/@/TXT") == 0;
        assert_string_equal(found[i].marker, DYNAMIC_OURS);
        assert_string_equal(value_get_text(found[i].memo, "address", ""), "dns.record.api");
    }
    assert_true(app && apex);
    dynamic_assert_end(d, bench_run(d->b, "zone", (struct op_item){.verb = LF_VERB_OWNED}), LF_END_OK);
    found = bench_found(d->b, &count);
    assert_int_equal(count, 1);
    assert_string_equal(found[0].id, "acme.test");
}

static void test_a_zone_that_cannot_be_searched_is_told(void **state)
{
    struct dynamic *d = *state;
    dynamic_assert_end(d, bench_run(d->b, "record", (struct op_item){.verb = LF_VERB_OWNED}),
                       LF_END_CANNOT_TELL);
    dynamic_assert_note(d, "rfc2136.transfer_refused");
    dynamic_drive(d, "writer", d->port, "");
    dynamic_assert_end(d, bench_run(d->b, "zone", (struct op_item){.verb = LF_VERB_OWNED}),
                       LF_END_CANNOT_TELL);
    dynamic_assert_note(d, "rfc2136.no_zones");
}

/* ---- before a run -------------------------------------------------------------------------------------- */

static const struct op_result *preflight(struct dynamic *d)
{
    return bench_run(d->b, NULL, (struct op_item){.verb = LF_VERB_PREFLIGHT});
}

static void test_preflight_changes_nothing(void **state)
{
    struct dynamic *d = *state;
    char before[4096];
    long serial = dynamic_serial(d, "acme.test");
    dynamic_update(d, "acme.test", "update add _preflight._landfall.acme.test 60 TXT \"here first\"");
    (void)snprintf(before, sizeof(before), "%s", dynamic_dump(d, "acme.test"));
    /* With something at the name of the probe its precondition does not hold: still nothing goes. */
    dynamic_assert_end(d, preflight(d), LF_END_REFUSED);
    assert_string_equal(dynamic_dump(d, "acme.test"), before);
    dynamic_update(d, "acme.test", "update delete _preflight._landfall.acme.test");
    serial = dynamic_serial(d, "acme.test");
    (void)snprintf(before, sizeof(before), "%s", dynamic_dump(d, "acme.test"));
    dynamic_assert_end(d, preflight(d), LF_END_OK);
    assert_int_equal(dynamic_serial(d, "acme.test"), serial);
    assert_string_equal(dynamic_dump(d, "acme.test"), before);
}

static void test_preflight_without_zones_asks_for_the_key_alone(void **state)
{
    struct dynamic *d = *state;
    dynamic_drive(d, "writer", d->port, "");
    dynamic_assert_end(d, preflight(d), LF_END_OK);
    dynamic_drive(d, "stranger", d->port, "");
    bool knot = strcmp(d->kind, "knot") == 0;
    dynamic_assert_end(d, preflight(d), knot ? LF_END_OK : LF_END_REFUSED);
    dynamic_assert_note(d, knot ? "rfc2136.key_not_checked" : "rfc2136.bad_key");
}

static void test_preflight_tells_wrong_keys_apart(void **state)
{
    struct dynamic *d = *state;
    char secret[sizeof(d->secret)];
    memcpy(secret, d->secret, sizeof(secret));
    dynamic_drive(d, "stranger", d->port, ",'zones':['acme.test','other.test']");
    dynamic_assert_end(d, preflight(d), LF_END_REFUSED);
    dynamic_assert_note(d, "rfc2136.bad_key");
    d->secret[3] = d->secret[3] == 'x' ? 'y' : 'x';
    dynamic_drive(d, "writer", d->port, ",'zones':['acme.test']");
    dynamic_assert_end(d, preflight(d), LF_END_REFUSED);
    dynamic_assert_note(d, "rfc2136.bad_signature");
    memcpy(d->secret, "not base64 at all!", sizeof("not base64 at all!"));
    dynamic_drive(d, "writer", d->port, ",'zones':['acme.test']");
    dynamic_assert_end(d, preflight(d), LF_END_REFUSED);
    dynamic_assert_note(d, "rfc2136.unusable");
    memcpy(d->secret, secret, sizeof(secret));
    dynamic_drive(d, "writer", d->port, ",'algorithm':'hmac-sha512','zones':['acme.test']");
    assert_int_not_equal(preflight(d)->status, LF_END_OK);
    dynamic_drive(d, "reader", d->port, ",'zones':['acme.test']");
    dynamic_assert_end(d, preflight(d), LF_END_REFUSED);
    dynamic_assert_note(d, "rfc2136.not_allowed");
    dynamic_drive(d, "writer", d->port, ",'zones':['acme.test','missing.test']");
    dynamic_assert_end(d, preflight(d), LF_END_REFUSED);
    dynamic_assert_note(d, "rfc2136.zone_not_served");
}

static void test_a_wrong_key_stops_every_change_and_tells_nobody_that_something_is_gone(void **state)
{
    struct dynamic *d = *state;
    const char *api = "'type':'A','name':'api','values':['192.0.2.1']";
    dynamic_drive(d, "stranger", d->port, "");
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_CREATE, api), LF_END_REFUSED);
    dynamic_assert_note(d, "rfc2136.bad_key");
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_READ, api), LF_END_CANNOT_TELL);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_RECOVER, api), LF_END_CANNOT_TELL);
    dynamic_drive(d, "reader", d->port, "");
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_CREATE, api), LF_END_REFUSED);
    dynamic_assert_note(d, "rfc2136.not_allowed");
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_READ, api), LF_END_GONE);
    assert_string_equal(dynamic_dump(d, "acme.test"), EMPTY);
}

static void test_preflight_warns_where_transfers_are_refused(void **state)
{
    struct dynamic *d = *state;
    dynamic_assert_end(d, preflight(d), LF_END_OK);
    dynamic_assert_note(d, "rfc2136.transfer_refused");
}

/* ---- the suite every driver passes ------------------------------------------------------------------------
 */

static const char sheet[] =
    "settings: { server: 127.0.0.1, port: %d, zones: [acme.test], key: writer, timeout_s: 5,\n"
    "            secret: !secret file:%s/secret }\n"
    "types:\n"
    "  zone:\n"
    "    create: { name: acme.test, ttl: 300 }\n"
    "    skip: zones stand ready on the server, so there is but one to try with\n"
    "  record:\n"
    "    needs: []\n"
    "    create: { zone: acme.test, type: A, name: \"${name}\", values: [192.0.2.1], ttl: 300 }\n"
    "    update: { values: [192.0.2.3], ttl: 600 }\n"
    "    replace: { name: \"${name}-b\" }\n";

static void test_it_passes_what_every_driver_must_pass(void **state)
{
    struct dynamic *d = *state;
    char path[128];
    static char out[16384];
    (void)snprintf(path, sizeof(path), "%s/sheet.yaml", d->folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fprintf(file, sheet, d->port, d->folder);
    (void)fclose(file);
    if (server_try(out, sizeof(out),
                   PLUGINS_FOLDER "/../core/landfall plugin test " DYNAMIC_DRIVER " --settings %s 2>&1",
                   path) != 0)
        fail_msg("%s", out);
    assert_non_null(strstr(out, " 0 failed"));
    assert_string_equal(dynamic_dump(d, "acme.test"), EMPTY);
}

/* ---- a secondary -----------------------------------------------------------------------------------------
 */

static void test_a_secondary_that_hands_updates_on_is_noticed(void **state)
{
    struct dynamic *d = *state;
    struct dynamic second = {0};
    char options[160];
    (void)snprintf(options, sizeof(options), "--secondary %d --secret %s", d->port, d->secret);
    dynamic_start(&second, "bind", options, "acme.test");
    dynamic_drive(&second, "writer", second.port, "");
    dynamic_assert_end(
        &second, dynamic_ask_record(&second, LF_VERB_CREATE, "'type':'A','name':'a','values':['192.0.2.1']"),
        LF_END_UNSURE);
    dynamic_assert_note(&second, "rfc2136.bad_answer");
    dynamic_assert_answer(d, "a.acme.test A", "192.0.2.1\n");
    dynamic_stop(&second);
}

int main(void)
{
#define ON(kind, test)                                                                                       \
    {                                                                                                        \
#kind ": " #test, test, enter_##kind, leave, NULL                                                    \
    }
#define ON_BOTH(test)   ON(bind, test), ON(knot, test)
#define ON_CLOSED(test) ON(bind_closed, test), ON(knot_closed, test)
#define ON_SIGNED(test) ON(bind_signed, test), ON(knot_signed, test)
    const struct CMUnitTest tests[] = {
        ON_BOTH(test_a_zone_that_stands_ready_is_taken_and_given_back),
        ON_CLOSED(test_a_zone_that_stands_ready_is_taken_and_given_back),
        ON_BOTH(test_the_zones_own_records_become_what_is_asked),
        ON_SIGNED(test_the_zones_own_records_become_what_is_asked),
        ON_BOTH(test_name_servers_of_the_settings_are_given_to_a_zone_that_names_none),
        ON_BOTH(test_a_zone_nobody_listed_is_found_and_not_taken),
        ON_BOTH(test_a_zone_in_the_charge_of_another_store_is_left_alone),
        ON_BOTH(test_a_zone_the_server_does_not_have_is_told_so),
        ON_SIGNED(test_a_signed_zone_tells_what_its_parent_publishes),
        ON(bind_short, test_a_time_to_live_the_server_cuts_is_told_as_it_is),
        ON_BOTH(test_everything_marked_is_found),
        ON_SIGNED(test_everything_marked_is_found),
        ON_CLOSED(test_a_zone_that_cannot_be_searched_is_told),
        ON_BOTH(test_preflight_changes_nothing),
        ON_BOTH(test_preflight_without_zones_asks_for_the_key_alone),
        ON_BOTH(test_preflight_tells_wrong_keys_apart),
        ON_BOTH(test_a_wrong_key_stops_every_change_and_tells_nobody_that_something_is_gone),
        ON_CLOSED(test_preflight_warns_where_transfers_are_refused),
        ON_BOTH(test_it_passes_what_every_driver_must_pass),
        ON(bind, test_a_secondary_that_hands_updates_on_is_noticed),
    };
    int missing = server_missing(dynamic_programs, DYNAMIC_PACKAGES);
    return missing ? missing : cmocka_run_group_tests(tests, NULL, NULL);
}
