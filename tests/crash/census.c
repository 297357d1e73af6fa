#include "census.h"

#include <dirent.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "census_store.h"

#define PATH 1024

/* ---- the lists ------------------------------------------------------------------------------ */

static void *grown(void *at, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return at;
    *room = *room ? *room * 2 : 256;
    at = realloc(at, *room * size);
    if (!at)
        abort();
    return at;
}

void census_add(struct census *c, const char *format, ...)
{
    va_list args;
    c->lines = grown(c->lines, c->count, &c->room, sizeof(*c->lines));
    va_start(args, format);
    if (vasprintf(&c->lines[c->count++], format, args) < 0)
        abort();
    va_end(args);
}

void census_add_mark(struct census *c, const char *marker, const char *address)
{
    c->marks = grown(c->marks, c->mark_count, &c->mark_room, sizeof(*c->marks));
    c->marks[c->mark_count++] =
        (struct census_mark){strdup(marker), strdup(address && address[0] ? address : "(no address)")};
}

void census_free(struct census *c)
{
    for (size_t i = 0; i < c->count; i++)
        free(c->lines[i]);
    for (size_t i = 0; i < c->mark_count; i++) {
        free(c->marks[i].marker);
        free(c->marks[i].address);
    }
    free(c->lines);
    free(c->marks);
    *c = (struct census){0};
}

/* ---- zone files ----------------------------------------------------------------------------- */

/* The serial number grows with each writing, so a build that was cut off has a higher one. */
static void hide_serial(char *line)
{
    char *soa = strstr(line, " SOA "), *number = soa ? strpbrk(soa, "(") : NULL;
    if (!soa)
        return;
    if (!number) { /* SOA server mailbox SERIAL ... */
        number = soa + strlen(" SOA ");
        for (int skip = 0; skip < 2; skip++)
            number += strcspn(number, " ") + 1;
    }
    number += strspn(number, "( ");
    size_t digits = strspn(number, "0123456789");
    if (digits == 0)
        return;
    *number = '#';
    memmove(number + 1, number + digits, strlen(number + digits) + 1);
}

static void take_zone(struct census *c, const char *path, const char *name)
{
    char *line = NULL, marker[64], address[256];
    size_t room = 0;
    FILE *f = fopen(path, "r");
    if (!f) {
        census_add(c, "unreadable %s", name);
        return;
    }
    while (getline(&line, &room, f) >= 0) {
        line[strcspn(line, "\n")] = '\0';
        if (sscanf(line, "; landfall lf1.%63s %255s", marker, address) == 2) {
            char whole[80];
            snprintf(whole, sizeof(whole), "lf1.%s", marker);
            census_add_mark(c, whole, address);
            census_add(c, "record %s: %s", name, address);
            continue;
        }
        hide_serial(line);
        census_add(c, "zone %s: %s", name, line);
    }
    free(line);
    fclose(f);
}

/* ---- what commands made ---------------------------------------------------------------------- */

static void take_text(struct census *c, const char *path, const char *name)
{
    char *line = NULL;
    size_t room = 0;
    FILE *f = fopen(path, "r");
    if (!f) {
        census_add(c, "unreadable %s", name);
        return;
    }
    while (getline(&line, &room, f) >= 0) {
        line[strcspn(line, "\n")] = '\0';
        census_add(c, "text %s: %s", name, line);
    }
    free(line);
    fclose(f);
}

/* ---- the catalogue -------------------------------------------------------------------------- */

static void take_object(struct census *c, const char *section, const char *key, json_t *object)
{
    json_t *ours = json_object_get(object, "landfall");
    if (ours) {
        census_add_mark(c, json_string_value(json_object_get(ours, "marker")),
                        json_string_value(json_object_get(ours, "address")));
        json_object_del(ours, "marker");
    }
    char *text = json_dumps(object, JSON_SORT_KEYS | JSON_COMPACT | JSON_ENCODE_ANY);
    census_add(c, "%s %s %s", section, key, text);
    free(text);
}

static void take_catalogue(struct census *c, const char *path, const char *name)
{
    json_error_t why;
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &why), *section, *object;
    const char *title, *key;
    if (!root) {
        census_add(c, "unreadable %s: %s", name, why.text);
        return;
    }
    json_object_foreach(root, title, section)
    {
        if (!json_is_object(section)) {
            take_object(c, "catalogue", title, section);
            continue;
        }
        json_object_foreach(section, key, object) take_object(c, title, key, object);
    }
    json_decref(root);
}

/* ---- folders -------------------------------------------------------------------------------- */

static bool ends(const char *text, const char *end)
{
    size_t all = strlen(text), part = strlen(end);
    return all >= part && strcmp(text + all - part, end) == 0;
}

/* Every name is a line: a temporary file or a hot journal that stays behind is an orphan too. */
static void take_folder(struct census *c, const char *folder, size_t base)
{
    DIR *dir = opendir(folder);
    if (!dir)
        return;
    for (const struct dirent *e; (e = readdir(dir));) {
        char path[PATH];
        struct stat st;
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
        const char *name = path + base;
        if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
            census_add(c, "folder %s", name);
            take_folder(c, path, base);
            continue;
        }
        census_add(c, "file %s", name);
        if (ends(path, ".zone") && e->d_name[0] != '.')
            take_zone(c, path, name);
        else if (ends(path, ".db"))
            census_take_sqlite(c, path, name);
        else if (ends(path, ".json") && e->d_name[0] != '.')
            take_catalogue(c, path, name);
        else if (ends(path, ".conf"))
            take_text(c, path, name);
    }
    closedir(dir);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int by_marker(const void *a, const void *b)
{
    return strcmp(((const struct census_mark *)a)->marker, ((const struct census_mark *)b)->marker);
}

void census_take(struct census *c, const char *folder)
{
    char out[PATH];
    *c = (struct census){0};
    snprintf(out, sizeof(out), "%s/out", folder);
    take_folder(c, out, strlen(out) + 1);
    if (c->count > 0)
        qsort(c->lines, c->count, sizeof(*c->lines), by_text);
    if (c->mark_count > 0)
        qsort(c->marks, c->mark_count, sizeof(*c->marks), by_marker);
}

size_t census_lines(const struct census *c, const char *start)
{
    size_t count = 0;
    for (size_t i = 0; i < c->count; i++)
        count += strncmp(c->lines[i], start, strlen(start)) == 0;
    return count;
}

/* ---- comparing ------------------------------------------------------------------------------ */

static size_t run_of(const struct census *c, size_t from, const char *line)
{
    size_t count = 0;
    while (from + count < c->count && strcmp(c->lines[from + count], line) == 0)
        count++;
    return count;
}

void census_compare(const struct census *seen, const struct census *wanted, struct census_result *result,
                    FILE *tell)
{
    size_t s = 0, w = 0;
    while (s < seen->count || w < wanted->count) {
        const char *line = s == seen->count                               ? wanted->lines[w]
                           : w == wanted->count                           ? seen->lines[s]
                           : strcmp(seen->lines[s], wanted->lines[w]) < 0 ? seen->lines[s]
                                                                          : wanted->lines[w];
        size_t have = run_of(seen, s, line), want = run_of(wanted, w, line);
        if (have > want && want > 0) {
            result->duplicates += (unsigned)(have - want);
            fprintf(tell, "  duplicate (%zu, not %zu): %s\n", have, want, line);
        } else if (have > want) {
            result->orphans += (unsigned)have;
            fprintf(tell, "  orphan: %s\n", line);
        } else if (have < want) {
            result->losses += (unsigned)(want - have);
            fprintf(tell, "  loss (%zu, not %zu): %s\n", have, want, line);
        }
        s += have;
        w += want;
    }
}

bool census_is_clean(const struct census_result *r)
{
    return r->duplicates + r->orphans + r->losses + r->broken == 0;
}
