/*
 * Sending files. The gate gives leave for one file and names its file gate; the file goes there on
 * a connection of its own, which the client opens, protects as its own, and closes behind it.
 * Receivers get a message of the file's mtype whose text says where the file is. A gate may name a
 * Unix socket only if it is spoken to over one itself.
 *
 * Protocol: RTM section 2.12, filetoken, sendfile, sendfiles, sendgroupfile, sendroomfile,
 * broadcastfile.
 */
#ifndef RTM_FILE_H
#define RTM_FILE_H

#include <rtm/call.h>

#ifdef __cplusplus
extern "C" {
#endif

/** LIMIT: so many files of one client are under way at once; RTM_E_FULL beyond. */
#define RTM_FILES_MAX 16

/** A file to send. Zero-initialise, set `size` to sizeof(rtm_outgoing_file), then the rest. */
typedef struct rtm_outgoing_file {
    size_t size;
    int64_t from;       /* uid in whose name it is sent */
    int64_t to;         /* uid, gid or rid; unused by send_files and broadcast_file */
    const int64_t *tos; /* send_files only: the receiving uids */
    size_t to_count;
    int mtype;           /* 40 to 50: RTM_MTYPE_IMAGE … */
    int64_t mid;         /* 0: one is made */
    const void *content; /* the file's bytes */
    size_t content_len;
    const char *name;  /* its name, UTF-8, without folders; NULL: none */
    const char *attrs; /* for the receiver; NULL: empty */

    /* A voice message, with mtype RTM_MTYPE_AUDIO_FILE: `voice_lang` is not NULL. */
    const char *voice_lang;    /* as "zh-CN" */
    const char *voice_codec;   /* NULL: "AMR_WB" */
    int32_t voice_srate;       /* samples a second; 0: 16000 */
    int64_t voice_duration_ms; /* milliseconds */
} rtm_outgoing_file;

/**
 * Send a file to one user. Everything is copied.
 *
 * Once the gate has given leave, the file goes its own way: closing the client does not stop it,
 * freeing does, and `done` is not told then. Cancelling by rtm_call_free() stops waiting, not the
 * file. A file is never sent twice by itself.
 *
 * @param timeout_ms  For the whole way; 0 takes quest_timeout_ms, which a large file may need
 *                    more than.
 *
 * @retval 0               On its way; `done` tells the rest. Errors of the file gate: 200003 its
 *                         token or signature is refused, 200031 too large.
 * @retval RTM_E_INVAL     An argument is NULL, `mtype` is outside 40 to 50, a voice message has
 *                         another mtype than 41.
 * @retval RTM_E_TOO_BIG   With 64 KiB to spare it is larger than max_package_bytes.
 * @retval RTM_E_FULL      RTM_FILES_MAX are under way, or as rtm_client_call().
 * @retval others          As rtm_client_call(); told to `done` also RTM_E_CONNECT and the like of
 *                         the connection to the file gate.
 *
 * Thread: the client's own. Inside a callback: allowed. Since: 0.2
 */
RTM_API int rtm_client_send_file(rtm_client *client, const rtm_outgoing_file *file,
                                 int64_t timeout_ms, rtm_sent_fn *done, void *userdata,
                                 rtm_call **ret_call);
/** To several users, `tos`; otherwise as rtm_client_send_file(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_send_files(rtm_client *client, const rtm_outgoing_file *file,
                                  int64_t timeout_ms, rtm_sent_fn *done, void *userdata,
                                  rtm_call **ret_call);
/** To a group; otherwise as rtm_client_send_file(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_send_group_file(rtm_client *client, const rtm_outgoing_file *file,
                                       int64_t timeout_ms, rtm_sent_fn *done, void *userdata,
                                       rtm_call **ret_call);
/** To a room; otherwise as rtm_client_send_file(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_send_room_file(rtm_client *client, const rtm_outgoing_file *file,
                                      int64_t timeout_ms, rtm_sent_fn *done, void *userdata,
                                      rtm_call **ret_call);
/** To all users of the project; otherwise as rtm_client_send_file(). Thread: as there. Since: 0.2
 */
RTM_API int rtm_client_broadcast_file(rtm_client *client, const rtm_outgoing_file *file,
                                      int64_t timeout_ms, rtm_sent_fn *done, void *userdata,
                                      rtm_call **ret_call);

/** rtm_client_send_file(), awaited as rtm_client_add_listen_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_send_file_wait(rtm_client *client, const rtm_outgoing_file *file,
                                      int64_t timeout_ms, rtm_sent *ret_sent,
                                      rtm_error *reterr_error);
/** rtm_client_send_files(), awaited as rtm_client_add_listen_wait(). Thread: as there. Since: 0.2
 */
RTM_API int rtm_client_send_files_wait(rtm_client *client, const rtm_outgoing_file *file,
                                       int64_t timeout_ms, rtm_sent *ret_sent,
                                       rtm_error *reterr_error);
/** rtm_client_send_group_file(), awaited as rtm_client_add_listen_wait(). Thread: as there.
 * Since: 0.2 */
RTM_API int rtm_client_send_group_file_wait(rtm_client *client, const rtm_outgoing_file *file,
                                            int64_t timeout_ms, rtm_sent *ret_sent,
                                            rtm_error *reterr_error);
/** rtm_client_send_room_file(), awaited as rtm_client_add_listen_wait(). Thread: as there.
 * Since: 0.2 */
RTM_API int rtm_client_send_room_file_wait(rtm_client *client, const rtm_outgoing_file *file,
                                           int64_t timeout_ms, rtm_sent *ret_sent,
                                           rtm_error *reterr_error);
/** rtm_client_broadcast_file(), awaited as rtm_client_add_listen_wait(). Thread: as there.
 * Since: 0.2 */
RTM_API int rtm_client_broadcast_file_wait(rtm_client *client, const rtm_outgoing_file *file,
                                           int64_t timeout_ms, rtm_sent *ret_sent,
                                           rtm_error *reterr_error);

#ifdef __cplusplus
}
#endif

#endif
