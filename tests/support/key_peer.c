#include "tests/support/key_peer.h"

#include <string.h>

#include "lib/fpnn/cipher.h"

size_t key_peer_seal(const char *private_pem, const peer_quest *quest, const uint8_t *plain,
                     size_t len, uint8_t *ret, size_t cap)
{
    rtmi_private_key own;
    rtmi_key_quest asked;
    rtmi_cipher_keys keys;
    rtmi_cipher *cipher = NULL;
    rtmi_buf sealed;
    size_t size = 0;

    rtmi_buf_init(&sealed, cap);
    if (rtmi_private_key_parse(rtmi_span_of_text(private_pem), RTMI_CURVE_NONE, &own) == 0 &&
        rtmi_key_quest_decode((rtmi_span){quest->payload, quest->payload_len}, &asked) == 0 &&
        rtmi_key_agree(&own, asked.public_key, asked.bits, &keys) == 0 &&
        rtmi_cipher_new(&keys, asked.is_stream, true, &cipher) == 0 &&
        rtmi_cipher_seal(cipher, (rtmi_span){plain, len}, &sealed) == 0) {
        size = rtmi_buf_len(&sealed);
        memcpy(ret, rtmi_buf_span(&sealed).data, size);
    }
    rtmi_cipher_free(cipher);
    rtmi_buf_deinit(&sealed);
    return size;
}
