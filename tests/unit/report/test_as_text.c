#include "golden.h"

#include "facts_sample.h"
#include "model/diag.h"
#include "plan/reference.h"
#include "region/price_book.h"
#include "region/provenance.h"
#include "region/rates.h"
#include "report/as_text.h"

static const struct out_style pipe_style = {0};

static void check_plan(const char *name, struct out_style style, enum as_text_detail detail)
{
    struct golden g;
    struct sample s;
    golden_open(&g, style);
    sample_make(&s, g.mem);
    as_text_plan(&g.out, &s.plan, detail);
    golden_check(&g, name);
}

static void test_a_plan_in_a_pipe_is_never_wrapped(void **state)
{
    (void)state;
    check_plan("plan_pipe.txt", pipe_style, AS_TEXT_NORMAL);
}

static void test_a_plan_reads_well_at_80_columns(void **state)
{
    (void)state;
    check_plan("plan_80.txt", (struct out_style){.columns = 80}, AS_TEXT_NORMAL);
}

static void test_a_plan_reads_well_at_120_columns_in_color(void **state)
{
    (void)state;
    check_plan("plan_120_color.txt", (struct out_style){.columns = 120, .color = true}, AS_TEXT_NORMAL);
}

static void test_a_plan_in_ascii_has_no_other_characters(void **state)
{
    (void)state;
    struct golden g;
    struct sample s;
    golden_open(&g, (struct out_style){.ascii = true, .columns = 100});
    sample_make(&s, g.mem);
    s.region.title = "Österreich";
    as_text_plan(&g.out, &s.plan, AS_TEXT_FULL);
    for (const char *at = golden_text(&g); *at; at++)
        assert_true(*at == '\n' || (*at >= ' ' && *at <= '~'));
    golden_check(&g, "plan_ascii_full.txt");
}

static void test_no_line_of_a_plan_is_wider_than_its_terminal(void **state)
{
    (void)state;
    for (unsigned columns = 64; columns <= 140; columns++) {
        struct golden g;
        struct sample s;
        golden_open(&g, (struct out_style){.ascii = true, .columns = columns});
        sample_make(&s, g.mem);
        s.truth.op_count = 0; /* commands to copy are never broken */
        as_text_plan(&g.out, &s.plan, AS_TEXT_FULL);
        for (const char *at = golden_text(&g); *at;) {
            size_t count = strcspn(at, "\n");
            if (count > columns)
                fail_msg("%u columns: %.*s", columns, (int)count, at);
            at += count + 1;
        }
        golden_close(&g);
    }
}

static void test_a_brief_plan_is_its_totals(void **state)
{
    (void)state;
    check_plan("plan_brief.txt", pipe_style, AS_TEXT_BRIEF);
}

static void test_a_plan_beyond_its_budget_says_so_loudly(void **state)
{
    (void)state;
    struct golden g;
    struct sample s;
    golden_open(&g, pipe_style);
    sample_make(&s, g.mem);
    s.region.budget = SAMPLE_MAP(&s, {"monthly", sample_t(&s, "320.50")}, {"one_off", value_int(g.mem, 300)});
    as_text_plan(&g.out, &s.plan, AS_TEXT_BRIEF);
    golden_check(&g, "plan_over_budget.txt");
}

/* The sample with what a finance lead asks for besides: a reference, rates, books. */
static void with_sources(struct sample *s, struct plan_reference *r)
{
    static const struct price_book_file files[] = {
        {.path = "database-rds.prices.yaml",
         .currency = "USD",
         .source = "list prices",
         .dated = "2026-06-13"},
        {.path = "prices/unused.yaml", .currency = "EUR", .source = "x", .dated = "2026-06-13"},
        {.path = "prices/ours.yaml",
         .currency = "EUR",
         .source = "contract 17",
         .dated = "2026-11-01",
         .valid_until = "2027-10-31",
         .ours = true}};
    static const struct price_books books = {.files = files, .file_count = COUNT_OF(files)};
    static const bool used[] = {true, false, true};
    static const struct rates_one usd = {.currency = "USD", .rate = {9215, 10000}, .text = "0.9215"};
    static const struct rates rates = {
        .dated = "2026-11-01", .source = "ECB, reference rates", .at = &usd, .count = 1};
    static struct cost_table_row rows[] = {{.name = "data"}, {.name = "names"}};
    rows[0].sum.cost = (struct plan_cost){.priced = true, .month_expected = 2500 * (int64_t)MONEY_UNIT};
    s->plan.prices = &books;
    s->plan.prices_used = used;
    s->region.rates = &rates;
    *r = (struct plan_reference){.region = "us", .month = 2500 * (int64_t)MONEY_UNIT};
    r->sum.priced = 40;
    r->sum.steps = 44;
    r->tables[COST_TABLE_STAGE] = (struct cost_table){rows, COUNT_OF(rows)};
    s->plan.reference = r;
}

static void check_cost(const char *file, struct out_style style, enum as_text_detail detail)
{
    struct golden g;
    struct sample s;
    struct plan_reference r;
    golden_open(&g, style);
    sample_make(&s, g.mem);
    with_sources(&s, &r);
    as_text_cost_tables(&g.out, &s.plan, detail);
    golden_check(&g, file);
}

static void test_the_cost_is_told_by_stage_subsystem_and_owner(void **state)
{
    (void)state;
    check_cost("cost_pipe.txt", pipe_style, AS_TEXT_NORMAL);
    check_cost("cost_80.txt", (struct out_style){.columns = 80}, AS_TEXT_NORMAL);
    check_cost("cost_ascii_full.txt", (struct out_style){.columns = 60, .ascii = true}, AS_TEXT_FULL);
}

static void test_no_line_of_the_cost_is_wider_than_its_terminal(void **state)
{
    (void)state;
    for (unsigned columns = 48; columns <= 140; columns++) {
        struct golden g;
        struct sample s;
        struct plan_reference r;
        golden_open(&g, (struct out_style){.columns = columns, .ascii = true});
        sample_make(&s, g.mem);
        with_sources(&s, &r);
        as_text_cost_tables(&g.out, &s.plan, AS_TEXT_NORMAL);
        for (const char *at = golden_text(&g); *at;) {
            size_t count = strcspn(at, "\n");
            if (count > columns)
                fail_msg("%u columns: %.*s", columns, (int)count, at);
            at += count + 1;
        }
        golden_close(&g);
    }
}

static void test_only_guesses_over_the_budget_are_told_as_guesses(void **state)
{
    (void)state;
    struct golden g;
    struct sample s;
    golden_open(&g, pipe_style);
    sample_make(&s, g.mem);
    s.region.budget = SAMPLE_MAP(&s, {"monthly", sample_t(&s, "400.00")});
    as_text_plan(&g.out, &s.plan, AS_TEXT_BRIEF);
    assert_non_null(strstr(golden_text(&g), "OVER BUDGET with the guesses: the monthly cost may be €603.00 – "
                                            "€631.00, €231.00 more than the budget allows"));
    golden_close(&g);
}

static void test_what_it_cannot_be_compared_with_says_why(void **state)
{
    (void)state;
    struct golden g;
    struct sample s;
    struct plan_reference r = {.region = "us", .why_not = "its file does not go through: no 'place'"};
    golden_open(&g, pipe_style);
    sample_make(&s, g.mem);
    s.plan.reference = &r;
    as_text_plan(&g.out, &s.plan, AS_TEXT_BRIEF);
    assert_non_null(
        strstr(golden_text(&g), "not compared with us: its file does not go through: no 'place'\n"));
    r = (struct plan_reference){.region = "us", .dated = "2026-10-31", .month = 100 * (int64_t)MONEY_UNIT};
    as_text_plan(&g.out, &s.plan, AS_TEXT_BRIEF);
    assert_non_null(strstr(golden_text(&g), "317 % of us (€100.00/month, stated as of 2026-10-31)\n"));
    golden_close(&g);
}

static void test_a_plan_without_prices_never_says_zero(void **state)
{
    (void)state;
    struct golden g;
    struct sample s;
    golden_open(&g, pipe_style);
    sample_make(&s, g.mem);
    s.plan.totals.priced = 0;
    s.plan.totals.cost = (struct plan_cost){0};
    as_text_plan(&g.out, &s.plan, AS_TEXT_BRIEF);
    assert_non_null(strstr(golden_text(&g), "Cost  not estimated"));
    assert_null(strstr(golden_text(&g), "€0"));
    golden_close(&g);
}

static void test_a_plan_with_nothing_to_do_says_so(void **state)
{
    (void)state;
    struct golden g;
    struct sample s;
    golden_open(&g, pipe_style);
    sample_make(&s, g.mem);
    for (uint32_t i = 0; i < s.plan.count; i++)
        s.steps[i].action = PLAN_KEEP;
    as_text_plan(&g.out, &s.plan, AS_TEXT_NORMAL);
    assert_non_null(strstr(golden_text(&g), "\nNothing to do: everything is as declared.\n"));
    golden_close(&g);
}

static void test_a_refresh_shows_what_is_remembered_and_what_is_there(void **state)
{
    (void)state;
    struct golden g;
    struct sample s;
    golden_open(&g, pipe_style);
    sample_make(&s, g.mem);
    s.plan.refresh_only = true;
    as_text_plan(&g.out, &s.plan, AS_TEXT_NORMAL);
    assert_non_null(strstr(golden_text(&g), "values: [ns9] → [ns1.us.acme.example]"));
    golden_close(&g);
}

static void test_an_address_may_be_longer_than_half_the_line(void **state)
{
    (void)state;
    struct golden g;
    struct sample s;
    golden_open(&g, (struct out_style){.columns = 80});
    sample_make(&s, g.mem);
    s.steps[s.plan.count - 2].address =
        "human.a-name-that-somebody-found-good-and-that-nobody-dared-to-shorten";
    as_text_plan(&g.out, &s.plan, AS_TEXT_NORMAL);
    assert_non_null(strstr(golden_text(&g), "nobody-dared-to-shorten\n"));
    assert_non_null(strstr(golden_text(&g), "  blocks launch  legal\n"
                                            "        Countersign the EU data processing agreement\n"));
    golden_close(&g);
}

static void test_an_unknown_names_the_step_that_is_still_open(void **state)
{
    (void)state;
    struct golden g;
    struct sample s;
    golden_open(&g, pipe_style);
    sample_make(&s, g.mem);
    uint32_t i = plan_find(&s.plan, "dns.record.api");
    const struct value *parts[] = {sample_ref(&s, "dns.zone.mail", "id"),
                                   sample_ref(&s, "dns.zone.apex", "id")};
    s.declared[i].attrs =
        SAMPLE_MAP(&s, {"name", sample_t(&s, "api")}, {"values", value_list(g.mem, parts, 2)});
    as_text_plan(&g.out, &s.plan, AS_TEXT_NORMAL);
    assert_non_null(strstr(golden_text(&g), "values (known after dns.zone.apex)"));
    golden_close(&g);
}

static void test_an_error_tells_what_where_and_what_to_do(void **state)
{
    (void)state;
    struct golden g;
    struct err err;
    golden_open(&g, (struct out_style){.columns = 60});
    err_set(&err, "region.unknown_key",
            "loading region 'eu': unknown key 'replicsa' in 'services.databases.main'");
    err_at(&err, "regions/eu.yaml", 12, 3);
    err_detail(&err, "    replicsa: 4\n    ^");
    err_advise(&err, "did you mean 'replicas'? `landfall describe database` lists what there is");
    as_text_err(&g.out, &err);
    golden_check(&g, "error.txt");
}

static void test_a_providers_words_cannot_color_an_error(void **state)
{
    (void)state;
    struct golden g;
    struct err err;
    golden_open(&g, (struct out_style){.columns = 80});
    err_set(&err, "dns.refused", "the service said: \x1b[31mno\x07");
    as_text_err(&g.out, &err);
    assert_string_equal(golden_text(&g), "error: the service said: \\x1b[31mno\\x07\n  (dns.refused)\n");
    golden_close(&g);
}

static void test_findings_come_in_order_and_are_counted(void **state)
{
    (void)state;
    struct golden g;
    struct diags d;
    golden_open(&g, pipe_style);
    diag_init(&d, g.mem);
    diag_add(&d, &(struct diag){.severity = DIAG_WARNING,
                                .code = "region.leftover",
                                .where = "regions/eu.yaml:9:5",
                                .summary = "a copied text names the region it came from"});
    diag_add(&d, &(struct diag){.severity = DIAG_ERROR,
                                .code = "schema.missing",
                                .address = "dns.zone.apex",
                                .path = "name",
                                .where = "playbooks/saas.lua:3",
                                .summary = "'name' is missing",
                                .detail = "dns.zone \"apex\" { }\n               ^",
                                .advice = "give it a name"});
    as_text_diags(&g.out, &d);
    golden_check(&g, "diags.txt");
}

static void test_findings_that_were_not_kept_are_counted(void **state)
{
    (void)state;
    struct golden g;
    struct diags d;
    golden_open(&g, pipe_style);
    diag_init(&d, g.mem);
    for (int i = 0; i < DIAG_MAX + 7; i++)
        diag_add(&d, &(struct diag){.severity = DIAG_ERROR, .code = "x.y", .summary = "wrong"});
    as_text_diags(&g.out, &d);
    assert_non_null(strstr(golden_text(&g), "207 errors (7 not shown)\n"));
    golden_close(&g);
}

static void test_no_findings_say_nothing(void **state)
{
    (void)state;
    struct golden g;
    struct diags d;
    golden_open(&g, pipe_style);
    diag_init(&d, g.mem);
    as_text_diags(&g.out, &d);
    assert_string_equal(golden_text(&g), "");
    golden_close(&g);
}

static void test_a_value_reads_as_yaml(void **state)
{
    (void)state;
    struct golden g;
    static const struct secret secret = {.source = "env:KEY"};
    golden_open(&g, pipe_style);
    struct arena *mem = g.mem;
    const struct value *list[] = {
        value_text(mem, "a"), value_text(mem, "no: yes"),
        value_map(mem, (struct pair[]){{"x", value_int(mem, 1)}, {"y", value_null()}}, 2)};
    as_text_value(&g.out,
                  value_map(mem,
                            (struct pair[]){{"empty", value_list(mem, NULL, 0)},
                                            {"key", value_secret(mem, &secret)},
                                            {"list", value_list(mem, list, 3)},
                                            {"number", value_text(mem, "0123")},
                                            {"odd key:", value_text(mem, "")},
                                            {"truth", value_text(mem, "true")},
                                            {"umlaut", value_text(mem, "Zürich")},
                                            {"url", value_text(mem, "https://app.eu.acme.example/x")}},
                            8));
    golden_check(&g, "value.txt");
}

static void test_the_story_of_a_value_is_told_from_the_beginning(void **state)
{
    (void)state;
    struct golden g;
    golden_open(&g, pipe_style);
    const struct origin written = {
        .file = "regions/us.yaml", .line = 20, .column = 7, .kind = ORIGIN_WRITTEN};
    const struct origin shrunk = {.file = "regions/eu.yaml",
                                  .line = 12,
                                  .column = 3,
                                  .kind = ORIGIN_SHRUNK,
                                  .why = "3 % of US traffic"};
    const struct provenance_step steps[] = {{&written, value_int(g.mem, 8)}, {&shrunk, value_int(g.mem, 2)}};
    as_text_provenance(&g.out, "services.databases.main.replicas", steps, 2);
    as_text_provenance(&g.out, "timezone", NULL, 0);
    golden_check(&g, "provenance.txt");
}

static void test_status_tells_what_stands_and_what_needs_attention(void **state)
{
    (void)state;
    struct golden g;
    struct sample s;
    golden_open(&g, (struct out_style){.columns = 80});
    sample_make(&s, g.mem);
    struct facts_status status = facts_make_status(&s.region);
    as_text_status(&g.out, &status, AS_TEXT_FULL);
    golden_check(&g, "status.txt");
}

static void test_a_killed_run_names_only_some_of_what_is_in_doubt(void **state)
{
    (void)state;
    struct golden g;
    struct store_op ops[100];
    golden_open(&g, pipe_style);
    for (size_t i = 0; i < COUNT_OF(ops); i++)
        ops[i] = (struct store_op){.address = arena_print(g.mem, "dns.record.r%zu", i),
                                   .verb = LF_VERB_CREATE,
                                   .state = i == 99 ? STORE_OP_HELD : STORE_OP_INTENT};
    as_text_pending(&g.out, "eu",
                    &(struct store_snapshot){.exists = true, .ops = ops, .op_count = COUNT_OF(ops)});
    const char *said = golden_text(&g);
    assert_non_null(strstr(said, "100 changes are not settled:\n"));
    assert_non_null(strstr(said, "dns.record.r7 "));
    assert_null(strstr(said, "dns.record.r8 "));
    assert_non_null(strstr(said, "  and 91 more in doubt\n"));
    /* What a person has to decide is never among the rest. */
    assert_non_null(strstr(said, "landfall resolve eu dns.record.r99 --keep ID\n"));
    golden_close(&g);
}

static void test_status_before_the_first_apply(void **state)
{
    (void)state;
    struct golden g;
    static const struct store_snapshot nothing;
    golden_open(&g, pipe_style);
    as_text_status(&g.out, &(struct facts_status){.region = "eu", .truth = &nothing}, AS_TEXT_NORMAL);
    assert_string_equal(golden_text(&g), "landfall status · region eu\n"
                                         "Nothing was built yet.\n"
                                         "Next  landfall plan eu   shows what differs from the playbook\n");
    golden_close(&g);
}

static void test_the_end_of_a_run_tells_how_to_go_on(void **state)
{
    (void)state;
    struct golden g;
    struct sample s;
    golden_open(&g, (struct out_style){.columns = 80});
    sample_make(&s, g.mem);
    struct facts_run run =
        facts_make_run(&s.plan, SAMPLE_MAP(&s, {"app_url", sample_t(&s, "https://x.example")}));
    as_text_run(&g.out, &run);
    golden_check(&g, "run.txt");
}

static void test_a_run_that_did_everything_is_short(void **state)
{
    (void)state;
    struct golden g;
    static const struct executor_outcome all = {.total = 62, .done = 62};
    golden_open(&g, pipe_style);
    as_text_run(&g.out,
                &(struct facts_run){.region = "eu", .command = "apply", .outcome = &all, .took_ms = 1500});
    assert_string_equal(golden_text(&g), "done  apply eu: 62 done, in 1.5 s\n");
    golden_close(&g);
}

static void test_history_of_a_region_and_of_one_step(void **state)
{
    (void)state;
    struct golden g;
    golden_open(&g, pipe_style);
    struct facts_history whole = facts_make_history(NULL), one = facts_make_history("dns.zone.apex");
    as_text_history(&g.out, &whole);
    out_text(&g.out, "----\n");
    as_text_history(&g.out, &one);
    golden_check(&g, "history.txt");
}

/* What is good is never folded: each of it was done. */
static void test_what_is_said_again_of_a_step_is_told_once(void **state)
{
    (void)state;
    static const struct store_event events[] = {
        {.kind = "step.held",
         .address = "dns.zone.a",
         .verb = "create",
         .text = "who knows",
         .took_ms = 1500},
        {.kind = "step.held", .address = "dns.zone.b", .verb = "create", .text = "who knows"},
        {.kind = "step.held",
         .address = "dns.zone.a",
         .verb = "create",
         .text = "who knows",
         .wall_ms = FACTS_NOW},
        {.kind = "step.held", .address = "dns.zone.a", .verb = "create", .text = "somebody does"},
        {.kind = "step.held", .address = "dns.zone.a", .verb = "create", .text = "who knows"},
        {.kind = "step.done", .address = "dns.zone.b", .verb = "create", .text = "new"},
        {.kind = "step.done", .address = "dns.zone.b", .verb = "create", .text = "new"},
    };
    static const char *const lines[] = {
        "held     dns.zone.a  create  1.5 s  who knows  (2 times, last 2026-11-22 11:40:30)",
        "held     dns.zone.b  create  who knows",
        "held     dns.zone.a  create  somebody does",
        "held     dns.zone.a  create  who knows",
        "done     dns.zone.b  create  new",
        "done     dns.zone.b  create  new",
    };
    struct golden g;
    golden_open(&g, pipe_style);
    as_text_history(
        &g.out, &(struct facts_history){.region = "eu", .events = events, .event_count = COUNT_OF(events)});
    const char *at = golden_text(&g);
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        char line[120];
        snprintf(line, sizeof(line), "  %s\n", lines[i]);
        const char *found = strstr(at, line);
        if (!found || found != strchr(at, '\n') + 1 - strlen(line))
            fail_msg("'%s' is not next in:\n%s", lines[i], at);
        at = found + strlen(line);
    }
    assert_string_equal(at, "");
    golden_close(&g);
}

static void test_what_the_history_leaves_out_says_how_to_see_it(void **state)
{
    (void)state;
    struct golden g;
    golden_open(&g, pipe_style);
    struct facts_history h = facts_make_history(NULL);
    h.earlier_runs = 11;
    h.earlier_events = true;
    as_text_history(&g.out, &h);
    assert_non_null(strstr(golden_text(&g), "11 earlier runs are left out: landfall history eu -n 12\n"));
    assert_non_null(strstr(golden_text(&g), "earlier events are left out: landfall history eu -n 40\n"));
    golden_close(&g);
}

static void test_outputs_that_are_not_known_say_so(void **state)
{
    (void)state;
    struct golden g;
    golden_open(&g, pipe_style);
    as_text_outputs(&g.out, NULL);
    assert_non_null(strstr(golden_text(&g), "No outputs yet"));
    golden_close(&g);
}

static void test_a_deed_is_one_line_and_what_comes_next(void **state)
{
    (void)state;
    struct golden g;
    golden_open(&g, pipe_style);
    as_text_deed(&g.out,
                 &(struct facts_deed){.what = "kept zone-2 as dns.zone.apex", .next = "landfall resume eu"});
    assert_string_equal(golden_text(&g), "kept zone-2 as dns.zone.apex\nNext  landfall resume eu\n");
    golden_close(&g);
}

static void test_plugins_are_described_down_to_their_attributes(void **state)
{
    (void)state;
    struct golden g;
    struct sample s;
    struct facts_plugin plugins[2];
    golden_open(&g, (struct out_style){.columns = 80});
    sample_make(&s, g.mem);
    facts_make_plugins(&s, plugins);
    as_text_plugins(&g.out, plugins, 2);
    out_text(&g.out, "----\n");
    as_text_subsystems(&g.out, plugins, 2);
    out_text(&g.out, "----\n");
    as_text_driver(&g.out, &plugins[0]);
    out_text(&g.out, "----\n");
    as_text_type(&g.out, &plugins[0], &plugins[0].contract->types[0]);
    out_text(&g.out, "----\n");
    as_text_call(&g.out, &plugins[0], &plugins[0].contract->calls[0]);
    golden_check(&g, "describe.txt");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_plan_in_a_pipe_is_never_wrapped),
        cmocka_unit_test(test_a_plan_reads_well_at_80_columns),
        cmocka_unit_test(test_a_plan_reads_well_at_120_columns_in_color),
        cmocka_unit_test(test_a_plan_in_ascii_has_no_other_characters),
        cmocka_unit_test(test_no_line_of_a_plan_is_wider_than_its_terminal),
        cmocka_unit_test(test_a_brief_plan_is_its_totals),
        cmocka_unit_test(test_a_plan_beyond_its_budget_says_so_loudly),
        cmocka_unit_test(test_the_cost_is_told_by_stage_subsystem_and_owner),
        cmocka_unit_test(test_no_line_of_the_cost_is_wider_than_its_terminal),
        cmocka_unit_test(test_only_guesses_over_the_budget_are_told_as_guesses),
        cmocka_unit_test(test_what_it_cannot_be_compared_with_says_why),
        cmocka_unit_test(test_a_plan_without_prices_never_says_zero),
        cmocka_unit_test(test_a_plan_with_nothing_to_do_says_so),
        cmocka_unit_test(test_a_refresh_shows_what_is_remembered_and_what_is_there),
        cmocka_unit_test(test_an_address_may_be_longer_than_half_the_line),
        cmocka_unit_test(test_an_unknown_names_the_step_that_is_still_open),
        cmocka_unit_test(test_an_error_tells_what_where_and_what_to_do),
        cmocka_unit_test(test_a_providers_words_cannot_color_an_error),
        cmocka_unit_test(test_findings_come_in_order_and_are_counted),
        cmocka_unit_test(test_findings_that_were_not_kept_are_counted),
        cmocka_unit_test(test_no_findings_say_nothing),
        cmocka_unit_test(test_a_value_reads_as_yaml),
        cmocka_unit_test(test_the_story_of_a_value_is_told_from_the_beginning),
        cmocka_unit_test(test_status_tells_what_stands_and_what_needs_attention),
        cmocka_unit_test(test_a_killed_run_names_only_some_of_what_is_in_doubt),
        cmocka_unit_test(test_status_before_the_first_apply),
        cmocka_unit_test(test_the_end_of_a_run_tells_how_to_go_on),
        cmocka_unit_test(test_a_run_that_did_everything_is_short),
        cmocka_unit_test(test_history_of_a_region_and_of_one_step),
        cmocka_unit_test(test_what_is_said_again_of_a_step_is_told_once),
        cmocka_unit_test(test_what_the_history_leaves_out_says_how_to_see_it),
        cmocka_unit_test(test_outputs_that_are_not_known_say_so),
        cmocka_unit_test(test_a_deed_is_one_line_and_what_comes_next),
        cmocka_unit_test(test_plugins_are_described_down_to_their_attributes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
