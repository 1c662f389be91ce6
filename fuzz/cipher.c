/*
 * Encryption: any bytes as what comes over an encrypted connection, in two pieces; as a key file;
 * as the parameters of `*key`. And what was sealed opens again.
 */
#include <string.h>

#include "fuzz/fuzz.h"
#include "lib/fpnn/cipher.h"
#include "lib/fpnn/frame.h"

#define MAX_BYTES 2048

static const rtmi_cipher_keys keys = {.key = {1, 2, 3}, .key_len = 16, .iv = {4, 5}};

static rtmi_cipher *cipher(bool is_stream, bool is_sealing)
{
    rtmi_cipher *made = NULL;

    FUZZ_CHECK(rtmi_cipher_new(&keys, is_stream, is_sealing, &made) == 0);
    return made;
}

/* Open `data` at once, and in two pieces: the same must come out. */
static void open_any(bool is_stream, rtmi_span data, size_t cut)
{
    rtmi_buf whole;
    rtmi_buf split;
    rtmi_buf in;
    int r = 0;

    rtmi_buf_init(&whole, 1 << 20);
    rtmi_buf_init(&split, 1 << 20);
    rtmi_buf_init(&in, 1 << 20);
    rtmi_cipher *first = cipher(is_stream, false);
    rtmi_buf_append_span(&in, data);
    r = rtmi_cipher_open(first, &in, MAX_BYTES, &whole);
    FUZZ_CHECK(rtmi_buf_len(&whole) <= data.len);
    rtmi_buf_clear(&in);

    rtmi_cipher *second = cipher(is_stream, false);
    cut = cut < data.len ? cut : data.len;
    rtmi_buf_append_span(&in, (rtmi_span){data.data, cut});
    int r2 = rtmi_cipher_open(second, &in, MAX_BYTES, &split);
    if (r2 == 0) {
        rtmi_buf_append_span(&in, (rtmi_span){data.data + cut, data.len - cut});
        r2 = rtmi_cipher_open(second, &in, MAX_BYTES, &split);
    }
    FUZZ_CHECK((r == 0) == (r2 == 0));
    if (r == 0) {
        FUZZ_CHECK(rtmi_buf_len(&whole) == rtmi_buf_len(&split));
        FUZZ_CHECK(rtmi_buf_len(&whole) == 0 ||
                   memcmp(rtmi_buf_span(&whole).data, rtmi_buf_span(&split).data,
                          rtmi_buf_len(&whole)) == 0);
    }
    rtmi_cipher_free(first);
    rtmi_cipher_free(second);
    rtmi_buf_deinit(&whole);
    rtmi_buf_deinit(&split);
    rtmi_buf_deinit(&in);
}

/* A package with `payload`, sealed twice and opened. */
static void seal_and_open(bool is_stream, rtmi_span payload)
{
    rtmi_buf plain;
    rtmi_buf sealed;
    rtmi_buf opened;

    if (payload.len > MAX_BYTES - 100)
        return;
    rtmi_buf_init(&plain, 1 << 20);
    rtmi_buf_init(&sealed, 1 << 20);
    rtmi_buf_init(&opened, 1 << 20);
    for (int i = 0; i < 2; i++) {
        const size_t mark = rtmi_frame_begin_quest(&plain, true, 7, rtmi_span_of_text("m"));
        rtmi_buf_append_span(&plain, payload);
        rtmi_frame_end(&plain, mark);
    }
    rtmi_cipher *sealer = cipher(is_stream, true);
    rtmi_cipher *opener = cipher(is_stream, false);
    FUZZ_CHECK(rtmi_cipher_seal(sealer, rtmi_buf_span(&plain), &sealed) == 0);
    FUZZ_CHECK(rtmi_cipher_open(opener, &sealed, MAX_BYTES, &opened) == 0);
    FUZZ_CHECK(rtmi_buf_len(&opened) == rtmi_buf_len(&plain));
    FUZZ_CHECK(
        memcmp(rtmi_buf_span(&opened).data, rtmi_buf_span(&plain).data, rtmi_buf_len(&plain)) == 0);
    rtmi_cipher_free(sealer);
    rtmi_cipher_free(opener);
    rtmi_buf_deinit(&plain);
    rtmi_buf_deinit(&sealed);
    rtmi_buf_deinit(&opened);
}

/* A key that was read is written and read again as the same. */
static void read_keys(rtmi_span file, unsigned curve)
{
    const rtmi_curve given = (rtmi_curve)(curve % (RTMI_CURVE_SECP192R1 + 1));
    rtmi_public_key public;
    rtmi_public_key again;
    rtmi_private_key private;
    rtmi_buf pem;

    rtmi_buf_init(&pem, 4096);
    if (rtmi_public_key_parse(file, given, &public) == 0) {
        FUZZ_CHECK(public.len == 2 * rtmi_curve_size(public.curve));
        rtmi_public_key_print_pem(&public, &pem);
        FUZZ_CHECK(rtmi_public_key_parse(rtmi_buf_span(&pem), RTMI_CURVE_NONE, &again) == 0);
        FUZZ_CHECK(again.curve == public.curve && memcmp(again.xy, public.xy, public.len) == 0);
    }
    if (rtmi_private_key_parse(file, given, &private) == 0)
        (void)rtmi_private_key_get_public(&private, &public);
    rtmi_buf_deinit(&pem);
}

static void agree(rtmi_span payload)
{
    static const rtmi_private_key own = {.curve = RTMI_CURVE_SECP256R1, .d = {[31] = 7}};
    rtmi_key_quest quest;
    rtmi_cipher_keys made;

    if (rtmi_key_quest_decode(payload, &quest) == 0 &&
        rtmi_key_agree(&own, quest.public_key, quest.bits, &made) == 0)
        FUZZ_CHECK(made.key_len == 16 || made.key_len == 32);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const rtmi_span rest = {data + 2, size - 2};
    switch (data[0] & 7) {
    case 0:
    case 1:
        open_any(data[0] & 1, rest, data[1]);
        break;
    case 2:
    case 3:
        seal_and_open(data[0] & 1, rest);
        break;
    case 4:
        agree(rest);
        break;
    default:
        read_keys(rest, data[1]);
        break;
    }
    return 0;
}
