#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "killer.h"

#define LINE  4096
#define WORDS 32
/* Runs take half a second; five minutes mean that it hangs. */
#define TOO_LONG_S 300

static void give_up(const char *what)
{
    fprintf(stderr, "cannot go on: %s: %s\n", what, strerror(errno));
    exit(2);
}

static void shell(const char *line)
{
    int status = system(line);
    if (status != 0) {
        fprintf(stderr, "this ended with %d: ", status);
        give_up(line);
    }
}

void sandbox_make(struct sandbox *box, const struct sandbox_tools *tools, const char *name)
{
    char line[LINE];
    box->tools = tools;
    snprintf(box->folder, sizeof(box->folder), "%s/%s", tools->work, name);
    snprintf(box->said, sizeof(box->said), "%s/%s.said", tools->work, name);
    snprintf(line, sizeof(line),
             "rm -rf '%s' && mkdir -p '%s' && cd '%s' && cp -r '%s'/* '%s' && rm -rf out .landfall && "
             "mkdir -p out/shared && cp -r live/dns out/shared/dns",
             box->folder, box->folder, box->folder, tools->project, box->folder);
    shell(line);
}

void sandbox_remove(const struct sandbox *box)
{
    char line[LINE];
    snprintf(line, sizeof(line), "rm -rf '%s' '%s' '%s.aside' '%s.tally'", box->folder, box->said,
             box->folder, box->folder);
    shell(line);
}

void sandbox_copy(const struct sandbox *from, const struct sandbox *to)
{
    char line[LINE];
    snprintf(line, sizeof(line), "cd '%s' && rm -rf out .landfall && cp -r '%s/out' '%s/.landfall' .",
             to->folder, from->folder, from->folder);
    shell(line);
}

/* ---- running -------------------------------------------------------------------------------- */

static void give(const char *name, const char *value)
{
    if (setenv(name, value, 1) != 0)
        _exit(126);
}

static void give_number(const char *name, unsigned long value)
{
    char text[32];
    snprintf(text, sizeof(text), "%lu", value);
    give(name, text);
}

static void load_killer(const struct sandbox *box, const struct sandbox_kill *kill)
{
    char path[SANDBOX_PATH + 16];
    give("LD_PRELOAD", box->tools->killer);
    give("KILLER_HOW", kill->how);
    give("KILLER_KINDS", kill->kinds ? kill->kinds : "");
    if (kill->name)
        give("KILLER_NAME", kill->name);
    give_number("KILLER_AT", kill->at);
    give_number("KILLER_SPAN", kill->span);
    give_number("KILLER_ERRNO", (unsigned long)kill->error);
    give_number("KILLER_SEED", kill->seed);
    snprintf(path, sizeof(path), "%s.tally", box->folder);
    give("KILLER_TALLY", path);
    snprintf(path, sizeof(path), "%s.aside", box->folder);
    if (mkdir(path, 0755) != 0 && errno != EEXIST)
        _exit(126);
    give("KILLER_ASIDE", path);
}

/* strace counts system calls by thread, of which a build has half a dozen. */
static const char *system_calls(const char *kind)
{
    static const char *const calls[][2] = {
        {"write", "write,pwrite64"},     {"sync", "fsync,fdatasync"}, {"rename", "rename,renameat,renameat2"},
        {"unlink", "unlink,unlinkat"},   {"truncate", "ftruncate"},   {"folder", "mkdir,mkdirat"},
        {"create", "open,openat,creat"},
    };
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        if (kind && strcmp(kind, calls[i][0]) == 0)
            return calls[i][1];
    }
    return "write,pwrite64,fsync,fdatasync,rename,unlink,ftruncate,mkdir";
}

/* Puts strace before the program: it kills at the N-th call without anything of ours in the process. */
static void be_traced(char **words, size_t count, const struct sandbox_kill *kill)
{
    char inject[256];
    const char *traced[WORDS * 2] = {"strace", "-f", "-qqq", "-o", "/dev/null", "-e", inject};
    size_t put = 7;
    snprintf(inject, sizeof(inject), "inject=%s:signal=KILL:when=%lu", system_calls(kill->kinds), kill->at);
    for (size_t i = 0; i < count; i++)
        traced[put++] = words[i];
    execvp("strace", (char *const *)traced);
    _exit(127);
}

static void become(const struct sandbox *box, const char *line, const struct sandbox_kill *kill)
{
    char text[LINE], *words[WORDS] = {(char *)(uintptr_t)box->tools->program};
    size_t count = 1;
    int said = open(box->said, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (said < 0 || dup2(said, 1) < 0 || dup2(said, 2) < 0 || chdir(box->folder) != 0)
        _exit(126);
    snprintf(text, sizeof(text), "%s", line);
    for (char *at = text; *at && count + 1 < WORDS; at += strspn(at, " ")) {
        words[count++] = at;
        at += strcspn(at, " ");
        if (*at)
            *at++ = '\0';
    }
    alarm(TOO_LONG_S);
    if (kill && kill->how && strcmp(kill->how, "strace") == 0)
        be_traced(words, count, kill);
    else if (kill && kill->how)
        load_killer(box, kill);
    execv(box->tools->program, words);
    _exit(127);
}

pid_t sandbox_start(struct sandbox *box, const char *line, const struct sandbox_kill *kill)
{
    pid_t child = fork();
    if (child < 0)
        give_up("fork");
    if (child == 0)
        become(box, line, kill);
    return child;
}

int sandbox_wait(pid_t child)
{
    int status = 0;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            give_up("waitpid");
    }
    if (!WIFSIGNALED(status))
        return WEXITSTATUS(status);
    return WTERMSIG(status) == SIGALRM ? SANDBOX_HUNG : 128 + WTERMSIG(status);
}

bool sandbox_wait_for_halt(pid_t child)
{
    int status = 0;
    while (waitpid(child, &status, WUNTRACED) < 0) {
        if (errno != EINTR)
            give_up("waitpid");
    }
    return WIFSTOPPED(status);
}

int sandbox_run(struct sandbox *box, const char *line, const struct sandbox_kill *kill)
{
    return sandbox_wait(sandbox_start(box, line, kill));
}

bool sandbox_said(const struct sandbox *box, const char *what)
{
    char text[65536] = "";
    FILE *f = fopen(box->said, "r");
    if (!f)
        return false;
    size_t got = fread(text, 1, sizeof(text) - 1, f);
    fclose(f);
    text[got] = '\0';
    return strstr(text, what) != NULL;
}

void sandbox_tally(const struct sandbox *box, unsigned long *counts)
{
    char path[SANDBOX_PATH + 16], kind[32];
    snprintf(path, sizeof(path), "%s.tally", box->folder);
    FILE *f = fopen(path, "r");
    if (!f)
        give_up(path);
    for (int k = 0; k < KILLER_KINDS; k++) {
        if (fscanf(f, "%31s %lu", kind, &counts[k]) != 2)
            give_up(path);
    }
    fclose(f);
}
