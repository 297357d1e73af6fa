#include "cli/command.h"

#include <string.h>

#include "base/attr.h"
#include "base/str.h"
#include "cli/commands.h"

#define BIT(name) OPTION_BIT(OPTION_##name)
/* What chooses how a plan is made: the same for plan and apply. */
#define CHOICE (BIT(TARGET) | BIT(REPLACE) | BIT(REFRESH_ONLY))
#define RUN    (BIT(JSON) | BIT(YES) | BIT(YES_DATA) | BIT(CRASH_AFTER) | BIT(TRIES))

static const char *const shells[] = {"bash", "zsh", NULL};
static const char *const policy_words[] = {"list", "test", NULL};
static const char *const plugin_words[] = {"list", "test", NULL};

#define CRASH_DRILL                                                                                          \
    "\n\n--crash-after N is a drill: rehearse the worst.  The process kills itself, as kill -9 would, "      \
    "right\n"                                                                                                \
    "after N steps are finished.  Then look at landfall status, and go on with landfall resume: nothing\n"   \
    "is lost and nothing is made twice."

/* In the order of a project's life: start, look, build, ask, repair, end; then what serves the shell. */
static const struct command table[] = {
    {
        .name = "init",
        .summary = "start a project: a folder with a region, its reference and a playbook",
        .synopsis = "[DIR]",
        .words_max = 1,
        .words = {COMMAND_WORD_FOLDER},
        .about =
            "Writes a small, commented project into DIR (the current folder) that can be planned at once,\n"
            "on drivers that need no server.  Nothing that exists is overwritten.",
        .example = "landfall init acme\ncd acme\nlandfall plan eu",
        .run = cmd_init_run,
    },
    {
        .name = "check",
        .summary = "find every mistake in a region and its playbook, asking no service",
        .synopsis = "REGION",
        .words_min = 1,
        .words_max = 1,
        .words = {COMMAND_WORD_REGION},
        .options = BIT(JSON),
        .about =
            "Reads the region, the one it is copied from, the drivers' settings and the playbook; checks\n"
            "every step against its type, the graph, the price books, the rules and the waivers.  Shows all\n"
            "errors, not only the first, and what it could not look at because of them: where the playbook\n"
            "stops, also what the other region says for itself (services.own) and this does not.",
        .example = "landfall check eu",
        .run = cmd_check_run,
    },
    {
        .name = "show",
        .summary = "show a region as it is resolved: copied, shrunk, overridden",
        .synopsis = "REGION [PATH]",
        .words_min = 1,
        .words_max = 2,
        .words = {COMMAND_WORD_REGION, COMMAND_WORD_TEXT},
        .options = BIT(JSON) | BIT(STORY),
        .about =
            "Without PATH the whole region, as a playbook sees it.  --why tells the story of one value:\n"
            "where it was written, by which rule it was shrunk and why, what overrides it.",
        .example = "landfall show eu services.databases.main --why",
        .run = cmd_show_run,
    },
    {
        .name = "describe",
        .summary = "explain subsystems, their types, attributes, calls and settings",
        .synopsis = "[SUBSYSTEM[.TYPE]]",
        .words_max = 1,
        .words = {COMMAND_WORD_TEXT},
        .options = BIT(JSON),
        .about = "Reads the plugins that are installed; needs no project.",
        .example = "landfall describe dns.record",
        .run = cmd_describe_run,
    },
    {
        .name = "copy",
        .summary = "start a new region: a file to edit, made from the one it is copied from",
        .synopsis = "REGION NEW",
        .words_min = 2,
        .words_max = 2,
        .words = {COMMAND_WORD_REGION, COMMAND_WORD_TEXT},
        .options = BIT(JSON),
        .about =
            "Writes regions/NEW.yaml, and never over one that is there.  What only you can decide says\n"
            "FILL IN, and landfall check NEW names what is left: places, drivers, and what REGION says for\n"
            "itself under services.own.  What other copies of REGION shrink and leave out stands beside it\n"
            "as comments, and so does every text that names REGION itself.",
        .example = "landfall copy us de\nlandfall check de",
        .run = cmd_copy_run,
    },
    {
        .name = "plan",
        .summary = "show everything an apply would do, with reasons and cost; write nothing",
        .synopsis = "REGION",
        .words_min = 1,
        .words_max = 1,
        .words = {COMMAND_WORD_REGION},
        .options = BIT(JSON) | BIT(OUT) | CHOICE | BIT(EXIT_CODE) | BIT(DESTROY) | BIT(BY) | BIT(COST),
        .about = "Asks the services what is there, and compares it with what the playbook declares.\n"
                 "--cost shows the money instead of the steps: by stage, subsystem and owner, against the\n"
                 "region it is copied from, with what is not estimated and whose prices these are.\n"
                 "Exits 0; with --exit-code 2 when there is something to do.",
        .example = "landfall plan eu -o eu.plan",
        .run = cmd_plan_run,
    },
    {
        .name = "approve",
        .summary = "say yes to a plan, up to a ceiling and until a day",
        .synopsis = "FILE.plan",
        .words_min = 1,
        .words_max = 1,
        .words = {COMMAND_WORD_FILE},
        .options = BIT(JSON) | BIT(YES) | BIT(BY) | BIT(REASON) | BIT(CEILING_MONTHLY) |
                   BIT(CEILING_ONE_OFF) | BIT(EXPIRES) | BIT(SIGN),
        .about =
            "Shows what the plan costs, what it shares with other regions and what cannot be taken back, "
            "and\n"
            "asks.  The approval is a line in FILE.plan.approvals: mail it, review it, keep it in git.  "
            "How many\n"
            "are needed, by whom and whether signed, says landfall.yaml; apply holds the build inside the\n"
            "smallest ceiling.  Asks no service, and needs no password.",
        .example = "landfall approve eu.plan --why 'launch of Germany' --by ada --sign ~/.ssh/id_ed25519",
        .run = cmd_approve_run,
    },
    {
        .name = "apply",
        .summary = "build what the playbook declares",
        .synopsis = "REGION | FILE.plan",
        .words_min = 1,
        .words_max = 1,
        .words = {COMMAND_WORD_REGION_OR_FILE},
        .options = RUN | CHOICE,
        .about =
            "Settles what an earlier run left in doubt, plans, asks, and builds.  With a plan file it does\n"
            "exactly that plan, once, or refuses because something changed since.  Ctrl-C stops starting\n"
            "steps and lets running ones end; a second Ctrl-C stops now, and still nothing is lost.\n"
            "Exits 0 when all is done, 3 when some steps failed or wait for a person, 1 when it could not\n"
            "run." CRASH_DRILL,
        .example = "landfall apply eu.plan --yes",
        .run = cmd_apply_run,
    },
    {
        .name = "resume",
        .summary = "go on where a run stopped, failed or was killed",
        .synopsis = "REGION | FILE.plan",
        .words_min = 1,
        .words_max = 1,
        .words = {COMMAND_WORD_REGION_OR_FILE},
        .options = RUN,
        .about = "Does what is left of the last run, under the yes it was given.  What was edited since is "
                 "shown,\n"
                 "and needs a yes of its own; where plans are approved, a new plan file that was.  Exits as\n"
                 "apply does." CRASH_DRILL,
        .example = "landfall resume eu",
        .run = cmd_resume_run,
    },
    {
        .name = "status",
        .summary = "what stands, how the last run ended, what needs a person",
        .synopsis = "REGION",
        .words_min = 1,
        .words_max = 1,
        .words = {COMMAND_WORD_REGION},
        .options = BIT(JSON),
        .about = "Reads the store alone, and asks no service.",
        .example = "landfall status eu",
        .run = cmd_status_run,
    },
    {
        .name = "output",
        .summary = "what the playbook gives out: addresses, hosts, ids",
        .synopsis = "REGION [NAME]",
        .words_min = 1,
        .words_max = 2,
        .words = {COMMAND_WORD_REGION, COMMAND_WORD_TEXT},
        .options = BIT(JSON),
        .about = "As they were after the last run.  One output alone is printed bare, for scripts.",
        .example = "landfall output eu app_url",
        .run = cmd_output_run,
    },
    {
        .name = "diff",
        .summary = "what differs between two regions, and what nobody explained",
        .synopsis = "REGION OTHER",
        .words_min = 2,
        .words_max = 2,
        .words = {COMMAND_WORD_REGION, COMMAND_WORD_REGION},
        .options = BIT(JSON) | BIT(EXIT_CODE),
        .about =
            "Evaluates the playbook for both and compares the steps; where a region is built, also what\n"
            "stands with what is declared.  Asks no service.  What shrink, absent or differs of a region\n"
            "file accounts for is explained, and so is a text that only says where it is.  The rest has no\n"
            "reason on record, is listed first, and blocks the launch: give it one in the region file:\n\n"
            "    differs:\n"
            "      - what: services.clusters.primary.storage_gb    # or a step: billing.tax, "
            "dns.record.mx#values\n"
            "        why: the pilot tenants bring 140 GB along\n"
            "        owner: data-platform\n\n"
            "Exits 0; with --exit-code 2 when something is unexplained.  -v lists every difference.",
        .example = "landfall diff eu us",
        .run = cmd_diff_run,
    },
    {
        .name = "residency",
        .summary = "where each step's data is: asked, seen or only declared; evidence to keep",
        .synopsis = "REGION",
        .words_min = 1,
        .words_max = 1,
        .words = {COMMAND_WORD_REGION},
        .options = BIT(JSON) | BIT(EVIDENCE_OUT) | BIT(READ_BACK) | BIT(VERIFY) | BIT(EXIT_CODE),
        .about =
            "For every step that holds data: where it was asked for, where it is, who said so, when, and\n"
            "where the region allows it.  Seen means that the service told it of that very object; declared\n"
            "that somebody wrote it into the driver's settings; not told that nobody can tell.\n\n"
            "Reads the audit chain of the store.  --refresh asks the services again and adds what they say\n"
            "to the chain.  -o writes the evidence into FILE, and readable into FILE.md; --verify compares\n"
            "such files with the chain, and tells what was changed in them.\n\n"
            "Exits 0; with --exit-code 2 when something is not where it may be, or was asked for.",
        .example =
            "landfall residency eu -o eu-residency.json\nlandfall residency eu --verify eu-residency.json",
        .run = cmd_residency_run,
    },
    {
        .name = "history",
        .summary = "what happened, in order: all of it, or to one step",
        .synopsis = "REGION [ADDRESS]",
        .words_min = 1,
        .words_max = 2,
        .words = {COMMAND_WORD_REGION, COMMAND_WORD_TEXT},
        .options = BIT(JSON) | BIT(LAST),
        .about =
            "Runs and events, oldest first: the newest of each, and how to see those before.  What is said\n"
            "again of a step, with every try or every run, is told once; --json has each.",
        .example = "landfall history eu dns.zone.apex -n 10",
        .run = cmd_history_run,
    },
    {
        .name = "graph",
        .summary = "which step needs which",
        .synopsis = "REGION",
        .words_min = 1,
        .words_max = 1,
        .words = {COMMAND_WORD_REGION},
        .options = BIT(JSON) | BIT(DOT),
        .about = "Direct needs only, in order of doing.  Asks no service.",
        .example = "landfall graph eu --dot | dot -Tsvg -o eu.svg",
        .run = cmd_graph_run,
    },
    {
        .name = "report",
        .summary = "the whole region on one page: cost, plan, graph, last run, what waits",
        .synopsis = "REGION",
        .words_min = 1,
        .words_max = 1,
        .words = {COMMAND_WORD_REGION},
        .options = BIT(JSON) | BIT(REPORT_OUT) | BIT(FORMAT) | BIT(NO_REFRESH),
        .about =
            "For the people who say yes to a build: one file that needs no network and no server.  Plans as\n"
            "landfall plan does, and changes nothing.  HTML opens in any browser, md is for a pull request,\n"
            "csv has one row a step, json everything.  Without -o it goes to standard output, as md unless\n"
            "--format says otherwise.  When a service does not answer, the report is as of the store, and\n"
            "says so.",
        .example = "landfall report eu -o eu.html\nlandfall report eu -o steps.csv --no-refresh",
        .run = cmd_report_run,
    },
    {
        .name = "rehearse",
        .summary = "build it all against simulators: how long, how dear, resumable at every step?",
        .synopsis = "REGION",
        .words_min = 1,
        .words_max = 1,
        .words = {COMMAND_WORD_REGION},
        .options = BIT(JSON) | BIT(ROUNDS) | BIT(SEED) | BIT(FAULTS) | BIT(THROTTLE) | BIT(CRASHES),
        .about =
            "Builds the region from nothing, with the playbook and the engine of a real apply, against\n"
            "simulators made of the drivers' schemas, in virtual time.  Nothing real is touched: no\n"
            "service is asked, the store is a throw-away one.\n\n"
            "First a build in which nothing goes wrong; then one for each point at which the process can\n"
            "die around a unit of work, in which every unit dies there and a new process goes on; then\n"
            "--rounds builds with faults and crashes by chance: at most 4 faults a unit, so that a build "
            "can\n"
            "end.  What is there afterwards must be what the first one made.\n\n"
            "Durations: what the region file says (rehearse: { durations: { database.database: 10m } }),\n"
            "else what the stores of this project measured, else a guess of the playbook; what is assumed\n"
            "is said.\n\n"
            "Exits 0 when it can be built and resumed, 3 when a step fails or cannot be resumed, 1 when\n"
            "it could not run.",
        .example = "landfall rehearse eu\nlandfall rehearse eu --faults 10% --crashes 5 --seed 7",
        .run = cmd_rehearse_run,
    },
    {
        .name = "resolve",
        .summary = "settle by hand what landfall cannot know",
        .synopsis = "REGION ADDRESS",
        .words_min = 2,
        .words_max = 2,
        .words = {COMMAND_WORD_REGION, COMMAND_WORD_TEXT},
        .options = BIT(JSON) | BIT(KEEP) | BIT(RETRY) | BIT(FORGET) | BIT(BY) | BIT(REASON),
        .about = "For a step that is held: look at the service, then say what is true.  One of\n"
                 "--keep ID (it happened, this is the object), --retry (it did not happen, do it again) or\n"
                 "--forget --why TEXT (let go of it).  Nothing there is changed; the audit chain keeps who "
                 "said it.",
        .example = "landfall resolve eu queue.queue.orders --keep q-4711",
        .run = cmd_resolve_run,
    },
    {
        .name = "adopt",
        .summary = "take over an object that exists and is not ours",
        .synopsis = "REGION ADDRESS",
        .words_min = 2,
        .words_max = 2,
        .words = {COMMAND_WORD_REGION, COMMAND_WORD_TEXT},
        .options = BIT(JSON) | BIT(YES) | BIT(LINEAGE) | BIT(BY) | BIT(REASON),
        .about =
            "Looks the step's object up by its name, shows what differs from what the playbook declares,\n"
            "marks it as ours and brings it to that.  Where landfall.yaml asks for approvals of such a\n"
            "change, or a rule forbids it, nothing but the mark is changed: the next plan shows the rest,\n"
            "for somebody to say yes to.  The audit chain keeps who did it.  Objects that another landfall\n"
            "marked need that store's --lineage.",
        .example = "landfall adopt eu dns.zone.apex",
        .run = cmd_adopt_run,
    },
    {
        .name = "destroy",
        .summary = "take everything down that was built, in reverse",
        .synopsis = "REGION",
        .words_min = 1,
        .words_max = 1,
        .words = {COMMAND_WORD_REGION},
        .options = RUN,
        .about =
            "Asks once, and once more by the region's name when objects that hold data are among it; in a\n"
            "script that takes --yes --yes-destroy-data.  Afterwards it looks for leftovers that carry our\n"
            "marker, and lists them." CRASH_DRILL,
        .example = "landfall destroy eu",
        .run = cmd_destroy_run,
    },
    {
        .name = "done",
        .summary = "record that a person did a human step",
        .synopsis = "REGION human.NAME",
        .words_min = 2,
        .words_max = 2,
        .words = {COMMAND_WORD_REGION, COMMAND_WORD_TEXT},
        .options = BIT(JSON) | BIT(BY) | BIT(EVIDENCE) | BIT(YES),
        .about =
            "Of a document digest, size and name are kept, in the store and its audit chain, not the "
            "document;\n"
            "an address is kept as it is.  Where the step has a probe, that is asked first, and must agree.\n"
            "Steps that come after it can go on with the next apply or resume.  What is done already is "
            "recorded\n"
            "anew only with --yes; the audit chain keeps both.",
        .example =
            "landfall done eu human.dpa-signed --by 'Ada Byron' --evidence https://acme.example/dpa.pdf",
        .run = cmd_done_run,
    },
    {
        .name = "launch",
        .summary = "what still blocks launch, who has to move, when it is; what if",
        .synopsis = "REGION [MILESTONE]",
        .words_min = 1,
        .words_max = 2,
        .words = {COMMAND_WORD_REGION, COMMAND_WORD_TEXT},
        .options = BIT(JSON) | BIT(WITHOUT) | BIT(FASTER) | BIT(SUPPOSE_DONE) | BIT(ON),
        .about =
            "Asks the services what is there, as plan does, and lists the steps that are not done and hold\n"
            "the milestone back (launch, when none is named), each with what it unlocks: the open steps "
            "that\n"
            "wait for nothing else.  Durations are those the stores of this project measured, else the\n"
            "playbook's guesses; what nobody knows is said.  Days are days of the calendar.\n\n"
            "--without, --faster and --done suppose that some things were otherwise, and may be given again\n"
            "and together.  A step is named by its address, the beginning of addresses, or its own name.",
        .example = "landfall launch eu\nlandfall launch eu --done human.dpa-signed --faster database=2x",
        .run = cmd_launch_run,
    },
    {
        .name = "board",
        .summary =
            "the daily page: what is done, whom it waits for, money, when launch is and why that moved",
        .synopsis = "REGION",
        .words_min = 1,
        .words_max = 1,
        .words = {COMMAND_WORD_REGION},
        .options = BIT(JSON) | BIT(SEND),
        .about =
            "Asks the services what is there, as plan does.  --send sends the page to the sinks of\n"
            "landfall.yaml that want `digest`, once a day, tells of waivers and deadlines that are\n"
            "near, and reminds of human steps that say `remind`; what the page says of the date is measured\n"
            "against the one that was sent last.  Meant for a timer; exits 3 when something could not be\n"
            "sent yet.",
        .example = "landfall board eu --send",
        .run = cmd_board_run,
    },
    {
        .name = "notices",
        .summary = "who was told of what, and who is still to be told",
        .synopsis = "REGION",
        .words_min = 1,
        .words_max = 1,
        .words = {COMMAND_WORD_REGION},
        .options = BIT(JSON) | BIT(SEND) | BIT(LAST),
        .about =
            "What is due and what was given up, and the newest of what was sent (-n, 20).  --send sends now\n"
            "what is due, and exits 3 when some of it is due still.  Sinks and rules: `notices` in\n"
            "landfall.yaml.",
        .example = "landfall notices eu --send",
        .run = cmd_notices_run,
    },
    {
        .name = "policy",
        .summary = "list the rules a plan is judged by; run their tests",
        .synopsis = "list | test",
        .words_min = 1,
        .words_max = 1,
        .words = {COMMAND_WORD_CHOICE},
        .choices = policy_words,
        .options = BIT(JSON),
        .about =
            "Rules are Lua: those in policies/, and those landfall came with that landfall.yaml names under\n"
            "`policies`.  A plan that breaks a must is shown and not applied.  test asks the rules of\n"
            "policies/NAME.lua about the plans made up in policies/tests/NAME.lua, and exits 1 when\n"
            "something else is found than expected.",
        .example = "landfall policy test",
        .run = cmd_policy_run,
    },
    {
        .name = "plugin",
        .summary = "list the plugins that are found; prove that a driver keeps its contract",
        .synopsis = "list | test FILE.so",
        .words_min = 1,
        .words_max = 2,
        .words = {COMMAND_WORD_CHOICE, COMMAND_WORD_FILE},
        .choices = plugin_words,
        .options = BIT(JSON) | BIT(SETTINGS),
        .about =
            "list looks into the folders of landfall.yaml, then into those landfall came with, and says why\n"
            "one is refused.\n\n"
            "test makes objects with the driver, under names of its own, removes them, and breaks what can\n"
            "break in between: lost replies, errors, dead connections, a killed process.  Never point it at\n"
            "a service that matters.  The file has `settings` as a region's drivers block, and where "
            "landfall\n"
            "has no samples for the subsystem, what to make (plugins/README.md, section 9).  Exits 0 when "
            "all\n"
            "passed, 3 when a case failed, 1 when it could not run.",
        .example = "landfall plugin list\nlandfall plugin test ./hosts-file.so --settings hosts.yaml",
        .run = cmd_plugin_run,
    },
    {
        .name = "completion",
        .summary = "a script that makes the shell complete commands, options and regions",
        .synopsis = "bash | zsh",
        .words_min = 1,
        .words_max = 1,
        .words = {COMMAND_WORD_CHOICE},
        .choices = shells,
        .about = "For zsh save it as _landfall in a folder of $fpath.",
        .example = "source <(landfall completion bash)",
        .run = cmd_completion_run,
    },
    {
        .name = "version",
        .summary = "the version, and what it speaks",
        .synopsis = "",
        .options = BIT(JSON),
        .about = "Versions of landfall, of the plugin interface and of the store.",
        .example = "landfall version",
        .run = cmd_version_run,
    },
    {
        .name = "help",
        .summary = "explain landfall, or one command",
        .synopsis = "[COMMAND]",
        .words_max = 1,
        .words = {COMMAND_WORD_COMMAND},
        .about = "The same as landfall COMMAND --help.",
        .example = "landfall help apply",
        .run = cmd_help_run,
    },
};

const struct command *command_list(size_t *count)
{
    *count = COUNT_OF(table);
    return table;
}

const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    }
    return NULL;
}

const char *command_nearest(const char *name)
{
    const char *names[COUNT_OF(table)];
    for (size_t i = 0; i < COUNT_OF(table); i++)
        names[i] = table[i].name;
    return str_nearest(name, names, COUNT_OF(table));
}
