/*
 * FPNN encryption of a connection. A fresh key pair for each; the `*key` quest goes first and in
 * clear, everything behind it encrypted, without waiting for its answer. The answer is the
 * first thing that the gate encrypts: a gate with another key cannot make it.
 *
 * The session writes and reads plain packages as ever. What it has written is sealed when the
 * driver asks for output, and only when all that was sealed before has been sent.
 *
 * Protocol: FPNN sections 7.2 and 7.8.
 */
#include "lib/session/session_impl.h"

#include <stdlib.h>

#include "lib/base/num.h"
#include "lib/fpnn/cipher.h"
#include "lib/fpnn/pack.h"

struct session_secure {
    rtmi_cipher *sealing; /* NULL: no connection */
    rtmi_cipher *opening;
    rtmi_buf raw;    /* read, not opened yet */
    rtmi_buf sealed; /* to be sent */
    uint32_t key_seq;
    bool is_agreed;
    int error; /* 0, or why the connection is to be closed */
};

session_secure *secure_new(const rtmi_session_config *config, size_t max_input)
{
    session_secure *secure = calloc(1, sizeof *secure);

    if (secure == NULL)
        return NULL;
    rtmi_buf_init(&secure->raw, max_input);
    /* Four bytes more a package, and none is shorter than 16; and room for `*key`. */
    rtmi_buf_init(&secure->sealed, config->max_output_bytes + config->max_output_bytes / 4 + 1024);
    return secure;
}

static void forget_ciphers(session_secure *secure)
{
    rtmi_cipher_free(secure->sealing);
    rtmi_cipher_free(secure->opening);
    secure->sealing = secure->opening = NULL;
}

void secure_free(session_secure *secure)
{
    if (secure == NULL)
        return;
    forget_ciphers(secure);
    rtmi_buf_deinit(&secure->raw);
    rtmi_buf_deinit(&secure->sealed);
    free(secure);
}

/* Both ciphers, from a pair that is used for this connection only. */
static int agree(session_secure *secure, const rtmi_session_encryption *how,
                 rtmi_public_key *ret_public)
{
    const rtmi_span gate_xy = {how->gate_key.xy, how->gate_key.len};
    rtmi_private_key own;
    rtmi_cipher_keys keys;
    int r = rtmi_key_pair_generate(how->gate_key.curve, &own, ret_public);

    if (r < 0)
        return r;
    r = rtmi_key_agree(&own, gate_xy, how->bits, &keys);
    explicit_bzero(&own, sizeof own);
    if (r < 0)
        return r;
    r = rtmi_cipher_new(&keys, how->is_stream, true, &secure->sealing);
    if (r == 0)
        r = rtmi_cipher_new(&keys, how->is_stream, false, &secure->opening);
    explicit_bzero(&keys, sizeof keys);
    return r;
}

void secure_opened(rtmi_session *session)
{
    session_secure *secure = session->secure;
    const rtmi_session_encryption *how = &session->config.encryption;
    rtmi_public_key public_key;
    const int r = agree(secure, how, &public_key);

    if (r < 0) {
        secure->error = r;
        return;
    }
    secure->key_seq = session_take_seq(session);
    const size_t mark =
        rtmi_frame_begin_quest(&secure->sealed, true, secure->key_seq, rtmi_span_of_text("*key"));
    rtmi_pack_map(&secure->sealed, 3);
    (void)rtmi_key_quest_encode(&public_key, how->is_stream, how->bits, &secure->sealed);
    rtmi_frame_end(&secure->sealed, mark);
    if (secure->sealed.error != 0)
        secure->error = RTM_E_NOMEM;
    session->stats.quests_sent++;
}

void secure_closed(session_secure *secure)
{
    forget_ciphers(secure);
    rtmi_buf_clear(&secure->raw);
    rtmi_buf_clear(&secure->sealed);
    secure->key_seq = 0;
    secure->is_agreed = false;
    secure->error = 0;
}

bool secure_is_agreed(const session_secure *secure)
{
    return secure->is_agreed;
}

int secure_get_error(const session_secure *secure)
{
    return secure->error;
}

rtmi_buf *secure_input(session_secure *secure)
{
    return &secure->raw;
}

int secure_open(rtmi_session *session)
{
    session_secure *secure = session->secure;

    if (secure->opening == NULL)
        return secure->error;
    const int r = rtmi_cipher_open(secure->opening, &secure->raw, session->config.max_package_bytes,
                                   &session->in);
    if (r == 0)
        return 0;
    if (r == RTM_E_NOMEM || r == RTM_E_LIMIT || r == RTM_E_SYSTEM)
        return r == RTM_E_LIMIT ? RTM_E_TOO_BIG : r;
    rtmi_log_line(&session->config.log, RTMI_LOG_ERROR,
                  "what the gate sent cannot be decrypted: %s", rtmi_frame_error_text(r));
    if (!secure->is_agreed)
        return RTM_E_SECURITY;
    return r == RTMI_FRAME_E_TOO_BIG ? RTM_E_TOO_BIG : RTM_E_PROTO;
}

rtmi_span secure_output(rtmi_session *session)
{
    session_secure *secure = session->secure;

    if (rtmi_buf_len(&secure->sealed) == 0 && secure->sealing != NULL && secure->error == 0) {
        secure->error =
            rtmi_cipher_seal(secure->sealing, rtmi_buf_span(&session->out), &secure->sealed);
        if (secure->error == 0)
            rtmi_buf_consume(&session->out, rtmi_buf_len(&session->out));
    }
    return secure->error == 0 ? rtmi_buf_span(&secure->sealed) : (rtmi_span){NULL, 0};
}

bool secure_has_unsent(const session_secure *secure)
{
    return rtmi_buf_len(&secure->sealed) > 0;
}

void secure_sent(session_secure *secure, size_t len)
{
    rtmi_buf_consume(&secure->sealed, len);
}

bool secure_is_key_answer(const session_secure *secure, uint32_t seq)
{
    return secure->key_seq != 0 && secure->key_seq == seq;
}

void secure_take_answer(rtmi_session *session, const rtm_error *err)
{
    session_secure *secure = session->secure;

    secure->key_seq = 0;
    secure->is_agreed = err == NULL;
    if (err != NULL)
        secure->error = RTM_E_SECURITY;
    /* Pushes behind it wait until the driver has told that the connection is ready. */
    rtmi_session_set_paused(session, true);
}
