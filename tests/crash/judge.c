#include "judge.h"

#include <stdlib.h>
#include <string.h>

#define LINE 2048
/* The example leaves a signature and a task to people, so its runs end as partial. */
#define PARTIAL 3
#define SHOWN   12

/* The end says how it went; what came before is in the file. */
static void show_said(const struct sandbox *box, FILE *tell)
{
    char line[LINE];
    size_t lines = 0, at = 0;
    FILE *f = fopen(box->said, "r");
    while (f && fgets(line, sizeof(line), f))
        lines++;
    if (f)
        rewind(f);
    for (; f && fgets(line, sizeof(line), f); at++) {
        if (at + SHOWN >= lines)
            fprintf(tell, "  | %s", line);
    }
    if (f)
        fclose(f);
}

/* ---- the zones, by another program ----------------------------------------------------------- */

static const struct {
    const char *zone, *file;
} zones[] = {
    {"eu.acme.example", "out/eu/dns/eu.acme.example.zone"},
    {"int.eu.acme.example", "out/eu/dns/int.eu.acme.example.zone"},
    {"acme.example", "out/shared/dns/acme.example.zone"},
};

/* One shell for all, since it runs some hundred times. */
static void check_zones(struct sandbox *box, struct census_result *result, FILE *tell)
{
    char line[LINE] = "export PATH=\"$PATH:/usr/sbin\"; true";
    for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
        size_t put = strlen(line);
        snprintf(line + put, sizeof(line) - put, " && named-checkzone -i local -q %s '%s/%s' >/dev/null 2>&1",
                 zones[i].zone, box->folder, zones[i].file);
    }
    if (system(line) == 0)
        return;
    result->broken++;
    fprintf(tell, "  named-checkzone refuses a zone: %s\n", line);
}

/* ---- the reference ---------------------------------------------------------------------------- */

/* What the example makes, so many lines of each: a census that overlooks a kind of thing is noticed here. */
static const struct {
    const char *start;
    size_t count;
} known[] = {
    {"row eu/databases/main.db country|", 249},
    {"row eu/databases/main.db landfall_calls|", 249},
    {"row eu/databases/main.db landfall_migrations|", 4},
    {"row eu/databases/catalogue.db cluster|", 2},
    {"row eu/databases/catalogue.db user|", 18},
    {"row eu/queues/queues.db queue|", 28},
    {"row eu/queues/queues.db topic|", 4},
    {"row eu/queues/queues.db subscription|", 10},
    {"row eu/queues/queues.db message|", 19},
    {"row eu/queues/queues.db landfall_calls|", 19},
    {"prices ", 9},
    {"taxes ", 27},
    {"products ", 6},
    {"entities ", 1},
    {"record shared/dns/acme.example.zone: dns.record.delegation", 1},
    {"integrity eu/databases/main.db: ok", 1},
    {"text eu/machines/api/etc/user-data.conf: ", 3},
};

static bool is_as_known(const struct census *c, FILE *tell)
{
    bool same = true;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        size_t seen = census_lines(c, known[i].start);
        if (seen == known[i].count)
            continue;
        fprintf(tell, "  the census sees %zu of '%s', and there are %zu\n", seen, known[i].start,
                known[i].count);
        same = false;
    }
    return same;
}

bool judge_open(struct judge *j, const struct sandbox_tools *tools, struct sandbox *box, FILE *tell)
{
    struct sandbox_kill count = {.how = "count"};
    struct census_result result = {0};
    *j = (struct judge){.tools = tools};
    j->has_checker = system("PATH=\"$PATH:/usr/sbin\" command -v named-checkzone >/dev/null 2>&1") == 0;
    sandbox_make(box, tools, "reference");
    int code = sandbox_run(box, "apply " JUDGE_REGION " --yes", &count);
    if (code != PARTIAL) {
        fprintf(tell, "an undisturbed build ends with %d, not %d\n", code, PARTIAL);
        show_said(box, tell);
        return false;
    }
    census_take(&j->wanted, box->folder);
    judge_look(j, box, &result, tell);
    return is_as_known(&j->wanted, tell) && census_is_clean(&result);
}

void judge_close(struct judge *j)
{
    census_free(&j->wanted);
}

/* ---- judging --------------------------------------------------------------------------------- */

bool judge_finish(struct sandbox *box, FILE *tell)
{
    int code = sandbox_run(box, "resume " JUDGE_REGION " --yes", NULL);
    if (code == 0 && sandbox_said(box, "nothing to resume"))
        code = sandbox_run(box, "apply " JUDGE_REGION " --yes", NULL);
    if (code == PARTIAL)
        return true;
    fprintf(tell, "  the resume ends with %d, not %d:\n", code, PARTIAL);
    show_said(box, tell);
    return false;
}

void judge_look(const struct judge *j, struct sandbox *box, struct census_result *result, FILE *tell)
{
    struct census seen;
    int code = sandbox_run(box, "plan " JUDGE_REGION " --exit-code", NULL);
    if (code != 0) {
        result->broken++;
        fprintf(tell, "  the plan afterwards ends with %d, not 0:\n", code);
        show_said(box, tell);
    }
    if (j->has_checker)
        check_zones(box, result, tell);
    census_take(&seen, box->folder);
    census_compare(&seen, &j->wanted, result, tell);
    census_check_store(&seen, box->folder, JUDGE_REGION, result, tell);
    census_free(&seen);
}

bool judge_accepts(const struct judge *j, struct sandbox *box, FILE *tell)
{
    struct census_result r = {0};
    if (!judge_finish(box, tell))
        return false;
    judge_look(j, box, &r, tell);
    if (census_is_clean(&r))
        return true;
    fprintf(tell, "  %u duplicates, %u orphans, %u losses, %u broken\n", r.duplicates, r.orphans, r.losses,
            r.broken);
    return false;
}
