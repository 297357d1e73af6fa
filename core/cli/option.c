#include "cli/option.h"

#include <string.h>

#include "base/attr.h"
#include "base/str.h"

static const char *const colors[] = {"auto", "always", "never", NULL};
static const char *const formats[] = {"html", "md", "json", "csv", NULL};

/* In the order help shows them.  Two options may share a name when no command takes both. */
static const struct option_facts table[OPTION_COUNT] = {
    [OPTION_HELP] = {"help", 'h', OPTION_FLAG, .doc = "explain the command, with an example"},
    [OPTION_FOLDER] = {"folder", 'C', OPTION_TEXT, OPTION_OFFER_FOLDER, "DIR",
                       .doc = "work as if started in DIR"},
    [OPTION_QUIET] = {"quiet", 'q', OPTION_FLAG, .doc = "say only what matters"},
    [OPTION_VERBOSE] = {"verbose", 'v', OPTION_FLAG, .doc = "say more: what is kept, every attribute"},
    [OPTION_COLOR] = {"color", 0, OPTION_TEXT, .value = "WHEN", .choices = colors,
                      .doc = "auto (a terminal, and no NO_COLOR), always or never"},
    [OPTION_ASCII] = {"ascii", 0, OPTION_FLAG, .doc = "nothing beyond ASCII"},
    [OPTION_JSON] = {"json", 0, OPTION_FLAG, .doc = "one JSON document on standard output"},
    [OPTION_OUT] = {"out", 'o', OPTION_TEXT, OPTION_OFFER_FILE, "FILE",
                    .doc = "write the plan to FILE, for landfall apply FILE"},
    [OPTION_TARGET] = {"target", 0, OPTION_LIST, .value = "ADDRESS",
                       .doc = "only this step, or all below this prefix, with what they need"},
    [OPTION_REPLACE] = {"replace", 0, OPTION_LIST, .value = "ADDRESS",
                        .doc = "make this object anew even if nothing differs"},
    [OPTION_REFRESH_ONLY] = {"refresh-only", 0, OPTION_FLAG,
                             .doc = "change nothing; only take over what the world says into the store"},
    [OPTION_DESTROY] = {"destroy", 0, OPTION_FLAG, .doc = "plan the destruction of the whole region"},
    [OPTION_COST] = {"cost", 0, OPTION_FLAG,
                     .doc = "what it costs, by stage, subsystem and owner, instead of the steps"},
    [OPTION_EXIT_CODE] = {"exit-code", 0, OPTION_FLAG,
                          .doc = "exit 2 when there is something to do, to explain or to move"},
    [OPTION_YES] = {"yes", 'y', OPTION_FLAG, .doc = "do not ask"},
    [OPTION_YES_DATA] = {"yes-destroy-data", 0, OPTION_FLAG,
                         .doc = "do not ask again before objects that hold data are destroyed"},
    [OPTION_CRASH_AFTER] = {"crash-after", 0, OPTION_NUMBER, .value = "N",
                            .doc = "a drill: kill -9 this process after N finished steps"},
    [OPTION_TRIES] = {"tries", 0, OPTION_NUMBER, .value = "N",
                      .doc = "give a step up after N tries (20, about three minutes)"},
    [OPTION_STORY] = {"why", 0, OPTION_FLAG, .doc = "tell where the value comes from: file, line, rule"},
    [OPTION_LAST] = {"last", 'n', OPTION_NUMBER, .value = "N", .doc = "the newest N entries (50)"},
    [OPTION_DOT] = {"dot", 0, OPTION_FLAG, .doc = "in the language of graphviz"},
    [OPTION_KEEP] = {"keep", 0, OPTION_TEXT, .value = "ID", .doc = "it happened: this is the object"},
    [OPTION_RETRY] = {"retry", 0, OPTION_FLAG, .doc = "it did not happen: send it again"},
    [OPTION_FORGET] = {"forget", 0, OPTION_FLAG, .doc = "drop it; the object, if any, is no longer ours"},
    [OPTION_REASON] = {"why", 0, OPTION_TEXT, .value = "TEXT", .doc = "the reason; kept in the history"},
    [OPTION_LINEAGE] = {"lineage", 0, OPTION_TEXT, .value = "OLD",
                        .doc = "the object is marked by a store that was lost; this was its lineage"},
    [OPTION_BY] = {"by", 0, OPTION_TEXT, .value = "WHO", .doc = "the person who does it", .most = 200},
    [OPTION_EVIDENCE] = {"evidence", 0, OPTION_TEXT, OPTION_OFFER_FILE, "PROOF",
                         .doc = "a document, of which the digest is kept, or its address: https://..."},
    [OPTION_SETTINGS] = {"settings", 0, OPTION_TEXT, OPTION_OFFER_FILE, "FILE",
                         .doc = "plugin test: the driver's settings, and samples of what it makes"},
    [OPTION_SEND] = {"send", 0, OPTION_FLAG, .doc = "send now what is due"},
    [OPTION_WITHOUT] = {"without", 0, OPTION_LIST, .value = "STEP",
                        .doc = "what if this step were left out, and all that needs it?"},
    [OPTION_FASTER] = {"faster", 0, OPTION_LIST, .value = "STEP=HOW",
                       .doc = "what if it took half as long (=2x), or three days (=3d)?"},
    [OPTION_SUPPOSE_DONE] = {"done", 0, OPTION_LIST, .value = "STEP", .doc = "what if it were done already?"},
    [OPTION_ON] = {"on", 0, OPTION_TEXT, .value = "DATE",
                   .doc = "as seen on the morning of that day, or at that time; now otherwise"},
    [OPTION_REPORT_OUT] = {"out", 'o', OPTION_TEXT, OPTION_OFFER_FILE, "FILE",
                           .doc = "write the report to FILE; its ending chooses the format"},
    [OPTION_FORMAT] = {"format", 0, OPTION_TEXT, .value = "FORMAT", .choices = formats,
                       .doc = "html, md, json or csv, whatever FILE is called"},
    [OPTION_NO_REFRESH] = {"no-refresh", 0, OPTION_FLAG,
                           .doc = "ask no service: what is there is what the store remembers"},
    [OPTION_CEILING_MONTHLY] = {"ceiling-monthly", 0, OPTION_TEXT, .value = "AMOUNT",
                                .doc = "what it may cost by the month; else the plan's high estimate"},
    [OPTION_CEILING_ONE_OFF] = {"ceiling-one-off", 0, OPTION_TEXT, .value = "AMOUNT",
                                .doc = "what it may cost once; else the plan's high estimate"},
    [OPTION_EXPIRES] = {"expires", 0, OPTION_TEXT, .value = "WHEN",
                        .doc = "until when it may be applied: a date or a time"},
    [OPTION_SIGN] = {"sign", 0, OPTION_TEXT, OPTION_OFFER_FILE, "KEY",
                     .doc = "sign it with this SSH key, by ssh-keygen"},
    [OPTION_EVIDENCE_OUT] = {"out", 'o', OPTION_TEXT, OPTION_OFFER_FILE, "FILE",
                             .doc = "write the evidence to FILE, and readable to FILE.md"},
    [OPTION_READ_BACK] = {"refresh", 0, OPTION_FLAG,
                          .doc = "ask the services where it is now, and add what they say to the chain"},
    [OPTION_VERIFY] = {"verify", 0, OPTION_TEXT, OPTION_OFFER_FILE, "FILE",
                       .doc = "is FILE what the audit chain says?"},
    [OPTION_ROUNDS] = {"rounds", 0, OPTION_NUMBER, .value = "N",
                       .doc = "builds with faults and crashes, for the forecast (20)"},
    [OPTION_SEED] = {"seed", 0, OPTION_NUMBER, .value = "N",
                     .doc = "of the first; the same one tells the same story (1)"},
    [OPTION_FAULTS] = {"faults", 0, OPTION_TEXT, .value = "SHARE",
                       .doc = "of all requests: lost, late, refused, answered 500 or throttled (5%)"},
    [OPTION_THROTTLE] = {"throttle", 0, OPTION_TEXT, .value = "SHARE",
                         .doc = "of all requests: throttled besides (0%)"},
    [OPTION_CRASHES] = {"crashes", 0, OPTION_TEXT, .value = "N",
                        .doc = "deaths of landfall in each of these builds (1)"},
};

const struct option_facts *option_get(enum option_id id)
{
    return &table[id];
}

enum option_id option_find(option_set allowed, const char *name)
{
    for (int id = 0; id < OPTION_COUNT; id++) {
        if ((allowed & OPTION_BIT(id)) && strcmp(table[id].name, name) == 0)
            return (enum option_id)id;
    }
    return OPTION_COUNT;
}

enum option_id option_find_letter(option_set allowed, char letter)
{
    for (int id = 0; id < OPTION_COUNT; id++) {
        if ((allowed & OPTION_BIT(id)) && table[id].letter == letter)
            return (enum option_id)id;
    }
    return OPTION_COUNT;
}

const char *option_nearest(option_set allowed, const char *name)
{
    const char *names[OPTION_COUNT];
    size_t count = 0;
    for (int id = 0; id < OPTION_COUNT; id++) {
        if (allowed & OPTION_BIT(id))
            names[count++] = table[id].name;
    }
    return str_nearest(name, names, count);
}
