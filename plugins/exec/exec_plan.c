#include <landfall/exec.h>
#include <string.h>

#include "exec_command.h"
#include "kit_plan.h"

/* What can be known to be wrong before anything runs.  Values may still be unknown: only what is there is
 * judged. */

#define TIMEOUT_MAX 86400
#define PROBE_MAX   3600
#define LAG_MAX     3600
#define WORDS_MAX   4096

struct look {
    const struct kit *kit;
    struct lf_op *op;
    const struct lf_value *step;
    bool wrong;
};

static void refuse(struct look *l, const char *code, const char *path, const char *summary,
                   const char *detail, const char *advice)
{
    kit_note(l->kit, l->op, code, path, summary, detail, advice);
    l->wrong = true;
}

/* ---- words ----------------------------------------------------------------------------------------------
 */

static void check_words(struct look *l, const char *path)
{
    const struct lf_values *values = l->kit->values;
    const struct lf_value *list = kit_get(l->kit, l->step, path);
    if (!list || values->kind(list) != LF_KIND_LIST)
        return;
    size_t count = values->count(list);
    const char *key = NULL;
    if (count == 0 || count > WORDS_MAX) {
        refuse(
            l, "exec.bad_words", path, kit_format(l->kit, l->op, "'%s' has %zu words", path, count), NULL,
            "write the program, then each of its words on its own: {\"kubectl\", \"apply\", \"-f\", \"-\"}");
        return;
    }
    const struct lf_value *first = values->at(list, 0, &key);
    const char *program = values->as_text(first, NULL);
    if (program && (!program[0] || strchr(program, ' ')) && !strchr(program, '/'))
        refuse(l, "exec.bad_words", path, kit_format(l->kit, l->op, "'%s' is no program's name", program),
               "no shell reads it: it is not cut into words", "make each word an item of the list");
}

/* ---- environment ----------------------------------------------------------------------------------------
 */

static bool is_name(const char *name)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
    static const char more[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    return strspn(name, letters) > 0 && name[strspn(name, more)] == '\0';
}

static void check_names(struct look *l, const char *path)
{
    const struct lf_value *map = kit_get(l->kit, l->step, path);
    size_t count = map ? l->kit->values->count(map) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *name = NULL;
        l->kit->values->at(map, i, &name);
        if (!is_name(name) || strncmp(name, "LANDFALL_", strlen("LANDFALL_")) == 0)
            refuse(l, "exec.bad_variable", path,
                   kit_format(l->kit, l->op, "no variable can be called '%s'", name), NULL,
                   "use letters, digits and _; names that begin with LANDFALL_ are landfall's own");
        if (strcmp(path, "env") == 0 && kit_has(l->kit, kit_get(l->kit, l->step, "secrets"), name))
            refuse(l, "exec.bad_variable", kit_format(l->kit, l->op, "%s.%s", path, name),
                   kit_format(l->kit, l->op, "'%s' stands in `env` and in `secrets`", name), NULL,
                   "leave it in one of them");
    }
}

/* ---- numbers --------------------------------------------------------------------------------------------
 */

static void check_range(struct look *l, const char *path, int64_t least, int64_t most)
{
    if (!kit_has(l->kit, l->step, path))
        return;
    int64_t n = kit_get_int(l->kit, l->step, path, least);
    if (n < least || n > most)
        refuse(l, "exec.out_of_range", path, kit_format(l->kit, l->op, "%lld is out of range", (long long)n),
               NULL, kit_format(l->kit, l->op, "write %lld to %lld", (long long)least, (long long)most));
}

/* Every code has one meaning: which list of the map has it already, up to `last`? */
static const char *meaning(struct look *l, const struct lf_value *map, const char *const *names, size_t last,
                           int64_t code)
{
    for (size_t i = 0; i < last; i++) {
        const struct lf_value *list = kit_get(l->kit, map, names[i]);
        size_t count = list ? l->kit->values->count(list) : 0;
        for (size_t k = 0; k < count; k++) {
            const char *key = NULL;
            if (l->kit->values->as_int(l->kit->values->at(list, k, &key), -1) == code)
                return names[i];
        }
    }
    return NULL;
}

static void check_codes(struct look *l, const char *path, const char *const *names, size_t name_count)
{
    const struct lf_value *map = kit_get(l->kit, l->step, path);
    for (size_t i = 0; i < name_count; i++) {
        const struct lf_value *list = kit_get(l->kit, map, names[i]);
        size_t count = list ? l->kit->values->count(list) : 0;
        for (size_t k = 0; k < count; k++) {
            const char *key = NULL;
            const struct lf_value *item = l->kit->values->at(list, k, &key);
            if (l->kit->values->kind(item) != LF_KIND_INT)
                continue;
            int64_t code = l->kit->values->as_int(item, -1);
            const char *where = kit_format(l->kit, l->op, "%s.%s[%zu]", path, names[i], k);
            const char *other = meaning(l, map, names, i, code);
            if (code < 0 || code > 255)
                refuse(l, "exec.bad_code", where,
                       kit_format(l->kit, l->op, "%lld is no exit code", (long long)code), NULL,
                       "exit codes are 0 to 255");
            else if (other)
                refuse(l, "exec.bad_code", where,
                       kit_format(l->kit, l->op, "exit code %lld means '%s' already", (long long)code, other),
                       NULL, "give each code one meaning");
        }
    }
}

/* ---- the step as a whole ----------------------------------------------------------------------------------
 */

static void check_probe(struct look *l)
{
    static const char *const codes[] = {"done", "absent"};
    const struct lf_value *absent = kit_get(l->kit, l->step, "probe.absent");
    bool can_say_no = (absent && l->kit->values->count(absent) > 0) ||
                      kit_get(l->kit, l->step, "probe.text") || kit_get(l->kit, l->step, "probe.json");
    if (!kit_has(l->kit, l->step, "probe"))
        return;
    check_words(l, "probe.argv");
    check_range(l, "probe.timeout_s", 1, PROBE_MAX);
    check_codes(l, "probe", codes, 2);
    if (!can_say_no)
        refuse(l, "exec.probe_never_no", "probe", "this probe can never say that it is not done",
               "an exit code that nobody listed says that it cannot tell, which is not the same",
               "list in `absent` the codes that say for certain: not done; or give `text` or `json`");
}

static void check_undo(struct look *l)
{
    bool keeps = kit_get_bool(l->kit, l->step, "keep", false);
    bool undoes = kit_get(l->kit, l->step, "undo") != NULL &&
                  l->kit->values->kind(kit_get(l->kit, l->step, "undo")) != LF_KIND_NULL;
    check_words(l, "undo");
    if (undoes == keeps)
        refuse(l, "exec.no_undo", "undo",
               undoes ? "it has an `undo` and is to be kept" : "nothing says how this command is undone",
               NULL,
               "give it an `undo` for the day it is destroyed, or say `keep = true`: then what it did stays");
}

static void check_input(struct look *l)
{
    if (kit_get_text(l->kit, l->step, "input") && kit_has(l->kit, l->step, "secret_input"))
        refuse(l, "exec.two_inputs", "input", "it has an `input` and a `secret_input`", NULL,
               "leave one of them");
}

static bool is_right(const struct exec *exec, struct lf_op *op, const struct lf_value *step)
{
    static const char *const codes[] = {"done", "retry", "refused", "unsure"};
    struct look look = {.kit = &exec->kit, .op = op, .step = step};
    check_words(&look, "argv");
    check_names(&look, "env");
    check_names(&look, "secrets");
    check_range(&look, "timeout_s", 1, TIMEOUT_MAX);
    check_range(&look, "lag_s", 0, LAG_MAX);
    check_codes(&look, "exit", codes, sizeof(codes) / sizeof(codes[0]));
    check_probe(&look);
    check_undo(&look);
    check_input(&look);
    return !look.wrong;
}

/* Outputs follow from what ran, so a run that is to come makes them unknown. */
static const struct lf_value *computed_of(const struct kit *kit, struct lf_op *op,
                                          const struct lf_value *step)
{
    bool tells = kit_get_bool(kit, step, "has_outputs", false);
    return kit_put(kit, op, kit_map(kit, op), "outputs",
                   tells ? kit->values->unknown(op, LF_KIND_MAP) : kit_map(kit, op));
}

void exec_plan_command(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct exec *exec = self;
    if (req->desired && !is_right(exec, op, req->desired)) {
        kit_finish(&exec->kit, op, LF_END_REFUSED);
        return;
    }
    kit_plan(&exec->kit, self, op, req, &lf_exec_command, computed_of(&exec->kit, op, req->desired), NULL);
}
