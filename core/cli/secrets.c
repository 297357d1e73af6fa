#include "cli/secrets.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
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

/* A password of a few words could be guessed by who has the store: 32 characters of hex are 128 bits. */
#define KEY_SHORTEST 32
/* The key's name before what it sealed, in hex: enough to tell which key is missing. */
#define SEAL_ID 8

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
    const struct value *seal_ref; /* where the sealing key comes from; NULL: there is none */
    uint8_t seal_key[DIGEST_KEY];
    char seal_id[SEAL_ID + 1]; /* "": not looked up yet */
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
    explicit_bzero(s->seal_key, sizeof(s->seal_key));
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

/* What was found stays as long as the process: every driver sees the same bytes, and a file that is rotated
 * half-way through a run makes no two halves. */
static const struct known *keep(struct secrets *s, const char *name, struct known found)
{
    struct known *kept = arena_copy(s->mem, &found, sizeof(found));
    kept->bytes = arena_text_n(s->mem, found.bytes, found.count);
    map_put(s->known, arena_text(s->mem, name), kept);
    return kept;
}

static bool from_source(struct secrets *s, const char *source, const struct known **out, struct err *err)
{
    struct known found = {0};
    *out = map_find(s->known, source);
    if (*out)
        return true;
    if (!look_up(s->mem, source, &found, err))
        return false;
    if (found.count < SHORTEST) {
        err_set(err, "secrets.too_short",
                "the secret '%s' has %zu bytes; less than %d cannot be kept out "
                "of what is printed",
                source, found.count, SHORTEST);
        return err_advise(err, "use a longer one");
    }
    *out = keep(s, source, found);
    return true;
}

/* ---- sealing -------------------------------------------------------------------------------- */

/* Derived, so that the key may be any text, and its name tells nothing of it. */
static bool find_key(struct secrets *s, struct err *err)
{
    const struct known *k;
    uint8_t name[DIGEST_BYTES];
    static const char label[] = "landfall key name";
    if (s->seal_id[0])
        return true;
    if (!s->seal_ref) {
        err_set(err, "secrets.no_key", "the project has no key to seal secrets with");
        return err_advise(
            err, "add it to landfall.yaml: key: !secret env:LANDFALL_STORE_KEY  (openssl rand -hex 32 "
                 "makes one; keep it apart from the store)");
    }
    if (!from_source(s, s->seal_ref->secret->source, &k, err))
        return err_wrap(err, "the project's key");
    if (k->count < KEY_SHORTEST) {
        err_set(err, "secrets.weak_key", "the project's key has %zu bytes; it needs %d or more", k->count,
                KEY_SHORTEST);
        return err_advise(err, "make one that nobody can guess: openssl rand -hex 32");
    }
    out_filter_add(s->filter, k->bytes, k->count);
    digest_of(k->bytes, k->count, s->seal_key);
    digest_keyed(label, sizeof(label), s->seal_key, name);
    digest_hex(name, SEAL_ID / 2, s->seal_id);
    return true;
}

/* host_secrets.can_seal. */
static bool can_seal(void *user, struct err *err)
{
    return find_key(user, err);
}

/* host_secrets.seal. */
static const char *seal(void *user, struct arena *mem, const char *bytes, size_t count)
{
    struct secrets *s = user;
    struct err none;
    size_t sealed_count;
    if (!find_key(s, &none))
        return NULL;
    const uint8_t *sealed = digest_seal(mem, bytes, count, s->seal_key, &sealed_count);
    return arena_print(mem, "%s.%s", s->seal_id, digest_base64(mem, sealed, sealed_count));
}

static bool from_seal(struct secrets *s, const struct secret *secret, const struct known **out,
                      struct err *err)
{
    struct known found;
    size_t count;
    *out = map_find(s->known, secret->sealed);
    if (*out)
        return true;
    if (!find_key(s, err))
        return err_wrap(err, "opening the secret '%s'", secret->source);
    if (strncmp(secret->sealed, s->seal_id, SEAL_ID) != 0 || secret->sealed[SEAL_ID] != '.') {
        err_set(err, "secrets.other_key", "the secret '%s' was sealed with another key (%.*s, now %s)",
                secret->source, SEAL_ID, secret->sealed, s->seal_id);
        return err_advise(err, "put that key back, or make the secret anew: landfall apply REGION --replace "
                               "ADDRESS");
    }
    const uint8_t *sealed = digest_from_base64(s->mem, secret->sealed + SEAL_ID + 1, &count);
    if (!sealed)
        return err_set(err, "secrets.broken_seal", "the secret '%s' is sealed in no way known",
                       secret->source);
    if (!digest_open(s->mem, sealed, count, s->seal_key, &found.bytes, &found.count, err))
        return err_wrap(err, "opening the secret '%s'", secret->source);
    *out = keep(s, secret->sealed, found);
    return true;
}

/* host_secrets.reveal. */
static bool reveal(void *user, const struct secret *secret, const char **bytes, size_t *count,
                   struct err *err)
{
    struct secrets *s = user;
    const struct known *k;
    if (secret->sealed ? !from_seal(s, secret, &k, err) : !from_source(s, secret->source, &k, err))
        return false;
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

/* host_secrets.mask. */
static const char *mask(void *user, struct arena *mem, const char *text, size_t count)
{
    const struct secrets *s = user;
    size_t length = 0;
    if (out_filter_find(s->filter, text, count, 0, &length) == count)
        return arena_text_n(mem, text, count);
    struct buf masked;
    buf_init(&masked, 0);
    out_filter_mask(s->filter, &masked, text, count);
    const char *kept = buf_keep(&masked, mem);
    buf_done(&masked);
    return kept;
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
    return (struct host_secrets){.user = s,
                                 .reveal = reveal,
                                 .shown = shown,
                                 .mask = mask,
                                 .digest = digest,
                                 .seal = seal,
                                 .can_seal = can_seal};
}

void secrets_set_key(struct secrets *s, const struct value *key)
{
    s->seal_ref = key;
}

void secrets_set_digest_key(struct secrets *s, const uint8_t *key)
{
    memcpy(s->key, key, sizeof(s->key));
    s->has_key = true;
}
