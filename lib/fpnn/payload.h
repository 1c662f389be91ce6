/*
 * Payloads: the one map of a package, looked into by key.
 *
 * Opening checks the whole map once; after that the getters cannot run out of bytes. Keys may
 * be str or bin; other keys are passed over. Of a key that stands twice the first counts. Bytes
 * behind the map are ignored. (FPNN sections 3.1 and 14: the widest reading that is safe.)
 */
#ifndef RTMI_FPNN_PAYLOAD_H
#define RTMI_FPNN_PAYLOAD_H

#include "lib/fpnn/pack.h"

typedef struct rtmi_payload {
    rtmi_span entries; /* keys and values, without the map's head */
    uint32_t count;
} rtmi_payload;

/** Check a payload: 0 and `*ret` is set, or a rtmi_pack_error. */
int rtmi_payload_open(rtmi_span bytes, rtmi_payload *ret);

/** The whole value under a key as its bytes; false when there is none. */
bool rtmi_payload_find(const rtmi_payload *payload, const char *key, rtmi_span *ret_value);

/** Getters: 1 and the output is set, 0 no such key, -1 the value is of another type. */
int rtmi_payload_get_int(const rtmi_payload *payload, const char *key, int64_t *ret);
int rtmi_payload_get_bool(const rtmi_payload *payload, const char *key, bool *ret);
int rtmi_payload_get_double(const rtmi_payload *payload, const char *key, double *ret);
int rtmi_payload_get_bytes(const rtmi_payload *payload, const char *key, rtmi_span *ret);

#endif
