/* Approvals, from a plan file to a run and back: everything a person could do to an approval, by mistake or
 * on purpose, is refused before one call that changes anything is made.  The service is the fake one, which
 * counts those calls in a file. */
#include "rig.h"

#include <pwd.h>
#include <sys/mman.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/tick.h"
#include "fake.h"
#include "landfall/plugin.h"
#include "model/value.h"
#include "model/value_json.h"
#include "store/store.h"

static const char *plugins;

/* ---- the project ----------------------------------------------------------------------------- */

static const char playbook[] =
    "local fake = landfall.use 'fake'\n"
    "fake.named 'a' { name = 'a', size = 10 }\n"
    "fake.named 'b' { name = 'b', size = 5, step = { after = { 'fake.named.a' } } }\n"
    "fake.blind 'c' { name = 'c', step = { after = { 'fake.named.b' } } }\n";

static const char prices[] = "currency: EUR\nsource: test\ndated: 2026-01-01\nitems:\n"
                             "  fake.storage: { unit: gb, per: month, price: \"1.00\" }\n"
                             "  fake.setup: { unit: piece, per: once, price: \"7.00\" }\n";
static const char asked[] = "approvals:\n"
                            "  need: { local: 2, irreversible: 0 }\n"
                            "  people: { ada: [local, shared], bob: [local], cy: [local], dora: [shared] }\n"
                            "  allowed_signers: keys/allowed\n";

static struct fake_world *world_of(struct rig *r)
{
    int fd = open(file_join(r->mem, r->folder, "world"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0 && ftruncate(fd, sizeof(struct fake_world)) == 0);
    void *at = mmap(NULL, sizeof(struct fake_world), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_true(at != MAP_FAILED);
    close(fd);
    return at;
}

static void put_project(struct rig *r, const char *approvals)
{
    rig_write(r, "landfall.yaml",
              arena_print(r->mem,
                          "playbook: playbooks/main.lua\nprice_books: [prices.yaml]\nplugins: ['%s']\n%s",
                          plugins, approvals));
    rig_write(r, "prices.yaml", prices);
    rig_write(r, "regions/eu.yaml",
              arena_print(r->mem,
                          "region: eu\ntitle: Europe\njurisdiction: EU\nplace: ie\ndomain: eu.acme.example\n"
                          "currency: EUR\ndrivers:\n  fake: { use: fake, world: '%s/world' }\n",
                          r->folder));
    rig_write(r, "playbooks/main.lua", playbook);
    munmap(world_of(r), sizeof(struct fake_world)); /* the driver expects one */
}

static uint32_t changes_so_far(struct rig *r)
{
    struct fake_world *w = world_of(r);
    uint32_t changes = w->changes;
    munmap(w, sizeof(*w));
    return changes;
}

static uint32_t objects_of(struct rig *r)
{
    struct fake_world *w = world_of(r);
    uint32_t alive = 0;
    for (uint32_t i = 0; i < w->object_count; i++)
        alive += w->objects[i].alive;
    munmap(w, sizeof(*w));
    return alive;
}

static void refuse_b_once(struct rig *r)
{
    struct fake_world *w = world_of(r);
    w->faults[0] = (struct fake_fault){.kind = FAKE_REFUSE, .verb = LF_VERB_CREATE, .times = 1};
    snprintf(w->faults[0].key, sizeof(w->faults[0].key), "b");
    munmap(w, sizeof(*w));
}

static void shell(struct rig *r, const char *command)
{
    assert_int_equal(chdir(r->folder), 0);
    if (system(command) != 0)
        fail_msg("%s", command);
}

/* ada and bob have a key each; mallory has one that nobody knows, and bobs_too is ada's under another name.
 */
static void make_keys(struct rig *r)
{
    shell(r, "mkdir -p keys && for who in ada bob mallory; do ssh-keygen -q -t ed25519 -N '' -f keys/$who || "
             "exit 1; "
             "done && for who in ada bob; do echo \"$who $(cat keys/$who.pub)\"; done >keys/allowed && "
             "echo \"cy $(cat keys/ada.pub)\" >>keys/allowed");
}

static void must(struct rig *r, const char *line)
{
    rig_run(r, line);
    if (!r->ran)
        fail_msg("%s: %s: %s %s", line, r->err.code, r->err.summary, r->err.detail);
}

/* One yes is enough: Ada plans, Bob gives it. */
static void plan_and_approve(struct rig *r)
{
    put_project(r, "approvals: { need: { local: 1 } }\n");
    must(r, "plan eu -o eu.plan --by ada");
    must(r, "approve eu.plan --by bob --why launch --yes");
}

static void refused(struct rig *r, const char *line, const char *code)
{
    uint32_t before = changes_so_far(r);
    rig_run(r, line);
    if (r->ran)
        fail_msg("'%s' went on, and should be refused as %s", line, code);
    if (strcmp(r->err.code, code) != 0)
        fail_msg("'%s' is refused as %s (%s %s), not as %s", line, r->err.code, r->err.summary, r->err.detail,
                 code);
    assert_int_equal(changes_so_far(r), before);
    assert_non_null(r->err.summary);
}

/* The plan is dora's; ada's approval is signed, bob's is not, and was given on top of hers. */
static void approve_well(struct rig *r)
{
    must(r, "plan eu -o eu.plan --by dora");
    must(r, "approve eu.plan --by ada --why launch --sign keys/ada --yes");
    must(r, "approve eu.plan --by bob --why agreed --yes");
}

/* ---- what somebody may do to it -------------------------------------------------------------- */

static const char *lines_path = "eu.plan.approvals";

static const char *replaced(struct rig *r, const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);
    if (!at)
        fail_msg("'%s' is not in: %s", from, text);
    return arena_print(r->mem, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

/* The approvals with `from` of line `number` made `to`. */
static void edit_line(struct rig *r, int number, const char *from, const char *to)
{
    const char *text = rig_read(r, lines_path), *at = text;
    while (--number > 0)
        at = strchr(at, '\n') + 1;
    const char *line = arena_text_n(r->mem, at, strcspn(at, "\n"));
    rig_write(r, lines_path,
              arena_print(r->mem, "%.*s%s%s", (int)(at - text), text, replaced(r, line, from, to),
                          at + strlen(line)));
}

static const char *line_of(struct rig *r, int number)
{
    const char *at = rig_read(r, lines_path);
    while (--number > 0)
        at = strchr(at, '\n') + 1;
    return arena_text_n(r->mem, at, strcspn(at, "\n") + 1);
}

static const char *field_of(struct rig *r, int number, const char *key)
{
    const struct value *v;
    const char *line = line_of(r, number);
    assert_true(value_json_parse(r->mem, line, strlen(line) - 1, &v, &r->err));
    return value_get_text(v, key, "");
}

static void nobody(struct rig *r)
{
    assert_int_equal(unlink(file_join(r->mem, r->folder, lines_path)), 0);
}

static void one_of_two(struct rig *r)
{
    rig_write(r, lines_path, line_of(r, 1));
}

static void swapped(struct rig *r)
{
    rig_write(r, lines_path, arena_print(r->mem, "%s%s", line_of(r, 2), line_of(r, 1)));
}

static void without_the_first(struct rig *r)
{
    rig_write(r, lines_path, line_of(r, 2));
}

/* ada's, which is not signed, has its ceiling raised below bob's, which stands. */
static void under_another(struct rig *r)
{
    nobody(r);
    must(r, "approve eu.plan --by ada --why launch --yes");
    must(r, "approve eu.plan --by bob --why agreed --yes");
    edit_line(r, 1, "\"ceiling_monthly\":\"30.00\"", "\"ceiling_monthly\":\"90.00\"");
}

static void doubled(struct rig *r)
{
    rig_write(r, lines_path, arena_print(r->mem, "%s%s", rig_read(r, lines_path), line_of(r, 1)));
}

static void cut_off(struct rig *r)
{
    const char *text = rig_read(r, lines_path);
    rig_write(r, lines_path, arena_text_n(r->mem, text, strlen(text) - 40));
}

static void replanned(struct rig *r)
{
    rig_write(r, "playbooks/main.lua", replaced(r, playbook, "size = 5", "size = 6"));
    must(r, "plan eu -o eu.plan --by dora");
}

static void edited_since(struct rig *r)
{
    rig_write(r, "playbooks/main.lua", replaced(r, playbook, "size = 5", "size = 6"));
}

static void dearer_since(struct rig *r)
{
    rig_write(r, "prices.yaml", replaced(r, prices, "1.00", "1.01"));
}

static const char *time_text(struct rig *r, int64_t wall_ms)
{
    char *text = arena_alloc(r->mem, TICK_TEXT);
    tick_print(wall_ms, text);
    return text;
}

#define DAY INT64_C(86400000)

static void moved_in_time(struct rig *r, int64_t given, int64_t expires)
{
    int64_t now = session_wall_ms();
    edit_line(r, 2, field_of(r, 2, "given"), time_text(r, now + given));
    edit_line(r, 2, field_of(r, 2, "expires"), time_text(r, now + expires));
}

static void expired(struct rig *r)
{
    moved_in_time(r, -3 * DAY, -DAY);
}

static void long_lived(struct rig *r)
{
    moved_in_time(r, -DAY, 30 * DAY);
}

static void from_the_future(struct rig *r)
{
    moved_in_time(r, DAY, 2 * DAY);
}

static void by_one_person(struct rig *r)
{
    edit_line(r, 2, "\"by\":\"bob\"", "\"by\":\"ada\"");
}

static void by_a_stranger(struct rig *r)
{
    edit_line(r, 2, "\"by\":\"bob\"", "\"by\":\"mallory\"");
}

static void by_the_planner(struct rig *r)
{
    rig_write(r, "eu.plan", replaced(r, rig_read(r, "eu.plan"), "\"by\":\"dora\"", "\"by\":\"bob\""));
    edit_line(r, 2, "\"planned_by\":\"dora\"", "\"planned_by\":\"bob\"");
    edit_line(r, 1, "\"planned_by\":\"dora\"", "\"planned_by\":\"bob\"");
}

static void under_another_name(struct rig *r)
{
    rig_write(r, lines_path, line_of(r, 1));
    must(r, "approve eu.plan --by cy --why me-too --sign keys/ada --yes");
}

static void by_a_key_of_nobody(struct rig *r)
{
    nobody(r);
    shell(r, "cp keys/allowed keys/kept && echo \"bob $(cat keys/mallory.pub)\" >>keys/allowed");
    must(r, "approve eu.plan --by bob --why mine --sign keys/mallory --yes");
    must(r, "approve eu.plan --by ada --why launch --sign keys/ada --yes");
    shell(r, "mv keys/kept keys/allowed");
}

/* One character in the middle of the armor, which stays base64. */
static void with_a_broken_signature(struct rig *r)
{
    const char *signature = field_of(r, 1, "signature");
    const char *at = signature + strlen(signature) / 2;
    char from[9] = "", to[9] = "";
    while (memchr(at, '\n', 8))
        at++;
    memcpy(from, at, 8);
    memcpy(to, at, 8);
    to[4] = to[4] == 'A' ? 'B' : 'A';
    edit_line(r, 1, from, to);
}

/* It has the form of a lineage, as that of another store would. */
static void of_another_lineage(struct rig *r)
{
    char lineage[33];
    digest_random_hex(16, lineage);
    edit_line(r, 2, field_of(r, 2, "lineage"), lineage);
}

static void with_keys_in_another_order(struct rig *r)
{
    const char *line = line_of(r, 2);
    const char *by = "\"by\":\"bob\",";
    line = replaced(r, line, by, "");
    line = replaced(r, line, "\"classes\"", arena_print(r->mem, "%s\"classes\"", by));
    rig_write(r, lines_path, arena_print(r->mem, "%s%s", line_of(r, 1), line));
}

struct mischief {
    const char *name;
    void (*fn)(struct rig *r); /* or: */
    int line;
    const char *from, *to;
    const char *code, *says; /* says: in summary or detail */
};

static const struct mischief all_mischief[] = {
    {"nobody approved it", nobody, .code = "approval.missing", .says = "0 of 2 for local"},
    {"one of two did", one_of_two, .code = "approval.missing", .says = "1 of 2 for local"},
    {"it was planned anew since", replanned, .code = "approval.missing", .says = "for another one"},
    {"the playbook was edited since", edited_since, .code = "plan.stale", .says = "main.lua"},
    {"a price rose since", dearer_since, .code = "plan.stale", .says = "prices.yaml"},
    {"it expired", expired, .code = "approval.missing", .says = "expired at"},
    {"it holds longer than allowed", long_lived, .code = "approval.too_long", .says = "bob"},
    {"it was given tomorrow", from_the_future, .code = "approval.future", .says = "not yet"},
    {"the same person twice", by_one_person, .code = "approval.missing", .says = "a second time"},
    {"one key under two names", under_another_name, .code = "approval.missing",
     .says = "with the key of ada"},
    {"a stranger", by_a_stranger, .code = "approval.missing", .says = "mallory"},
    {"the planner himself", by_the_planner, .code = "signature.bad", .says = "ada"},
    {"a key that is not allowed", by_a_key_of_nobody, .code = "signature.bad", .says = "bob"},
    {"a broken signature", with_a_broken_signature, .code = "signature.bad", .says = "ada"},
    {"lines in another order", swapped, .code = "approval.order",
     .says = "lines were moved: 'bob' (line 1) approved on top of the approval of 'ada', which is line 2"},
    {"the first line taken out", without_the_first, .code = "approval.order",
     .says = "a line was removed: 'bob' (line 1)"},
    {"an unsigned line that another stands on", under_another, .code = "approval.altered",
     .says = "line 1, the approval of 'ada', was altered since 'bob' approved on top of it (line 2)"},
    {"a line twice", doubled, .code = "approval.twice", .says = "line 3"},
    {"a line cut off", cut_off, .code = "approval.damaged", .says = "line 2"},
    {"keys in another order", with_keys_in_another_order, .code = "approval.damaged",
     .says = "not as landfall writes it"},
    {"another region", .line = 2, .from = "\"region\":\"eu\"", .to = "\"region\":\"us\"",
     .code = "approval.altered", .says = "region"},
    {"another store", .line = 2, .from = "\"lineage\":\"", .to = "\"lineage\":\"0",
     .code = "approval.altered", .says = "lineage"},
    {"another lineage", of_another_lineage, .code = "approval.missing", .says = "bob (line 2): given before"},
    {"another currency", .line = 2, .from = "\"EUR\"", .to = "\"USD\"", .code = "approval.altered",
     .says = "currency"},
    {"another planner", .line = 2, .from = "\"planned_by\":\"dora\"", .to = "\"planned_by\":\"eve\"",
     .code = "approval.altered", .says = "planner"},
    {"fewer steps without a price", .line = 2, .from = "\"unpriced\":1", .to = "\"unpriced\":0",
     .code = "approval.altered", .says = "without a price"},
    {"more kinds of change", .line = 2, .from = "[\"local\"]", .to = "[\"local\",\"shared\"]",
     .code = "approval.altered", .says = "kind of change"},
    {"no kind of change", .line = 2, .from = "[\"local\"]", .to = "[]", .code = "approval.damaged",
     .says = "yes to nothing"},
    {"a ceiling below the cost", .line = 2, .from = "\"ceiling_monthly\":\"30.00\"",
     .to = "\"ceiling_monthly\":\"29.99\"", .code = "approval.ceiling", .says = "EUR 30.00"},
    {"a one-off ceiling below the cost", .line = 2, .from = "\"ceiling_one_off\":\"14.00\"",
     .to = "\"ceiling_one_off\":\"13.99\"", .code = "approval.ceiling", .says = "EUR 14.00"},
    {"a ceiling below nothing", .line = 2, .from = "\"ceiling_monthly\":\"30.00\"",
     .to = "\"ceiling_monthly\":\"-30.00\"", .code = "approval.damaged", .says = "no amount"},
    {"a signed ceiling raised", .line = 1, .from = "\"ceiling_monthly\":\"30.00\"",
     .to = "\"ceiling_monthly\":\"90.00\"", .code = "signature.bad", .says = "ada"},
    {"a signed reason changed", .line = 1, .from = "launch", .to = "lunch", .code = "signature.bad",
     .says = "ada"},
    {"the digest of another plan", .line = 2, .from = "\"digest\":\"", .to = "\"digest\":\"f",
     .code = "approval.damaged", .says = "digest"},
    {"a key that there is not", .line = 2, .from = "\"why\"", .to = "\"whom\":\"me\",\"why\"",
     .code = "approval.damaged", .says = "not as landfall writes it"},
    {"no nonce", .line = 2, .from = "\"nonce\"", .to = "\"nonse\"", .code = "approval.damaged",
     .says = "nonce"},
    {"a newer format", .line = 2, .from = "landfall.approval/1", .to = "landfall.approval/2",
     .code = "approval.newer", .says = "landfall.approval/2"},
    {"something else", .line = 2, .from = "{", .to = "[", .code = "approval.damaged", .says = "line 2"},
};

static void test_whatever_is_done_to_an_approval_is_refused_before_anything_is_changed(void **state)
{
    struct rig *r = *state;
    put_project(r, asked);
    make_keys(r);
    approve_well(r);
    const char *plan = rig_read(r, "eu.plan"), *lines = rig_read(r, lines_path);
    for (size_t i = 0; i < COUNT_OF(all_mischief); i++) {
        const struct mischief *m = &all_mischief[i];
        put_project(r, asked);
        rig_write(r, "eu.plan", plan);
        rig_write(r, lines_path, lines);
        if (m->fn)
            m->fn(r);
        else
            edit_line(r, m->line, m->from, m->to);
        refused(r, "apply eu.plan --yes", m->code);
        if (!strstr(r->err.summary, m->says) && !strstr(r->err.detail, m->says))
            fail_msg("%s: neither '%s' nor '%s' says '%s'", m->name, r->err.summary, r->err.detail, m->says);
        assert_false(file_exists(file_join(r->mem, r->folder, ".landfall/eu.db")));
    }
    assert_int_equal(changes_so_far(r), 0);

    /* And what was left alone is good. */
    put_project(r, asked);
    rig_write(r, "eu.plan", plan);
    rig_write(r, lines_path, lines);
    must(r, "apply eu.plan --yes");
    assert_int_equal(r->exit_code, COMMAND_OK);
    assert_true(changes_so_far(r) >= 3);
}

/* ---- spent ----------------------------------------------------------------------------------- */

static void test_an_approval_that_was_used_opens_nothing_more(void **state)
{
    struct rig *r = *state;
    put_project(r, asked);
    make_keys(r);
    approve_well(r);
    const char *first = rig_read(r, lines_path), *nonce = field_of(r, 2, "nonce");
    must(r, "apply eu.plan --yes");
    refused(r, "apply eu.plan --yes", "plan.used");
    refused(r, "approve eu.plan --by cy --why more --yes", "approval.used");

    edited_since(r);
    must(r, "plan eu -o eu.plan --by dora");
    refused(r, "apply eu.plan --yes", "approval.missing");
    must(r, "approve eu.plan --by ada --why launch --sign keys/ada --yes");
    must(r, "approve eu.plan --by bob --why agreed --yes");
    edit_line(r, 4, field_of(r, 4, "nonce"), nonce);
    refused(r, "apply eu.plan --yes", "approval.used");
    assert_non_null(strstr(rig_read(r, lines_path), first)); /* the old ones stay, and harm nobody */
}

static void test_what_was_used_is_in_the_audit_chain_with_the_run(void **state)
{
    struct rig *r = *state;
    put_project(r, asked);
    make_keys(r);
    approve_well(r);
    const char *first = arena_text_n(r->mem, line_of(r, 1), strlen(line_of(r, 1)) - 1);
    must(r, "apply eu.plan --yes");
    struct store_audit *chain = NULL;
    struct store_approval *spent = NULL;
    size_t count = 0;
    const char *path = file_join(r->mem, r->folder, ".landfall/eu.db");
    assert_true(store_read_audit(r->mem, path, &chain, &count, &r->err));
    assert_int_equal(count, 4);
    assert_string_equal(chain[0].kind, "approval.used");
    assert_string_equal(chain[1].kind, "approval.used");
    assert_string_equal(chain[2].kind, "run.opened");
    assert_string_equal(chain[3].kind, "run.ended");
    const struct value *v;
    assert_true(value_json_parse(r->mem, chain[0].entry, strlen(chain[0].entry), &v, &r->err));
    assert_string_equal(value_get_text(v, "approval", ""), first); /* signature and all */
    assert_true(store_read_approvals(r->mem, path, &spent, &count, &r->err));
    assert_int_equal(count, 2);
    assert_string_equal(spent[0].run_id, value_get_text(v, "run", ""));
}

/* ---- who may ---------------------------------------------------------------------------------- */

static void test_who_may_not_approve_is_told_so_and_nothing_is_written(void **state)
{
    struct rig *r = *state;
    put_project(r, asked);
    make_keys(r);
    must(r, "plan eu -o eu.plan --by bob");
    refused(r, "approve eu.plan --by bob --why mine --yes", "approval.own_plan");
    refused(r, "approve eu.plan --by dora --why x --yes", "approval.not_named");
    refused(r, "approve eu.plan --by mallory --why x --yes", "approval.not_named");
    refused(r, "approve eu.plan --by ada --yes", "usage.why");
    refused(r, "approve eu.plan --by ada --why x", "cli.needs_yes");
    refused(r, "approve eu.plan --by ada --why x --ceiling-monthly 29.99 --yes", "approval.ceiling");
    refused(r, "approve eu.plan --by ada --why x --ceiling-one-off 1 --yes", "approval.ceiling");
    refused(r, "approve eu.plan --by ada --why x --ceiling-monthly 1e9 --yes", "money.syntax");
    refused(r, "approve eu.plan --by ada --why x --expires 2020-01-01 --yes", "approval.expired");
    refused(r, "approve eu.plan --by ada --why x --expires 2999-01-01 --yes", "approval.too_long");
    refused(r, "approve eu.plan --by ada --why x --expires soon --yes", "usage.time");
    refused(r, "approve eu.plan --by ada --why x --sign keys/none --yes", "signature.no_key");
    refused(r, "approve eu.plan --by ada --why x --sign keys/mallory --yes", "signature.bad");
    assert_false(file_exists(file_join(r->mem, r->folder, lines_path)));
    must(r, "approve eu.plan --by ada --why x --yes");
    refused(r, "approve eu.plan --by ada --why again --yes", "approval.given");
}

static void test_a_planner_may_approve_alone_where_that_is_allowed_and_never_as_one_of_two(void **state)
{
    struct rig *r = *state;
    put_project(r, "approvals: { need: { local: 1 } }\n");
    must(r, "plan eu -o eu.plan --by ada");
    refused(r, "approve eu.plan --by ada --why x --yes", "approval.own_plan");
    put_project(r, "approvals: { need: { local: 2 }, own_plans: true }\n");
    must(r, "plan eu -o eu.plan --by ada");
    refused(r, "approve eu.plan --by ada --why x --yes", "approval.own_plan");
    put_project(r, "approvals: { need: { local: 1 }, own_plans: true }\n");
    must(r, "plan eu -o eu.plan --by ada");
    must(r, "approve eu.plan --by ada --why x --yes");
    must(r, "apply eu.plan --yes");
}

static void test_unsigned_ones_do_not_count_where_signatures_are_asked_for(void **state)
{
    struct rig *r = *state;
    make_keys(r);
    put_project(r, asked);
    must(r, "plan eu -o eu.plan --by dora");
    must(r, "approve eu.plan --by ada --why x --yes");
    must(r, "approve eu.plan --by bob --why x --sign keys/bob --yes");
    put_project(r, arena_print(r->mem, "%s  signed: true\n", asked));
    refused(r, "apply eu.plan --yes", "approval.missing");
    assert_non_null(strstr(r->err.detail, "ada (line 1): not signed"));
    refused(r, "approve eu.plan --by cy --why x --yes", "approval.not_signed");
}

static void test_where_approvals_are_asked_for_a_region_alone_is_not_applied_or_destroyed(void **state)
{
    struct rig *r = *state;
    put_project(r, "approvals: { need: { local: 1 } }\n");
    refused(r, "apply eu --yes", "approval.needed");
    assert_string_equal(r->err.summary, "nothing was done: local changes need the approval of 1 person");
    assert_non_null(strstr(r->err.advice, "landfall plan eu -o eu.plan; landfall approve eu.plan --why TEXT; "
                                          "landfall apply eu.plan"));
    must(r, "plan eu -o eu.plan --by ada");
    must(r, "approve eu.plan --by bob --why x --yes");
    must(r, "apply eu.plan --yes");
    must(r, "apply eu --yes"); /* there is nothing to say yes to */
    refused(r, "destroy eu --yes", "approval.needed");
    assert_non_null(strstr(r->err.advice, "landfall plan eu --destroy -o eu.plan"));
    must(r, "plan eu --destroy -o eu.plan --by ada");
    refused(r, "apply eu.plan --yes", "approval.missing");
    must(r, "approve eu.plan --by bob --why gone --yes");
    must(r, "apply eu.plan --yes");
    assert_int_equal(objects_of(r), 0);
}

/* ---- money ------------------------------------------------------------------------------------ */

/* a is built for 20, then the price doubles: b, planned for 10 and now for 20, would make 60 of the 30 that
 * were approved. */
static void test_a_build_stops_before_the_ceiling_when_a_price_rises_and_ends_inside_a_new_one(void **state)
{
    struct rig *r = *state;
    plan_and_approve(r);
    refuse_b_once(r);
    must(r, "apply eu.plan --yes");
    assert_int_equal(r->exit_code, COMMAND_PARTIAL);
    assert_int_equal(objects_of(r), 1);

    rig_write(r, "prices.yaml", replaced(r, prices, "1.00", "1.60"));
    uint32_t before = changes_so_far(r);
    must(r, "resume eu --yes");
    assert_int_equal(r->exit_code, COMMAND_PARTIAL);
    assert_int_equal(changes_so_far(r), before);
    assert_non_null(strstr(r->said, "ceiling"));
    assert_non_null(strstr(r->said,
                           "not started: it costs up to EUR 16.00 by the month; EUR 32.00 are committed, and "
                           "the ceiling is EUR 30.00 (the approval of bob)"));
    assert_non_null(strstr(r->said, "landfall resume eu.plan"));

    /* What is left is planned and approved anew, and the run goes on under that. */
    must(r, "plan eu -o eu.plan --by ada");
    assert_non_null(strstr(r->said, "Since the approval of bob"));
    assert_non_null(strstr(r->said, "+€18.00/month"));
    refused(r, "resume eu.plan --yes", "approval.missing");
    must(r, "approve eu.plan --by bob --why dearer --yes");
    must(r, "resume eu.plan --yes");
    assert_int_equal(r->exit_code, COMMAND_OK);
    assert_int_equal(objects_of(r), 3);
    struct store_run *runs = NULL;
    struct store_approval *spent = NULL;
    size_t count = 0;
    const char *path = file_join(r->mem, r->folder, ".landfall/eu.db");
    assert_true(store_read_runs(r->mem, path, &runs, &count, &r->err));
    assert_int_equal(count, 1); /* one run, under two approvals */
    assert_true(store_read_approvals(r->mem, path, &spent, &count, &r->err));
    assert_int_equal(count, 2);
    assert_string_equal(spent[1].run_id, runs[0].run_id);
}

/* The money of what was built before a stop counts when the run goes on: 7 of 14 are spent. */
static void test_what_a_run_spent_once_counts_when_it_goes_on(void **state)
{
    struct rig *r = *state;
    plan_and_approve(r);
    refuse_b_once(r);
    must(r, "apply eu.plan --yes");
    rig_write(r, "prices.yaml", replaced(r, prices, "7.00", "8.00"));
    must(r, "resume eu --yes");
    assert_int_equal(r->exit_code, COMMAND_PARTIAL);
    assert_non_null(strstr(r->said,
                           "not started: it costs up to EUR 8.00 once; EUR 7.00 are committed, and the "
                           "ceiling is EUR 14.00 (the approval of bob)"));
    assert_int_equal(objects_of(r), 1);
    rig_write(r, "prices.yaml", replaced(r, prices, "7.00", "6.00"));
    must(r, "resume eu --yes");
    assert_int_equal(r->exit_code, COMMAND_OK);
    assert_int_equal(objects_of(r), 3);
}

static void test_the_budget_is_a_ceiling_where_the_project_says_so(void **state)
{
    struct rig *r = *state;
    put_project(r, "approvals: { within_budget: true }\n");
    const char *region = rig_read(r, "regions/eu.yaml");
    rig_write(r, "regions/eu.yaml", arena_print(r->mem, "%sbudget: { monthly: 29 }\n", region));
    refused(r, "apply eu --yes", "plan.over_budget");
    rig_write(r, "regions/eu.yaml", arena_print(r->mem, "%sbudget: { monthly: 30, one_off: 13 }\n", region));
    refused(r, "apply eu --yes", "plan.over_budget");
    rig_write(r, "regions/eu.yaml", arena_print(r->mem, "%sbudget: { monthly: 30, one_off: 14 }\n", region));
    must(r, "apply eu --yes");
    assert_int_equal(objects_of(r), 3);
}

static void test_what_the_budget_forbids_is_not_approved_and_no_ceiling_is_above_it(void **state)
{
    struct rig *r = *state;
    put_project(r, "approvals: { need: { local: 1 }, within_budget: true }\n");
    const char *region = rig_read(r, "regions/eu.yaml");
    rig_write(r, "regions/eu.yaml", arena_print(r->mem, "%sbudget: { monthly: 29 }\n", region));
    must(r, "plan eu -o eu.plan --by ada");
    refused(r, "approve eu.plan --by bob --why x --yes", "plan.over_budget");
    assert_false(file_exists(file_join(r->mem, r->folder, lines_path)));
    rig_write(r, "regions/eu.yaml", arena_print(r->mem, "%sbudget: { monthly: 40, one_off: 14 }\n", region));
    must(r, "plan eu -o eu.plan --by ada");
    must(r, "approve eu.plan --by bob --why x --ceiling-monthly 100 --ceiling-one-off 100 --yes");
    assert_non_null(strstr(r->said, "Budget    one-off €14.00 · monthly €40.00; no ceiling is above it"));
    assert_non_null(strstr(r->said, "Ceiling   one-off €14.00 · monthly €40.00;"));
    assert_string_equal(field_of(r, 1, "ceiling_monthly"), "40.00");
    assert_string_equal(field_of(r, 1, "ceiling_one_off"), "14.00");
    must(r, "apply eu.plan --yes");
}

/* It is only said where the project does not hold runs to it. */
static void test_a_plan_over_its_budget_is_shown_as_that_to_who_approves(void **state)
{
    struct rig *r = *state;
    put_project(r, "approvals: { need: { local: 1 } }\n");
    rig_write(r, "regions/eu.yaml",
              arena_print(r->mem, "%sbudget: { monthly: 29 }\n", rig_read(r, "regions/eu.yaml")));
    must(r, "plan eu -o eu.plan --by ada");
    must(r, "approve eu.plan --by bob --why x --yes");
    assert_non_null(strstr(r->said, "Budget    monthly €29.00\n"));
    assert_non_null(
        strstr(r->said, "OVER BUDGET: the monthly cost may be €30.00, €1.00 more than the budget allows"));
    must(r, "apply eu.plan --yes");
}

/* 30 at 1.067001 a month come to 32.01003: the cent below would not do. */
static void test_the_amount_that_is_shown_is_enough_as_a_ceiling(void **state)
{
    struct rig *r = *state;
    plan_and_approve(r);
    rig_write(r, "prices.yaml", replaced(r, prices, "1.00", "1.067001"));
    must(r, "plan eu -o eu.plan --by ada");
    assert_non_null(strstr(r->said, "+€2.02/month"));
    refused(r, "approve eu.plan --by bob --why x --ceiling-monthly 32.01 --yes", "approval.ceiling");
    assert_non_null(strstr(r->err.summary, "may come to EUR 32.02, which is more than 32.01"));
    must(r, "approve eu.plan --by bob --why x --ceiling-monthly 32.02 --yes");
    assert_non_null(strstr(r->said, "32.02 · 2 of the 3 that landfall builds priced"));
    must(r, "apply eu.plan --yes");
}

static void test_who_approves_can_see_every_step_that_touches_others(void **state)
{
    struct rig *r = *state;
    put_project(r, "approvals: { need: { local: 0, shared: 2, irreversible: 3 } }\n");
    rig_write(r, "playbooks/main.lua",
              "local fake = landfall.use 'fake'\nfor i = 11, 24 do\n"
              "  fake.named('s' .. i) { name = 's' .. i, size = 1, step = { shared = true } }\nend\n"
              "fake.named 'a' { name = 'a', size = 1 }\n");
    refused(r, "apply eu --yes", "approval.needed");
    assert_string_equal(r->err.summary, "nothing was done: shared changes need the approval of 2 people");
    must(r, "plan eu -o eu.plan --by ada");
    refused(r, "approve eu.plan --by bob --why x", "cli.needs_yes");
    assert_non_null(strstr(r->said, "    and 2 more (-v names all)\n"));
    assert_null(strstr(r->said, "create fake.named.s24"));
    refused(r, "approve eu.plan --by bob --why x -v", "cli.needs_yes");
    assert_null(strstr(r->said, "more (-v"));
    assert_non_null(strstr(r->said, "create fake.named.s24"));
}

static void test_an_edit_in_the_middle_of_a_run_needs_an_approval_of_its_own(void **state)
{
    struct rig *r = *state;
    plan_and_approve(r);
    refuse_b_once(r);
    must(r, "apply eu.plan --yes");
    rig_write(r, "playbooks/main.lua",
              arena_print(r->mem, "%sfake.named 'd' { name = 'd', size = 1 }\n", playbook));
    refused(r, "resume eu --yes", "approval.differs");
    assert_non_null(strstr(r->said, "fake.named.d: create, was not part of it"));
    must(r, "plan eu -o eu.plan --by ada");
    assert_non_null(strstr(r->said, "+1 step, +€2.00/month"));
    assert_non_null(strstr(r->said, "+ create fake.named.d"));
    must(r, "approve eu.plan --by bob --why also-d --yes");
    must(r, "resume eu.plan --yes");
    assert_int_equal(objects_of(r), 4);
    must(r, "resume eu"); /* agreed to now */
}

static void test_a_plan_made_anew_after_an_approval_shows_what_is_new_in_it(void **state)
{
    struct rig *r = *state;
    put_project(r, "approvals: { need: { local: 1 } }\n");
    must(r, "plan eu -o eu.plan --by ada");
    assert_null(strstr(r->said, "Since the approval"));
    must(r, "approve eu.plan --by bob --why launch --yes");
    rig_write(r, "playbooks/main.lua",
              arena_print(r->mem, "%sfake.named 'd' { name = 'd', size = 1 }\n",
                          replaced(r, playbook, "size = 5", "size = 6")));
    must(r, "plan eu -o eu.plan --by ada");
    assert_non_null(strstr(r->said, "+1 step, ~1 step done otherwise, +€4.00/month (€30.00 → €34.00), "
                                    "+€7.00 once (€14.00 → €21.00)"));
    assert_non_null(
        strstr(r->said, "~ create fake.named.b\n        size: 5 → 6\n    + create fake.named.d\n"));
    must(r, "approve eu.plan --by cy --why with-d --yes");
    assert_non_null(strstr(r->said, "Since the approval of bob"));
}

/* ---- the runner -------------------------------------------------------------------------------- */

/* The build folder may lie where the loader trusts nothing; a copy below the user's home does not. */
static int find_plugins(void **state)
{
    (void)state;
    struct err err;
    struct arena *mem = arena_new();
    const char *bytes;
    size_t count;
    if (file_is_trusted(FAKE_PLUGIN, &err)) {
        plugins = strdup(file_folder(mem, FAKE_PLUGIN));
    } else {
        char *folder = arena_print(mem, "%s/.landfall-fake-XXXXXX", getpwuid(geteuid())->pw_dir);
        assert_non_null(mkdtemp(folder));
        assert_true(file_read(mem, FAKE_PLUGIN, (size_t)64 << 20, &bytes, &count, &err));
        assert_true(file_replace(file_join(mem, folder, "fake-fake.so"), bytes, count, 0755, &err));
        plugins = strdup(folder);
    }
    arena_free(mem);
    return 0;
}

static int forget_plugins(void **state)
{
    (void)state;
    if (strstr(plugins, ".landfall-fake-"))
        nftw(plugins, rig_remove, 8, FTW_DEPTH | FTW_PHYS);
    free((void *)(uintptr_t)plugins);
    return 0;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_whatever_is_done_to_an_approval_is_refused_before_anything_is_changed),
        TEST(test_an_approval_that_was_used_opens_nothing_more),
        TEST(test_what_was_used_is_in_the_audit_chain_with_the_run),
        TEST(test_who_may_not_approve_is_told_so_and_nothing_is_written),
        TEST(test_a_planner_may_approve_alone_where_that_is_allowed_and_never_as_one_of_two),
        TEST(test_unsigned_ones_do_not_count_where_signatures_are_asked_for),
        TEST(test_where_approvals_are_asked_for_a_region_alone_is_not_applied_or_destroyed),
        TEST(test_a_build_stops_before_the_ceiling_when_a_price_rises_and_ends_inside_a_new_one),
        TEST(test_what_a_run_spent_once_counts_when_it_goes_on),
        TEST(test_the_budget_is_a_ceiling_where_the_project_says_so),
        TEST(test_what_the_budget_forbids_is_not_approved_and_no_ceiling_is_above_it),
        TEST(test_a_plan_over_its_budget_is_shown_as_that_to_who_approves),
        TEST(test_the_amount_that_is_shown_is_enough_as_a_ceiling),
        TEST(test_who_approves_can_see_every_step_that_touches_others),
        TEST(test_an_edit_in_the_middle_of_a_run_needs_an_approval_of_its_own),
        TEST(test_a_plan_made_anew_after_an_approval_shows_what_is_new_in_it),
    };
    return cmocka_run_group_tests(tests, find_plugins, forget_plugins);
}
