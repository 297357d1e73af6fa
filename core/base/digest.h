/* The digest: hashes, random bytes and sealing, all by libsodium; no cryptography of our own.
 * Hashes are BLAKE2b; sealing is XChaCha20-Poly1305 with a random nonce in front. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"

#define DIGEST_BYTES 32
#define DIGEST_HEX   (DIGEST_BYTES * 2 + 1)
#define DIGEST_KEY   32

struct err;
struct digest_stream; /* opaque; lives in an arena */

void digest_of(const void *bytes, size_t count, uint8_t out[DIGEST_BYTES]);
/* Keyed: equal inputs under different keys cannot be linked. */
void digest_keyed(const void *bytes, size_t count, const uint8_t key[DIGEST_KEY], uint8_t out[DIGEST_BYTES]);
/* HMAC-SHA256, for receivers that check a signature with what every language has; the key may be any text. */
void digest_hmac_sha256(const void *key, size_t key_count, const void *bytes, size_t count,
                        uint8_t out[DIGEST_BYTES]);
void digest_hex(const uint8_t *bytes, size_t count, char *out); /* out: 2 * count + 1 */
/* digest_of as hex in one step. */
void digest_text(const void *bytes, size_t count, char out[DIGEST_HEX]);

/* SHA-256, only for what others define by it (a content security policy); DIGEST_BYTES long as well. */
void digest_sha256(const void *bytes, size_t count, uint8_t out[DIGEST_BYTES]);

struct digest_stream *digest_stream_new(struct arena *mem);
void digest_stream_add(struct digest_stream *s, const void *bytes, size_t count);
/* Adds the text and its NUL, so that ("ab","c") and ("a","bc") differ.  NULL differs from "". */
void digest_stream_text(struct digest_stream *s, const char *text);
void digest_stream_end(struct digest_stream *s, uint8_t out[DIGEST_BYTES]);

void digest_random(void *out, size_t count);
/* 2 * bytes + 1 characters of random hex: tokens, nonces, lineages. */
void digest_random_hex(size_t bytes, char *out);

/* The marker an object carries: "lf1." and 26 lower-case base32 characters (RFC 4648 alphabet,
 * no padding) of BLAKE2b-128 over lineage, region, address and generation.  Two stores never claim
 * each other's objects, and it fits a 40-character column. */
#define DIGEST_MARKER 31
void digest_marker(const char *lineage, const char *region, const char *address, int64_t generation,
                   char out[DIGEST_MARKER]);

/* Sealed bytes: 24 of nonce, then the box.  The key is DIGEST_KEY bytes. */
const uint8_t *digest_seal(struct arena *mem, const void *bytes, size_t count, const uint8_t key[DIGEST_KEY],
                           size_t *sealed_count);
/* False and err "digest.cannot_open" when the key is wrong or a bit was flipped. */
MUST_USE bool digest_open(struct arena *mem, const uint8_t *sealed, size_t count,
                          const uint8_t key[DIGEST_KEY], const char **bytes, size_t *opened_count,
                          struct err *err);
const char *digest_base64(struct arena *mem, const void *bytes, size_t count);
/* NULL when the text is not base64. */
const uint8_t *digest_from_base64(struct arena *mem, const char *text, size_t *count);
