/* measure: runs a command several times and prints what the kernel says of it.
 *
 *     perf_measure RUNS BEFORE COMMAND [ARG ...]
 *
 * BEFORE is a shell command run before each run ("" for none), not measured.  Prints one line:
 *     wall_ms_min wall_ms_median cpu_ms_median rss_kib_max exit_status cpu_ms_min
 * The command's output goes to /dev/null; its standard error stays. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RUNS_MAX 100

struct sample {
    double wall_ms, cpu_ms;
    long rss_kib;
    int status;
};

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double ms_of(struct timeval t)
{
    return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

static struct sample run_once(char **argv)
{
    struct sample s = {.status = -1};
    double began = now_ms();
    pid_t child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, 0);
        dup2(null, 1);
        execvp(argv[0], argv);
        perror(argv[0]);
        _exit(127);
    }
    int status;
    struct rusage used;
    if (child < 0 || wait4(child, &status, 0, &used) < 0)
        return s;
    s.wall_ms = now_ms() - began;
    s.cpu_ms = ms_of(used.ru_utime) + ms_of(used.ru_stime);
    s.rss_kib = used.ru_maxrss;
    s.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return s;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    int runs = argc > 3 ? (int)strtol(argv[1], NULL, 10) : 0;
    if (runs < 1 || runs > RUNS_MAX) {
        fputs("usage: perf_measure RUNS BEFORE COMMAND [ARG ...]\n", stderr);
        return 2;
    }
    double wall[RUNS_MAX], cpu[RUNS_MAX];
    long rss = 0;
    int status = 0;
    for (int i = 0; i < runs; i++) {
        if (argv[2][0] && system(argv[2]) != 0) {
            fprintf(stderr, "perf_measure: '%s' failed\n", argv[2]);
            return 2;
        }
        struct sample s = run_once(argv + 3);
        wall[i] = s.wall_ms;
        cpu[i] = s.cpu_ms;
        rss = s.rss_kib > rss ? s.rss_kib : rss;
        status = s.status > status ? s.status : status;
    }
    qsort(wall, (size_t)runs, sizeof(*wall), by_size);
    qsort(cpu, (size_t)runs, sizeof(*cpu), by_size);
    printf("%.1f %.1f %.1f %ld %d %.1f\n", wall[0], wall[runs / 2], cpu[runs / 2], rss, status, cpu[0]);
    return 0;
}
