/* Keys that a command prints, as the `credential_process` of the AWS tools does: JSON of version 1. */
#include "kit_aws_creds.h"

#include <stdlib.h>
#include <string.h>

#define COMMAND_MS  (60 * 1000) /* one that asks a person for a code is slow */
#define OUTPUT_MOST ((size_t)64 << 10)
#define SHOWN_MOST  400

static const char usual_path[] = "/usr/local/bin:/usr/bin:/bin";

struct running {
    const struct kit_aws_creds *creds;
    kit_aws_ran_fn *fn;
    void *user;
};

/* ---- settings --------------------------------------------------------------------------------------------
 */

static bool refuse(struct lf_diag *why, const char *path, const char *summary, const char *advice)
{
    why->path = path;
    why->summary = summary;
    why->advice = advice;
    return false;
}

static bool copy_words(struct kit_aws_creds *creds, const struct lf_value *list, struct lf_diag *why)
{
    const struct lf_values *values = creds->kit.values;
    size_t count = values->count(list);
    creds->argv = calloc(count + 1, sizeof(*creds->argv));
    if (!creds->argv)
        return refuse(why, NULL, "out of memory", NULL);
    for (size_t i = 0; i < count; i++) {
        const char *key = NULL;
        const char *word = values->as_text(values->at(list, i, &key), NULL);
        creds->argv[i] = word ? strdup(word) : NULL;
        if (!creds->argv[i])
            return refuse(why, "credentials_command", "a word of credentials_command is no text", NULL);
    }
    if (count == 0 || !creds->argv[0][0])
        return refuse(why, "credentials_command", "credentials_command has no program",
                      "write the program and its arguments as a list");
    return true;
}

static bool copy_variable(struct kit_aws_creds *creds, const char *name, const char *value)
{
    struct lf_variable *at = &creds->env[creds->env_count];
    at->name = strdup(name);
    at->value = strdup(value);
    creds->env_count++; /* also half of it is freed in the end */
    return at->name && at->value;
}

static bool copy_environment(struct kit_aws_creds *creds, const struct lf_value *map, struct lf_diag *why)
{
    const struct lf_values *values = creds->kit.values;
    size_t count = map ? values->count(map) : 0;
    creds->env = calloc(count + 1, sizeof(*creds->env));
    bool has_path = false, good = creds->env != NULL;
    for (size_t i = 0; good && i < count; i++) {
        const char *name = NULL;
        const char *value = values->as_text(values->at(map, i, &name), NULL);
        if (!name || !value)
            return refuse(why, "credentials_environment", "a variable of credentials_environment is no text",
                          NULL);
        has_path |= strcmp(name, "PATH") == 0;
        good = copy_variable(creds, name, value);
    }
    if (good && !has_path)
        good = copy_variable(creds, "PATH", usual_path);
    return good || refuse(why, NULL, "out of memory", NULL);
}

bool kit_aws_command_init(struct kit_aws_creds *creds, const struct lf_value *settings, struct lf_diag *why)
{
    const struct lf_host *host = creds->kit.host;
    if (!LF_HAS(struct lf_host, host, process) || !host->process)
        return refuse(why, "credentials_command", "this landfall runs no commands for its drivers",
                      "use another source of credentials, or a newer landfall");
    if (!kit_has(&creds->kit, settings, "credentials_command"))
        return refuse(why, "credentials_command", "credentials_environment is of no use without a command",
                      "write credentials_command, or leave it away");
    return copy_words(creds, kit_get(&creds->kit, settings, "credentials_command"), why) &&
           copy_environment(creds, kit_get(&creds->kit, settings, "credentials_environment"), why);
}

void kit_aws_command_done(struct kit_aws_creds *creds)
{
    for (char **word = creds->argv; word && *word; word++)
        free(*word);
    free(creds->argv);
    for (uint32_t i = 0; i < creds->env_count; i++) {
        free((char *)(uintptr_t)creds->env[i].name);
        free((char *)(uintptr_t)creds->env[i].value);
    }
    free(creds->env);
}

/* ---- running ---------------------------------------------------------------------------------------------
 */

static struct kit_aws_trouble trouble_of(const struct running *running, struct lf_op *op, const char *problem)
{
    const struct kit *kit = &running->creds->kit;
    return (struct kit_aws_trouble){
        .what = "credentials",
        .path = "credentials_command",
        .summary = kit_format(kit, op, "the command '%.200s' %s", running->creds->argv[0], problem),
        .advice = "run the command by hand with only the variables of credentials_environment, and mend it"};
}

/* Only what it printed as its error: its output may hold half a key. */
static void tell_failure(struct lf_op *op, const struct lf_ended *ended, const struct running *running)
{
    const struct kit *kit = &running->creds->kit;
    const struct lf_process *process = kit->host->process;
    bool ran = process->sent(ended) == LF_SENT_REPLY;
    struct kit_aws_trouble trouble =
        trouble_of(running, op, ran ? "gave no keys" : "could not be run to its end");
    size_t len = 0;
    const char *said = ran ? process->output(ended, LF_RAN_ERR, &len) : process->why(ended);
    len = ran ? len : strlen(said);
    const char *more = len > SHOWN_MOST ? " ..." : "";
    int shown = (int)(len > SHOWN_MOST ? SHOWN_MOST : len);
    if (ran)
        trouble.detail = kit_format(kit, op, "it ended with code %u%s%.*s%s", process->exit_code(ended),
                                    len > 0 ? ": " : " and said nothing", shown, said, more);
    else
        trouble.detail = kit_format(kit, op, "%.*s%s", shown, said, more);
    running->fn(op, NULL, &trouble, running->user);
}

static const char *read_keys(const struct kit *kit, const struct lf_value *json, struct kit_aws_found *found)
{
    if (!json || kit->values->kind(json) != LF_KIND_MAP)
        return "printed no JSON object";
    if (kit_get_int(kit, json, "Version", 0) != 1)
        return "printed JSON whose \"Version\" is not 1";
    found->access_key = kit_get_text(kit, json, "AccessKeyId");
    found->secret_key = kit_get_text(kit, json, "SecretAccessKey");
    found->session_token = kit_get_text(kit, json, "SessionToken");
    return found->access_key && found->secret_key ? NULL
                                                  : "printed no \"AccessKeyId\" or no \"SecretAccessKey\"";
}

static void ended(struct lf_op *op, const struct lf_ended *how, void *user)
{
    const struct running *running = user;
    const struct kit *kit = &running->creds->kit;
    const struct lf_process *process = kit->host->process;
    if (process->sent(how) == LF_SENT_CANCELED) {
        running->fn(op, NULL, NULL, running->user);
        return;
    }
    if (process->sent(how) != LF_SENT_REPLY || process->exit_code(how) != 0) {
        tell_failure(op, how, running);
        return;
    }
    size_t len = 0;
    const char *text = process->output(how, LF_RAN_OUT, &len);
    struct kit_aws_found found = {0};
    const char *problem = process->was_cut(how, LF_RAN_OUT)
                              ? "printed more than a set of keys"
                              : read_keys(kit, kit->values->from_json(op, text, len), &found);
    if (!problem) {
        running->fn(op, &found, NULL, running->user);
        return;
    }
    struct kit_aws_trouble trouble = trouble_of(running, op, problem);
    trouble.final = true;
    running->fn(op, NULL, &trouble, running->user);
}

void kit_aws_command_run(const struct kit_aws_creds *creds, struct lf_op *op, kit_aws_ran_fn *fn, void *user)
{
    struct running *running = creds->kit.ops->scratch(op, sizeof(*running));
    *running = (struct running){creds, fn, user};
    struct lf_run run = {
        .struct_size = sizeof(run),
        .flags = LF_RUN_SAFE,
        .argv = (const char *const *)creds->argv,
        .env = creds->env,
        .env_count = creds->env_count,
        .env_size = sizeof(*creds->env),
        .timeout_ms = COMMAND_MS,
        .output_max = OUTPUT_MOST,
    };
    creds->kit.host->process->run(op, &run, ended, running);
}
