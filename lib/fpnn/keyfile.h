/*
 * What keyexchange.c and keyfile.c need of each other.
 */
#ifndef RTMI_FPNN_KEYFILE_H
#define RTMI_FPNN_KEYFILE_H

#include "lib/fpnn/keyexchange.h"

/** By OpenSSL's number of the curve; RTMI_CURVE_NONE for others. */
rtmi_curve rtmi_curve_of_nid(int nid);
int rtmi_curve_nid(rtmi_curve curve);

/** A point in any standard form (02, 03, 04): 0, RTM_E_INVAL or RTM_E_SYSTEM. */
int rtmi_public_key_take_point(rtmi_curve curve, rtmi_span octets, rtmi_public_key *ret);

#endif
