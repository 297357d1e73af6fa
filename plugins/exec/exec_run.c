#include "exec_run.h"

#include <string.h>

/* Of a failed command's own words: what fits on a screen, from the end, where the reason stands. */
#define TOLD_MAX 600

struct running {
    const struct exec *exec;
    const struct lf_value *codes;
    exec_end_fn *fn;
    void *user;
};

/* ---- its environment ------------------------------------------------------------------------------------
 */

struct environment {
    const struct kit *kit;
    struct lf_op *op;
    struct lf_variable *at;
    uint32_t count;
};

/* A later word for a name replaces an earlier one: of two, programs differ in which they see. */
static void set(struct environment *env, const char *name, const char *value, const struct lf_value *secret)
{
    uint32_t i = 0;
    while (i < env->count && strcmp(env->at[i].name, name) != 0)
        i++;
    env->at[i] = (struct lf_variable){name, value, secret};
    if (i == env->count)
        env->count++;
}

static void set_all(struct environment *env, const struct lf_value *map)
{
    const struct lf_values *values = env->kit->values;
    size_t count = map ? values->count(map) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *name = NULL;
        const struct lf_value *value = values->at(map, i, &name);
        const char *text = values->as_text(value, NULL);
        if (text || values->kind(value) == LF_KIND_SECRET)
            set(env, name, text, text ? NULL : value);
    }
}

static size_t count_of(const struct kit *kit, const struct lf_value *map, const char *path)
{
    const struct lf_value *value = kit_get(kit, map, path);
    return value ? kit->values->count(value) : 0;
}

static void set_ours(struct environment *env, const struct exec_ask *ask)
{
    set(env, "LANDFALL_VERB", ask->verb, NULL);
    if (!ask->req)
        return;
    set(env, "LANDFALL_ADDRESS", ask->req->address, NULL);
    set(env, "LANDFALL_MARKER", ask->req->marker, NULL);
    if (!ask->asks)
        set(env, "LANDFALL_TOKEN", ask->req->token, NULL);
}

static struct environment environment_of(const struct exec *exec, struct lf_op *op,
                                         const struct exec_ask *ask)
{
    const struct kit *kit = &exec->kit;
    struct environment env = {.kit = kit, .op = op};
    size_t most = count_of(kit, exec->settings, "env") + count_of(kit, exec->settings, "secrets") +
                  count_of(kit, ask->step, "env") + count_of(kit, ask->step, "secrets") + 4;
    env.at = kit->ops->scratch(op, most * sizeof(*env.at));
    set_all(&env, kit_get(kit, exec->settings, "env"));
    set_all(&env, kit_get(kit, exec->settings, "secrets"));
    set_all(&env, kit_get(kit, ask->step, "env"));
    set_all(&env, kit_get(kit, ask->step, "secrets"));
    set_ours(&env, ask);
    return env;
}

/* ---- its end --------------------------------------------------------------------------------------------
 */

static bool is_among(const struct kit *kit, const struct lf_value *codes, const char *name, uint32_t code)
{
    const struct lf_value *list = kit_get(kit, codes, name);
    size_t count = list ? kit->values->count(list) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *key = NULL;
        if (kit->values->as_int(kit->values->at(list, i, &key), -1) == (int64_t)code)
            return true;
    }
    return false;
}

static enum exec_says says(const struct kit *kit, const struct lf_value *codes, uint32_t code)
{
    static const struct {
        const char *name;
        enum exec_says says;
    } classes[] = {{"done", EXEC_DONE},
                   {"absent", EXEC_NOT},
                   {"retry", EXEC_RETRY},
                   {"refused", EXEC_REFUSED},
                   {"unsure", EXEC_UNSURE}};
    if (!codes)
        return code == 0 ? EXEC_DONE : EXEC_OTHER;
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        if (is_among(kit, codes, classes[i].name, code))
            return classes[i].says;
    }
    return EXEC_OTHER;
}

static const char *tail(const struct kit *kit, struct lf_op *op, const char *text, size_t len)
{
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == ' '))
        len--;
    size_t skip = len > TOLD_MAX ? len - TOLD_MAX : 0;
    /* Never in the middle of a character. */
    while (skip > 0 && skip < len && ((unsigned char)text[skip] & 0xC0) == 0x80)
        skip++;
    return kit_format(kit, op, "%s%.*s", skip ? "... " : "", (int)(len - skip), text + skip);
}

static const char *told_by(const struct kit *kit, struct lf_op *op, const struct lf_ended *ended)
{
    const struct lf_process *process = kit->host->process;
    size_t len = 0;
    const char *text = process->output(ended, LF_RAN_ERR, &len);
    if (len == 0)
        text = process->output(ended, LF_RAN_OUT, &len);
    return tail(kit, op, text, len);
}

static void ended_at_last(struct lf_op *op, const struct lf_ended *ended, void *user)
{
    const struct running *running = user;
    const struct kit *kit = &running->exec->kit;
    const struct lf_process *process = kit->host->process;
    uint32_t sent = process->sent(ended), code = process->exit_code(ended);
    struct exec_end end = {.out_cut = process->was_cut(ended, LF_RAN_OUT)};
    const char *out = process->output(ended, LF_RAN_OUT, &end.out_len);
    end.out = kit_copy(kit, op, out, end.out_len);
    end.told = told_by(kit, op, ended);
    if (sent == LF_SENT_REPLY) {
        end.says = says(kit, running->codes, code);
        end.how = kit_format(kit, op, "it ended with exit code %u", code);
    } else {
        const char *why = process->why(ended);
        end.says = sent == LF_SENT_NOT ? EXEC_NEVER : sent == LF_SENT_CANCELED ? EXEC_CANCELED : EXEC_UNSURE;
        end.how = kit_copy(kit, op, why, strlen(why));
    }
    running->fn(op, &end, running->user);
}

/* ---- its start ------------------------------------------------------------------------------------------
 */

static const char *const *words_of(const struct kit *kit, struct lf_op *op, const struct lf_value *argv)
{
    size_t count = argv ? kit->values->count(argv) : 0;
    const char **words = kit->ops->scratch(op, (count + 1) * sizeof(*words));
    for (size_t i = 0; i < count; i++) {
        const char *key = NULL;
        words[i] = kit->values->as_text(kit->values->at(argv, i, &key), NULL);
    }
    return words;
}

static void add_input(const struct kit *kit, const struct lf_value *step, struct lf_run *run)
{
    const struct lf_value *text = kit_get(kit, step, "input"), *secret = kit_get(kit, step, "secret_input");
    if (text)
        run->input = kit->values->as_text(text, &run->input_len);
    if (secret && kit->values->kind(secret) != LF_KIND_NULL)
        run->input_secret = secret;
}

void exec_run(const struct exec *exec, struct lf_op *op, const struct exec_ask *ask, exec_end_fn *fn,
              void *user)
{
    const struct kit *kit = &exec->kit;
    struct running *running = kit->ops->scratch(op, sizeof(*running));
    struct environment env = environment_of(exec, op, ask);
    *running = (struct running){.exec = exec, .codes = ask->codes, .fn = fn, .user = user};
    struct lf_run run = {
        .struct_size = sizeof(run),
        .flags = ask->asks ? LF_RUN_SAFE : 0,
        .argv = words_of(kit, op, ask->argv),
        .env = env.at,
        .env_count = env.count,
        .env_size = sizeof(env.at[0]),
        .cwd = kit_get_text(kit, ask->step, "cwd"),
        .timeout_ms = (uint64_t)ask->timeout_s * 1000,
        .output_max = EXEC_OUTPUT_MAX,
    };
    if (ask->input)
        add_input(kit, ask->step, &run);
    kit->host->process->run(op, &run, ended_at_last, running);
}
