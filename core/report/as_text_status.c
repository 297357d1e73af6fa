#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/str.h"
#include "base/tick.h"
#include "base/zone.h"
#include "model/due.h"
#include "model/event.h"
#include "plan/approval.h"
#include "region/region.h"
#include "report/as_text_policy.h"
#include "report/brief.h"
#include "report/cell.h"
#include "report/next.h"
#include "report/out.h"
#include "report/trouble.h"
#include "store/store.h"

#define ADDRESS_COLUMNS 36

static void head(struct out *o, const struct facts_status *s)
{
    out_painted(o, OUT_BOLD, "landfall status");
    out_sign(o, " · region ", " | region ");
    out_safe(o, s->region);
    if (s->resolved) {
        out_text(o, " (");
        out_safe(o, s->resolved->title);
        out_text(o, ", ");
        out_safe(o, s->resolved->place);
        out_char(o, ')');
    }
    out_char(o, '\n');
}

/* "dns.record" of dns.record.api, "action" of action.seed: rows of one type lie together. */
static size_t type_of(const char *address)
{
    const char *dot = strrchr(address, '.');
    return dot ? (size_t)(dot - address) : strlen(address);
}

/* Actions and checks have no id: that their row is there says that they were done. */
static void print_row(struct out *o, const struct store_res *row)
{
    out_fill(o, ' ', 4);
    cell_pad(o, row->address, ADDRESS_COLUMNS);
    out_char(o, ' ');
    out_paint(o, OUT_DIM);
    out_safe(o, row->ext_id ? row->ext_id : "done");
    if (row->deposed)
        out_text(o, "  replaced, to be destroyed");
    if (row->damaged)
        out_text(o, "  damaged, to be replaced");
    if (row->adopted)
        out_text(o, "  adopted");
    out_paint(o, OUT_PLAIN);
    out_char(o, '\n');
}

/* Counts by type: rows are sorted by address, so that one type is one run of rows. */
static void standing(struct out *o, const struct store_snapshot *truth, enum as_text_detail detail)
{
    struct buf type;
    buf_init(&type, 0);
    out_painted(o, OUT_BOLD, truth->res_count ? "What stands" : "Nothing stands");
    out_char(o, '\n');
    for (size_t i = 0; i < truth->res_count;) {
        const char *address = truth->res[i].address;
        size_t length = type_of(address), first = i, deposed = 0, damaged = 0;
        for (; i < truth->res_count && type_of(truth->res[i].address) == length &&
               memcmp(truth->res[i].address, address, length) == 0;
             i++) {
            deposed += truth->res[i].deposed;
            damaged += truth->res[i].damaged && !truth->res[i].deposed;
        }
        buf_clear(&type);
        out_make_safe(o, &type, address, length);
        out_text(o, "  ");
        cell_pad(o, type.at, 24);
        out_print(o, "%6zu", i - first - deposed);
        if (deposed)
            out_print(o, "  and %zu replaced, to be destroyed", deposed);
        if (damaged)
            out_print(o, "  %zu damaged", damaged);
        out_char(o, '\n');
        for (size_t k = first; detail == AS_TEXT_FULL && k < i; k++)
            print_row(o, &truth->res[k]);
    }
    buf_done(&type);
}

/* What adopt asks for when this store is lost. */
static void lineage(struct out *o, const struct store_snapshot *truth)
{
    out_painted(o, OUT_BOLD, "Lineage");
    out_text(o, "  ");
    out_safe(o, truth->lineage);
    out_char(o, '\n');
}

static void last_run(struct out *o, const struct facts_status *s)
{
    const struct store_run *run = s->truth->last_run;
    struct buf text;
    if (!run)
        return;
    buf_init(&text, 0);
    buf_print(&text, "%s, %s, %lld of %lld steps", run->command, store_run_state(run), (long long)run->done,
              (long long)run->total);
    if (run->failed)
        buf_print(&text, ", %lld not successful", (long long)run->failed);
    buf_text(&text, ", ");
    brief_ago(&text, run->ended_ms ? run->ended_ms : run->started_ms, s->now_ms);
    buf_text(&text, " (");
    brief_time(&text, run->started_ms);
    buf_text(&text, " UTC)");
    for (size_t i = 0; i < s->used_count; i++) {
        buf_text(&text, i ? ", " : "\napproved by ");
        cell_add(&text, o, s->used[i].approval->by);
    }
    out_painted(o, OUT_BOLD, "Last run");
    out_text(o, "  ");
    cell_paragraph(o, 10, 10, text.at);
    buf_done(&text);
}

/* Dates are the region's; a region whose file does not load is looked at in UTC. */
static bool is_overdue(const struct facts_status *s, const struct store_event *e)
{
    struct arena *tmp = arena_new();
    const char *due = e->text ? due_find(tmp, e->text) : NULL;
    int64_t end_ms;
    bool overdue =
        due && zone_day_end(s->resolved ? s->resolved->timezone : "UTC", due, &end_ms) && s->now_ms >= end_ms;
    arena_free(tmp);
    return overdue;
}

/* Last words of the last run that were not good; what was mended since does not come up again. */
static void troubles(struct out *o, const struct facts_status *s)
{
    struct trouble_list list;
    trouble_collect(&list, s->events, s->event_count);
    for (size_t i = 0; i < list.count; i++) {
        const struct store_event *e = list.at[i];
        enum event_kind kind = event_from_name(e->kind);
        out_text(o, "  ");
        bool overdue = kind == EVENT_STEP_WAITS && is_overdue(s, e);
        out_paint(o, overdue ? OUT_RED : trouble_color(kind));
        cell_pad(o, overdue ? "OVERDUE" : trouble_word(kind), 10);
        out_paint(o, OUT_PLAIN);
        out_painted(o, OUT_BOLD, e->address);
        if (e->text) {
            out_text(o, "  ");
            cell_paragraph(o, 14 + strlen(e->address), 12, e->text);
        } else {
            out_char(o, '\n');
        }
    }
    trouble_done(&list);
}

/* Any command that changes the region would be refused until then. */
static void wait_for(struct out *o, const struct store_holder *holder)
{
    char since[TICK_TEXT];
    if (!holder->command) {
        out_text(o, "wait for the landfall that is working on this region\n");
        return;
    }
    tick_print(holder->since_ms, since);
    out_text(o, "wait for landfall ");
    out_safe(o, holder->command);
    out_print(o, " (pid %lld on host ", (long long)holder->pid);
    out_safe(o, holder->host);
    out_print(o, ", since %s), which is working on this region\n", since);
}

/* The one command that goes on from here. */
static void next(struct out *o, const struct facts_status *s)
{
    out_painted(o, OUT_BOLD, "Next");
    out_text(o, "  ");
    if (s->truth->holder) {
        wait_for(o, s->truth->holder);
        return;
    }
    struct arena *mem = arena_new();
    const char *command = next_of_status(mem, s);
    out_safe(o, command ? command : arena_print(mem, "landfall plan %s", s->region));
    out_text(o, command ? "\n" : "   shows what differs from the playbook\n");
    arena_free(mem);
}

void as_text_status(struct out *o, const struct facts_status *s, enum as_text_detail detail)
{
    if (detail != AS_TEXT_BRIEF)
        head(o, s);
    if (!s->truth->exists) {
        out_text(o, "Nothing was built yet.\n");
    } else {
        if (detail != AS_TEXT_BRIEF)
            standing(o, s->truth, detail);
        last_run(o, s);
        troubles(o, s);
        as_text_pending(o, s->region, s->truth);
        if (detail == AS_TEXT_FULL)
            lineage(o, s->truth);
    }
    as_text_policy_waivers(o, s->waivers, s->now_ms);
    if (s->waivers_broken)
        out_print(o, "Waivers cannot be read: landfall check %s says why\n", s->region);
    if (detail != AS_TEXT_BRIEF)
        next(o, s);
}
