#include "base/digest.h"

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/* libsodium asks for 64-byte alignment of its state; an arena gives less. */
#define STATE_ALIGN 64

struct digest_stream {
    crypto_generichash_state *state;
};

#define NONCE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG   crypto_aead_xchacha20poly1305_ietf_ABYTES

_Static_assert(DIGEST_KEY == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "the key is the cipher's");
_Static_assert(DIGEST_BYTES == crypto_auth_hmacsha256_BYTES, "SHA-256 gives as many bytes as our hashes");
_Static_assert(NONCE == 24, "the header promises 24 bytes in front");

static void start_sodium(void)
{
    /* Fails only where the machine has no source of randomness: nothing we make would be safe. */
    if (sodium_init() < 0) {
        fputs("landfall: no source of random bytes\n", stderr);
        abort();
    }
}

static void ready(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start_sodium);
}

void digest_of(const void *bytes, size_t count, uint8_t out[DIGEST_BYTES])
{
    ready();
    crypto_generichash(out, DIGEST_BYTES, bytes, count, NULL, 0);
}

void digest_sha256(const void *bytes, size_t count, uint8_t out[DIGEST_BYTES])
{
    _Static_assert(DIGEST_BYTES == crypto_hash_sha256_BYTES, "both are 32 bytes");
    crypto_hash_sha256(out, bytes, count);
}

void digest_keyed(const void *bytes, size_t count, const uint8_t key[DIGEST_KEY], uint8_t out[DIGEST_BYTES])
{
    ready();
    crypto_generichash(out, DIGEST_BYTES, bytes, count, key, DIGEST_KEY);
}

void digest_hmac_sha256(const void *key, size_t key_count, const void *bytes, size_t count,
                        uint8_t out[DIGEST_BYTES])
{
    crypto_auth_hmacsha256_state state;
    ready();
    crypto_auth_hmacsha256_init(&state, key, key_count);
    crypto_auth_hmacsha256_update(&state, bytes, count);
    crypto_auth_hmacsha256_final(&state, out);
    sodium_memzero(&state, sizeof(state));
}

void digest_hex(const uint8_t *bytes, size_t count, char *out)
{
    sodium_bin2hex(out, 2 * count + 1, bytes, count);
}

void digest_text(const void *bytes, size_t count, char out[DIGEST_HEX])
{
    uint8_t hash[DIGEST_BYTES];
    digest_of(bytes, count, hash);
    digest_hex(hash, sizeof(hash), out);
}

struct digest_stream *digest_stream_new(struct arena *mem)
{
    ready();
    struct digest_stream *s = ARENA_NEW(mem, struct digest_stream);
    char *at = arena_alloc(mem, sizeof(crypto_generichash_state) + STATE_ALIGN - 1);
    at += -(uintptr_t)at & (STATE_ALIGN - 1);
    s->state = (crypto_generichash_state *)(void *)at;
    crypto_generichash_init(s->state, NULL, 0, DIGEST_BYTES);
    return s;
}

void digest_stream_add(struct digest_stream *s, const void *bytes, size_t count)
{
    crypto_generichash_update(s->state, bytes, count);
}

void digest_stream_text(struct digest_stream *s, const char *text)
{
    /* 0xFF occurs in no UTF-8 text, so NULL equals no text. */
    const char *bytes = text ? text : "\xff";
    digest_stream_add(s, bytes, strlen(bytes) + 1);
}

void digest_stream_end(struct digest_stream *s, uint8_t out[DIGEST_BYTES])
{
    crypto_generichash_final(s->state, out, DIGEST_BYTES);
}

void digest_random(void *out, size_t count)
{
    ready();
    randombytes_buf(out, count);
}

void digest_random_hex(size_t bytes, char *out)
{
    /* Filled in the upper half of `out` and spread from the front: no second buffer of unknown size.
     * Writing digit pair i touches 2i and 2i+1, never beyond the byte still to be read. */
    static const char digits[] = "0123456789abcdef";
    uint8_t *raw = (uint8_t *)out + bytes;
    digest_random(raw, bytes);
    for (size_t i = 0; i < bytes; i++) {
        uint8_t b = raw[i];
        out[2 * i] = digits[b >> 4];
        out[2 * i + 1] = digits[b & 15];
    }
    out[2 * bytes] = '\0';
}

void digest_marker(const char *lineage, const char *region, const char *address, int64_t generation,
                   char out[DIGEST_MARKER])
{
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
    uint8_t number[8], hash[16];
    for (int i = 0; i < 8; i++)
        number[i] = (uint8_t)((uint64_t)generation >> (8 * i));

    ready();
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, sizeof(hash));
    crypto_generichash_update(&state, (const uint8_t *)lineage, strlen(lineage) + 1);
    crypto_generichash_update(&state, (const uint8_t *)region, strlen(region) + 1);
    crypto_generichash_update(&state, (const uint8_t *)address, strlen(address) + 1);
    crypto_generichash_update(&state, number, sizeof(number));
    crypto_generichash_final(&state, hash, sizeof(hash));

    memcpy(out, "lf1.", 4);
    char *at = out + 4;
    uint32_t bits = 0;
    int held = 0;
    for (size_t i = 0; i < sizeof(hash); i++) {
        bits = bits << 8 | hash[i];
        for (held += 8; held >= 5; held -= 5)
            *at++ = alphabet[bits >> (held - 5) & 31];
    }
    *at++ = alphabet[bits << (5 - held) & 31]; /* 128 bits are 25 characters and 3 bits */
    *at = '\0';
}

const uint8_t *digest_seal(struct arena *mem, const void *bytes, size_t count, const uint8_t key[DIGEST_KEY],
                           size_t *sealed_count)
{
    uint8_t *sealed = arena_alloc(mem, NONCE + count + TAG);
    digest_random(sealed, NONCE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + NONCE, NULL, bytes, count, NULL, 0, NULL, sealed,
                                               key);
    *sealed_count = NONCE + count + TAG;
    return sealed;
}

bool digest_open(struct arena *mem, const uint8_t *sealed, size_t count, const uint8_t key[DIGEST_KEY],
                 const char **bytes, size_t *opened_count, struct err *err)
{
    ready();
    if (count < NONCE + TAG) {
        err_set(err, "digest.cannot_open", "cannot open sealed bytes: %zu bytes are too few", count);
        return err_advise(err, "restore the store from a backup: what it holds was cut short");
    }
    size_t size = count - NONCE - TAG;
    char *opened = arena_alloc(mem, size + 1);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt((uint8_t *)opened, NULL, NULL, sealed + NONCE,
                                                   count - NONCE, NULL, 0, sealed, key) != 0) {
        err_set(err, "digest.cannot_open",
                "cannot open sealed bytes: the key is another one or they were changed");
        return err_advise(err, "check that 'key' in landfall.yaml is the one this store was made with");
    }
    *bytes = opened;
    *opened_count = size;
    return true;
}

const char *digest_base64(struct arena *mem, const void *bytes, size_t count)
{
    size_t room = sodium_base64_encoded_len(count, sodium_base64_VARIANT_ORIGINAL);
    char *text = arena_alloc(mem, room);
    return sodium_bin2base64(text, room, bytes, count, sodium_base64_VARIANT_ORIGINAL);
}

const uint8_t *digest_from_base64(struct arena *mem, const char *text, size_t *count)
{
    size_t length = strlen(text), made = 0;
    uint8_t *bytes = arena_alloc(mem, length / 4 * 3 + 3);
    if (sodium_base642bin(bytes, length / 4 * 3 + 3, text, length, NULL, &made, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0)
        return NULL;
    *count = made;
    return bytes;
}
