/*
 * Signatures of server-end quests.
 *
 * sign = upper-case hex of MD5 over "pid:secret:salt:cmd:ts". The digest is looked up once and
 * its context used again: a lookup per quest would cost more than the hashing. Whoever has
 * several to check does it at once (lib/rtm/md5.h), at a fifth of the time.
 *
 * Protocol: RTM section 1.
 */
#ifndef RTMI_RTM_SIGN_H
#define RTMI_RTM_SIGN_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/span.h"

#define RTMI_SIGN_LEN 32

/** Longer secrets are refused where they are configured. */
#define RTMI_SECRET_MAX 256

typedef struct rtmi_signer rtmi_signer;

/** NULL when out of memory, or when the crypto library offers no MD5. */
rtmi_signer *rtmi_signer_new(void);
void rtmi_signer_free(rtmi_signer *signer);

/** Write 32 upper-case hex digits, no NUL. False: the crypto library failed. */
bool rtmi_sign(rtmi_signer *signer, int32_t pid, rtmi_span secret, int64_t salt, rtmi_span method,
               int64_t ts_s, char ret_hex[RTMI_SIGN_LEN]);

/** What a quest is signed with, and the signature that came: hex in either case. */
typedef struct rtmi_sign_claim {
    int64_t salt;
    rtmi_span method;
    int64_t ts_s;
    rtmi_span sign;
    bool is_right; /* set by rtmi_sign_check() */
} rtmi_sign_claim;

/** As many are checked at once; any count is right, and whole runs of so many are cheapest. */
#define RTMI_SIGN_RUN 16

/** Check the signatures of quests of one project, each for itself. */
void rtmi_sign_check(rtmi_signer *signer, int32_t pid, rtmi_span secret, rtmi_sign_claim *claims,
                     size_t count);

/**
 * The signature of a file: lower-case hex of MD5 over "H:token", where H is that of the content.
 * Write 32 digits, no NUL. False: the crypto library failed. Protocol: RTM section 2.12.
 */
bool rtmi_sign_file(rtmi_span content, rtmi_span token, char ret_hex[RTMI_SIGN_LEN]);

/** Compare a peer's signature, hex in either case, in constant time. */
bool rtmi_sign_equal(const char hex[RTMI_SIGN_LEN], rtmi_span given);

#endif
