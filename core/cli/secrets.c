#include "cli/secrets.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/file.h"
#include "base/map.h"
#include "base/str.h"
#include "model/value.h"
#include "report/out.h"

/* A key file of a cloud account has a few KiB; a secret is no data set. */
#define FILE_MOST ((size_t)64 << 10)
/* Shorter ones could not be filtered out of what is printed (report/out.h). */
#define SHORTEST 8

struct known {
    const char *bytes;
    size_t count;
};

struct secrets {
    struct arena *mem;
    struct map *known; /* source -> struct known */
    struct out_filter *filter;
    uint8_t key[DIGEST_KEY];
    bool has_key;
};

struct secrets *secrets_new(struct out_filter *filter)
{
    struct secrets *s = calloc(1, sizeof(*s));
    if (!s)
        abort();
    s->mem = arena_new();
    s->known = map_new();
    s->filter = filter;
    return s;
}

void secrets_free(struct secrets *s)
{
    if (!s)
        return;
    size_t at = 0;
    void *value;
    const char *source;
    while (map_next(s->known, &at, &source, &value)) {
        const struct known *k = value;
        explicit_bzero((char *)k->bytes, k->count);
    }
    map_free(s->known);
    arena_free(s->mem);
    explicit_bzero(s->key, sizeof(s->key));
    free(s);
}

/* Set but empty is what a pipeline leaves behind when a secret is missing: not set. */
static bool from_environment(const char *name, struct known *out, struct err *err)
{
    const char *bytes = getenv(name);
    if (!bytes || !bytes[0]) {
        err_set(err, "secrets.not_set", "the environment variable '%s' is not set", name);
        return err_advise(err, "set it for this command: %s=... landfall ...", name);
    }
    *out = (struct known){bytes, strlen(bytes)};
    return true;
}

/* Editors end files with a newline that is no part of the secret. */
static bool from_file(struct arena *mem, const char *path, struct known *out, struct err *err)
{
    if (!file_read(mem, path, FILE_MOST, &out->bytes, &out->count, err))
        return err_wrap(err, "reading a secret");
    while (out->count > 0 && (out->bytes[out->count - 1] == '\n' || out->bytes[out->count - 1] == '\r'))
        out->count--;
    return true;
}

/* Exactly the sources a region file may name, and one that no file can give back. */
static bool look_up(struct arena *mem, const char *source, struct known *out, struct err *err)
{
    if (str_starts(source, "env:"))
        return from_environment(source + 4, out, err);
    if (str_starts(source, "file:"))
        return from_file(mem, source + 5, out, err);
    if (str_starts(source, "output:")) {
        err_set(err, "secrets.shown_once", "the secret '%s' was shown once, when it was made", source + 7);
        return err_advise(err, "make a new one: landfall apply REGION --replace ADDRESS");
    }
    err_set(err, "secrets.unknown_source", "'%s' is no place landfall takes secrets from", source);
    return err_advise(err, "write !secret env:NAME or !secret file:PATH");
}

/* host_secrets.reveal.  Once per source and process: every driver sees the same bytes, and a file that is
 * rotated half-way through a run makes no two halves. */
static bool reveal(void *user, const struct secret *secret, const char **bytes, size_t *count,
                   struct err *err)
{
    struct secrets *s = user;
    struct known found = {0};
    const struct known *k = map_find(s->known, secret->source);
    if (!k) {
        if (!look_up(s->mem, secret->source, &found, err))
            return false;
        if (found.count < SHORTEST) {
            err_set(err, "secrets.too_short",
                    "the secret '%s' has %zu bytes; less than %d cannot be kept out "
                    "of what is printed",
                    secret->source, found.count, SHORTEST);
            return err_advise(err, "use a longer one");
        }
        struct known *kept = arena_copy(s->mem, &found, sizeof(found));
        kept->bytes = arena_text_n(s->mem, found.bytes, found.count);
        map_put(s->known, arena_text(s->mem, secret->source), kept);
        k = kept;
    }
    *bytes = k->bytes;
    *count = k->count;
    return true;
}

/* host_secrets.shown. */
static void shown(void *user, const char *bytes, size_t count)
{
    struct secrets *s = user;
    out_filter_add(s->filter, bytes, count);
}

/* host_secrets.digest.  Keyed, so that digests of equal secrets in two stores cannot be linked, and a plan
 * cannot be searched for a guessed password. */
static const char *digest(void *user, struct arena *mem, const char *bytes, size_t count)
{
    struct secrets *s = user;
    uint8_t hash[DIGEST_BYTES];
    if (!s->has_key)
        return NULL;
    digest_keyed(bytes, count, s->key, hash);
    char *hex = arena_alloc(mem, DIGEST_HEX);
    digest_hex(hash, sizeof(hash), hex);
    return hex;
}

struct host_secrets secrets_for_host(struct secrets *s)
{
    return (struct host_secrets){.user = s, .reveal = reveal, .shown = shown, .digest = digest};
}

void secrets_set_digest_key(struct secrets *s, const uint8_t *key)
{
    memcpy(s->key, key, sizeof(s->key));
    s->has_key = true;
}
