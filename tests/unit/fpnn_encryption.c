/*
 * FPNN encryption against the published sessions and key files
 * (tests/data/fpnn_encryption_vectors.txt): the secret from both sides, each package to the byte,
 * whole streams opened at every split; and what hostile peers send.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rtm/error.h>

#include "lib/fpnn/cipher.h"
#include "lib/fpnn/frame.h"
#include "lib/fpnn/pack.h"
#include "tests/support/alloc_fail.h"
#include "tests/support/encryption_vectors.h"
#include "tests/support/heap_copy.h"

#define STREAM_MAX 8192

static session_vector *sessions;
static size_t session_count;
static const keyfile_vector *keyfiles;
static size_t keyfile_count;

static int load(void **state)
{
    (void)state;
    encryption_vectors_load();
    sessions = encryption_sessions;
    session_count = ENCRYPTION_SESSIONS;
    keyfiles = encryption_keyfiles;
    keyfile_count = ENCRYPTION_KEYFILES;
    return 0;
}

static int unload(void **state)
{
    (void)state;
    encryption_vectors_free();
    return 0;
}

static void check_keys(const session_vector *v, const rtmi_cipher_keys *keys)
{
    assert_int_equal(keys->key_len, v->key.len);
    assert_memory_equal(keys->key, v->key.data, v->key.len);
    assert_memory_equal(keys->iv, v->iv.data, v->iv.len);
}

static rtmi_cipher_keys keys_of(const session_vector *v)
{
    const rtmi_private_key server = vector_private_key(v->curve, &v->server_private);
    rtmi_cipher_keys keys;

    assert_int_equal(rtmi_key_agree(&server, vector_span(&v->client_public), v->bits, &keys), 0);
    return keys;
}

static void test_both_sides_agree(void **state)
{
    (void)state;
    for (size_t i = 0; i < session_count; i++) {
        const session_vector *v = &sessions[i];
        const rtmi_private_key client = vector_private_key(v->curve, &v->client_private);
        rtmi_public_key public_key;
        rtmi_cipher_keys keys = keys_of(v);
        check_keys(v, &keys);
        memset(&keys, 0, sizeof keys);
        assert_int_equal(rtmi_key_agree(&client, vector_span(&v->server_public), v->bits, &keys),
                         0);
        check_keys(v, &keys);
        assert_int_equal(rtmi_private_key_get_public(&client, &public_key), 0);
        assert_int_equal(public_key.len, v->client_public.len);
        assert_memory_equal(public_key.xy, v->client_public.data, public_key.len);
    }
}

/* The `*key` quest of each session is read, and ours has the same bytes (where it sends bin). */
static void test_key_quests(void **state)
{
    size_t as_bytes = 0;

    (void)state;
    for (size_t i = 0; i < session_count; i++) {
        const session_vector *v = &sessions[i];
        rtmi_package package;
        rtmi_key_quest quest;
        rtmi_public_key key = {.curve = v->curve, .len = v->client_public.len};
        rtmi_buf out;

        assert_int_equal(rtmi_frame_decode(vector_span(&v->up.plain[0]), SIZE_MAX, &package), 1);
        assert_int_equal(rtmi_key_quest_decode(package.payload, &quest), 0);
        assert_int_equal(quest.bits, v->bits);
        assert_int_equal(quest.is_stream, v->is_stream);
        assert_int_equal(quest.public_key.len, v->client_public.len);
        assert_memory_equal(quest.public_key.data, v->client_public.data, quest.public_key.len);
        memcpy(key.xy, v->client_public.data, key.len);
        rtmi_buf_init(&out, STREAM_MAX);
        rtmi_pack_map(&out, 3);
        assert_int_equal(rtmi_key_quest_encode(&key, v->is_stream, v->bits, &out), 3);
        as_bytes +=
            rtmi_buf_len(&out) == package.payload.len &&
            memcmp(rtmi_buf_span(&out).data, package.payload.data, package.payload.len) == 0;
        rtmi_buf_deinit(&out);
    }
    assert_int_equal(as_bytes, ENCRYPTION_SESSIONS - 1); /* one sends its key as str */
}

static void check_sealing(const session_vector *v, const vector_direction *d, size_t first)
{
    const rtmi_cipher_keys keys = keys_of(v);
    rtmi_cipher *cipher;
    rtmi_buf plain;
    rtmi_buf out;

    rtmi_buf_init(&plain, STREAM_MAX);
    rtmi_buf_init(&out, STREAM_MAX);
    /* One by one. */
    assert_int_equal(rtmi_cipher_new(&keys, v->is_stream, true, &cipher), 0);
    for (size_t i = first; i < d->count; i++) {
        rtmi_buf_clear(&out);
        assert_int_equal(rtmi_cipher_seal(cipher, vector_span(&d->plain[i]), &out), 0);
        assert_int_equal(rtmi_buf_len(&out), d->wire[i].len);
        assert_memory_equal(rtmi_buf_span(&out).data, d->wire[i].data, d->wire[i].len);
        rtmi_buf_append_span(&plain, vector_span(&d->plain[i]));
    }
    rtmi_cipher_free(cipher);
    /* All at once. */
    rtmi_buf_clear(&out);
    assert_int_equal(rtmi_cipher_new(&keys, v->is_stream, true, &cipher), 0);
    assert_int_equal(rtmi_cipher_seal(cipher, rtmi_buf_span(&plain), &out), 0);
    size_t at = 0;
    for (size_t i = first; i < d->count; at += d->wire[i++].len)
        assert_memory_equal(rtmi_buf_span(&out).data + at, d->wire[i].data, d->wire[i].len);
    assert_int_equal(rtmi_buf_len(&out), at);
    assert_int_equal(rtmi_cipher_seal(cipher, (rtmi_span){NULL, 0}, &out), 0);
    assert_int_equal(rtmi_buf_len(&out), at);
    rtmi_cipher_free(cipher);
    rtmi_buf_deinit(&plain);
    rtmi_buf_deinit(&out);
}

static void test_seals_to_the_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < session_count; i++) {
        check_sealing(&sessions[i], &sessions[i].up, 1);
        check_sealing(&sessions[i], &sessions[i].down, 0);
    }
}

/* Hand `len` bytes over and open what can be opened. */
static void feed(rtmi_cipher *cipher, const uint8_t *data, size_t len, rtmi_buf *in, rtmi_buf *out)
{
    rtmi_buf_append(in, data, len);
    assert_int_equal(rtmi_cipher_open(cipher, in, RTMI_FRAME_MAX_DEFAULT, out), 0);
}

/* Open a whole stream in two pieces, or byte by byte when `split` is SIZE_MAX. */
static void check_opening(const session_vector *v, const rtmi_cipher_keys *keys, rtmi_span wire,
                          rtmi_span plain, size_t split)
{
    rtmi_cipher *cipher;
    rtmi_buf in;
    rtmi_buf out;

    rtmi_buf_init(&in, STREAM_MAX);
    rtmi_buf_init(&out, STREAM_MAX);
    assert_int_equal(rtmi_cipher_new(keys, v->is_stream, false, &cipher), 0);
    if (split == SIZE_MAX) {
        for (size_t i = 0; i < wire.len; i++)
            feed(cipher, wire.data + i, 1, &in, &out);
    } else {
        feed(cipher, wire.data, split, &in, &out);
        feed(cipher, wire.data + split, wire.len - split, &in, &out);
    }
    assert_int_equal(rtmi_buf_len(&in), 0);
    assert_int_equal(rtmi_buf_len(&out), plain.len);
    assert_memory_equal(rtmi_buf_span(&out).data, plain.data, plain.len);
    rtmi_cipher_free(cipher);
    rtmi_buf_deinit(&in);
    rtmi_buf_deinit(&out);
}

static void test_opens_at_every_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < session_count; i++) {
        const session_vector *v = &sessions[i];
        const rtmi_cipher_keys keys = keys_of(v);
        for (int way = 0; way < 2; way++) {
            const vector_direction *d = way == 0 ? &v->up : &v->down;
            rtmi_buf wire;
            rtmi_buf plain;
            rtmi_buf_init(&wire, STREAM_MAX);
            rtmi_buf_init(&plain, STREAM_MAX);
            for (size_t p = way == 0; p < d->count; p++) {
                rtmi_buf_append_span(&wire, vector_span(&d->wire[p]));
                rtmi_buf_append_span(&plain, vector_span(&d->plain[p]));
            }
            check_opening(v, &keys, rtmi_buf_span(&wire), rtmi_buf_span(&plain), SIZE_MAX);
            for (size_t split = 0; split <= rtmi_buf_len(&wire); split++)
                check_opening(v, &keys, rtmi_buf_span(&wire), rtmi_buf_span(&plain), split);
            rtmi_buf_deinit(&wire);
            rtmi_buf_deinit(&plain);
        }
    }
}

static void check_public(rtmi_span file, rtmi_curve curve, const keyfile_vector *v)
{
    rtmi_public_key key;
    const rtmi_span copy = heap_copy_span(file);

    assert_int_equal(rtmi_public_key_parse(copy, curve, &key), 0);
    assert_int_equal(key.curve, v->curve);
    assert_int_equal(key.len, v->public_raw.len);
    assert_memory_equal(key.xy, v->public_raw.data, key.len);
    /* A cut file is no key, unless what is left is another form: X and Y, or 04, X and Y. */
    for (size_t len = 0; len < copy.len; len++) {
        const rtmi_span cut = heap_copy_span((rtmi_span){copy.data, len});
        const int r = rtmi_public_key_parse(cut, RTMI_CURVE_NONE, &key);
        if (r == 0)
            assert_memory_equal(key.xy, v->public_raw.data, key.len);
        heap_copy_free(cut);
    }
    heap_copy_free(copy);
}

static void test_key_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < keyfile_count; i++) {
        const keyfile_vector *v = &keyfiles[i];
        const rtmi_curve other =
            v->curve == RTMI_CURVE_SECP256K1 ? RTMI_CURVE_SECP256R1 : RTMI_CURVE_SECP256K1;
        rtmi_public_key public_key;
        rtmi_private_key key = vector_private_key(v->curve, &v->private_raw);
        rtmi_buf out;

        check_public(vector_span(&v->public_raw), v->curve, v);
        check_public(vector_span(&v->compressed), v->curve, v);
        check_public(vector_span(&v->der), RTMI_CURVE_NONE, v);
        check_public(vector_span(&v->der), v->curve, v);
        check_public(vector_span(&v->pem), RTMI_CURVE_NONE, v);
        assert_int_equal(rtmi_public_key_parse(vector_span(&v->pem), other, &public_key),
                         RTM_E_INVAL);
        assert_int_equal(rtmi_public_key_parse(vector_span(&v->der), other, &public_key),
                         RTM_E_INVAL);
        assert_int_equal(
            rtmi_public_key_parse(vector_span(&v->public_raw), RTMI_CURVE_NONE, &public_key),
            RTM_E_INVAL);
        assert_int_equal(rtmi_private_key_parse(vector_span(&v->pem), v->curve, &key), RTM_E_INVAL);

        /* What we print is what the published tool prints, and both forms are read again. */
        assert_int_equal(rtmi_private_key_get_public(&key, &public_key), 0);
        rtmi_buf_init(&out, STREAM_MAX);
        rtmi_public_key_print_pem(&public_key, &out);
        assert_int_equal(out.error, 0);
        assert_int_equal(rtmi_buf_len(&out), v->pem.len);
        assert_memory_equal(rtmi_buf_span(&out).data, v->pem.data, v->pem.len);
        rtmi_buf_clear(&out);
        rtmi_private_key_print_pem(&key, &out);
        assert_int_equal(out.error, 0);
        memset(&key, 0, sizeof key);
        assert_int_equal(rtmi_private_key_parse(rtmi_buf_span(&out), RTMI_CURVE_NONE, &key), 0);
        assert_int_equal(key.curve, v->curve);
        assert_memory_equal(key.d, v->private_raw.data, v->private_raw.len);
        assert_int_equal(rtmi_private_key_parse(rtmi_buf_span(&out), other, &key), RTM_E_INVAL);
        rtmi_buf_deinit(&out);
    }
}

static void test_pairs_are_made(void **state)
{
    (void)state;
    for (int curve = RTMI_CURVE_SECP256K1; curve <= RTMI_CURVE_SECP192R1; curve++) {
        rtmi_private_key a;
        rtmi_private_key b;
        rtmi_public_key a_public;
        rtmi_public_key b_public;
        rtmi_cipher_keys ab;
        rtmi_cipher_keys ba;

        assert_int_equal(rtmi_key_pair_generate((rtmi_curve)curve, &a, &a_public), 0);
        assert_int_equal(rtmi_key_pair_generate((rtmi_curve)curve, &b, &b_public), 0);
        assert_memory_not_equal(a_public.xy, b_public.xy, a_public.len);
        memset(&ab, 0, sizeof ab);
        memset(&ba, 0, sizeof ba);
        assert_int_equal(rtmi_key_agree(&a, (rtmi_span){b_public.xy, b_public.len}, 256, &ab), 0);
        assert_int_equal(rtmi_key_agree(&b, (rtmi_span){a_public.xy, a_public.len}, 256, &ba), 0);
        assert_memory_equal(&ab, &ba, sizeof ab);
        assert_string_equal(
            rtmi_curve_name((rtmi_curve)curve),
            rtmi_curve_name(rtmi_curve_of_name(rtmi_curve_name((rtmi_curve)curve))));
    }
    assert_int_equal(rtmi_curve_of_name("prime256v1"), RTMI_CURVE_NONE);
}

static void test_hostile_points(void **state)
{
    (void)state;
    for (size_t i = 0; i < session_count; i++) {
        const session_vector *v = &sessions[i];
        const rtmi_private_key server = vector_private_key(v->curve, &v->server_private);
        rtmi_cipher_keys keys;
        vector_bytes point = v->client_public;

        /* Wrong lengths, a prefix, zeros, a point beside the curve, other bits. */
        assert_int_equal(
            rtmi_key_agree(&server, (rtmi_span){point.data, point.len - 1}, 128, &keys),
            RTM_E_INVAL);
        assert_int_equal(rtmi_key_agree(&server, (rtmi_span){point.data, 0}, 128, &keys),
                         RTM_E_INVAL);
        assert_int_equal(
            rtmi_key_agree(&server, (rtmi_span){point.data, point.len + 1}, 128, &keys),
            RTM_E_INVAL);
        assert_int_equal(rtmi_key_agree(&server, vector_span(&point), 192, &keys), RTM_E_INVAL);
        assert_int_equal(rtmi_key_agree(&server, vector_span(&point), 0, &keys), RTM_E_INVAL);
        point.data[point.len - 1] ^= 1;
        assert_int_equal(rtmi_key_agree(&server, vector_span(&point), 128, &keys), RTM_E_INVAL);
        memset(point.data, 0, point.len);
        assert_int_equal(rtmi_key_agree(&server, vector_span(&point), 128, &keys), RTM_E_INVAL);
        memset(point.data, 0xff, point.len);
        assert_int_equal(rtmi_key_agree(&server, vector_span(&point), 128, &keys), RTM_E_INVAL);
    }
    for (size_t i = 0; i < keyfile_count; i++) {
        rtmi_private_key key;
        vector_bytes raw = keyfiles[i].private_raw;
        memset(raw.data, 0, raw.len);
        assert_int_equal(rtmi_private_key_parse(vector_span(&raw), keyfiles[i].curve, &key),
                         RTM_E_INVAL);
        memset(raw.data, 0xff, raw.len);
        assert_int_equal(rtmi_private_key_parse(vector_span(&raw), keyfiles[i].curve, &key),
                         RTM_E_INVAL);
    }
}

/* What a cipher of package mode says to bytes: the error, or 0. */
static int opened(const uint8_t *data, size_t len, size_t max_bytes)
{
    const rtmi_cipher_keys keys = {.key_len = 16};
    rtmi_cipher *cipher;
    rtmi_buf in;
    rtmi_buf out;

    rtmi_buf_init(&in, STREAM_MAX);
    rtmi_buf_init(&out, STREAM_MAX);
    rtmi_buf_append(&in, data, len);
    assert_int_equal(rtmi_cipher_new(&keys, false, false, &cipher), 0);
    const int r = rtmi_cipher_open(cipher, &in, max_bytes, &out);
    rtmi_cipher_free(cipher);
    rtmi_buf_deinit(&in);
    rtmi_buf_deinit(&out);
    return r;
}

static void test_hostile_packages(void **state)
{
    static const uint8_t zero[] = {0, 0, 0, 0};
    static const uint8_t five[] = {5, 0, 0, 0, 1, 2, 3, 4, 5};
    static const uint8_t large[] = {1, 4, 0, 0};
    static const uint8_t noise[36] = {32, 0, 0, 0, 9, 9, 9, 9, 9};
    static const uint8_t begun[] = {32, 0, 0, 0, 1, 2};

    (void)state;
    assert_true(opened(zero, sizeof zero, 1024) < 0);
    assert_true(opened(five, sizeof five, 1024) < 0);
    assert_int_equal(opened(large, sizeof large, 1024), RTMI_FRAME_E_TOO_BIG);
    assert_true(opened(noise, sizeof noise, 1024) < 0);
    assert_int_equal(opened(begun, sizeof begun, 1024), 0);
    assert_int_equal(opened(begun, 3, 1024), 0);
}

/* A length that is not the package's own: two packages in one, or one and a byte. */
static void test_one_package_each(void **state)
{
    const session_vector *v = &sessions[0];
    const rtmi_cipher_keys keys = keys_of(v);

    (void)state;
    assert_false(v->is_stream);
    for (int more = 0; more < 2; more++) {
        rtmi_cipher *sealing;
        rtmi_cipher *opening;
        rtmi_buf plain;
        rtmi_buf wire;
        rtmi_buf out;
        rtmi_buf_init(&plain, STREAM_MAX);
        rtmi_buf_init(&wire, STREAM_MAX);
        rtmi_buf_init(&out, STREAM_MAX);
        /* In stream mode the bytes are sealed as they are: the same keystream. */
        assert_int_equal(rtmi_cipher_new(&keys, true, true, &sealing), 0);
        assert_int_equal(rtmi_cipher_new(&keys, false, false, &opening), 0);
        rtmi_buf_append_span(&plain, vector_span(&v->up.plain[1]));
        rtmi_buf_append_span(&plain, more == 0 ? vector_span(&v->up.plain[1])
                                               : (rtmi_span){(const uint8_t *)"x", 1});
        const uint8_t head[4] = {(uint8_t)rtmi_buf_len(&plain), 0, 0, 0};
        rtmi_buf_append(&wire, head, sizeof head);
        assert_int_equal(rtmi_cipher_seal(sealing, rtmi_buf_span(&plain), &wire), 0);
        assert_true(rtmi_cipher_open(opening, &wire, 1024, &out) < 0);
        rtmi_cipher_free(sealing);
        rtmi_cipher_free(opening);
        rtmi_buf_deinit(&plain);
        rtmi_buf_deinit(&wire);
        rtmi_buf_deinit(&out);
    }
}

/* Out of memory and out of room: an error, and nothing half done. */
static bool seal_and_open(void *userdata)
{
    const session_vector *v = userdata;
    const rtmi_cipher_keys keys = {.key_len = 16};
    rtmi_cipher *sealing = NULL;
    rtmi_cipher *opening = NULL;
    rtmi_buf wire;
    rtmi_buf out;

    rtmi_buf_init(&wire, STREAM_MAX);
    rtmi_buf_init(&out, STREAM_MAX);
    const bool is_done = rtmi_cipher_new(&keys, false, true, &sealing) == 0 &&
                         rtmi_cipher_new(&keys, false, false, &opening) == 0 &&
                         rtmi_cipher_seal(sealing, vector_span(&v->up.plain[1]), &wire) == 0 &&
                         rtmi_cipher_open(opening, &wire, 1024, &out) == 0;
    rtmi_cipher_free(sealing);
    rtmi_cipher_free(opening);
    rtmi_buf_deinit(&wire);
    rtmi_buf_deinit(&out);
    return is_done;
}

static void test_memory_runs_out(void **state)
{
    const rtmi_cipher_keys keys = {.key_len = 32};
    rtmi_cipher *cipher;
    rtmi_buf small;

    (void)state;
    assert_true(alloc_fail_sweep(seal_and_open, &sessions[0]) > 0);
    rtmi_buf_init(&small, 16);
    assert_int_equal(rtmi_cipher_new(&keys, false, true, &cipher), 0);
    assert_int_equal(rtmi_cipher_seal(cipher, vector_span(&sessions[0].up.plain[1]), &small),
                     RTM_E_LIMIT);
    assert_int_equal(rtmi_buf_len(&small), 0);
    rtmi_cipher_free(cipher);
    rtmi_buf_deinit(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_sides_agree),  cmocka_unit_test(test_key_quests),
        cmocka_unit_test(test_seals_to_the_byte), cmocka_unit_test(test_opens_at_every_split),
        cmocka_unit_test(test_key_files),         cmocka_unit_test(test_pairs_are_made),
        cmocka_unit_test(test_hostile_points),    cmocka_unit_test(test_hostile_packages),
        cmocka_unit_test(test_one_package_each),  cmocka_unit_test(test_memory_runs_out),
    };

    return cmocka_run_group_tests(tests, load, unload);
}
