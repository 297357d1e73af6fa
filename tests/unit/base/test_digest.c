#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/digest.h"
#include "base/err.h"

static struct arena *mem;

static int set_up(void **state)
{
    (void)state;
    mem = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(mem);
    return 0;
}

static void test_hashes_are_blake2b_with_32_bytes(void **state)
{
    (void)state;
    char hex[DIGEST_HEX];
    digest_text("abc", 3, hex); /* as b2sum -l 256 prints it */
    assert_string_equal(hex, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
    digest_text("", 0, hex);
    assert_string_equal(hex, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
}

static void test_sha256_is_what_a_browser_computes(void **state)
{
    (void)state;
    uint8_t hash[DIGEST_BYTES];
    char hex[DIGEST_HEX];
    digest_sha256("abc", 3, hash); /* FIPS 180-2, B.1 */
    digest_hex(hash, sizeof(hash), hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void test_equal_inputs_under_different_keys_cannot_be_linked(void **state)
{
    (void)state;
    const uint8_t one[DIGEST_KEY] = {1}, two[DIGEST_KEY] = {2};
    uint8_t a[DIGEST_BYTES], b[DIGEST_BYTES], again[DIGEST_BYTES], plain[DIGEST_BYTES];
    digest_keyed("pw", 2, one, a);
    digest_keyed("pw", 2, two, b);
    digest_keyed("pw", 2, one, again);
    digest_of("pw", 2, plain);
    assert_memory_equal(a, again, sizeof(a));
    assert_memory_not_equal(a, b, sizeof(a));
    assert_memory_not_equal(a, plain, sizeof(a));
}

static void test_a_stream_equals_the_whole(void **state)
{
    (void)state;
    uint8_t whole[DIGEST_BYTES], parts[DIGEST_BYTES];
    struct digest_stream *s = digest_stream_new(mem);
    digest_stream_add(s, "a", 1);
    digest_stream_add(s, "", 0);
    digest_stream_add(s, "bc", 2);
    digest_stream_end(s, parts);
    digest_of("abc", 3, whole);
    assert_memory_equal(whole, parts, sizeof(whole));
}

static void stream_of_two(const char *first, const char *second, uint8_t out[DIGEST_BYTES])
{
    struct digest_stream *s = digest_stream_new(mem);
    digest_stream_text(s, first);
    digest_stream_text(s, second);
    digest_stream_end(s, out);
}

static void test_texts_in_a_stream_do_not_run_together(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"ab", "c"}, {"a", "bc"}, {"", "abc"}, {NULL, "abc"}, {"abc", NULL}};
    uint8_t out[COUNT_OF(pairs)][DIGEST_BYTES];
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        stream_of_two(pairs[i][0], pairs[i][1], out[i]);
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(out[i], out[j], DIGEST_BYTES);
    }
}

static void test_random_hex_fills_its_text_and_differs(void **state)
{
    (void)state;
    for (size_t bytes = 0; bytes <= 16; bytes++) {
        char text[33];
        memset(text, 'x', sizeof(text));
        digest_random_hex(bytes, text);
        assert_int_equal(strlen(text), 2 * bytes);
        assert_int_equal(strspn(text, "0123456789abcdef"), 2 * bytes);
    }
    char one[33], two[33];
    digest_random_hex(16, one);
    digest_random_hex(16, two);
    assert_string_not_equal(one, two);
}

static void test_a_marker_is_30_characters_a_service_accepts(void **state)
{
    (void)state;
    char marker[DIGEST_MARKER];
    digest_marker("lineage", "eu", "dns.zone.main", 1, marker);
    assert_int_equal(strlen(marker), 30);
    assert_memory_equal(marker, "lf1.", 4);
    assert_int_equal(strspn(marker + 4, "abcdefghijklmnopqrstuvwxyz234567"), 26);
}

/* Markers written by an earlier version must be known again, so the bytes are pinned. */
static void test_the_marker_of_a_thing_never_changes(void **state)
{
    (void)state;
    char marker[DIGEST_MARKER];
    digest_marker("a", "b", "c", 1, marker);
    assert_string_equal(marker, "lf1.h573eazkxtbmn2eydlwm3ckyna");
}

static void test_every_part_makes_another_marker(void **state)
{
    (void)state;
    char markers[6][DIGEST_MARKER];
    digest_marker("l", "eu", "a.b.c", 1, markers[0]);
    digest_marker("m", "eu", "a.b.c", 1, markers[1]);
    digest_marker("l", "us", "a.b.c", 1, markers[2]);
    digest_marker("l", "eu", "a.b.d", 1, markers[3]);
    digest_marker("l", "eu", "a.b.c", 2, markers[4]);
    digest_marker("le", "u", "a.b.c", 1, markers[5]);
    for (size_t i = 0; i < 6; i++) {
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(markers[i], markers[j]);
    }
}

static void test_what_is_sealed_opens_with_its_key(void **state)
{
    (void)state;
    const uint8_t key[DIGEST_KEY] = {7};
    struct err err;
    size_t sealed_count, count = 99;
    const char *bytes = NULL;
    const uint8_t *sealed = digest_seal(mem, "secret", 6, key, &sealed_count);
    assert_int_equal(sealed_count, 24 + 6 + 16);
    assert_true(digest_open(mem, sealed, sealed_count, key, &bytes, &count, &err));
    assert_int_equal(count, 6);
    assert_string_equal(bytes, "secret");

    const uint8_t *again = digest_seal(mem, "secret", 6, key, &sealed_count);
    assert_memory_not_equal(sealed, again, sealed_count);

    sealed = digest_seal(mem, "", 0, key, &sealed_count);
    assert_true(digest_open(mem, sealed, sealed_count, key, &bytes, &count, &err));
    assert_int_equal(count, 0);
}

static void test_no_flipped_bit_and_no_other_key_opens_it(void **state)
{
    (void)state;
    const uint8_t key[DIGEST_KEY] = {7}, other[DIGEST_KEY] = {8};
    struct err err;
    size_t sealed_count, count = 99;
    const char *bytes = "untouched";
    const uint8_t *sealed = digest_seal(mem, "secret", 6, key, &sealed_count);
    assert_false(digest_open(mem, sealed, sealed_count, other, &bytes, &count, &err));
    assert_string_equal(err.code, "digest.cannot_open");
    uint8_t *bad = arena_copy(mem, sealed, sealed_count);
    for (size_t bit = 0; bit < sealed_count * 8; bit++) {
        bad[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(digest_open(mem, bad, sealed_count, key, &bytes, &count, &err));
        bad[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t cut = 0; cut < sealed_count; cut++)
        assert_false(digest_open(mem, sealed, cut, key, &bytes, &count, &err));
    assert_string_equal(bytes, "untouched");
    assert_int_equal(count, 99);
}

static void test_base64_goes_there_and_back(void **state)
{
    (void)state;
    size_t count = 0;
    assert_string_equal(digest_base64(mem, "\xff\xfe\xfd!", 4), "//79IQ==");
    assert_string_equal(digest_base64(mem, "", 0), "");
    const uint8_t *bytes = digest_from_base64(mem, "//79IQ==", &count);
    assert_int_equal(count, 4);
    assert_memory_equal(bytes, "\xff\xfe\xfd!", 4);
    assert_non_null(digest_from_base64(mem, "", &count));
    assert_int_equal(count, 0);
    static const char *const bad[] = {"//79IQ", "//79IQ=", "/ /7", "a", "YQ==YQ==", "-_79", "YWJj\n"};
    count = 99;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_null(digest_from_base64(mem, bad[i], &count));
    assert_int_equal(count, 99);
}

/* RFC 4231, cases 1 and 6. */
static void test_hmac_is_what_every_receiver_computes(void **state)
{
    (void)state;
    static const char long_text[] = "Test Using Larger Than Block-Size Key - Hash Key First";
    uint8_t key[131], hash[DIGEST_BYTES];
    char hex[DIGEST_HEX];
    memset(key, 0x0b, sizeof(key));
    digest_hmac_sha256(key, 20, "Hi There", 8, hash);
    digest_hex(hash, sizeof(hash), hex);
    assert_string_equal(hex, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    memset(key, 0xaa, sizeof(key));
    digest_hmac_sha256(key, sizeof(key), long_text, strlen(long_text), hash);
    digest_hex(hash, sizeof(hash), hex);
    assert_string_equal(hex, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hashes_are_blake2b_with_32_bytes),
        cmocka_unit_test(test_sha256_is_what_a_browser_computes),
        cmocka_unit_test(test_equal_inputs_under_different_keys_cannot_be_linked),
        cmocka_unit_test(test_a_stream_equals_the_whole),
        cmocka_unit_test(test_texts_in_a_stream_do_not_run_together),
        cmocka_unit_test(test_random_hex_fills_its_text_and_differs),
        cmocka_unit_test(test_a_marker_is_30_characters_a_service_accepts),
        cmocka_unit_test(test_the_marker_of_a_thing_never_changes),
        cmocka_unit_test(test_every_part_makes_another_marker),
        cmocka_unit_test(test_what_is_sealed_opens_with_its_key),
        cmocka_unit_test(test_no_flipped_bit_and_no_other_key_opens_it),
        cmocka_unit_test(test_base64_goes_there_and_back),
        cmocka_unit_test(test_hmac_is_what_every_receiver_computes),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
