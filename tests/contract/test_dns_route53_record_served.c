#include "route53_world.h"

/* dns.record of dns-route53 against a strict double of the service, judged by what the double holds in the
 * end. */

#define API_A "'type':'A','name':'api'"

/* ---- records ------------------------------------------------------------------------------------------- */

static void test_a_record_and_its_marker_are_one_change(void **state)
{
    struct world *w = *state;
    make_zone(w);
    set(w, "{'log':0}");
    const struct op_result *r =
        record(w, LF_VERB_CREATE, API_A ",'values':['192.0.2.1','192.0.2.2'],'ttl':300");
    assert_int_equal(r->status, LF_END_OK);
    assert_string_equal(r->marker, MINE);
    assert_string_equal(r->id, text(w, "%s/api/A", w->zone));
    assert_state(w, r, "fqdn", "'api.acme.test'");
    assert_holds(w,
                 "'name': 'api.acme.test.', 'type': 'A', 'ttl': 300, 'values': ['192.0.2.1', '192.0.2.2']");
    assert_holds(w, "'name': '_a.api._landfall.acme.test.', 'type': 'TXT', 'ttl': 60, 'values': "
                    "['\\'lf1.mine\\' \\'token-1\\' \\'dns.record.one\\'']");
    assert_int_equal(asked(w, "ChangeResourceRecordSets"), 1);
    assert_int_equal(asked(w, "ListResourceRecordSets"), 0);
    assert_int_equal(asked(w, "GetChange"), 0); /* in sync at once, which is told */
    size_t saves = 0;
    (void)bench_saves(w->b, &saves);
    assert_int_equal(saves, 1);
    const struct op_result *again =
        record(w, LF_VERB_CREATE, API_A ",'values':['192.0.2.1','192.0.2.2'],'ttl':300");
    assert_int_equal(again->status, LF_END_OK);
    assert_int_equal(twin_count(w->twin, "dump", "api.acme.test."), 1);
}

static void test_a_change_is_done_when_it_is_in_sync(void **state)
{
    struct world *w = *state;
    make_zone(w);
    set(w, "{'pending':1.2,'log':0}");
    assert_int_equal(record(w, LF_VERB_CREATE, API_A ",'values':['192.0.2.1'],'ttl':300")->status, LF_END_OK);
    assert_true(asked(w, "GetChange") >= 3);
    fault(w, "GetChange", "throttle", 1);
    assert_int_equal(
        record(w, LF_VERB_CREATE, "'type':'A','name':'b','values':['192.0.2.1'],'ttl':300")->status,
        LF_END_OK);
}

static void test_every_type_reads_back_as_it_was_written(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *rest, *raw;
    } cases[] = {
        {"'type':'AAAA','name':'@','values':['2001:DB8:0::1'],'ttl':60", "2001:db8::1"},
        {"'type':'CNAME','name':'*.apps','values':['Web.acme.test'],'ttl':60", "web.acme.test."},
        {"'type':'MX','name':'@','values':['10 mail.acme.test'],'ttl':60", "10 mail.acme.test."},
        {"'type':'NS','name':'eu','values':['ns1.acme.net','ns2.acme.net'],'ttl':60", "ns2.acme.net."},
        {"'type':'SRV','name':'_sip._tcp','values':['1 2 5060 sip.acme.test'],'ttl':60",
         "1 2 5060 sip.acme.test."},
        {"'type':'CAA','name':'@','values':['0 issue letsencrypt.org'],'ttl':60",
         "0 issue \\\"letsencrypt.org\\\""},
        {"'type':'TXT','name':'@','values':['v=spf1 -all','caf\\u00e9 \\\\ back'],'ttl':60",
         "caf\\\\303\\\\251 \\\\\\\\ back"},
        {"'type':'DS','name':'eu','values':['1 13 2 "
         "0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF'],'ttl':60",
         "1 13 2"},
    };
    make_zone(w);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct op_result *r = record(w, LF_VERB_CREATE, cases[i].rest);
        assert_int_equal(r->status, LF_END_OK);
        assert_holds(w, cases[i].raw);
        struct op_item item = {.verb = LF_VERB_READ, .prior = r->state, .id = r->id};
        const struct op_result *read = run_item(w, "record", item);
        assert_int_equal(read->status, LF_END_OK);
        assert_string_equal(read->marker, MINE);
        assert_true(value_equal(read->state, r->state));
        item = (struct op_item){.verb = LF_VERB_PLAN, .prior = read->state, .id = r->id};
        item.desired = bench_value(w->b, record_json(w, cases[i].rest));
        assert_int_equal(run_item(w, "record", item)->action, LF_DO_KEEP);
    }
    assert_holds(w, "'name': '\\\\052.apps.acme.test.'");
    assert_holds(w, "'name': '_cname.-.apps._landfall.acme.test.'");
}

static void test_a_long_text_is_split_and_joined(void **state)
{
    struct world *w = *state;
    char value[1001], rest[1200];
    make_zone(w);
    memset(value, 'k', sizeof(value) - 1);
    value[sizeof(value) - 1] = '\0';
    (void)snprintf(rest, sizeof(rest), "'type':'TXT','name':'dkim','ttl':60,'values':['%s']", value);
    const struct op_result *r = record(w, LF_VERB_CREATE, rest);
    assert_int_equal(r->status, LF_END_OK);
    struct op_item item = {.verb = LF_VERB_READ, .prior = r->state, .id = r->id};
    assert_true(value_equal(run_item(w, "record", item)->state, r->state));
}

static void test_a_record_without_a_ttl_has_its_zone_s(void **state)
{
    struct world *w = *state;
    make_zone(w);
    const struct op_result *r = record(w, LF_VERB_CREATE, API_A ",'values':['192.0.2.1']");
    assert_int_equal(r->status, LF_END_OK);
    assert_state(w, r, "ttl", "3600");
}

/* An update or destroy as the core asks for it: with what was true, and the memo that came with it. */
static struct op_item next_of(struct world *w, uint32_t verb, const struct op_result *was, const char *rest)
{
    struct op_item item = {
        .verb = verb, .prior = was->state, .id = was->id, .memo = was->memo, .token = "token-2"};
    if (rest)
        item.desired = bench_value(w->b, record_json(w, rest));
    return item;
}

static void test_a_change_of_what_is_known_asks_nothing_first(void **state)
{
    struct world *w = *state;
    make_zone(w);
    const struct op_result *r = record(w, LF_VERB_CREATE, API_A ",'values':['192.0.2.1'],'ttl':300");
    set(w, "{'log':0}");
    r = run_item(w, "record", next_of(w, LF_VERB_UPDATE, r, API_A ",'values':['192.0.2.9']"));
    assert_int_equal(r->status, LF_END_OK);
    assert_state(w, r, "ttl", "300");
    assert_holds(w, "'ttl': 300, 'values': ['192.0.2.9']");
    assert_holds(w, "token-2");
    assert_false(holds(w, "token-1"));
    assert_int_equal(run_item(w, "record", next_of(w, LF_VERB_DESTROY, r, NULL))->status, LF_END_GONE);
    assert_false(holds(w, "api"));
    assert_int_equal(asked(w, "ListResourceRecordSets"), 0);
    assert_int_equal(asked(w, "ChangeResourceRecordSets"), 2);
    assert_int_equal(run_item(w, "record", next_of(w, LF_VERB_DESTROY, r, NULL))->status, LF_END_GONE);
}

static void test_what_was_changed_behind_our_back_is_seen_before_it_is_changed(void **state)
{
    struct world *w = *state;
    make_zone(w);
    const struct op_result *r = record(w, LF_VERB_CREATE, API_A ",'values':['192.0.2.1'],'ttl':300");
    someone(w,
            text(w, "{'in':'%s','action':'UPSERT','name':'api.acme.test','type':'A','values':['192.0.2.66']}",
                 hosted(w)));
    /* Its marker is still ours, so it is brought to what is asked. */
    r = run_item(w, "record", next_of(w, LF_VERB_UPDATE, r, API_A ",'values':['192.0.2.2'],'ttl':300"));
    assert_int_equal(r->status, LF_END_OK);
    assert_holds(w, "192.0.2.2");
    assert_false(holds(w, "192.0.2.66"));
    /* And gone is gone: its marker goes with the destroy. */
    someone(w, text(w, "{'in':'%s','action':'DELETE','name':'api.acme.test','type':'A'}", hosted(w)));
    assert_int_equal(
        run_item(w, "record", next_of(w, LF_VERB_UPDATE, r, API_A ",'values':['192.0.2.3']"))->status,
        LF_END_GONE);
    assert_int_equal(run_item(w, "record", next_of(w, LF_VERB_DESTROY, r, NULL))->status, LF_END_GONE);
    assert_false(holds(w, "_landfall"));
}

static void test_a_foreign_record_is_a_conflict_and_untouched(void **state)
{
    struct world *w = *state;
    make_zone(w);
    someone(w,
            text(w, "{'in':'%s','action':'CREATE','name':'api.acme.test','type':'A','values':['192.0.2.77']}",
                 hosted(w)));
    const struct op_result *r = record(w, LF_VERB_CREATE, API_A ",'values':['192.0.2.1'],'ttl':300");
    assert_int_equal(r->status, LF_END_EXISTS);
    assert_null(r->marker);
    assert_int_equal(record(w, LF_VERB_RECOVER, API_A ",'values':['192.0.2.1'],'ttl':300")->status,
                     LF_END_EXISTS);
    assert_int_equal(record(w, LF_VERB_DESTROY, API_A ",'values':['192.0.2.77'],'ttl':300")->status,
                     LF_END_EXISTS);
    struct op_item item =
        item_of(w, LF_VERB_CREATE, record_json(w, "'type':'A','name':'b','values':['192.0.2.1'],'ttl':60"));
    item.marker = OTHER;
    assert_int_equal(run_item(w, "record", item)->status, LF_END_OK);
    r = record(w, LF_VERB_CREATE, "'type':'A','name':'b','values':['192.0.2.5'],'ttl':60");
    assert_int_equal(r->status, LF_END_EXISTS);
    assert_string_equal(r->marker, OTHER);
    assert_holds(w, "192.0.2.77");
    assert_false(holds(w, "192.0.2.5"));
    assert_false(holds(w, MINE "\\\""));
}

static void test_a_record_is_adopted(void **state)
{
    struct world *w = *state;
    make_zone(w);
    someone(w, text(w,
                    "{'in':'%s','action':'CREATE','name':'api.acme.test','type':'A','ttl':60,'values':['192."
                    "0.2.77']}",
                    hosted(w)));
    const struct op_result *r = record(w, LF_VERB_FIND, API_A);
    assert_int_equal(r->status, LF_END_OK);
    assert_null(r->marker);
    assert_state(w, r, "values", "['192.0.2.77']");
    struct op_item item = next_of(w, LF_VERB_UPDATE, r, API_A ",'values':['192.0.2.77'],'ttl':60");
    item.memo = bench_value(w->b, "{'adopt':true,'was':'" OTHER "'}");
    assert_int_equal(run_item(w, "record", item)->status, LF_END_EXISTS);
    item.memo = bench_value(w->b, "{'adopt':true}");
    assert_int_equal(run_item(w, "record", item)->status, LF_END_OK);
    assert_holds(w, "lf1.mine");
    assert_int_equal(record(w, LF_VERB_RECOVER, API_A ",'values':['192.0.2.77']")->status, LF_END_OK);
}

static void test_an_alias_is_seen_and_left_alone(void **state)
{
    struct world *w = *state;
    make_zone(w);
    const struct op_result *r = record(w, LF_VERB_CREATE, API_A ",'values':['192.0.2.1'],'ttl':300");
    someone(
        w,
        text(w,
             "{'in':'%s','action':'UPSERT','name':'api.acme.test','type':'A','alias':'d1.cloudfront.net.'}",
             hosted(w)));
    struct op_item item = {.verb = LF_VERB_READ, .prior = r->state, .id = r->id};
    const struct op_result *seen = run_item(w, "record", item);
    assert_string_equal(value_get(seen->state, "values")->items[0]->text, "an alias of 'd1.cloudfront.net.'");
    assert_int_equal(
        run_item(w, "record", next_of(w, LF_VERB_UPDATE, r, API_A ",'values':['192.0.2.2']"))->status,
        LF_END_REFUSED);
    assert_note(w, "route53.not_simple");
    assert_int_equal(run_item(w, "record", next_of(w, LF_VERB_DESTROY, r, NULL))->status, LF_END_REFUSED);
    assert_holds(w, "d1.cloudfront.net.");
}

/* ---- doubts -------------------------------------------------------------------------------------------- */

static void test_a_record_whose_reply_was_lost_is_settled(void **state)
{
    struct world *w = *state;
    static const char *const done[] = {"lost", "after_500", "truncate", "garbage"};
    static const char *const not_done[] = {"reset", "before_500"};
    make_zone(w);
    const char *rest = API_A ",'values':['192.0.2.1'],'ttl':300";
    for (size_t i = 0; i < 4; i++) {
        fault(w, "ChangeResourceRecordSets", done[i], 1);
        assert_int_equal(record(w, LF_VERB_CREATE, rest)->status, LF_END_UNSURE);
        const struct op_result *r = record(w, LF_VERB_RECOVER, rest);
        assert_int_equal(r->status, LF_END_OK);
        assert_string_equal(r->marker, MINE);
        r = record(w, LF_VERB_CREATE, rest);
        assert_int_equal(r->status, LF_END_OK);
        assert_int_equal(run_item(w, "record", next_of(w, LF_VERB_DESTROY, r, NULL))->status, LF_END_GONE);
    }
    for (size_t i = 0; i < 2; i++) {
        fault(w, "ChangeResourceRecordSets", not_done[i], 1);
        assert_int_equal(record(w, LF_VERB_CREATE, rest)->status, LF_END_UNSURE);
        assert_int_equal(record(w, LF_VERB_RECOVER, rest)->status, LF_END_GONE);
    }
    fault(w, "ChangeResourceRecordSets", "throttle", 1);
    assert_int_equal(record(w, LF_VERB_CREATE, rest)->status, LF_END_RETRY);
    assert_note(w, "route53.throttled");
    fault(w, "ChangeResourceRecordSets", "busy", 1);
    assert_int_equal(record(w, LF_VERB_CREATE, rest)->status, LF_END_RETRY);
    assert_note(w, "route53.busy");
    assert_false(holds(w, "api"));
}

/* An update of a dead process lands late, when the record has been through another: it must not land at all.
 */
static void test_a_late_update_meets_nothing_it_was_meant_for(void **state)
{
    struct world *w = *state;
    make_zone(w);
    const struct op_result *first = record(w, LF_VERB_CREATE, API_A ",'values':['192.0.2.1'],'ttl':300");
    fault(w, "ChangeResourceRecordSets", "late", 1);
    struct op_item late = next_of(w, LF_VERB_UPDATE, first, API_A ",'values':['192.0.2.2']");
    assert_int_equal(run_item(w, "record", late)->status, LF_END_UNSURE);
    const struct op_result *r = run_item(w, "record", late); /* sent again, and done */
    assert_int_equal(r->status, LF_END_OK);
    struct op_item back = next_of(w, LF_VERB_UPDATE, r, API_A ",'values':['192.0.2.1']");
    back.token = "token-3";
    assert_int_equal(run_item(w, "record", back)->status, LF_END_OK); /* as it was, but for the token */
    assert_string_equal(twin_tell(w->twin, "land", NULL), "1");
    assert_holds(w, "'ttl': 300, 'values': ['192.0.2.1']");
    assert_holds(w, "token-3");
}

static void test_a_change_saved_before_a_crash_is_waited_for(void **state)
{
    struct world *w = *state;
    make_zone(w);
    set(w, "{'pending':0.3}");
    fault(w, "GetChange", "before_500", 1);
    const char *rest = API_A ",'values':['192.0.2.1'],'ttl':300";
    assert_int_equal(record(w, LF_VERB_CREATE, rest)->status, LF_END_UNSURE);
    size_t count = 0;
    const struct bench_save *saves = bench_saves(w->b, &count);
    struct op_item item = item_of(w, LF_VERB_CREATE, record_json(w, rest));
    item.saved = saves[0].progress;
    item.id = saves[0].id;
    set(w, "{'log':0}");
    assert_int_equal(run_item(w, "record", item)->status, LF_END_OK);
    assert_int_equal(asked(w, "ChangeResourceRecordSets"), 0);
    assert_true(asked(w, "GetChange") >= 1);
    /* Route 53 has forgotten the change: what it made is looked at. */
    item.saved = bench_value(w->b, "{'change':'C000000000000'}");
    assert_int_equal(run_item(w, "record", item)->status, LF_END_OK);
    assert_int_equal(twin_count(w->twin, "dump", "api.acme.test."), 1);
}

static void test_no_answer_is_never_gone(void **state)
{
    struct world *w = *state;
    static const char *const faults[] = {"reset", "before_500", "garbage", "truncate", "giant"};
    make_zone(w);
    const struct op_result *r = record(w, LF_VERB_CREATE, API_A ",'values':['192.0.2.1'],'ttl':300");
    for (size_t i = 0; i < 5; i++) {
        set(w, "{'faults':0}");
        fault(w, "ListResourceRecordSets", faults[i], 4);
        struct op_item item = {.verb = LF_VERB_READ, .prior = r->state, .id = r->id};
        assert_int_equal(run_item(w, "record", item)->status, LF_END_CANNOT_TELL);
        assert_int_equal(record(w, LF_VERB_RECOVER, API_A ",'values':['192.0.2.1']")->status,
                         LF_END_CANNOT_TELL);
    }
    set(w, "{'faults':0}");
    fault(w, "GetHostedZone", "before_500", 1);
    struct op_item item = item_of(w, LF_VERB_READ, "{'name':'acme.test'}");
    item.id = w->zone;
    assert_int_equal(run_item(w, "zone", item)->status, LF_END_CANNOT_TELL);
    fault(w, "ListHostedZonesByName", "garbage", 1);
    assert_int_equal(run(w, "zone", LF_VERB_RECOVER, "{'name':'acme.test'}")->status, LF_END_CANNOT_TELL);
    assert_note(w, "route53.garbled");
    fault(w, "ListResourceRecordSets", "silent", 1);
    bench_timeout(w->b, 400);
    item = (struct op_item){.verb = LF_VERB_READ, .prior = r->state, .id = r->id};
    assert_int_equal(run_item(w, "record", item)->status, LF_END_CANNOT_TELL);
}

static void test_records_of_a_zone_that_is_gone_are_gone(void **state)
{
    struct world *w = *state;
    make_zone(w);
    const struct op_result *r = record(w, LF_VERB_CREATE, API_A ",'values':['192.0.2.1'],'ttl':300");
    someone(w, text(w, "{'gone':'%s'}", hosted(w)));
    struct op_item item = {.verb = LF_VERB_READ, .prior = r->state, .id = r->id};
    assert_int_equal(run_item(w, "record", item)->status, LF_END_GONE);
    assert_int_equal(run_item(w, "record", next_of(w, LF_VERB_DESTROY, r, NULL))->status, LF_END_GONE);
    assert_int_equal(record(w, LF_VERB_CREATE, API_A ",'values':['192.0.2.1'],'ttl':300")->status,
                     LF_END_REFUSED);
    assert_note(w, "dns.zone_missing");
    assert_int_equal(record(w, LF_VERB_CREATE, API_A ",'values':['192.0.2.1']")->status, LF_END_REFUSED);
}

/* ---- batches ------------------------------------------------------------------------------------------- */

static struct op_item *many(struct world *w, uint32_t verb, size_t count)
{
    struct op_item *items = ARENA_ARRAY(bench_arena(w->b), struct op_item, count);
    for (size_t i = 0; i < count; i++) {
        items[i] =
            item_of(w, verb,
                    record_json(w, text(w, "'type':'A','name':'n%zu','values':['192.0.2.%zu'],'ttl':60", i,
                                        i % 250)));
        items[i].marker = text(w, "lf1.m%zu", i);
        items[i].address = text(w, "dns.record.n%zu", i);
    }
    bench_read_only(w->b, verb == LF_VERB_READ);
    return items;
}

static void test_many_records_are_few_requests(void **state)
{
    enum { COUNT = 900 };
    struct world *w = *state;
    make_zone(w);
    set(w, "{'log':0}");
    struct op_item *items = many(w, LF_VERB_CREATE, COUNT);
    const struct op_result *r = bench_run_many(w->b, "record", items, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(r[i].status, LF_END_OK);
    assert_int_equal(asked(w, "ChangeResourceRecordSets"), 2); /* 1 800 values, 1 000 fit */
    assert_int_equal(twin_count(w->twin, "dump", "\"A\""), COUNT);
    /* Read back, in pages: the zone once. */
    set(w, "{'log':0}");
    struct op_item *reads = ARENA_ARRAY(bench_arena(w->b), struct op_item, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        reads[i] = (struct op_item){.verb = LF_VERB_READ,
                                    .prior = r[i].state,
                                    .id = r[i].id,
                                    .memo = r[i].memo,
                                    .marker = items[i].marker};
    bench_read_only(w->b, true);
    const struct op_result *seen = bench_run_many(w->b, "record", reads, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(seen[i].status, LF_END_OK);
        assert_string_equal(seen[i].marker, items[i].marker);
        assert_true(value_equal(seen[i].state, r[i].state));
        reads[i].verb = LF_VERB_DESTROY;
        reads[i].memo = seen[i].memo;
    }
    assert_int_equal(asked(w, "ListResourceRecordSets"), 6);
    set(w, "{'log':0}");
    bench_read_only(w->b, false);
    seen = bench_run_many(w->b, "record", reads, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(seen[i].status, LF_END_GONE);
    assert_int_equal(twin_count(w->twin, "dump", "\"A\""), 0);
    assert_false(holds(w, "_landfall"));
    assert_int_equal(asked(w, "ListResourceRecordSets"), 0);
}

/* Lists are entered where the next record should be: names that sort in surprising ways must be found, and
 * those that are not there must not be. */
static void test_records_are_found_in_whatever_order_they_stand(void **state)
{
    static const char *const names[] = {"a",  "a-b",   "a.b", "*.a", "a-b.c", "b",
                                        "b-", "_b._c", "*.b", "0",   "z",     "zz.a"};
    enum { HERE = sizeof(names) / sizeof(names[0]), ABSENT = 40 };
    struct world *w = *state;
    make_zone(w);
    set(w, "{'page':3}");
    struct op_item items[HERE + ABSENT];
    for (size_t i = 0; i < HERE + ABSENT; i++) {
        const char *name = i < HERE ? names[i] : text(w, "a%zu-x", i);
        items[i] = item_of(w, LF_VERB_CREATE,
                           record_json(w, text(w, "'type':'TXT','name':'%s','values':['v'],'ttl':60", name)));
        items[i].marker = MINE;
        items[i].address = "dns.record.x";
    }
    items[6].desired = bench_value(w->b, record_json(w, "'type':'TXT','name':'b-b','values':['v'],'ttl':60"));
    bench_read_only(w->b, false);
    const struct op_result *r = bench_run_many(w->b, "record", items, HERE);
    for (size_t i = 0; i < HERE; i++)
        assert_int_equal(r[i].status, LF_END_OK);
    for (size_t i = 0; i < HERE + ABSENT; i++)
        items[i].verb = LF_VERB_RECOVER;
    bench_read_only(w->b, true);
    static const size_t counts[] = {2, HERE, HERE + 5, HERE + ABSENT};
    for (size_t at = 0; at < 2 * sizeof(counts) / sizeof(counts[0]); at++) {
        /* Also in an order that is not the one we know. */
        if (at == sizeof(counts) / sizeof(counts[0]))
            set(w, "{'by_labels':true}");
        size_t count = counts[at % (sizeof(counts) / sizeof(counts[0]))];
        r = bench_run_many(w->b, "record", items, count);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(r[i].status, i < HERE ? LF_END_OK : LF_END_GONE);
    }
}

/* A batch is atomic: one record that does not fit fails all of it, and only that one may fail in the end. */
static void test_one_bad_record_does_not_fail_the_others(void **state)
{
    struct world *w = *state;
    make_zone(w);
    someone(w,
            text(w, "{'in':'%s','action':'CREATE','name':'n3.acme.test','type':'A','values':['192.0.2.77']}",
                 hosted(w)));
    someone(w,
            text(w, "{'in':'%s','action':'CREATE','name':'n5.acme.test','type':'CNAME','values':['x.test.']}",
                 hosted(w)));
    struct op_item *items = many(w, LF_VERB_CREATE, 8);
    const struct op_result *r = bench_run_many(w->b, "record", items, 8);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(r[i].status, i == 3 ? LF_END_EXISTS : i == 5 ? LF_END_REFUSED : LF_END_OK);
    assert_note(w, "route53.change_refused");
    assert_int_equal(asked(w, "ChangeResourceRecordSets"),
                     1 + 1 + 1 + 7); /* all, those that may be, each alone */
    assert_int_equal(twin_count(w->twin, "dump", "\"A\""), 7);
    assert_holds(w, "192.0.2.77");
    assert_false(holds(w, "_a.n5."));
}

static void test_a_batch_in_doubt_is_in_doubt_as_a_whole(void **state)
{
    struct world *w = *state;
    make_zone(w);
    fault(w, "ChangeResourceRecordSets", "lost", 1);
    struct op_item *items = many(w, LF_VERB_CREATE, 600);
    const struct op_result *r = bench_run_many(w->b, "record", items, 600);
    /* The first batch may have landed; the second was for certain not sent. */
    assert_int_equal(r[0].status, LF_END_UNSURE);
    assert_int_equal(r[499].status, LF_END_UNSURE);
    assert_int_equal(r[500].status, LF_END_RETRY);
    for (size_t i = 0; i < 600; i++)
        items[i].verb = LF_VERB_RECOVER;
    bench_read_only(w->b, true);
    r = bench_run_many(w->b, "record", items, 600);
    assert_int_equal(r[0].status, LF_END_OK);
    assert_int_equal(r[599].status, LF_END_GONE);
    for (size_t i = 0; i < 600; i++)
        items[i].verb = LF_VERB_CREATE;
    bench_read_only(w->b, false);
    r = bench_run_many(w->b, "record", items, 600);
    for (size_t i = 0; i < 600; i++)
        assert_int_equal(r[i].status, LF_END_OK);
    assert_int_equal(twin_count(w->twin, "dump", "\"A\""), 600);
}

/* ---- refusals ---------------------------------------------------------------------------------------- */

static void test_what_cannot_be_a_record_is_refused_in_the_plan(void **state)
{
    struct world *w = *state;
    make_zone(w);
    set(w, "{'log':0}");
    static const struct {
        const char *rest, *code;
    } cases[] = {
        {"'type':'A','name':'_a.x._landfall','values':['192.0.2.1']", "dns.record_name"},
        {"'type':'TXT','name':'x._landfall','values':['y']", "dns.record_name"},
        {"'type':'A','name':'api','values':['300.0.2.1']", "dns.value"},
        {"'type':'HINFO','name':'api','values':['x']", "dns.type_unknown"},
        {"'type':'A','name':'api','values':[]", "dns.value_count"},
        {"'type':'A','name':'api','values':['192.0.2.1'],'options':{'weight':1}", "dns.option_unknown"},
        {"'type':'A','name':'it\\\"s','values':['192.0.2.1']", "dns.record_name"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(record(w, LF_VERB_PLAN, cases[i].rest)->status, LF_END_REFUSED);
        assert_note(w, cases[i].code);
    }
    assert_int_equal(
        run(w, "record", LF_VERB_PLAN, "{'zone':'acme.test','type':'A','name':'a','values':['192.0.2.1']}")
            ->status,
        LF_END_REFUSED);
    assert_note(w, "dns.zone_id");
    char label[61], rest[600];
    memset(label, 'x', 60);
    label[60] = '\0';
    (void)snprintf(rest, sizeof(rest), "'type':'A','name':'%s.%s.%s.%.50s','values':['192.0.2.1']", label,
                   label, label, label);
    assert_int_equal(record(w, LF_VERB_PLAN, rest)->status, LF_END_REFUSED);
    assert_note(w, "dns.record_name");
    assert_string_equal(twin_tell(w->twin, "log", NULL), "[]");
}

static void test_values_too_large_for_a_change_are_refused_in_the_plan(void **state)
{
    struct world *w = *state;
    w->zone = "acme.test/Z1";
    char *rest = malloc(40000);
    assert_non_null(rest);
    int at = snprintf(rest, 100, "'type':'A','name':'api','values':[");
    for (int i = 0; i < 401; i++)
        at += snprintf(rest + at, 100, "%s'10.0.%d.%d'", i ? "," : "", i / 256, i % 256);
    (void)snprintf(rest + at, 10, "]");
    struct op_item item = {.verb = LF_VERB_PLAN};
    char *json = malloc(50000);
    assert_non_null(json);
    (void)snprintf(json, 50000, "{'zone':'acme.test/Z1',%s}", rest);
    item.desired = bench_value(w->b, json);
    assert_int_equal(run_item(w, "record", item)->status, LF_END_REFUSED);
    assert_note(w, "route53.too_large");
    at = snprintf(json, 100, "{'zone':'acme.test/Z1','type':'TXT','name':'t','values':['");
    memset(json + at, 'x', 4001);
    (void)snprintf(json + at + 4001, 10, "']}");
    item.desired = bench_value(w->b, json);
    assert_int_equal(run_item(w, "record", item)->status, LF_END_REFUSED);
    assert_note(w, "route53.too_large");
    free(json);
    free(rest);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)
    const struct CMUnitTest tests[] = {
        TEST(test_a_record_and_its_marker_are_one_change),
        TEST(test_a_change_is_done_when_it_is_in_sync),
        TEST(test_every_type_reads_back_as_it_was_written),
        TEST(test_a_long_text_is_split_and_joined),
        TEST(test_a_record_without_a_ttl_has_its_zone_s),
        TEST(test_a_change_of_what_is_known_asks_nothing_first),
        TEST(test_what_was_changed_behind_our_back_is_seen_before_it_is_changed),
        TEST(test_a_foreign_record_is_a_conflict_and_untouched),
        TEST(test_a_record_is_adopted),
        TEST(test_an_alias_is_seen_and_left_alone),
        TEST(test_a_record_whose_reply_was_lost_is_settled),
        TEST(test_a_late_update_meets_nothing_it_was_meant_for),
        TEST(test_a_change_saved_before_a_crash_is_waited_for),
        TEST(test_no_answer_is_never_gone),
        TEST(test_records_of_a_zone_that_is_gone_are_gone),
        TEST(test_many_records_are_few_requests),
        TEST(test_records_are_found_in_whatever_order_they_stand),
        TEST(test_one_bad_record_does_not_fail_the_others),
        TEST(test_a_batch_in_doubt_is_in_doubt_as_a_whole),
        TEST(test_what_cannot_be_a_record_is_refused_in_the_plan),
        TEST(test_values_too_large_for_a_change_are_refused_in_the_plan),
    };
    int end = 0;
    const char *missing = twin_missing(&end);
    if (missing) {
        (void)fprintf(stderr, "%s\n", missing);
        return end;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
