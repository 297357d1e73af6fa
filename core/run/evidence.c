#include "run/evidence.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/str.h"
#include "io/loop.h"
#include "model/decl.h"
#include "model/value.h"
#include "model/value_json.h"
#include "run/executor_state.h"
#include "run/look.h"
#include "store/store.h"

/* ---- what was typed ----------------------------------------------------------------------------------- */

/* scheme://something, without blanks: enough to tell it from a file that is not there. */
static bool is_address(const char *text)
{
    size_t scheme = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-");
    return scheme > 1 && str_starts(text + scheme, "://") && text[scheme + 3] && !strpbrk(text, " \t\r\n");
}

/* RFC 3986, 3.2.1: "user:password@" in front of the host.  The audit chain never forgets. */
static bool has_password(const char *address)
{
    const char *host = strstr(address, "://") + 3, *end = host + strcspn(host, "/?#");
    const char *at = memrchr(host, '@', (size_t)(end - host));
    return at && memchr(host, ':', (size_t)(at - host));
}

static bool refuse_password(struct err *err)
{
    err_set(err, "evidence.password", "the address of the evidence has a password in it");
    err_detail(err, "what is recorded is kept for ever, and shown to all who read the history");
    return err_advise(err, "give the address without it, and change the password if others use this shell");
}

static bool missing(const char *typed, const char *path, struct err *err)
{
    if (file_is_folder(path))
        err_set(err, "evidence.not_a_file", "the evidence '%s' is a folder", typed);
    else
        err_set(err, "evidence.missing", "the evidence '%s' is no file and no address", typed);
    return err_advise(err, "give the path of the document, or where it is kept: --evidence https://...");
}

static bool too_large(const char *typed, uint64_t size, struct err *err)
{
    err_set(err, "evidence.too_large", "the evidence '%s' has %llu bytes, %llu are the limit", typed,
            (unsigned long long)size, (unsigned long long)EVIDENCE_MOST);
    return err_advise(err, "keep it where it is, and give its address: --evidence https://...");
}

bool evidence_read(struct arena *mem, const char *typed, const char *path, struct evidence *out,
                   struct err *err)
{
    struct file_version version;
    const char *bytes;
    size_t count;
    if (is_address(typed)) {
        if (has_password(typed))
            return refuse_password(err);
        *out = (struct evidence){.text = arena_text(mem, typed)};
        return true;
    }
    if (!file_exists(path) || file_is_folder(path))
        return missing(typed, path, err);
    file_version_get(path, &version);
    if (version.size > EVIDENCE_MOST)
        return too_large(typed, version.size, err);
    if (!file_read(mem, path, EVIDENCE_MOST, &bytes, &count, err))
        return err_wrap(err, "reading the evidence");
    if (count == 0) {
        err_set(err, "evidence.empty", "the evidence '%s' is an empty file: it proves nothing", typed);
        return err_advise(err, "give the signed document itself");
    }
    *out = (struct evidence){.text = arena_text(mem, file_name(path)), .is_file = true, .size = count};
    digest_text(bytes, count, out->digest);
    return true;
}

/* ---- the probe ---------------------------------------------------------------------------------------- */

struct seen {
    struct loop *loop;
    bool ended, passed;
    const char *what, *advice;
};

static void on_seen(void *user, bool passed, const char *what, const char *advice)
{
    struct seen *s = user;
    *s = (struct seen){s->loop, true, passed, what, advice};
    loop_stop(s->loop);
}

bool evidence_check(const struct evidence_ask *ask, struct err *err)
{
    const struct plan_step *step = &ask->plan->steps[ask->step];
    const struct value *probe = value_get(step->desired, "probe");
    if (!probe)
        return true;
    struct arena *mem = arena_new();
    struct seen seen = {.loop = ask->loop};
    struct look_ask look = {
        .http = ask->http, .registry = ask->registry, .address = step->address, .asked = probe};
    look_start(mem, &look, on_seen, &seen);
    while (!seen.ended)
        loop_run(ask->loop);
    if (!seen.passed) {
        err_set(err, "evidence.refused", "the probe of '%s' does not agree: %s", step->address, seen.what);
        err_at(err, step->decl->file, step->decl->line, 0);
        err_advise(err, "%s",
                   seen.advice ? seen.advice
                               : "nothing was recorded: when it is truly done, say it again; "
                                 "what the probe looks at stands in the playbook");
    }
    arena_free(mem);
    return seen.passed;
}

/* ---- the record --------------------------------------------------------------------------------------- */

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

/* What a report shows, and what another step may refer to: human.dpa-signed.by. */
static const struct value *observed(struct arena *mem, const struct evidence_ask *ask, int64_t wall_ms)
{
    char now[TICK_TEXT];
    tick_print(wall_ms, now);
    struct pair pairs[] = {
        {"by", value_text(mem, ask->by)},
        {"evidence", value_text(mem, ask->proof->text)},
        {"at", value_text(mem, now)},
    };
    const struct value *v = value_map(mem, pairs, COUNT_OF(pairs));
    if (!ask->proof->is_file)
        return v;
    v = value_with_key(mem, v, "digest", value_text(mem, ask->proof->digest));
    return value_with_key(mem, v, "size", value_int(mem, (int64_t)ask->proof->size));
}

/* For an auditor the entry stands alone: which step, what was asked, by the digest that its row has, and
 * whether a machine agreed. */
static const char *audit_entry(struct arena *mem, const struct evidence_ask *ask, const struct value *seen)
{
    const struct plan_step *step = &ask->plan->steps[ask->step];
    const struct value *asked = value_get(step->desired, "ask");
    const struct value *v = value_with_key(mem, seen, "address", value_text(mem, step->address));
    v = value_with_key(mem, v, "asked", asked ? asked : value_null());
    v = value_with_key(mem, v, "inputs", value_text(mem, step->inputs));
    v = value_with_key(mem, v, "probed", value_bool(value_get(step->desired, "probe") != NULL));
    return value_json_text(mem, v);
}

static const char *event_text(struct arena *mem, const struct evidence_ask *ask)
{
    if (ask->proof->is_file)
        return arena_print(mem, "by %s: %s (%.12s)", ask->by, ask->proof->text, ask->proof->digest);
    return arena_print(mem, "by %s: %s", ask->by, ask->proof->text);
}

bool evidence_record(const struct evidence_ask *ask, struct err *err)
{
    const struct plan_step *step = &ask->plan->steps[ask->step];
    const struct tick *tick = loop_tick(ask->loop);
    int64_t now = tick->wall_ms(tick->user);
    struct commit commit = {0};
    struct arena *mem = arena_new();
    struct executor x = {.plan = ask->plan};
    struct step_run run = {.x = &x, .i = ask->step, .mem = mem};
    const struct value *seen = observed(mem, ask, now);
    struct store_res row = executor_row(&run);
    row.inputs = step->inputs;
    row.observed = value_json_text(mem, seen);
    struct event event = {.kind = EVENT_RESOLVED,
                          .wall_ms = now,
                          .address = step->address,
                          .verb = "done",
                          .text = event_text(mem, ask)};
    store_put_res(ask->writer, &row);
    store_put_event(ask->writer, &event);
    store_put_audit(ask->writer, "human.done", audit_entry(mem, ask, seen));
    if (ask->keep)
        ask->keep(ask->keep_user, &event);
    store_after_commit(ask->writer, on_commit, &commit);
    loop_run(ask->loop);
    arena_free(mem);
    if (!commit.ok)
        *err = commit.err;
    return commit.ok;
}
