/*
 * Errors. Two kinds, kept apart:
 *
 *  - what went wrong on this side is a negative RTM_E_… number, returned by functions;
 *  - how a quest ended is an rtm_error: a positive code of the protocol with a text.
 *
 * A quest that failed on this side carries both: its time-out is code 20003 (as every RTM
 * server-end SDK reports it) and local RTM_E_TIMEOUT.
 */
#ifndef RTM_ERROR_H
#define RTM_ERROR_H

#include <rtm/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * X(NAME, NUMBER, TEXT). Numbers never change and are never used again.
 */
#define RTM_LOCAL_ERRORS(X)                                                                        \
    X(INVAL, -1, "invalid argument")                                                               \
    X(NOMEM, -2, "out of memory")                                                                  \
    X(LIMIT, -3, "a configured limit would be passed")                                             \
    X(FORKED, -4, "the object belongs to the parent process")                                      \
    X(REENTRANT, -5, "a blocking call inside a callback or on the loop's own thread")              \
    X(NOT_CONNECTED, -6, "not connected")                                                          \
    X(TIMEOUT, -7, "no answer in time")                                                            \
    X(LOST, -8, "the connection was lost")                                                         \
    X(CLOSED, -9, "the client is closed")                                                          \
    X(RESOLVE, -10, "the host name could not be resolved")                                         \
    X(CONNECT, -11, "no address of the endpoint accepted the connection")                          \
    X(PROTO, -12, "the peer broke the protocol")                                                   \
    X(TOO_BIG, -13, "larger than the limit for one package")                                       \
    X(FULL, -14, "the queue is full")                                                              \
    X(SYSTEM, -15, "a system call failed")                                                         \
    X(NOT_FOUND, -16, "no such key")                                                               \
    X(TYPE, -17, "the value has another type")                                                     \
    X(PEER, -18, "the peer answered with an error")                                                \
    X(BUSY, -19, "already connected or connecting")                                                \
    X(UNSUPPORTED, -20, "not supported")                                                           \
    X(SECURITY, -21, "the connection could not be secured")

enum {
#define RTM_LOCAL_ERROR_ENUM_(name, number, text) RTM_E_##name = number,
    RTM_LOCAL_ERRORS(RTM_LOCAL_ERROR_ENUM_)
#undef RTM_LOCAL_ERROR_ENUM_
};

/** Room for the text of an rtm_error, its final NUL included; longer texts are cut. */
#define RTM_ERROR_TEXT_SIZE 240

/** How a quest failed. Plain data: copy it as you like. */
typedef struct rtm_error {
    int code;  /* protocol: 10001… and 20001… FPNN, 200001… RTM (rtm_code_name() names it) */
    int local; /* 0 when the peer answered, else the RTM_E_… that ended the quest here */
    char text[RTM_ERROR_TEXT_SIZE]; /* for people, UTF-8 as far as the peer sends it */
} rtm_error;

/**
 * The name of a local error, as "RTM_E_TIMEOUT"; "RTM_OK" for 0 and above, "RTM_E_UNKNOWN"
 * for a number that is none.
 *
 * The text is static: never freed.
 *
 * Thread: any. Inside a callback: allowed. Since: 0.1
 */
RTM_API const char *rtm_err_name(int err);

/**
 * What a local error means, in English, without a final full stop.
 *
 * The text is static: never freed.
 *
 * Thread: any. Inside a callback: allowed. Since: 0.1
 */
RTM_API const char *rtm_strerror(int err);

/**
 * The name of a protocol code, as "CORE_TIMEOUT" for 20003; NULL for a code that neither
 * FPNN nor RTM defines.
 *
 * The text is static: never freed.
 *
 * Thread: any. Inside a callback: allowed. Since: 0.1
 */
RTM_API const char *rtm_code_name(int code);

/**
 * What a protocol code means, in English; "unknown code" for others.
 *
 * The text is static: never freed.
 *
 * Thread: any. Inside a callback: allowed. Since: 0.1
 */
RTM_API const char *rtm_code_text(int code);

#ifdef __cplusplus
}
#endif

#endif
