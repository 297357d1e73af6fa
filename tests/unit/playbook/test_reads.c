/* What of a region's rules can be seen behind a step's attributes - and never where it is not so. */
#include "fake_project.h"

#include "model/origins.h"

#define NAMES                                                                                                \
    "local dns, database = landfall.use(\"dns\", \"database\")\nlocal s = landfall.region.services\n"

static struct origins origins;

/* {"small": ..., "ttl": 300, "plain": ...}: the first two by a rule, the third as it was copied. */
static void use_region(struct fixture *f)
{
    origins_init(&origins, f->mem);
    uint32_t text =
        origins_add(&origins, (struct origin){.kind = ORIGIN_SHRUNK, .why = "3 % of the traffic"});
    uint32_t number = origins_add(&origins, (struct origin){.kind = ORIGIN_SHRUNK, .why = "few names"});
    uint32_t copied = origins_add(&origins, (struct origin){.kind = ORIGIN_COPIED});
    const struct pair one[] = {
        {"plain", value_at_origin(f->mem, value_text(f->mem, "db.plain"), copied)},
        {"size", value_at_origin(f->mem, value_text(f->mem, "db.t4g.small"), text)},
        {"ttl", value_at_origin(f->mem, value_int(f->mem, 300), number)},
    };
    const struct pair services[] = {{"main", value_map(f->mem, one, COUNT_OF(one))}};
    f->region.view =
        value_with_key(f->mem, f->region.view, "services", value_map(f->mem, services, COUNT_OF(services)));
    f->region.origins = &origins;
}

/* The reason behind an attribute, or NULL. */
static const char *why(struct fixture *f, const char *address, const char *attr)
{
    const struct decl *d = decl_find(playbook_decls(f->p), address);
    assert_non_null(d);
    const struct value *v = value_get(d->attrs, attr);
    assert_non_null(v);
    const struct origin *at = origins_get(&origins, v->where);
    return at ? at->why : NULL;
}

static void test_an_attribute_that_was_read_knows_its_rule(void **state)
{
    struct fixture *f = *state;
    use_region(f);
    loaded(f, NAMES "database.database \"a\" { size = s.main.size }\n"
                    "dns.record \"b\" { name = \"b\", ttl = s.main.ttl }\n"
                    "for name, spec in pairs(s) do database.database(name) { size = spec.size } end\n");
    assert_string_equal(why(f, "database.database.a", "size"), "3 % of the traffic");
    assert_string_equal(why(f, "dns.record.b", "ttl"), "few names");
    assert_null(why(f, "dns.record.b", "name"));
    assert_string_equal(why(f, "database.database.main", "size"), "3 % of the traffic");
}

static void test_a_text_under_another_name_is_known_and_a_number_is_not(void **state)
{
    struct fixture *f = *state;
    use_region(f);
    loaded(f, NAMES "dns.record \"a\" { name = s.main.size, ttl = 300 }\n"
                    "database.database \"b\" { size = s.main.plain }\n");
    assert_string_equal(why(f, "dns.record.a", "name"), "3 % of the traffic");
    assert_null(why(f, "dns.record.a", "ttl")); /* written in the playbook: nobody read ttl */
    assert_null(why(f, "database.database.b", "size"));
}

static void test_what_was_computed_or_read_for_another_step_is_not_named(void **state)
{
    struct fixture *f = *state;
    use_region(f);
    loaded(f, NAMES "local ttl = s.main.ttl\n"
                    "dns.record \"a\" { name = \"a\", ttl = ttl * 2 }\n"
                    "dns.record \"b\" { name = \"b\", ttl = 300 }\n"
                    "database.database \"c\" { size = s.main.size .. \"er\" }\n");
    assert_null(why(f, "dns.record.a", "ttl"));
    assert_null(why(f, "dns.record.b", "ttl"));
    assert_null(why(f, "database.database.c", "size"));
}

/* To a playbook a watched table is a table. */
static void test_a_watched_table_behaves_as_any_other(void **state)
{
    struct fixture *f = *state;
    use_region(f);
    loaded(f, NAMES "local main, seen = s.main, {}\n"
                    "assert(type(main) == \"table\" and main == s.main and main.missing == nil)\n"
                    "for key, v in pairs(main) do table.insert(seen, key .. \"=\" .. v) end\n"
                    "assert(table.concat(seen, \",\") == \"plain=db.plain,size=db.t4g.small,ttl=300\")\n"
                    "for _ in ipairs(main) do error(\"it is no list\") end\n"
                    "main.size = \"db.own\"; main.extra = \"x\"; main.ttl = nil\n"
                    "database.database \"a\" { size = main.size }\n"
                    "database.database \"b\" { size = main.extra }\n"
                    "assert(main.ttl == nil)\n"
                    "action \"c\" { version = 1, inputs = { main = main }, run = function() end }\n"
                    "dns.zone \"d\" { name = \"d\", options = main }\n");
    assert_string_equal(shown(f, "database.database.a", "size"), "\"db.own\"");
    assert_null(why(f, "database.database.a", "size"));
    assert_string_equal(shown(f, "database.database.b", "size"), "\"x\"");
    assert_string_equal(shown(f, "dns.zone.d", "options"),
                        "{\"extra\":\"x\",\"plain\":\"db.plain\",\"size\":\"db.own\"}");
    assert_string_equal(shown(f, "action.c", "inputs"),
                        "{\"main\":{\"extra\":\"x\",\"plain\":\"db.plain\",\"size\":\"db.own\"}}");
}

static void test_a_step_may_be_given_a_watched_table_itself(void **state)
{
    struct fixture *f = *state;
    use_region(f);
    loaded(f, NAMES "s.main.plain = nil; s.main.ttl = nil\n"
                    "database.database \"a\"(s.main)\n");
    assert_string_equal(shown(f, "database.database.a", "size"), "\"db.t4g.small\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_attribute_that_was_read_knows_its_rule),
        TEST(test_a_text_under_another_name_is_known_and_a_number_is_not),
        TEST(test_what_was_computed_or_read_for_another_step_is_not_named),
        TEST(test_a_watched_table_behaves_as_any_other),
        TEST(test_a_step_may_be_given_a_watched_table_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
