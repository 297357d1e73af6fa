#include "plan/signature.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/str.h"
#include "io/loop.h"
#include "io/process.h"

#define NAMESPACE  "landfall"
#define TIMEOUT_MS 60000 /* a key on a token waits for a finger */
#define OUTPUT_MAX 65536

/* What came of the command, kept beyond its callback. */
struct answer {
    struct arena *mem;
    struct loop *loop;
    bool over, started, timed_out;
    int exit_code, signal;
    const char *out, *said, *error;
};

static void on_end(void *user, const struct process_end *end)
{
    struct answer *a = user;
    a->over = true;
    a->started = end->started;
    a->timed_out = end->timed_out;
    a->exit_code = end->exit_code;
    a->signal = end->signal;
    a->out = arena_text(a->mem, end->out.bytes ? end->out.bytes : "");
    a->said = arena_text(a->mem, end->err.bytes ? end->err.bytes : "");
    a->error = arena_text(a->mem, end->error);
    loop_stop(a->loop);
}

/* The last line of what it said, without its end: the lines above it are of little help. */
static const char *last_line(struct arena *mem, const char *said)
{
    size_t end = strlen(said);
    while (end > 0 && (said[end - 1] == '\n' || said[end - 1] == '\r'))
        end--;
    size_t begin = end;
    while (begin > 0 && said[begin - 1] != '\n')
        begin--;
    return arena_text_n(mem, said + begin, end - begin);
}

static bool run(struct arena *mem, const struct signature_tool *tool, const char *const *argv,
                const char *input, int keep_fd, struct answer *out, struct err *err)
{
    struct process_ask ask = {.argv = argv,
                              .env = tool->env,
                              .input = input,
                              .input_count = strlen(input),
                              .keep_fd = keep_fd,
                              .timeout_ms = TIMEOUT_MS,
                              .output_max = OUTPUT_MAX};
    *out = (struct answer){.mem = mem, .loop = tool->loop};
    process_start(tool->loop, &ask, on_end, out);
    while (!out->over)
        loop_run(tool->loop);
    if (out->started)
        return true;
    err_set(err, "signature.no_tool", "cannot run ssh-keygen: %s",
            out->error ? out->error : "it is not there");
    return err_advise(err, "install it (package openssh-client); it signs and checks approvals");
}

bool signature_make(struct arena *mem, const struct signature_tool *tool, const char *key, const char *text,
                    const char **out, struct err *err)
{
    const char *const argv[] = {"ssh-keygen", "-Y", "sign", "-q", "-n", NAMESPACE, "-f", key, NULL};
    struct answer a;
    if (!file_exists(key)) {
        err_set(err, "signature.no_key", "there is no key '%s'", key);
        return err_advise(err,
                          "name your SSH key: --sign ~/.ssh/id_ed25519, or its .pub when an agent holds it");
    }
    if (!run(mem, tool, argv, text, -1, &a, err))
        return false;
    if (a.exit_code == 0 && a.signal == 0 && str_starts(a.out, "-----BEGIN SSH SIGNATURE-----")) {
        *out = a.out;
        return true;
    }
    err_set(err, "signature.failed", "'%s' signed nothing: %s", key,
            a.timed_out ? "nobody answered" : last_line(mem, a.said));
    return err_advise(err, "a key with a passphrase signs through the agent: ssh-add %s, then the same again",
                      key);
}

/* ssh-keygen takes the signature from a file only.  This one has no name and is gone with its descriptor. */
static int nameless_file(const char *bytes)
{
    size_t count = strlen(bytes);
    int fd = memfd_create("signature", MFD_CLOEXEC);
    if (fd >= 0 && write(fd, bytes, count) != (ssize_t)count)
        file_close_fd(&fd);
    return fd;
}

/* 'Good "landfall" signature for ada@acme.example with ED25519 key SHA256:...'  The name stands as it was
 * given, and may hold these words: the last ones are ssh-keygen's own. */
static const char *fingerprint(struct arena *mem, const char *said)
{
    static const char mark[] = " key SHA256:";
    const char *last = NULL;
    for (const char *at = said; (at = strstr(at, mark)); at++)
        last = at + strlen(" key ");
    return last ? arena_text_n(mem, last, strcspn(last, " \r\n")) : NULL;
}

bool signature_check(struct arena *mem, const struct signature_tool *tool, const char *allowed,
                     const char *who, const char *text, const char *signature, const char **key,
                     struct err *err)
{
    const char *const argv[] = {"ssh-keygen", "-Y", "verify",  "-f", allowed,     "-I",
                                who,          "-n", NAMESPACE, "-s", "/dev/fd/3", NULL};
    struct answer a;
    int fd AUTO(file_close_fd) = nameless_file(signature);
    if (fd < 0)
        return err_sys(err, "signature.bad", errno, "cannot hold the signature of '%s'", who);
    if (!run(mem, tool, argv, text, fd, &a, err))
        return false;
    const char *found = fingerprint(mem, a.out);
    if (a.exit_code == 0 && a.signal == 0 && found) {
        *key = found;
        return true;
    }
    err_set(err, "signature.bad", "the signature of '%s' does not hold: %s", who,
            last_line(mem, *a.said ? a.said : a.out));
    return err_advise(err,
                      "either the approval was changed after it was signed, or the key is not %s's in '%s'",
                      who, allowed);
}
