/*
 * JSON text to MessagePack and back, for packages with the JSON flag.
 *
 * Protocol: FPNN section 3.5. Both directions are total: no input crashes them, nests deeper
 * than RTMI_JSON_DEPTH_MAX or takes memory beyond the ceiling of `out`.
 */
#ifndef RTMI_FPNN_JSON_H
#define RTMI_FPNN_JSON_H

#include "lib/base/buf.h"
#include "lib/base/span.h"
#include "lib/fpnn/pack.h"

#define RTMI_JSON_DEPTH_MAX RTMI_PACK_DEPTH_MAX

typedef enum rtmi_json_error {
    RTMI_JSON_E_SHORT = -121,      /* ends inside a value */
    RTMI_JSON_E_SYNTAX = -122,     /* something that JSON does not allow here */
    RTMI_JSON_E_TEXT = -123,       /* not UTF-8, or a bare control character in a string */
    RTMI_JSON_E_ESCAPE = -124,     /* an unknown escape, or half of a surrogate pair */
    RTMI_JSON_E_NUMBER = -125,     /* beyond the range of a double */
    RTMI_JSON_E_DEPTH = -126,      /* nested deeper than RTMI_JSON_DEPTH_MAX */
    RTMI_JSON_E_NOT_OBJECT = -127, /* the root is no object */
    RTMI_JSON_E_TRAILING = -128    /* something behind the root */
} rtmi_json_error;

/**
 * Append to `out` the MessagePack map of a JSON text whose root must be an object.
 *
 * Strict: UTF-8 without a byte order mark, RFC 8259 to the letter. Integers that fit int64 or
 * uint64 stay integers (-0 is 0); other numbers become doubles, rounded correctly, and one too
 * large for a double is an error. Keys keep their order, also one that stands twice. Every
 * form written is the shortest.
 *
 * Returns 0, a rtmi_json_error, or the sticky error of `out` (RTM_E_NOMEM, RTM_E_LIMIT). On
 * any error `out` is as it was before.
 */
int rtmi_json_to_pack(rtmi_span text, rtmi_buf *out);

/**
 * Append to `out` the JSON text of one MessagePack value; bytes behind it are ignored.
 *
 * Always valid JSON, without blanks. What JSON lacks becomes: bin, and str that is not UTF-8,
 * a string of Base64 (RFC 4648, padded); ext, NaN and the infinities null. A double has the
 * fewest digits that read back as the same double, and a point or an exponent, so that it
 * stays one. A key that is no str becomes a string too: bin as it is if it is UTF-8 and Base64
 * else, a number or a word its text, anything else "null". The locale plays no part.
 *
 * Returns 0, a rtmi_pack_error, or the sticky error of `out`. On any error `out` is as it was
 * before.
 */
int rtmi_pack_to_json(rtmi_span pack, rtmi_buf *out);

/** The text of a rtmi_json_error, static. */
const char *rtmi_json_error_text(int error);

#endif
