/*
 * TLS over a connected socket, as a client. Nothing here waits, and nothing raises SIGPIPE:
 * libssl reads and writes through the functions of socket.h.
 *
 * The certificate is always checked, and so is the name or address that it was made for.
 */
#ifndef RTMI_NET_TLS_H
#define RTMI_NET_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct rtmi_tls rtmi_tls;

#define RTMI_TLS_TEXT_SIZE 200

/**
 * TLS 1.2 or newer on `fd`, which stays the caller's. `ca_file` (PEM) is read now; NULL trusts
 * what the system trusts. `host`: the name or numeric address to check, and to ask for. 0,
 * RTM_E_NOMEM, or RTM_E_SECURITY with the reason in `why`.
 */
int rtmi_tls_new(int fd, const char *ca_file, const char *host, rtmi_tls **ret_tls,
                 char why[RTMI_TLS_TEXT_SIZE]);

/** Go on with the handshake: 1 done, 0 waits for rtmi_tls_wants(), or RTM_E_SECURITY. */
int rtmi_tls_handshake(rtmi_tls *tls);

/** As rtmi_socket_receive(); errno 0 for an end, else rtmi_tls_get_error_text() tells. */
int rtmi_tls_receive(rtmi_tls *tls, uint8_t *data, size_t len, size_t *ret_len);

/** As rtmi_socket_send(). */
int rtmi_tls_send(rtmi_tls *tls, const uint8_t *data, size_t len, size_t *ret_len);

/** What the handshake waits for, or a read that has to write first: RTMI_POLL_READ, … or 0. */
unsigned rtmi_tls_wants(const rtmi_tls *tls);

/** Whether a read gives something although the socket may have nothing more. */
bool rtmi_tls_has_pending(const rtmi_tls *tls);

/** Why the last function failed; "" if it did not. */
const char *rtmi_tls_get_error_text(const rtmi_tls *tls);

/** Free it. `is_goodbye`: tell the peer, if that fits without waiting. NULL is allowed. */
void rtmi_tls_free(rtmi_tls *tls, bool is_goodbye);

#endif
