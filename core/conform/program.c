#include "conform/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"

#define LOOK_EVERY_MS 20

extern char **environ;

static bool start(const char *const *argv, pid_t *pid, struct err *err)
{
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    int code = posix_spawnp(pid, argv[0], &files, NULL, (char *const *)(uintptr_t)argv, environ);
    posix_spawn_file_actions_destroy(&files);
    return code == 0 || err_sys(err, "conform.program", code, "cannot run '%s'", argv[0]);
}

/* It has no descriptor to wait on, and nothing else happens meanwhile: looking now and then is enough. */
static bool wait_for(pid_t pid, int64_t timeout_ms, int *status)
{
    static const struct timespec pause = {0, (long)LOOK_EVERY_MS * 1000000};
    for (int64_t waited = 0; waited < timeout_ms; waited += LOOK_EVERY_MS) {
        if (waitpid(pid, status, WNOHANG) == pid)
            return true;
        nanosleep(&pause, NULL);
    }
    kill(pid, SIGKILL);
    waitpid(pid, status, 0);
    return false;
}

bool program_run(const char *const *argv, int64_t timeout_ms, struct err *err)
{
    pid_t pid;
    int status;
    if (!start(argv, &pid, err))
        return false;
    if (!wait_for(pid, timeout_ms, &status))
        return err_set(err, "conform.program", "'%s' did not end within %lld s", argv[0],
                       (long long)timeout_ms / 1000);
    if (WIFSIGNALED(status))
        return err_set(err, "conform.program", "'%s' was ended by signal %d", argv[0], WTERMSIG(status));
    if (WEXITSTATUS(status) != 0)
        return err_set(err, "conform.program", "'%s' ended with %d", argv[0], WEXITSTATUS(status));
    return true;
}
