#include "store/store_image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "store/store_db.h"

/* ---- a file in memory ---------------------------------------------------------------------- */

struct mapping {
    const unsigned char *at; /* NULL: no such file, or an empty one */
    size_t size;
};

static void unmap(struct mapping *m)
{
    if (m->at)
        munmap((void *)(uintptr_t)m->at, m->size);
}

/* Opens for reading; -1 and *size 0 when there is no such file and that is `allowed`. */
static bool open_file(const char *path, bool allowed, int *fd, size_t *size, struct err *err)
{
    struct stat st;
    *size = 0;
    *fd = open(path, O_RDONLY | O_CLOEXEC);
    if (*fd < 0)
        return (allowed && errno == ENOENT) || store_db_failed_sys(path, errno, "reading", err);
    if (fstat(*fd, &st) != 0)
        return store_db_failed_sys(path, errno, "reading", err);
    *size = (size_t)st.st_size;
    return true;
}

static bool map_log(const char *path, struct mapping *out, struct err *err)
{
    int fd AUTO(file_close_fd) = -1;
    char name[4096];
    snprintf(name, sizeof(name), "%s-wal", path);
    if (!open_file(name, true, &fd, &out->size, err))
        return false;
    if (out->size == 0)
        return true;
    void *at = mmap(NULL, out->size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (at == MAP_FAILED)
        return store_db_failed_sys(name, errno, "reading", err);
    out->at = at;
    return true;
}

/* ---- the log ------------------------------------------------------------------------------- */

#define LOG_HEADER   32
#define FRAME_HEADER 24
#define LOG_MAGIC    0x377F0682u /* its lowest bit: checksums are of big-endian words */
#define LOG_VERSION  3007000u

struct log {
    const unsigned char *at;
    size_t page_size, frames;
    bool big_endian;
    /* As of the last commit: */
    size_t valid; /* frames */
    size_t pages; /* of the database; 0: there was no commit */
};

struct sum {
    uint32_t one, two;
};

static uint32_t big(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint32_t little(const unsigned char *at)
{
    return (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | at[0];
}

static struct sum add_sum(struct sum s, bool big_endian, const unsigned char *at, size_t count)
{
    for (const unsigned char *end = at + count; at < end; at += 8) {
        s.one += (big_endian ? big(at) : little(at)) + s.two;
        s.two += (big_endian ? big(at + 4) : little(at + 4)) + s.one;
    }
    return s;
}

static const unsigned char *frame_at(const struct log *l, size_t i)
{
    return l->at + LOG_HEADER + i * (FRAME_HEADER + l->page_size);
}

/* Believes frames as long as their salts are the header's and the running checksum holds; what comes behind
 * is of an earlier use of the file, or torn.  Only whole transactions count. */
static void check_frames(struct log *l, struct sum s)
{
    for (size_t i = 0; i < l->frames; i++) {
        const unsigned char *frame = frame_at(l, i);
        if (memcmp(frame + 8, l->at + 16, 8) != 0 || big(frame) == 0)
            return;
        s = add_sum(s, l->big_endian, frame, 8);
        s = add_sum(s, l->big_endian, frame + FRAME_HEADER, l->page_size);
        if (big(frame + 16) != s.one || big(frame + 20) != s.two)
            return;
        if (big(frame + 4) == 0)
            continue;
        l->valid = i + 1;
        l->pages = big(frame + 4);
    }
}

/* A log without a sound header holds nothing, which is what SQLite makes of it, too. */
static struct log read_log(const struct mapping *m)
{
    struct log l = {.at = m->at};
    if (m->size < LOG_HEADER || (big(m->at) & ~1u) != LOG_MAGIC || big(m->at + 4) != LOG_VERSION)
        return l;
    l.big_endian = big(m->at) & 1;
    l.page_size = big(m->at + 8);
    struct sum s = add_sum((struct sum){0}, l.big_endian, m->at, 24);
    bool sane = l.page_size >= 512 && l.page_size <= 65536 && (l.page_size & (l.page_size - 1)) == 0;
    if (!sane || big(m->at + 24) != s.one || big(m->at + 28) != s.two)
        return l;
    l.frames = (m->size - LOG_HEADER) / (FRAME_HEADER + l.page_size);
    check_frames(&l, s);
    return l;
}

/* ---- both together ------------------------------------------------------------------------- */

/* Memory for the database as it will be, the file over its beginning: the log may have made it longer. */
static bool map_pages(const char *path, size_t size, bool detached, struct store_image *out, struct err *err)
{
    int fd AUTO(file_close_fd) = -1;
    size_t file_size = 0, page = (size_t)sysconf(_SC_PAGESIZE);
    if (!open_file(path, false, &fd, &file_size, err))
        return false;
    size_t whole = size > file_size ? size : file_size;
    if (whole == 0)
        return true;
    unsigned char *at = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED)
        return store_db_failed_sys(path, errno, "reading", err);
    *out = (struct store_image){.at = at, .size = size ? size : file_size, .mapped = whole};
    if (file_size > 0 &&
        mmap(at, file_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, fd, 0) == MAP_FAILED)
        return store_db_failed_sys(path, errno, "reading", err);
    volatile unsigned char *touch = at; /* a page that is written to is our own from then on */
    for (size_t i = 0; detached && i < file_size; i += page)
        touch[i] = touch[i];
    return true;
}

static void lay_over(struct store_image *image, const struct log *l)
{
    for (size_t i = 0; i < l->valid; i++) {
        const unsigned char *frame = frame_at(l, i);
        size_t to = ((size_t)big(frame) - 1) * l->page_size;
        if (to < image->mapped && l->page_size <= image->mapped - to)
            memcpy(image->at + to, frame + FRAME_HEADER, l->page_size);
    }
    /* The header says "read me through a log"; there is none any more. */
    if (image->size >= 20)
        image->at[18] = image->at[19] = 1;
}

bool store_image_open(const char *path, bool detached, struct store_image *out, struct err *err)
{
    struct mapping m = {0};
    struct store_image image = {0};
    if (!map_log(path, &m, err))
        return false;
    struct log l = read_log(&m);
    bool good = map_pages(path, l.pages * l.page_size, detached, &image, err);
    if (good && image.at)
        lay_over(&image, &l);
    unmap(&m);
    if (good)
        *out = image;
    else
        store_image_close(&image);
    return good;
}

void store_image_close(struct store_image *image)
{
    if (image->at)
        munmap(image->at, image->mapped);
    *image = (struct store_image){0};
}
