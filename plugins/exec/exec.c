/* exec-exec: commands of the machine that landfall runs on, without a shell. */
#include <landfall/exec.h>
#include <stdlib.h>

#include "exec_command.h"

/* ---- preflight: is what the commands need there? ---------------------------------------------------------
 */

struct flight {
    const struct exec *exec;
    size_t next;
    bool wrong;
};

static void ask_next(struct lf_op *op, struct flight *flight);

static void asked(struct lf_op *op, const struct exec_end *end, void *user)
{
    struct flight *flight = user;
    const struct kit *kit = &flight->exec->kit;
    const struct lf_value *argv =
        kit_get(kit, flight->exec->settings, kit_format(kit, op, "ready[%zu]", flight->next - 1));
    const char *key = NULL;
    if (end->says == EXEC_CANCELED) {
        kit_finish(kit, op, LF_END_CANNOT_TELL);
        return;
    }
    if (end->says != EXEC_DONE) {
        const char *program = kit->values->as_text(kit->values->at(argv, 0, &key), NULL);
        kit_note(kit, op, "exec.not_ready", kit_format(kit, op, "ready[%zu]", flight->next - 1),
                 kit_format(kit, op, "'%s' does not say that all is ready", program ? program : ""),
                 kit_format(kit, op, "%s%s%s", end->how, end->told[0] ? ": " : "", end->told),
                 "install or configure what it names, then plan again");
        flight->wrong = true;
    }
    ask_next(op, flight);
}

static void ask_next(struct lf_op *op, struct flight *flight)
{
    const struct kit *kit = &flight->exec->kit;
    const struct lf_value *argv =
        kit_get(kit, flight->exec->settings, kit_format(kit, op, "ready[%zu]", flight->next));
    if (!argv) {
        kit_finish(kit, op, flight->wrong ? LF_END_REFUSED : LF_END_OK);
        return;
    }
    flight->next++;
    struct exec_ask ask = {.verb = "preflight", .argv = argv, .timeout_s = 30, .asks = true};
    exec_run(flight->exec, op, &ask, asked, flight);
}

static void exec_preflight(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct exec *exec = self;
    struct flight *flight = exec->kit.ops->scratch(op, sizeof(*flight));
    (void)req;
    flight->exec = exec;
    ask_next(op, flight);
}

/* ---- the record -------------------------------------------------------------------------------------------
 */

static const struct lf_attr setting_attrs[] = {
    {"env", LF_KIND_MAP, 0,
     "variables of every command's environment; nothing is taken over from landfall's own, not even PATH",
     NULL, "{\"PATH\":\"/usr/local/bin:/usr/bin:/bin\"}", LF_KIND_TEXT, 1},
    {"secrets", LF_KIND_MAP, 0, "variables of every command's environment whose values are secrets", NULL,
     "{}", LF_KIND_SECRET, 1},
    {"ready", LF_KIND_LIST, 0,
     "commands, each a list of words, that a plan runs first: each changes nothing and ends with 0 when what "
     "it "
     "looks at is ready",
     NULL, "[]", LF_KIND_LIST, 1},
};
static const struct lf_schema setting_schema = LF_SCHEMA(1, setting_attrs);

/* The least that holds for every command; settle_of says more where a step gives more. */
static const struct lf_settle settle = {
    .struct_size = sizeof(struct lf_settle),
    .create = LF_SETTLE_BLIND,
    .update = LF_SETTLE_BLIND,
    .destroy = LF_SETTLE_BLIND,
};

static const struct lf_resource command = {
    .struct_size = sizeof(struct lf_resource),
    .traits = LF_TRAIT_MARKLESS,
    .name = "command",
    .doc = "a command that is run once, looked for by its probe, and undone by another",
    .schema = &lf_exec_command,
    .settle = &settle,
    .pool = "exec",
    .lane = exec_command_lane,
    .read = exec_command_read,
    .create = exec_command_create,
    .destroy = exec_command_destroy,
    .update = exec_command_update,
    .plan = exec_plan_command,
    .recover = exec_command_recover,
    .find = exec_command_find,
    .settle_of = exec_command_settle_of,
};
static const struct lf_resource *const resources[] = {&command, NULL};

static bool is_list_of_commands(const struct kit *kit, const struct lf_value *ready)
{
    size_t count = ready ? kit->values->count(ready) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *key = NULL;
        const struct lf_value *argv = kit->values->at(ready, i, &key);
        for (size_t k = 0; k < kit->values->count(argv); k++) {
            if (!kit->values->as_text(kit->values->at(argv, k, &key), NULL))
                return false;
        }
        if (kit->values->count(argv) == 0)
            return false;
    }
    return true;
}

static int exec_open(const struct lf_host *host, const struct lf_value *settings, void **self,
                     struct lf_diag *why)
{
    struct exec *exec = calloc(1, sizeof(*exec));
    why->code = "exec.settings";
    if (!exec) {
        why->summary = "out of memory";
        return -1;
    }
    kit_init(&exec->kit, host);
    exec->settings = settings;
    if (!is_list_of_commands(&exec->kit, kit_get(&exec->kit, settings, "ready"))) {
        why->path = "ready";
        why->summary = "'ready' is a list of commands, and each command a list of words";
        why->advice = "write ready: [[tofu, version], [kubectl, version, --client]]";
        free(exec);
        return -1;
    }
    *self = exec;
    return 0;
}

static void exec_close(void *self)
{
    free(self);
}

static const struct lf_plugin plugin = {
    .struct_size = sizeof(struct lf_plugin),
    .abi_major = LF_ABI_MAJOR,
    .abi_minor = LF_ABI_MINOR,
    .needs_minor = 1, /* commands, settle_of */
    .subsystem = "exec",
    .name = "exec",
    .version = "1.0.0",
    .doc = "commands, without a shell: the bridge to every tool that has one",
    .contract_version = LF_EXEC_CONTRACT,
    .settings = &setting_schema,
    .resources = resources,
    .open = exec_open,
    .close = exec_close,
    .preflight = exec_preflight,
};

LF_EXPORT const struct lf_plugin *lf_plugin_v1(void)
{
    return &plugin;
}
