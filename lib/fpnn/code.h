/*
 * Codes that FPNN itself defines: what error answers carry under `code`.
 *
 * Protocol: FPNN section 4.3. The table with RTM's own codes is lib/rtm/codes.c.
 */
#ifndef RTMI_FPNN_CODE_H
#define RTMI_FPNN_CODE_H

/* X(NAME, NUMBER, TEXT) */
#define RTMI_FPNN_CODES(X)                                                                         \
    X(PROTO_UNKNOWN_ERROR, 10001, "unspecified failure of encoding or decoding")                   \
    X(PROTO_NOT_SUPPORTED, 10002, "protocol, format or encoding not supported")                    \
    X(PROTO_INVALID_PACKAGE, 10003, "malformed package")                                           \
    X(PROTO_JSON_CONVERT, 10004, "JSON conversion failed")                                         \
    X(PROTO_STRING_KEY, 10005, "a map key that is not a string")                                   \
    X(PROTO_MAP_VALUE, 10006, "not a map")                                                         \
    X(PROTO_METHOD_TYPE, 10007, "wrong or unknown message type")                                   \
    X(PROTO_PROTO_TYPE, 10008, "unsupported encoding type")                                        \
    X(PROTO_KEY_NOT_FOUND, 10009, "a required parameter is missing")                               \
    X(PROTO_TYPE_CONVERT, 10010, "a parameter has the wrong type or range")                        \
    X(PROTO_FILE_SIGN, 10011, "file digest mismatch")                                              \
    X(PROTO_FILE_NOT_EXIST, 10012, "file missing")                                                 \
    X(CORE_UNKNOWN_ERROR, 20001, "unspecified failure")                                            \
    X(CORE_CONNECTION_CLOSED, 20002, "connection closed")                                          \
    X(CORE_TIMEOUT, 20003, "no answer in time")                                                    \
    X(CORE_UNKNOWN_METHOD, 20004, "unknown method")                                                \
    X(CORE_ENCODING, 20005, "encoding failed")                                                     \
    X(CORE_DECODING, 20006, "decoding failed")                                                     \
    X(CORE_SEND_ERROR, 20007, "sending failed")                                                    \
    X(CORE_RECV_ERROR, 20008, "receiving failed")                                                  \
    X(CORE_INVALID_PACKAGE, 20009, "invalid package")                                              \
    X(CORE_HTTP_ERROR, 20010, "HTTP parse error")                                                  \
    X(CORE_WORK_QUEUE_FULL, 20011, "work queue full")                                              \
    X(CORE_INVALID_CONNECTION, 20012, "connection unusable")                                       \
    X(CORE_FORBIDDEN, 20013, "not allowed")                                                        \
    X(CORE_SERVER_STOPPING, 20014, "server is shutting down")                                      \
    X(CORE_CANCELLED, 20015, "operation cancelled")                                                \
    X(ZIP_COMPRESS, 30001, "compression failed")                                                   \
    X(ZIP_DECOMPRESS, 30002, "decompression failed")

enum {
#define RTMI_FPNN_CODE_ENUM_(name, number, text) RTMI_EC_##name = number,
    RTMI_FPNN_CODES(RTMI_FPNN_CODE_ENUM_)
#undef RTMI_FPNN_CODE_ENUM_
};

#endif
