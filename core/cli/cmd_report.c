#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/outfile.h"
#include "base/str.h"
#include "cli/args.h"
#include "cli/commands.h"
#include "cli/comparing.h"
#include "cli/launching.h"
#include "cli/planning.h"
#include "cli/session.h"
#include "plan/residence_book.h"
#include "region/region.h"
#include "report/as_csv.h"
#include "report/as_html.h"
#include "report/as_json.h"
#include "report/as_markdown.h"
#include "report/facts.h"

/* report: plans as `plan` does, adds what the store knows of the last run, and tells all of it in one file.
 * Opens no store for writing.  A service that does not answer makes it a report of what the store remembers,
 * and not an error: what stands has to be shown also on the day when half of it is down. */

/* Of the last run; a run of a hundred thousand steps has about this many. */
#define EVENTS_MOST 1000000

/* ---- the format ------------------------------------------------------------------------------ */

static const struct format {
    const char *name;
    const char *endings[3]; /* of file names; the rest NULL */
    void (*print)(struct out *o, const struct facts_report *f);
} formats[] = {
    {"html", {".html", ".htm"}, as_html_report},
    {"md", {".md", ".markdown"}, as_markdown_report},
    {"json", {".json"}, as_json_report},
    {"csv", {".csv"}, as_csv_report},
};

/* How they begin, in any format: who wants another one of the same name shall have it. */
static const struct outfile_sign signs[] = {
    {"<!DOCTYPE html>\n<html lang=\"en\">\n", "<meta name=\"generator\" content=\"landfall report/",
     "<title>"},
    {"# ", ": landfall report\n\nRegion **", "\n"},
    {.head = "{\n  \"format\": \"landfall.report/"},
    {.head = "address,action,reason,stage,subsystem,type,driver,"},
};
static const struct outfile_kind kind = {
    .what = "report", .code = "report.in_the_way", .signs = signs, .count = COUNT_OF(signs)};

static const struct format *format_of_name(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(formats); i++)
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    return NULL;
}

static const struct format *format_of_file(const char *file)
{
    for (size_t i = 0; i < COUNT_OF(formats); i++)
        for (size_t k = 0; k < COUNT_OF(formats[i].endings) && formats[i].endings[k]; k++)
            if (str_ends(file, formats[i].endings[k]))
                return &formats[i];
    return NULL;
}

/* --format, or --json, or the file's ending; on a terminal or in a pipe what a person can read there. */
static bool choose_format(const struct args *args, const struct format **out, struct err *err)
{
    const char *name = args_text(args, OPTION_FORMAT, NULL), *file = args_text(args, OPTION_REPORT_OUT, NULL);
    if (args_has(args, OPTION_JSON) && name && strcmp(name, "json") != 0) {
        err_set(err, "usage.conflict", "--json and --format %s do not go together", name);
        return err_advise(err, "leave one of them out");
    }
    if (args_has(args, OPTION_JSON))
        name = "json";
    *out = name ? format_of_name(name) : file ? format_of_file(file) : format_of_name("md");
    if (*out)
        return true;
    err_set(err, "report.format", "cannot tell from its name in which format '%s' is wanted", file);
    return err_advise(err, "call it .html, .md, .json or .csv, or say --format html");
}

/* ---- the facts ------------------------------------------------------------------------------- */

static bool make_plan(struct session *s, struct facts_report *facts, struct err *err)
{
    bool wanted = args_has(s->args, OPTION_NO_REFRESH);
    struct planning planning = {.no_refresh = wanted, .offline = wanted, .names = true};
    struct plan *plan;
    if (!planning_make_or_remember(s, &planning, &plan, &facts->silence, err))
        return false;
    comparing_price(s, plan);
    facts->as_stored = wanted || facts->silence;
    facts->plan = plan;
    return true;
}

/* Events of the last run; one that was settled or resolved afterwards is told of as it is now. */
static bool read_events(struct session *s, struct facts_report *facts, struct err *err)
{
    struct store_event *all;
    size_t count, first = 0;
    if (!s->truth.last_run)
        return true;
    if (!store_read_new_events(s->mem, s->store_path, EVENTS_MOST, &all, &count, err))
        return false;
    while (first < count && !str_equal(all[first].run_id, s->truth.last_run->run_id))
        first++;
    facts->events = all + first;
    facts->event_count = count - first;
    return true;
}

static void read_book(struct session *s, struct facts_report *facts)
{
    struct residence_book *book = ARENA_NEW(s->mem, struct residence_book);
    struct err err;
    if (residence_book_make(s->mem, s->region->name, s->truth.lineage, facts->audit, facts->audit_count, 0,
                            book, &err)) {
        facts->book = book;
        facts->missing = residence_book_missing(s->mem, book, &s->truth, &facts->missing_count);
    } else {
        facts->book_why = arena_copy(s->mem, &err, sizeof(err));
    }
}

/* What the launch waits for, and the audit chain: each is told on its own, and what is wrong with it too. */
static void read_more(struct session *s, struct facts_report *facts)
{
    struct launching ask = {.plan = facts->plan, .now_ms = facts->made_ms};
    struct launch *launch;
    struct store_audit *audit;
    struct err err;
    if (launching_make(s, &ask, &launch, &err))
        facts->launch = launch;
    else
        facts->launch_why = arena_copy(s->mem, &err, sizeof(err));
    if (!s->truth.exists)
        return;
    if (store_read_audit(s->mem, s->store_path, &audit, &facts->audit_count, &err))
        facts->audit = audit;
    else
        facts->audit_broken = arena_copy(s->mem, &err, sizeof(err));
    if (!facts->audit_broken)
        read_book(s, facts);
}

/* ---- writing --------------------------------------------------------------------------------- */

static bool write_file(struct session *s, const struct format *format, const struct facts_report *facts,
                       const char *path, struct err *err)
{
    struct file_draft draft;
    struct out out;
    if (!outfile_check(path, &kind, err) || !file_draft_begin(&draft, path, err))
        return false;
    out_open(&out, draft.fd, (struct out_style){0}, s->filter);
    format->print(&out, facts);
    if (out_close(&out))
        return file_draft_commit(&draft, 0644, err);
    file_draft_abandon(&draft);
    return err_set(err, "file.cannot_write", "cannot write '%s': not all of it could be written", path);
}

static bool tell(struct session *s, const struct format *format, const struct facts_report *facts,
                 struct err *err)
{
    const char *file = args_text(s->args, OPTION_REPORT_OUT, NULL);
    planning_tell_silence(s, facts->silence);
    if (!file) {
        format->print(&s->out, facts);
        return true;
    }
    if (!write_file(s, format, facts, session_file(s, file), err))
        return false;
    if (!s->quiet) {
        out_text(&s->err, "Report written to ");
        out_safe(&s->err, file);
        out_text(&s->err, ". Nothing has been changed.\n");
    }
    return true;
}

bool cmd_report_run(struct session *s, const struct args *args, int *exit_code, struct err *err)
{
    struct facts_report facts = {.made_ms = session_wall_ms()};
    const char *file = args_text(args, OPTION_REPORT_OUT, NULL);
    const struct format *format;
    if (!choose_format(args, &format, err))
        return false;
    if (!session_open_region(s, args_word(args, 0), err) ||
        (file && !session_may_write(s, session_file(s, file), &kind, err)) || !session_open_drivers(s, err) ||
        !make_plan(s, &facts, err) || !read_events(s, &facts, err))
        return false;
    read_more(s, &facts);
    if (!tell(s, format, &facts, err))
        return false;
    *exit_code = COMMAND_OK;
    return true;
}
