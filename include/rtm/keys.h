/*
 * Key pairs for the encryption of FPNN. The gate keeps the private key, clients are given the
 * public one (encryption_key in rtm_client_options).
 *
 * FPNN section 7.7.
 */
#ifndef RTM_KEYS_H
#define RTM_KEYS_H

#include <rtm/error.h>
#include <rtm/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Make a new key pair, both as PEM texts: PKCS 8, and SubjectPublicKeyInfo.
 *
 * @param curve        "secp256k1" (what the published SDKs expect), "secp256r1", "secp224r1" or
 *                     "secp192r1".
 * @param ret_private  Receives the private key; free it with rtm_key_free().
 * @param ret_public   Receives the public key; free it with rtm_key_free().
 *
 * @retval 0             Made.
 * @retval RTM_E_INVAL   An argument is NULL, or there is no such curve.
 * @retval RTM_E_NOMEM   Out of memory.
 * @retval RTM_E_SYSTEM  The crypto library failed.
 *
 * Thread: any. Inside a callback: allowed. Since: 0.2
 */
RTM_API int rtm_key_pair_new(const char *curve, char **ret_private, char **ret_public);

/** Wipe and free a key of rtm_key_pair_new(). NULL is allowed. Thread: any. Since: 0.2 */
RTM_API void rtm_key_free(char *key);

#ifdef __cplusplus
}
#endif

#endif
