/* The killer: a library that is loaded before libc (LD_PRELOAD) into the program under test, counts the calls
 * that change files and those that talk to a server, and at the N-th ends the process with SIGKILL, tears a
 * write, fails the call, or cuts the power: takes back what no fsync had made durable, then kills.  Only
 * calls on regular files and folders and on sockets of the internet count, and never standard output, so that
 * the same program makes nearly the same calls in every run.
 *
 * What to do comes from the environment:
 *   KILLER_HOW     count | before | after | torn | power | fail | halt (SIGSTOP before the call)
 *   KILLER_KINDS   which calls count, of "create write sync rename unlink truncate link folder send
 *                  receive"; nothing: all
 *   KILLER_NAME    of renames only those count whose new name has this in it; nothing: all
 *   KILLER_AT      the number of the call, from 1
 *   KILLER_ERRNO   fail: the number of the error
 *   KILLER_SPAN    fail: how many calls fail from there on; 0: all
 *   KILLER_SEED    power: which of the calls without fsync are lost
 *   KILLER_ASIDE   power: a folder on the same disk, for files that may have to come back
 *   KILLER_TALLY   a file that gets "kind count" lines: at a normal end, or just before the kill */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum killer_kind {
    KILLER_CREATE,
    KILLER_WRITE,
    KILLER_SYNC,
    KILLER_RENAME,
    KILLER_UNLINK,
    KILLER_TRUNCATE,
    KILLER_LINK,
    KILLER_FOLDER,
    KILLER_SEND,
    KILLER_RECEIVE,
    KILLER_KINDS,
};

/* ---- power cuts: what is not durable yet ----------------------------------------------------- */

/* Told before the call is made.  Everything here is called under one lock. */
void power_will_write(int fd, off_t at, size_t count);
void power_will_truncate(int fd, off_t size);
void power_will_replace(int from_folder, const char *from, int to_folder, const char *to);
void power_will_unlink(int folder, const char *path);
/* Told after the call was made and went well. */
void power_did_create(int folder, const char *path);
void power_did_make_folder(int folder, const char *path);
void power_did_sync(int fd);
/* Takes back, for each file and each folder, everything after a point of its own that `seed` chooses. */
void power_cut(unsigned seed);
