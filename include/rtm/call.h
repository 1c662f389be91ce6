/*
 * Quests to the gate: sending messages, and any other method by its name.
 *
 * Each is signed with the project's secret. Legal while connecting (it waits for the
 * connection) and while ready; otherwise RTM_E_NOT_CONNECTED. A quest whose connection ends
 * fails with RTM_E_LOST, code 20002, and is never sent again by itself: whether the gate has
 * done it is unknown. Sending again with the same mid is safe: our gate stores it once.
 *
 * Protocol: RTM sendmsg, sendmsgs, sendgroupmsg, sendroommsg, broadcastmsg.
 */
#ifndef RTM_CALL_H
#define RTM_CALL_H

#include <rtm/client.h>
#include <rtm/value.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The answer of a quest: `err` is NULL on success; both are borrowed for the call. */
typedef void rtm_answer_fn(rtm_client *client, const rtm_error *err, rtm_value answer,
                           void *userdata);

/**
 * Call any method of the gate. pid, sign, salt and ts are added.
 *
 * @param method      1 to 255 bytes; names with '*' are FPNN's own and go out unsigned.
 * @param params      NULL for none; copied.
 * @param timeout_ms  Time for the answer; 0 takes quest_timeout_ms.
 * @param done        May be NULL.
 * @param ret_call    As rtm_client_add_listen(); the answer is dropped and counted as late.
 *
 * @retval 0                    On its way.
 * @retval RTM_E_INVAL          `client` or `method` is NULL, the name is empty or too long, or
 *                              `params` has an error.
 * @retval RTM_E_NOT_CONNECTED  Neither connected nor connecting.
 * @retval RTM_E_FULL           max_output_bytes or max_pending_calls is reached.
 * @retval RTM_E_TOO_BIG        Larger than max_package_bytes.
 * @retval RTM_E_NOMEM          Out of memory.
 * @retval RTM_E_FORKED         Made by a parent process.
 *
 * Thread: the client's own. Inside a callback: allowed. Since: 0.1
 */
RTM_API int rtm_client_call(rtm_client *client, const char *method, const rtm_params *params,
                            int64_t timeout_ms, rtm_answer_fn *done, void *userdata,
                            rtm_call **ret_call);

/** An answer that outlives its callback; one owner. */
typedef struct rtm_answer rtm_answer;

/** The answer's root, borrowed from it. Thread: any, one at a time. Since: 0.1 */
RTM_API rtm_value rtm_answer_get_value(const rtm_answer *answer);

/** Free an answer; NULL is allowed. Thread: any, one at a time. Since: 0.1 */
RTM_API void rtm_answer_free(rtm_answer *answer);

/**
 * rtm_client_call(), awaited as rtm_client_add_listen_wait() says.
 *
 * @param ret_answer  Receives the answer on success, for rtm_answer_free(); may be NULL.
 *
 * Thread: the client's own, or any other thread when an rtm_loop owns it. Since: 0.1
 */
RTM_API int rtm_client_call_wait(rtm_client *client, const char *method, const rtm_params *params,
                                 int64_t timeout_ms, rtm_answer **ret_answer,
                                 rtm_error *reterr_error);

/** Cancel a quest's wait and free its handle; NULL is allowed. Thread: the client's own. Since: 0.1
 */
RTM_API void rtm_call_free(rtm_call *call);

/** A message to send. Zero-initialise, set `size` to sizeof(rtm_outgoing), then the rest. */
typedef struct rtm_outgoing {
    size_t size;
    int64_t from;       /* uid in whose name it is sent */
    int64_t to;         /* uid, gid or rid; unused by send_messages and broadcast_message */
    const int64_t *tos; /* send_messages only: the receiving uids */
    size_t to_count;
    int mtype;       /* 1 to 127 */
    int64_t mid;     /* 0: one is made, below 2^53 and rising */
    const void *msg; /* text, or bytes when is_binary */
    size_t msg_len;
    bool is_binary;
    const char *attrs; /* NULL: empty */
    size_t attrs_len;
} rtm_outgoing;

/** What the gate has stored. */
typedef struct rtm_sent {
    int64_t mid;
    int64_t mtime_ms; /* the gate's time, milliseconds since 1970, UTC */
} rtm_sent;

/** How a sending ended: `err` NULL and `sent` set on success; on failure `sent` has the mid. */
typedef void rtm_sent_fn(rtm_client *client, const rtm_error *err, const rtm_sent *sent,
                         void *userdata);

/**
 * Send to one user. Everything is copied.
 *
 * @retval 0              On its way; `done` tells the rest.
 * @retval RTM_E_INVAL    An argument is NULL, or mtype is outside 1 to 127.
 * @retval others         As rtm_client_call().
 *
 * Thread: the client's own. Inside a callback: allowed. Since: 0.1
 */
RTM_API int rtm_client_send_message(rtm_client *client, const rtm_outgoing *message,
                                    int64_t timeout_ms, rtm_sent_fn *done, void *userdata,
                                    rtm_call **ret_call);
/** To several users, `tos`, at once; otherwise as rtm_client_send_message(). Thread: as there.
 * Since: 0.1 */
RTM_API int rtm_client_send_messages(rtm_client *client, const rtm_outgoing *message,
                                     int64_t timeout_ms, rtm_sent_fn *done, void *userdata,
                                     rtm_call **ret_call);
/** To a group; otherwise as rtm_client_send_message(). Thread: as there. Since: 0.1 */
RTM_API int rtm_client_send_group_message(rtm_client *client, const rtm_outgoing *message,
                                          int64_t timeout_ms, rtm_sent_fn *done, void *userdata,
                                          rtm_call **ret_call);
/** To a room; otherwise as rtm_client_send_message(). Thread: as there. Since: 0.1 */
RTM_API int rtm_client_send_room_message(rtm_client *client, const rtm_outgoing *message,
                                         int64_t timeout_ms, rtm_sent_fn *done, void *userdata,
                                         rtm_call **ret_call);
/** To all users of the project; otherwise as rtm_client_send_message(). Thread: as there. Since:
 * 0.1 */
RTM_API int rtm_client_broadcast_message(rtm_client *client, const rtm_outgoing *message,
                                         int64_t timeout_ms, rtm_sent_fn *done, void *userdata,
                                         rtm_call **ret_call);

/** rtm_client_send_message(), awaited as rtm_client_add_listen_wait(). Thread: as there. Since: 0.1
 */
RTM_API int rtm_client_send_message_wait(rtm_client *client, const rtm_outgoing *message,
                                         int64_t timeout_ms, rtm_sent *ret_sent,
                                         rtm_error *reterr_error);
/** rtm_client_send_messages(), awaited as rtm_client_add_listen_wait(). Thread: as there. Since:
 * 0.1 */
RTM_API int rtm_client_send_messages_wait(rtm_client *client, const rtm_outgoing *message,
                                          int64_t timeout_ms, rtm_sent *ret_sent,
                                          rtm_error *reterr_error);
/** rtm_client_send_group_message(), awaited as rtm_client_add_listen_wait(). Thread: as there.
 * Since: 0.1 */
RTM_API int rtm_client_send_group_message_wait(rtm_client *client, const rtm_outgoing *message,
                                               int64_t timeout_ms, rtm_sent *ret_sent,
                                               rtm_error *reterr_error);
/** rtm_client_send_room_message(), awaited as rtm_client_add_listen_wait(). Thread: as there.
 * Since: 0.1 */
RTM_API int rtm_client_send_room_message_wait(rtm_client *client, const rtm_outgoing *message,
                                              int64_t timeout_ms, rtm_sent *ret_sent,
                                              rtm_error *reterr_error);
/** rtm_client_broadcast_message(), awaited as rtm_client_add_listen_wait(). Thread: as there.
 * Since: 0.1 */
RTM_API int rtm_client_broadcast_message_wait(rtm_client *client, const rtm_outgoing *message,
                                              int64_t timeout_ms, rtm_sent *ret_sent,
                                              rtm_error *reterr_error);

#ifdef __cplusplus
}
#endif

#endif
