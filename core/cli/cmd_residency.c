#include <string.h>

#include "cli/args.h"
#include "cli/commands.h"
#include "cli/planning.h"
#include "cli/session.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/file.h"
#include "base/outfile.h"
#include "base/str.h"
#include "io/loop.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plan/plan.h"
#include "plan/residence_book.h"
#include "report/as_json.h"
#include "report/as_text.h"
#include "report/brief.h"
#include "run/census.h"

/* residency: reads the chain, and nothing else unless --refresh is given.  An auditor has the store and the
 * file, and neither the plugins nor the credentials. */

#define EVIDENCE_MAX ((size_t)256 << 20)

/* ---- reading ------------------------------------------------------------------------------------------ */

static bool read_book(struct session *s, const char *region, int64_t upto, struct residence_book *out,
                      struct err *err)
{
    struct store_audit *chain = NULL;
    size_t count = 0;
    if (s->truth.exists && !store_read_audit(s->mem, s->store_path, &chain, &count, err))
        return false;
    return residence_book_make(s->mem, region, s->truth.exists ? s->truth.lineage : "", chain, count, upto,
                               out, err);
}

struct commit {
    bool ok;
    struct err err;
};

static void on_commit(void *user, bool ok, const struct err *err)
{
    struct commit *c = user;
    c->ok = ok;
    if (!ok)
        c->err = *err;
}

/* Who asks for evidence is told of a chain that was cut or rewritten before anything is added to it. */
static bool check_chain(struct session *s, struct err *err)
{
    struct arena *mem = arena_new();
    struct store_audit *chain = NULL;
    size_t count = 0;
    bool ok = !s->truth.exists || store_read_audit(mem, s->store_path, &chain, &count, err);
    arena_free(mem);
    return ok;
}

/* Read only, as --refresh-only of a plan is: what is in the wrong place is what this is to find, and must not
 * keep it from being written down. */
static bool read_back(struct session *s, const char *region, struct err *err)
{
    struct planning planning = {.refresh_only = true};
    struct plan *plan;
    struct commit commit = {.ok = true};
    size_t count;
    if (!session_open_region(s, region, err) || !session_open_drivers(s, err) ||
        !planning_make(s, &planning, &plan, err))
        return false;
    if (!census_has_work(plan))
        return true;
    struct census_ask ask = {.store_path = s->store_path, .plan = plan, .always = true};
    if (!check_chain(s, err) || !session_lock(s, plan->lineage, "residency", err))
        return false;
    ask.writer = s->writer;
    ask.lineage = store_writer_lineage(s->writer);
    if (!census_take(&ask, &count, err))
        return false;
    if (count > 0) {
        commit.ok = false;
        store_after_commit(s->writer, on_commit, &commit);
        loop_run(s->loop);
    }
    if (!commit.ok) {
        *err = commit.err;
        return false;
    }
    return session_read_store(s, err);
}

/* ---- the file ------------------------------------------------------------------------------------------ */

static const struct outfile_sign file_sign = {.head = "{\n  \"format\": \"landfall.residency/"};
static const struct outfile_sign page_sign = {"# Where the data of region ", " is\n\nMade ", "\n"};
static const struct outfile_kind file_kind = {
    .what = "evidence of residency", .code = "residency.in_the_way", .signs = &file_sign, .count = 1};
static const struct outfile_kind page_kind = {
    .what = "page of evidence of residency", .code = "residency.in_the_way", .signs = &page_sign, .count = 1};

static const char *page_of(struct session *s, const char *path)
{
    return arena_print(s->mem, "%s.md", path);
}

static bool may_write(struct session *s, const char *path, struct err *err)
{
    return session_may_write(s, path, &file_kind, err) &&
           session_may_write(s, page_of(s, path), &page_kind, err);
}

/* What the chain does not know cannot be proved by it. */
static bool check_whole(const struct facts_residency *f, struct err *err)
{
    const char *region = f->book->region;
    if (f->missing_count > 0) {
        err_set(err, "residency.unrecorded", "'%s'%s hold%s data, and the audit chain does not say where",
                f->missing[0], f->missing_count > 1 ? " and other steps" : "",
                f->missing_count > 1 ? "" : "s");
        return err_advise(err, "ask the services first: landfall residency %s --refresh", region);
    }
    if (f->book->trail_count > 0)
        return true;
    err_set(err, "residency.nothing", "nothing in region '%s' holds data, as far as the audit chain knows",
            region);
    return err_advise(
        err, "steps say what they hold: step = { holds = { \"customer\" } }; then landfall apply %s", region);
}

/* The digest ties the page to the file: who changes one has to change both. */
static void print_page(struct buf *page, struct facts_residency *f, const struct buf *file, char *hex)
{
    digest_text(file->at, file->count, hex);
    f->digest = hex;
    as_text_residency_page(page, f);
}

static bool save(struct session *s, const char *name, struct facts_residency *f, struct err *err)
{
    const char *path = session_file(s, name);
    char hex[DIGEST_HEX];
    struct buf file, page;
    if (!check_whole(f, err) || !may_write(s, path, err))
        return false;
    buf_init(&file, 0);
    buf_init(&page, 0);
    as_json_residency_file(&file, f);
    print_page(&page, f, &file, hex);
    bool ok = file_replace(path, file.at, file.count, 0644, err) &&
              file_replace(page_of(s, path), page.at, page.count, 0644, err);
    buf_done(&file);
    buf_done(&page);
    return ok;
}

/* ---- verifying ----------------------------------------------------------------------------------------- */

static bool not_evidence(const char *name, struct err *err)
{
    err_set(err, "residency.not_evidence", "'%s' is no evidence that landfall residency -o wrote", name);
    return err_advise(err, "name the file itself, not its page: landfall residency REGION --verify FILE");
}

/* The page's name was given: what it belongs to is meant. */
static bool is_page(struct session *s, const char *region, const char *name, struct err *err)
{
    const char *file = arena_text_n(s->mem, name, strlen(name) - strlen(".md"));
    err_set(err, "residency.not_evidence", "'%s' is the page to be read, not the evidence", name);
    return err_advise(err, "give %s: landfall residency %s --verify %s", file, region, file);
}

static bool parse_evidence(struct session *s, const char *region, const char *name, const char *bytes,
                           size_t count, const struct value **out, struct err *err)
{
    struct err why;
    if (!value_json_parse(s->mem, bytes, count, out, &why)) {
        if (str_ends(name, ".md"))
            return is_page(s, region, name, err);
        err_set(err, "residency.not_evidence", "'%s' was cut off or changed, or is no evidence at all", name);
        err_detail(err, "%s", why.summary);
        return err_advise(err, "do not rely on it: ask for a new one, or for the store it was made from");
    }
    if (str_equal(value_get_text(*out, "format", NULL), "landfall.residency/1"))
        return true;
    return not_evidence(name, err);
}

/* Another store's chain says nothing about this file; a shorter one has lost what the file speaks of. */
static bool check_store(struct session *s, const char *region, const struct value *file, int64_t *upto,
                        struct err *err)
{
    struct residence_book whole;
    const struct value *chain = value_get(file, "chain");
    const char *lineage = value_get_text(chain, "lineage", NULL), *of = value_get_text(file, "region", NULL);
    *upto = value_get_int(chain, "entries", 0);
    if (!str_equal(of, region)) {
        err_set(err, "residency.other_region", "the file is about region '%s'", of ? of : "?");
        return err_advise(err, "landfall residency %s --verify FILE", of ? of : "REGION");
    }
    if (!s->truth.exists || !str_equal(lineage, s->truth.lineage)) {
        err_set(err, "residency.other_store", "the file was made from another store of region '%s'", region);
        err_detail(err, "its lineage is %s, the store's %s", lineage ? lineage : "?",
                   s->truth.exists ? s->truth.lineage : "none: there is no store");
        return err_advise(err, "verify it where that store is");
    }
    if (!read_book(s, region, 0, &whole, err))
        return false;
    if (*upto >= 1 && *upto <= whole.entries)
        return true;
    err_set(err, "residency.tampered", "the file speaks of %lld entries, and the audit chain has %lld",
            (long long)*upto, (long long)whole.entries);
    return err_advise(err, "the file was changed, or the store was put back from an old backup");
}

/* Blanks, keys in another order and a key given twice are lost when a file is parsed. */
static bool check_bytes(const struct buf *read, const struct facts_residency *f, struct err *err)
{
    struct buf file;
    buf_init(&file, 0);
    as_json_residency_file(&file, f);
    bool same = file.count == read->count && memcmp(file.at, read->at, file.count) == 0;
    buf_done(&file);
    if (same)
        return true;
    err_set(err, "residency.tampered", "the file is not byte for byte as landfall writes it");
    err_detail(err,
               "it says what the audit chain says, in other bytes: another program or a person wrote it");
    return err_advise(err, "do not rely on it: ask for the file itself, or for a new one");
}

static bool check_page(struct session *s, const char *path, const struct buf *bytes,
                       struct facts_residency *f, bool *there, struct err *err)
{
    const char *text;
    size_t count;
    char hex[DIGEST_HEX];
    struct buf page;
    *there = file_exists(page_of(s, path));
    if (!*there)
        return true;
    if (!file_read(s->mem, page_of(s, path), EVIDENCE_MAX, &text, &count, err))
        return false;
    buf_init(&page, 0);
    print_page(&page, f, bytes, hex);
    bool same = page.count == count && memcmp(page.at, text, count) == 0;
    buf_done(&page);
    if (same)
        return true;
    err_set(err, "residency.tampered", "'%s' and its page '%s.md' disagree: one of the two was changed",
            file_name(path), file_name(path));
    err_detail(err,
               "where the data is, the first tells as the audit chain does; when it was made, only the two "
               "know");
    return err_advise(err,
                      "rely on neither: ask for new ones, or write both anew with landfall residency %s -o "
                      "FILE",
                      f->book->region);
}

/* No more than what was compared: the chain has nothing of when the file was made. */
static const char *verified_text(struct session *s, const char *path, const struct facts_residency *f,
                                 bool page)
{
    const char *name = file_name(path);
    struct buf what;
    buf_init(&what, 0);
    buf_print(&what, "%s%s what the audit chain says: ", name, page ? " and its page say" : " says");
    brief_count(&what, f->book->count, "step");
    buf_print(&what, " with data, by entry %lld of %lld; that it was made ", (long long)f->book->entries,
              (long long)s->truth.audit_count);
    brief_time(&what, f->made_ms);
    buf_text(&what, " UTC is the file's own claim");
    if (!page)
        buf_print(&what, "; %s.md, the page that belongs to it, is not there and was not compared", name);
    const char *text = buf_keep(&what, s->mem);
    buf_done(&what);
    return text;
}

static bool verify(struct session *s, const char *region, const char *name, struct err *err)
{
    const char *bytes, *path = session_file(s, name);
    const struct value *file;
    struct residence_book book;
    struct facts_residency facts = {.book = &book};
    size_t count;
    int64_t upto;
    bool page;
    if (!file_read(s->mem, path, EVIDENCE_MAX, &bytes, &count, err) ||
        !parse_evidence(s, region, name, bytes, count, &file, err) ||
        !check_store(s, region, file, &upto, err) || !read_book(s, region, upto, &book, err) ||
        !residence_book_check(s->mem, &book, file, session_wall_ms(), &facts.made_ms, err))
        return false;
    const struct buf read = {.at = (char *)bytes, .count = count};
    if (!check_bytes(&read, &facts, err) || !check_page(s, path, &read, &facts, &page, err))
        return false;
    struct facts_deed deed = {
        .command = "residency", .region = region, .what = verified_text(s, path, &facts, page)};
    if (s->json)
        as_json_deed(&s->out, &deed);
    else
        as_text_deed(&s->out, &deed);
    return true;
}

/* ---- the command --------------------------------------------------------------------------------------- */

static bool check_options(const struct args *args, struct err *err)
{
    bool others = args_has(args, OPTION_EVIDENCE_OUT) || args_has(args, OPTION_READ_BACK) ||
                  args_has(args, OPTION_EXIT_CODE);
    if (!args_has(args, OPTION_VERIFY) || !others)
        return true;
    err_set(err, "usage.exclusive", "--verify only compares a file: it goes with no other option but --json");
    return err_advise(err, "landfall residency %s --verify FILE", args_word(args, 0));
}

static void tell(struct session *s, const struct facts_residency *f, const char *file)
{
    if (s->json) {
        as_json_residency(&s->out, f);
        return;
    }
    as_text_residency(&s->out, f, s->quiet ? AS_TEXT_BRIEF : AS_TEXT_NORMAL);
    if (!file)
        return;
    out_text(&s->out, "Evidence written to ");
    out_safe(&s->out, file);
    out_text(&s->out, " and ");
    out_safe(&s->out, file);
    out_print(&s->out, ".md. To verify it: landfall residency %s --verify ", f->book->region);
    out_safe(&s->out, file);
    out_char(&s->out, '\n');
}

bool cmd_residency_run(struct session *s, const struct args *args, int *exit_code, struct err *err)
{
    const char *region = args_word(args, 0), *file = args_text(args, OPTION_EVIDENCE_OUT, NULL);
    struct residence_book book;
    struct facts_residency facts = {.book = &book, .made_ms = session_wall_ms()};
    *exit_code = COMMAND_OK;
    if (!check_options(args, err) || !session_open_store(s, region, err))
        return false;
    if (args_has(args, OPTION_VERIFY))
        return verify(s, region, args_text(args, OPTION_VERIFY, ""), err);
    if (file && !may_write(s, session_file(s, file), err))
        return false;
    if (args_has(args, OPTION_READ_BACK) && !read_back(s, region, err))
        return false;
    if (!read_book(s, region, 0, &book, err))
        return false;
    facts.missing = residence_book_missing(s->mem, &book, &s->truth, &facts.missing_count);
    if (file && !save(s, file, &facts, err))
        return false;
    tell(s, &facts, file);
    if (args_has(args, OPTION_EXIT_CODE) && book.wrong > 0)
        *exit_code = COMMAND_CHANGES;
    return true;
}
