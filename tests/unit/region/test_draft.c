/* The draft of a new region: it reads as YAML whatever the other region holds, names all that is open, and is
 * done when that is filled in. */
#include "project_folder.h"

#include "region/draft.h"
#include "region/spec.h"

static struct draft draft;

static bool make(struct folder *p, const char *from, const char *name)
{
    diag_init(&p->diags, p->mem);
    return draft_make(p->mem, p->path, from, name, &draft, &p->diags, &p->err);
}

static void must_make(struct folder *p, const char *from, const char *name)
{
    if (!make(p, from, name))
        fail_msg("%s: %s", p->err.code, p->err.summary);
    folder_write(p, draft.path, draft.text);
}

/* Everything that is wrong with the draft is that something is open. */
static void check_only_open(struct folder *p, const char *name)
{
    size_t open = 0;
    assert_false(folder_load(p, name));
    for (size_t i = 0; i < p->diags.count; i++) {
        if (p->diags.at[i].severity != DIAG_ERROR)
            continue;
        if (strcmp(p->diags.at[i].code, "region.fill_in") != 0)
            fail_msg("%s: %s: %s", p->diags.at[i].where, p->diags.at[i].code, p->diags.at[i].summary);
        open++;
    }
    assert_int_equal(open, draft.open);
}

static const char *replaced(struct folder *p, const char *text, const char *what, const char *with)
{
    struct buf out;
    buf_init(&out, 0);
    for (const char *at = text, *next;; at = next + strlen(what)) {
        next = strstr(at, what);
        if (!next) {
            buf_text(&out, at);
            break;
        }
        buf_add(&out, at, (size_t)(next - at));
        buf_text(&out, with);
    }
    const char *kept = buf_keep(&out, p->mem);
    buf_done(&out);
    return kept;
}

#define REFERENCE                                                                                            \
    "timezone: America/New_York\n"                                                                           \
    "services:\n"                                                                                            \
    "  hosts: { app: app.us.acme.example, us-only: x }\n"                                                    \
    "  places: [us-place-1, us-west-2]\n"                                                                    \
    "  token: !secret env:US_TOKEN\n"                                                                        \
    "residency: { customer: [us-place-1, us-place-2] }\n"                                                    \
    "drivers:\n"                                                                                             \
    "  dns: { use: local, path: out/us }\n"                                                                  \
    "  dns/parent: { use: local, path: out/all, shared: true }\n"

static void test_a_draft_names_all_that_is_open_and_nothing_else(void **state)
{
    struct folder *p = *state;
    folder_write_region(p, "us", REFERENCE);
    must_make(p, "us", "de");
    assert_string_equal(draft.path, "regions/de.yaml");
    assert_int_equal(draft.open, 6 + 1 + 2);
    check_only_open(p, "de");
    folder_says(p, "region.fill_in", "regions/de.yaml:6:8", "'title'");
    assert_non_null(strstr(draft.text, "; the like of it would be de.acme.example\n"));
    assert_non_null(strstr(draft.text, "# us: local with path; shared"));
}

static void test_a_draft_lists_what_would_lead_to_the_other_region(void **state)
{
    struct folder *p = *state;
    folder_write_region(p, "us", REFERENCE);
    must_make(p, "us", "de");
    assert_int_equal(draft.leftovers, 4);
    assert_non_null(strstr(draft.text, "#   services.hosts.app: app.us.acme.example  (the domain of us, "
                                       "regions/us.yaml:9)\n"));
    assert_non_null(strstr(draft.text, "#   services.hosts.us-only  (the name of us, regions/us.yaml:9)\n"));
    assert_non_null(strstr(draft.text, "#   services.places[0]: us-place-1  (the place of us"));
    assert_non_null(strstr(draft.text, "#   services.places[1]: us-west-2  (a place named like us"));
    assert_non_null(strstr(draft.text, "#   services.token: !secret env:US_TOKEN\n"));
}

static void test_a_draft_that_is_filled_in_is_a_region(void **state)
{
    struct folder *p = *state;
    folder_write_region(p, "us", REFERENCE);
    must_make(p, "us", "de");
    const char *text = draft.text;
    static const char *const with[][2] = {
        {"title: FILL IN", "title: Germany"},
        {"jurisdiction: FILL IN", "jurisdiction: DE"},
        {"place: FILL IN", "place: de-1"},
        {"domain: FILL IN", "domain: de.acme.example"},
        {"currency: FILL IN", "currency: EUR"},
        {"timezone: FILL IN", "timezone: Europe/Berlin"},
        {"[FILL IN]", "[de-1]"},
        {"use: FILL IN", "use: local"},
    };
    for (size_t i = 0; i < COUNT_OF(with); i++)
        text = replaced(p, text, with[i][0], with[i][1]);
    folder_write(p, draft.path, text);
    folder_must_load(p, "de");
    assert_string_equal(p->region->from, "us");
    assert_string_equal(p->region->title, "Germany");
    assert_int_equal(p->region->driver_count, 2);
}

static void test_what_other_copies_did_stands_beside_it_once(void **state)
{
    struct folder *p = *state;
    static const char rules[] = "from: us\n"
                                "shrink:                # as small as that\n"
                                "  - match: services.hosts.app\n"
                                "    to: x\n"
                                "    why: 'no # need'\n"
                                "\n"
                                "# of the domain\n"
                                "absent: [{ what: services.places, why: old, owner: me }]\n";
    folder_write_region(p, "us", REFERENCE);
    folder_write_region(p, "eu", rules);
    folder_write_region(p, "fr", rules);
    folder_write_region(p, "jp", "services: { other: 1 }\n");
    must_make(p, "us", "de");
    assert_non_null(strstr(draft.text, "# As in eu, fr (regions/eu.yaml, regions/fr.yaml):\n"
                                       "# shrink:                # as small as that\n"
                                       "#   - match: services.hosts.app\n"
                                       "#     to: x\n"
                                       "#     why: 'no # need'\n"
                                       "\n"));
    assert_non_null(strstr(draft.text, "# absent: [{ what: services.places, why: old, owner: me }]\n"));
    assert_null(strstr(draft.text, "jp"));
    assert_null(strstr(draft.text, "of the domain"));
    check_only_open(p, "de");
}

/* The keys of its own block, and none of its values. */
static void test_a_draft_asks_for_what_the_other_says_for_itself(void **state)
{
    struct folder *p = *state;
    folder_write(
        p, "regions/us.yaml",
        "region: us\ntitle: T\njurisdiction: US\nplace: us-1\ndomain: us.acme.example\ncurrency: USD\n"
        "services:\n"
        "  own:\n"
        "    US:\n"
        "      entity: { vat_id: \"541234567\", token: !secret env:US_TOKEN }\n"
        "      ips: [192.0.2.1, 192.0.2.2]\n"
        "      rates: { US-NY: \"4\" }\n"
        "      mixed: { us-only: 1, \"sms: 1\": 2 }\n"
        "    XX: { kept: 1 }\n");
    must_make(p, "us", "de");
    assert_int_equal(draft.open, 6 + 5);
    assert_non_null(strstr(draft.text, "\nservices:\n"
                                       "  own:\n"
                                       "    DE:\n"
                                       "      entity:\n"
                                       "        token: FILL IN           # us: !secret env:US_TOKEN\n"
                                       "        vat_id: FILL IN          # us: \"541234567\"\n"
                                       "      ips: [FILL IN]             # us: 192.0.2.1, 192.0.2.2\n"
                                       "      mixed:\n"
                                       "        \"sms: 1\": FILL IN        # us: 2\n"
                                       "      rates: FILL IN             # us: US-NY: \"4\"\n"));
    assert_null(strstr(draft.text, "missing here"));
    check_only_open(p, "de");
    assert_int_equal(p->diags.warnings, 0);
}

/* Reasons are, too, and an offer that is taken says the very same. */
static void test_an_offered_difference_reads_as_it_was_written(void **state)
{
    struct folder *p = *state;
    static const char *const texts[] = {
        "\xe2\x80\xa8 \xc2\x85 end", /* which no file may hold but by its number */
        "100 % of it, since then (a;b)",
        "fürs Erste",
        "true",
        "0x10",
        "12",
        "2027-03-01",
        "1e3",
        "- a",
        "? b",
        "a: b",
        "a #b",
        "it's",
        "a\nb",
        "\"q\\\"",
        "漢字",
        "*x",
        "&x",
        "x ",
        "~",
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        const char *said =
            i == 0 ? "\"\\u2028 \\u0085 end\"" : value_json_text(p->mem, value_text(p->mem, texts[i]));
        folder_write_region(p, "us", "services: { a: 1, b: { \"c.d\": 2 } }\n");
        folder_write_region(
            p, "eu",
            arena_print(p->mem,
                        "from: us\n"
                        "services: { a: 2, mine: 3 }\n"
                        "differs:\n"
                        "  - { what: services.mine, why: x, owner: y }\n"
                        "  - { what: 'services.b.\"c.d\"', why: %s, owner: %s }\n"
                        "  - { what: 'a.b.c#d', why: x, owner: y, revisit: \"2027-03-01\" }\n",
                        said, said));
        folder_must_load(p, "eu");
        (void)unlink(file_join(p->mem, p->path, "regions/de.yaml"));
        must_make(p, "us", "de");
        const char *offer = strstr(draft.text, "# differs:\n"), *end = offer ? strstr(offer, "\n\n") : NULL;
        if (!end)
            fail_msg("nothing is offered: %s", draft.text);
        const char *block =
            replaced(p, arena_text_n(p->mem, offer + 2, (size_t)(end + 1 - offer - 2)), "\n# ", "\n");
        folder_write_region(p, "de", arena_print(p->mem, "from: us\n%s", block));
        folder_must_load(p, "de");
        assert_int_equal(p->region->differs_count, 2);
        assert_string_equal(p->region->differs[0].what, "services.b.\"c.d\"");
        assert_string_equal(p->region->differs[0].why, texts[i]);
        assert_string_equal(p->region->differs[0].owner, texts[i]);
        assert_string_equal(p->region->differs[1].revisit, "2027-03-01");
    }
}

/* Titles are other people's: whatever they hold, the draft is still one. */
static void test_no_text_of_the_other_region_breaks_the_draft(void **state)
{
    struct folder *p = *state;
    static const char *const titles[] = {"\"two\\nlines: {\"", "'# no comment'",    "\"\\u2028 \\u0085 end\"",
                                         "\"tab\\tand: [\"",   "\"!secret env:X\"", "'- - -'",
                                         "\"\\x7f \\x9b\""};
    for (size_t i = 0; i < COUNT_OF(titles); i++) {
        folder_write(p, "regions/us.yaml",
                     arena_print(p->mem,
                                 "region: us\n"
                                 "title: %s\n"
                                 "jurisdiction: %s\n"
                                 "place: us-1\n"
                                 "domain: us.acme.example\n"
                                 "currency: USD\n"
                                 "services: { us: %s, a: { 'x.y': \"us\\n- b: us-1\" },\n"
                                 "            own: { %s: { %s: %s, a: [%s] } } }\n"
                                 "residency: { %s: [%s] }\n",
                                 titles[i], titles[i], titles[i], titles[i], titles[i], titles[i], titles[i],
                                 titles[i], titles[i]));
        (void)unlink(file_join(p->mem, p->path, "regions/de.yaml"));
        must_make(p, "us", "de");
        check_only_open(p, "de");
    }
}

static void test_a_copy_overwrites_nothing(void **state)
{
    struct folder *p = *state;
    folder_write_region(p, "us", REFERENCE);
    folder_write_region(p, "de", "");
    assert_false(make(p, "us", "de"));
    assert_string_equal(p->err.code, "draft.exists");
    assert_false(make(p, "us", "us"));
    assert_string_equal(p->err.code, "draft.same");
    assert_false(make(p, "us", "../de"));
    assert_string_equal(p->err.code, "draft.bad_name");
    assert_false(make(p, "uk", "fr"));
    assert_string_equal(p->err.code, "region.not_found");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_a_draft_names_all_that_is_open_and_nothing_else),
        CASE(test_a_draft_lists_what_would_lead_to_the_other_region),
        CASE(test_a_draft_that_is_filled_in_is_a_region),
        CASE(test_what_other_copies_did_stands_beside_it_once),
        CASE(test_a_draft_asks_for_what_the_other_says_for_itself),
        CASE(test_an_offered_difference_reads_as_it_was_written),
        CASE(test_no_text_of_the_other_region_breaks_the_draft),
        CASE(test_a_copy_overwrites_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
