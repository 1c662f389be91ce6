/*
 * Two ciphers, and a buffer on each side of them. An idle connection keeps neither buffer.
 */
#include "gate/core/secure.h"

#include <stdlib.h>

#include "gate/core/shard_impl.h"
#include "lib/base/num.h"
#include "lib/fpnn/cipher.h"

#define SEAL_BYTES (256u * 1024) /* sealed at a time, and what the last package has more */
#define SEAL_PIECES 64

struct conn_secure {
    rtmi_cipher *opening;
    rtmi_cipher *sealing;
    rtmi_buf raw;    /* received, not opened */
    rtmi_buf sealed; /* to be written */
};

void conn_secure_free(conn_secure *secure)
{
    if (secure == NULL)
        return;
    rtmi_cipher_free(secure->opening);
    rtmi_cipher_free(secure->sealing);
    rtmi_buf_deinit(&secure->raw);
    rtmi_buf_deinit(&secure->sealed);
    free(secure);
}

/* NULL: out of memory, or the crypto library failed. */
static conn_secure *make(const gate_config *config, const rtmi_cipher_keys *keys, bool is_stream)
{
    conn_secure *secure = calloc(1, sizeof *secure);

    if (secure == NULL)
        return NULL;
    rtmi_buf_init(&secure->raw, 2 * config->max_package_bytes + SEAL_BYTES);
    /* Four bytes more a package, and none is shorter than 12. */
    rtmi_buf_init(&secure->sealed, 2 * (SEAL_BYTES + 2 * config->queue_bytes));
    if (rtmi_cipher_new(keys, is_stream, false, &secure->opening) < 0 ||
        rtmi_cipher_new(keys, is_stream, true, &secure->sealing) < 0) {
        conn_secure_free(secure);
        return NULL;
    }
    return secure;
}

/* Why the quest is refused; NULL if it is not. */
static const char *refusal(const op *quest, rtmi_span payload, rtmi_key_quest *ret_wanted)
{
    const conn *from = quest->conn;

    if (from->door == NULL || from->door->encryption == GATE_ENCRYPTION_OFF)
        return "*key: encryption is not configured";
    if (from->packages > 1)
        return "*key must be the first package";
    if (!quest->is_twoway)
        return "*key must be two-way";
    if (rtmi_key_quest_decode(payload, ret_wanted) < 0)
        return "*key: its parameters are no map";
    if (ret_wanted->bits != 128 && ret_wanted->bits != 256)
        return "*key: bits are neither 128 nor 256";
    return NULL;
}

void conn_secure_begin(op *quest, rtmi_span payload)
{
    shard *self = quest->shard;
    conn *from = quest->conn;
    rtmi_key_quest wanted;
    rtmi_cipher_keys keys;
    const char *why = refusal(quest, payload, &wanted);

    if (why == NULL && rtmi_key_agree(&from->door->key, wanted.public_key, wanted.bits, &keys) < 0)
        why = "*key: the public key is no point of the curve";
    if (why == NULL) {
        from->secure = make(self->config, &keys, wanted.is_stream);
        explicit_bzero(&keys, sizeof keys);
        if (from->secure == NULL)
            why = "*key: out of memory";
    }
    if (why != NULL)
        shard_cut(self, from, why);
    else
        op_answer_empty(quest);
}

uint8_t *conn_secure_read_space(conn_secure *secure, size_t len)
{
    return rtmi_buf_reserve(&secure->raw, len) ? rtmi_buf_tail(&secure->raw) : NULL;
}

void conn_secure_received(conn_secure *secure, size_t len)
{
    rtmi_buf_commit(&secure->raw, len);
}

bool conn_secure_put_raw(conn_secure *secure, rtmi_span bytes)
{
    rtmi_buf_append(&secure->raw, bytes.data, bytes.len);
    return secure->raw.error == 0;
}

void conn_secure_shed(conn_secure *secure)
{
    rtmi_buf kept;

    rtmi_buf_init(&kept, secure->raw.max);
    rtmi_buf_append_span(&kept, rtmi_buf_span(&secure->raw));
    if (kept.error != 0)
        return; /* out of memory: it keeps the room that it has */
    rtmi_buf_deinit(&secure->raw);
    secure->raw = kept;
}

int conn_secure_open(conn *connection, size_t max_bytes)
{
    conn_secure *secure = connection->secure;
    const int r = rtmi_cipher_open(secure->opening, &secure->raw, max_bytes, connection->in);

    if (rtmi_buf_len(&secure->raw) == 0)
        rtmi_buf_deinit(&secure->raw);
    return r;
}

/* How much of a run of whole packages to take: whole packages, until they are `wanted` bytes. */
static size_t take_whole(rtmi_span run, size_t wanted)
{
    size_t len = 0;

    if (run.len <= wanted)
        return run.len;
    while (len < wanted) {
        rtmi_package package;
        if (rtmi_frame_decode((rtmi_span){run.data + len, run.len - len}, SIZE_MAX, &package) != 1)
            break;
        len += package.size;
    }
    return len;
}

/* Seal from the front of the queue. False: what is left cannot be sent. */
static bool seal(shard *self, conn *connection)
{
    rtmi_span pieces[SEAL_PIECES];
    size_t total = 0;
    const size_t count = outq_peek(&connection->out, pieces, SEAL_PIECES);

    for (size_t i = 0; i < count && total < SEAL_BYTES; i++) {
        const size_t len = take_whole(pieces[i], SEAL_BYTES - total);
        const rtmi_span plain = {pieces[i].data, len};
        if (rtmi_cipher_seal(connection->secure->sealing, plain, &connection->secure->sealed) < 0)
            return false;
        total += len;
        if (len < pieces[i].len)
            break;
    }
    outq_sent(&connection->out, &self->blocks, total);
    return true;
}

rtmi_span conn_secure_get_output(shard *self, conn *connection)
{
    conn_secure *secure = connection->secure;

    if (rtmi_buf_len(&secure->sealed) == 0 && connection->out.bytes > 0 &&
        !seal(self, connection)) {
        /* The peer could not open anything behind it. */
        outq_deinit(&connection->out, &self->blocks);
        rtmi_buf_deinit(&secure->sealed);
        shard_cut(self, connection, "out of memory for encryption");
    }
    return rtmi_buf_span(&secure->sealed);
}

void conn_secure_sent(conn_secure *secure, size_t len)
{
    rtmi_buf_consume(&secure->sealed, len);
    if (rtmi_buf_len(&secure->sealed) == 0)
        rtmi_buf_deinit(&secure->sealed);
}

bool conn_secure_has_output(const conn_secure *secure)
{
    return rtmi_buf_len(&secure->sealed) > 0;
}
