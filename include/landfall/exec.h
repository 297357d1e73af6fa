/* landfall/exec.h - the exec contract, version 1: commands with a probe that says whether they are done.
 *
 * Const data only.  A driver points its lf_resource.schema at these; a playbook that uses nothing else runs
 * on any driver of the contract.  No word of a command is ever seen by a shell.
 * Later versions only add attributes at the end, each with its own `since`.
 */
#ifndef LF_EXEC_H
#define LF_EXEC_H

#include <landfall/plugin.h>

#define LF_EXEC_CONTRACT 1u

/* ---- what an exit code means -------------------------------------------------------------------- */

static const struct lf_attr lf_exec_exit_attrs[] = {
    {"done", LF_KIND_LIST, 0, "exit codes that say: it is done", NULL, "[0]", LF_KIND_INT, 1},
    {"retry", LF_KIND_LIST, 0, "exit codes that say: for certain nothing happened, try again", NULL, "[75]",
     LF_KIND_INT, 1},
    {"refused", LF_KIND_LIST, 0,
     "exit codes that say: for certain nothing happened, and a person must change something", NULL, "[64,77]",
     LF_KIND_INT, 1},
    {"unsure", LF_KIND_LIST, 0, "exit codes that say: something may have happened; the probe decides", NULL,
     "[]", LF_KIND_INT, 1},
};
static const struct lf_schema lf_exec_exit = LF_SCHEMA(1, lf_exec_exit_attrs);

/* ---- the probe: only asks ------------------------------------------------------------------------ */

static const struct lf_attr lf_exec_probe_attrs[] = {
    {"argv", LF_KIND_LIST, LF_ATTR_REQUIRED,
     "the command that tells whether it is done, word by word; it changes nothing, for it also runs in plans",
     NULL, NULL, LF_KIND_TEXT, 1},
    {"done", LF_KIND_LIST, 0, "exit codes that say: it is done, provided that text and json agree", NULL,
     "[0]", LF_KIND_INT, 1},
    {"absent", LF_KIND_LIST, 0,
     "exit codes that say: for certain it is not done; every other code says that the probe cannot tell",
     NULL, "[]", LF_KIND_INT, 1},
    {"text", LF_KIND_TEXT, 0, "what its standard output holds when it is done; without it: not done", NULL,
     NULL, 0, 1},
    {"json", LF_KIND_MAP, 0,
     "what the JSON object on its standard output holds when it is done, at least; otherwise: not done", NULL,
     NULL, LF_KIND_ANY, 1},
    {"timeout_s", LF_KIND_INT, 0, "how long it may take, 1 to 3600 seconds", NULL, "30", 0, 1},
};
static const struct lf_schema lf_exec_probe = LF_SCHEMA(1, lf_exec_probe_attrs);

/* ---- command -------------------------------------------------------------------------------------- */

static const struct lf_attr lf_exec_command_attrs[] = {
    {"argv", LF_KIND_LIST, LF_ATTR_REQUIRED,
     "the command, word by word; the first is a path, or a name that is looked up in PATH", NULL, NULL,
     LF_KIND_TEXT, 1},
    {"env", LF_KIND_MAP, 0, "variables of its environment, beside those of the driver's settings", NULL, "{}",
     LF_KIND_TEXT, 1},
    {"secrets", LF_KIND_MAP, 0, "variables of its environment whose values are secrets", NULL, "{}",
     LF_KIND_SECRET, 1},
    {"input", LF_KIND_TEXT, 0, "its standard input; nothing without it", NULL, NULL, 0, 1},
    {"secret_input", LF_KIND_TEXT, LF_ATTR_SECRET, "its standard input, where that is a secret", NULL, NULL,
     0, 1},
    {"cwd", LF_KIND_TEXT, 0, "the folder it works in; the project's without it", NULL, NULL, 0, 1},
    {"timeout_s", LF_KIND_INT, 0, "how long it may take before it is ended, 1 to 86400 seconds", NULL, "600",
     0, 1},
    {"exit", LF_KIND_MAP, 0,
     "what its exit codes mean; every other code says that it failed and left nothing to undo", &lf_exec_exit,
     "{\"done\":[0],\"retry\":[75],\"refused\":[64,77],\"unsure\":[]}", 0, 1},
    {"probe", LF_KIND_MAP, 0, "how to tell whether it is done; nobody can without it", &lf_exec_probe, NULL,
     0, 1},
    {"undo", LF_KIND_LIST, 0, "the command that undoes it, for destroy; either this or `keep`", NULL, NULL,
     LF_KIND_TEXT, 1},
    {"keep", LF_KIND_BOOL, 0, "destroy leaves what it did as it is", NULL, "false", 0, 1},
    {"idempotent", LF_KIND_BOOL, 0,
     "running it twice is running it once, and so is undoing it: after a doubt it simply runs again", NULL,
     "false", 0, 1},
    {"has_outputs", LF_KIND_BOOL, 0,
     "the standard output of the probe, or without one of the command, is a JSON object: its outputs", NULL,
     "false", 0, 1},
    {"lag_s", LF_KIND_INT, 0,
     "how long after its end the probe may still miss what it did, 0 to 3600 seconds", NULL, "0", 0, 1},
    {"lane", LF_KIND_TEXT, 0, "commands of the same lane never overlap", NULL, NULL, 0, 1},
    {"outputs", LF_KIND_MAP, LF_ATTR_COMPUTED,
     "what it told; empty without `has_outputs`; no place for secrets", NULL, NULL, LF_KIND_ANY, 1},
    {"ran", LF_KIND_BOOL, LF_ATTR_COMPUTED,
     "false when the probe found it done before it ever ran: then destroy leaves it alone", NULL, NULL, 0, 1},
};
static const struct lf_schema lf_exec_command = LF_SCHEMA(1, lf_exec_command_attrs);

#endif
