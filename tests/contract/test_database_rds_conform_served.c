#include "rds_world.h"

/* `landfall plugin test` on database-rds and a double of RDS that is as quick as a test wants it. */

static void test_the_suite_of_all_drivers_passes(void **state)
{
    struct world *w = *state;
    char path[128], command[512], line[512];
    (void)snprintf(path, sizeof(path), "%s/sheet.yaml", twin_folder(w->twin));
    FILE *sheet = fopen(path, "w");
    assert_non_null(sheet);
    assert_true(fprintf(sheet,
                        "settings:\n  region: eu-west-1\n  partition: aws\n  poll_ms: 50\n"
                        "  endpoint: \"http://${proxy}\"\n  access_key: !secret env:TWIN_ACCESS_KEY\n"
                        "  secret_key: !secret env:TWIN_SECRET_KEY\n"
                        "proxy: 127.0.0.1:%d\nlag_ms: 500\ntypes:\n  cluster:\n"
                        "    create: { name: \"${name}\", size: db.t4g.medium, storage_gb: 100 }\n",
                        twin_port(w->twin)) > 0);
    assert_int_equal(fclose(sheet), 0);
    set(w, "{'making':0.05,'backing':0.05,'noticing':0.05,'changing':0.05,'deleting':0.05}");
    assert_int_equal(setenv("TWIN_ACCESS_KEY", "AKIDEXAMPLE", 1), 0);
    assert_int_equal(setenv("TWIN_SECRET_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", 1), 0);
    (void)snprintf(command, sizeof(command), "%s plugin test %s --settings %s 2>&1", LANDFALL, RDS_DRIVER,
                   path);
    FILE *out = popen(command, "r");
    assert_non_null(out);
    while (fgets(line, sizeof(line), out))
        if (!strstr(line, "  ok  "))
            (void)fputs(line, stderr);
    assert_int_equal(pclose(out), 0);
    assert_int_equal(instances(w), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)
    const struct CMUnitTest tests[] = {
        TEST(test_the_suite_of_all_drivers_passes),
    };
    int end = 0;
    const char *missing = twin_missing(&end);
    if (missing) {
        (void)fprintf(stderr, "%s\n", missing);
        return end;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
