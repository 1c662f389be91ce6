/* Made by tools/gen_calls of lib/client/calls.txt: change that. */
/* clang-format off */
/*
 * The calls of the server end, a function for each. Required pointers are not NULL; optional ones
 * are NULL when not sent. Texts end with NUL and are UTF-8. With `_wait`, what a result holds is
 * borrowed from *ret_answer, for rtm_answer_free(). Lists and maps are walked by rtm_value_iter.
 */
#ifndef RTM_CALLS_H
#define RTM_CALLS_H

#include <rtm/call.h>
#include <rtm/listen.h>

#ifdef __cplusplus
extern "C" {
#endif

/** One stored message. */
typedef struct rtm_history_row {
    int64_t id;   /* cursor */
    int64_t from; /* uid; in P2P history 1: sent by the reader, 2: received */
    int mtype;
    bool is_deleted;
    bool is_binary;
    int64_t mid;
    rtm_bytes msg;
    rtm_bytes attrs;
    int64_t mtime_ms;
} rtm_history_row;

/** The next row of a walk over `msgs`; false at the end. Thread: any. Since: 0.2 */
RTM_API bool rtm_history_next_row(rtm_value_iter *iter, rtm_history_row *ret_row);

/** Of an answer; borrowed from it. Absent fields are 0 or empty. */
typedef struct rtm_result_token {
    rtm_bytes token; /* text */
} rtm_result_token;
/** `result` is NULL on failure; both are borrowed. */
typedef void rtm_result_token_fn(rtm_client *client, const rtm_error *err, const rtm_result_token *result, void *userdata);

/** Of an answer; borrowed from it. Absent fields are 0 or empty. */
typedef struct rtm_result_ok {
    bool ok; /* bool */
} rtm_result_ok;
/** `result` is NULL on failure; both are borrowed. */
typedef void rtm_result_ok_fn(rtm_client *client, const rtm_error *err, const rtm_result_ok *result, void *userdata);

/** Of an answer; borrowed from it. Absent fields are 0 or empty. */
typedef struct rtm_result_uids {
    rtm_value uids; /* ints */
} rtm_result_uids;
/** `result` is NULL on failure; both are borrowed. */
typedef void rtm_result_uids_fn(rtm_client *client, const rtm_error *err, const rtm_result_uids *result, void *userdata);

/** Of an answer; borrowed from it. Absent fields are 0 or empty. */
typedef struct rtm_result_gids {
    rtm_value gids; /* ints */
} rtm_result_gids;
/** `result` is NULL on failure; both are borrowed. */
typedef void rtm_result_gids_fn(rtm_client *client, const rtm_error *err, const rtm_result_gids *result, void *userdata);

/** Of an answer; borrowed from it. Absent fields are 0 or empty. */
typedef struct rtm_result_rids {
    rtm_value rids; /* ints */
} rtm_result_rids;
/** `result` is NULL on failure; both are borrowed. */
typedef void rtm_result_rids_fn(rtm_client *client, const rtm_error *err, const rtm_result_rids *result, void *userdata);

/** Of an answer; borrowed from it. Absent fields are 0 or empty. */
typedef struct rtm_result_fuids {
    rtm_value uids; /* ints */
} rtm_result_fuids;
/** `result` is NULL on failure; both are borrowed. */
typedef void rtm_result_fuids_fn(rtm_client *client, const rtm_error *err, const rtm_result_fuids *result, void *userdata);

/** Of an answer; borrowed from it. Absent fields are 0 or empty. */
typedef struct rtm_result_buids {
    rtm_value uids; /* ints */
} rtm_result_buids;
/** `result` is NULL on failure; both are borrowed. */
typedef void rtm_result_buids_fn(rtm_client *client, const rtm_error *err, const rtm_result_buids *result, void *userdata);

/** Of an answer; borrowed from it. Absent fields are 0 or empty. */
typedef struct rtm_result_done_uids {
    rtm_value uids; /* ints */
} rtm_result_done_uids;
/** `result` is NULL on failure; both are borrowed. */
typedef void rtm_result_done_uids_fn(rtm_client *client, const rtm_error *err, const rtm_result_done_uids *result, void *userdata);

/** Of an answer; borrowed from it. Absent fields are 0 or empty. */
typedef struct rtm_result_infos {
    rtm_bytes oinfo; /* text */
    rtm_bytes pinfo; /* text */
} rtm_result_infos;
/** `result` is NULL on failure; both are borrowed. */
typedef void rtm_result_infos_fn(rtm_client *client, const rtm_error *err, const rtm_result_infos *result, void *userdata);

/** Of an answer; borrowed from it. Absent fields are 0 or empty. */
typedef struct rtm_result_info_map {
    rtm_value info; /* textmap */
} rtm_result_info_map;
/** `result` is NULL on failure; both are borrowed. */
typedef void rtm_result_info_map_fn(rtm_client *client, const rtm_error *err, const rtm_result_info_map *result, void *userdata);

/** Of an answer; borrowed from it. Absent fields are 0 or empty. */
typedef struct rtm_result_options {
    rtm_value p2p; /* intsmap */
    rtm_value group; /* intsmap */
} rtm_result_options;
/** `result` is NULL on failure; both are borrowed. */
typedef void rtm_result_options_fn(rtm_client *client, const rtm_error *err, const rtm_result_options *result, void *userdata);

/** Of an answer; borrowed from it. Absent fields are 0 or empty. */
typedef struct rtm_result_history {
    int64_t num; /* int */
    int64_t lastid; /* int */
    int64_t begin; /* int */
    int64_t end; /* int */
    rtm_value msgs; /* rows */
} rtm_result_history;
/** `result` is NULL on failure; both are borrowed. */
typedef void rtm_result_history_fn(rtm_client *client, const rtm_error *err, const rtm_result_history *result, void *userdata);

/** Of an answer; borrowed from it. Absent fields are 0 or empty. */
typedef struct rtm_result_stored {
    int64_t id; /* int */
    int64_t mtype; /* int */
    rtm_bytes msg; /* text */
    rtm_bytes attrs; /* text */
    int64_t mtime; /* int */
} rtm_result_stored;
/** `result` is NULL on failure; both are borrowed. */
typedef void rtm_result_stored_fn(rtm_client *client, const rtm_error *err, const rtm_result_stored *result, void *userdata);

/** Of an answer; borrowed from it. Absent fields are 0 or empty. */
typedef struct rtm_result_msg_num {
    int64_t sender; /* int */
    int64_t num; /* int */
} rtm_result_msg_num;
/** `result` is NULL on failure; both are borrowed. */
typedef void rtm_result_msg_num_fn(rtm_client *client, const rtm_error *err, const rtm_result_msg_num *result, void *userdata);

/** Of an answer; borrowed from it. Absent fields are 0 or empty. */
typedef struct rtm_result_translation {
    rtm_bytes source; /* text */
    rtm_bytes target; /* text */
    rtm_bytes source_text; /* text */
    rtm_bytes target_text; /* text */
} rtm_result_translation;
/** `result` is NULL on failure; both are borrowed. */
typedef void rtm_result_translation_fn(rtm_client *client, const rtm_error *err, const rtm_result_translation *result, void *userdata);

/** Of an answer; borrowed from it. Absent fields are 0 or empty. */
typedef struct rtm_result_profanity {
    rtm_bytes text; /* text */
    rtm_value classification; /* texts */
} rtm_result_profanity;
/** `result` is NULL on failure; both are borrowed. */
typedef void rtm_result_profanity_fn(rtm_client *client, const rtm_error *err, const rtm_result_profanity *result, void *userdata);

/** Of an answer; borrowed from it. Absent fields are 0 or empty. */
typedef struct rtm_result_speech {
    rtm_bytes text; /* text */
    rtm_bytes lang; /* text */
} rtm_result_speech;
/** `result` is NULL on failure; both are borrowed. */
typedef void rtm_result_speech_fn(rtm_client *client, const rtm_error *err, const rtm_result_speech *result, void *userdata);

/** Of an answer; borrowed from it. Absent fields are 0 or empty. */
typedef struct rtm_result_text_check {
    int64_t result; /* int */
    rtm_bytes text; /* text */
    rtm_value tags; /* list */
    rtm_value wlist; /* texts */
} rtm_result_text_check;
/** `result` is NULL on failure; both are borrowed. */
typedef void rtm_result_text_check_fn(rtm_client *client, const rtm_error *err, const rtm_result_text_check *result, void *userdata);

/** Of an answer; borrowed from it. Absent fields are 0 or empty. */
typedef struct rtm_result_check {
    int64_t result; /* int */
    rtm_value tags; /* list */
} rtm_result_check;
/** `result` is NULL on failure; both are borrowed. */
typedef void rtm_result_check_fn(rtm_client *client, const rtm_error *err, const rtm_result_check *result, void *userdata);

/** Of an answer; borrowed from it. Absent fields are 0 or empty. */
typedef struct rtm_result_count {
    int64_t count; /* int */
} rtm_result_count;
/** `result` is NULL on failure; both are borrowed. */
typedef void rtm_result_count_fn(rtm_client *client, const rtm_error *err, const rtm_result_count *result, void *userdata);

/** Of an answer; borrowed from it. Absent fields are 0 or empty. */
typedef struct rtm_result_counts {
    rtm_value counts; /* intmap */
} rtm_result_counts;
/** `result` is NULL on failure; both are borrowed. */
typedef void rtm_result_counts_fn(rtm_client *client, const rtm_error *err, const rtm_result_counts *result, void *userdata);

/** Of an answer; borrowed from it. Absent fields are 0 or empty. */
typedef struct rtm_result_value {
    rtm_bytes val; /* text */
} rtm_result_value;
/** `result` is NULL on failure; both are borrowed. */
typedef void rtm_result_value_fn(rtm_client *client, const rtm_error *err, const rtm_result_value *result, void *userdata);

/** Of an answer; borrowed from it. Absent fields are 0 or empty. */
typedef struct rtm_result_file_token {
    rtm_bytes token; /* text */
    rtm_bytes endpoint; /* text */
} rtm_result_file_token;
/** `result` is NULL on failure; both are borrowed. */
typedef void rtm_result_file_token_fn(rtm_client *client, const rtm_error *err, const rtm_result_file_token *result, void *userdata);

/** Of an answer; borrowed from it. Absent fields are 0 or empty. */
typedef struct rtm_result_rtc_members {
    rtm_value uids; /* ints */
    rtm_value administrators; /* ints */
    int64_t owner; /* int */
    rtm_value managers; /* ints */
} rtm_result_rtc_members;
/** `result` is NULL on failure; both are borrowed. */
typedef void rtm_result_rtc_members_fn(rtm_client *client, const rtm_error *err, const rtm_result_rtc_members *result, void *userdata);

/** Of an answer; borrowed from it. Absent fields are 0 or empty. */
typedef struct rtm_result_rtc_count {
    int64_t count; /* int */
} rtm_result_rtc_count;
/** `result` is NULL on failure; both are borrowed. */
typedef void rtm_result_rtc_count_fn(rtm_client *client, const rtm_error *err, const rtm_result_rtc_count *result, void *userdata);

/* Tokens. */

/** Method gettoken: a token with which a user logs in. How long it is good for is the gate's; older ones may stay good. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_token(rtm_client *client, int64_t uid, const char *version, int64_t timeout_ms, rtm_result_token_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_get_token(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_token_wait(rtm_client *client, int64_t uid, const char *version, int64_t timeout_ms, rtm_result_token *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method removetoken: make a user's tokens invalid. Sessions that are open stay. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_remove_token(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_remove_token(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_remove_token_wait(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_error *reterr_error);

/* Chat, audio, commands. */

/** A chat text to a user, mtype 30: rtm_client_send_message(). `attrs` NULL: empty; `mid` 0: one is made. Errors: as there. Thread: as there. Since: 0.2 */
RTM_API int rtm_client_send_chat(rtm_client *client, int64_t from_uid, int64_t to_uid, const char *text, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_send_chat(), awaited as rtm_client_send_message_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_send_chat_wait(rtm_client *client, int64_t from_uid, int64_t to_uid, const char *text, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent *ret_sent, rtm_error *reterr_error);

/** A chat text to several users, mtype 30: rtm_client_send_messages(). `attrs` NULL: empty; `mid` 0: one is made. Errors: as there. Thread: as there. Since: 0.2 */
RTM_API int rtm_client_send_chats(rtm_client *client, int64_t from_uid, const int64_t *to_uids, size_t to_uids_count, const char *text, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_send_chats(), awaited as rtm_client_send_messages_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_send_chats_wait(rtm_client *client, int64_t from_uid, const int64_t *to_uids, size_t to_uids_count, const char *text, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent *ret_sent, rtm_error *reterr_error);

/** A chat text to a group, mtype 30: rtm_client_send_group_message(). `attrs` NULL: empty; `mid` 0: one is made. Errors: as there. Thread: as there. Since: 0.2 */
RTM_API int rtm_client_send_group_chat(rtm_client *client, int64_t from_uid, int64_t gid, const char *text, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_send_group_chat(), awaited as rtm_client_send_group_message_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_send_group_chat_wait(rtm_client *client, int64_t from_uid, int64_t gid, const char *text, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent *ret_sent, rtm_error *reterr_error);

/** A chat text to a room, mtype 30: rtm_client_send_room_message(). `attrs` NULL: empty; `mid` 0: one is made. Errors: as there. Thread: as there. Since: 0.2 */
RTM_API int rtm_client_send_room_chat(rtm_client *client, int64_t from_uid, int64_t rid, const char *text, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_send_room_chat(), awaited as rtm_client_send_room_message_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_send_room_chat_wait(rtm_client *client, int64_t from_uid, int64_t rid, const char *text, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent *ret_sent, rtm_error *reterr_error);

/** A chat text to everybody, mtype 30: rtm_client_broadcast_message(). `attrs` NULL: empty; `mid` 0: one is made. Errors: as there. Thread: as there. Since: 0.2 */
RTM_API int rtm_client_broadcast_chat(rtm_client *client, int64_t from_uid, const char *text, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_broadcast_chat(), awaited as rtm_client_broadcast_message_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_broadcast_chat_wait(rtm_client *client, int64_t from_uid, const char *text, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent *ret_sent, rtm_error *reterr_error);

/** RTM audio to a user, mtype 31: rtm_client_send_message(). `attrs` NULL: empty; `mid` 0: one is made. Errors: as there. Thread: as there. Since: 0.2 */
RTM_API int rtm_client_send_audio(rtm_client *client, int64_t from_uid, int64_t to_uid, const void *audio, size_t audio_len, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_send_audio(), awaited as rtm_client_send_message_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_send_audio_wait(rtm_client *client, int64_t from_uid, int64_t to_uid, const void *audio, size_t audio_len, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent *ret_sent, rtm_error *reterr_error);

/** RTM audio to several users, mtype 31: rtm_client_send_messages(). `attrs` NULL: empty; `mid` 0: one is made. Errors: as there. Thread: as there. Since: 0.2 */
RTM_API int rtm_client_send_audios(rtm_client *client, int64_t from_uid, const int64_t *to_uids, size_t to_uids_count, const void *audio, size_t audio_len, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_send_audios(), awaited as rtm_client_send_messages_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_send_audios_wait(rtm_client *client, int64_t from_uid, const int64_t *to_uids, size_t to_uids_count, const void *audio, size_t audio_len, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent *ret_sent, rtm_error *reterr_error);

/** RTM audio to a group, mtype 31: rtm_client_send_group_message(). `attrs` NULL: empty; `mid` 0: one is made. Errors: as there. Thread: as there. Since: 0.2 */
RTM_API int rtm_client_send_group_audio(rtm_client *client, int64_t from_uid, int64_t gid, const void *audio, size_t audio_len, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_send_group_audio(), awaited as rtm_client_send_group_message_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_send_group_audio_wait(rtm_client *client, int64_t from_uid, int64_t gid, const void *audio, size_t audio_len, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent *ret_sent, rtm_error *reterr_error);

/** RTM audio to a room, mtype 31: rtm_client_send_room_message(). `attrs` NULL: empty; `mid` 0: one is made. Errors: as there. Thread: as there. Since: 0.2 */
RTM_API int rtm_client_send_room_audio(rtm_client *client, int64_t from_uid, int64_t rid, const void *audio, size_t audio_len, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_send_room_audio(), awaited as rtm_client_send_room_message_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_send_room_audio_wait(rtm_client *client, int64_t from_uid, int64_t rid, const void *audio, size_t audio_len, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent *ret_sent, rtm_error *reterr_error);

/** RTM audio to everybody, mtype 31: rtm_client_broadcast_message(). `attrs` NULL: empty; `mid` 0: one is made. Errors: as there. Thread: as there. Since: 0.2 */
RTM_API int rtm_client_broadcast_audio(rtm_client *client, int64_t from_uid, const void *audio, size_t audio_len, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_broadcast_audio(), awaited as rtm_client_broadcast_message_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_broadcast_audio_wait(rtm_client *client, int64_t from_uid, const void *audio, size_t audio_len, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent *ret_sent, rtm_error *reterr_error);

/** A command to a user, mtype 32: rtm_client_send_message(). `attrs` NULL: empty; `mid` 0: one is made. Errors: as there. Thread: as there. Since: 0.2 */
RTM_API int rtm_client_send_cmd(rtm_client *client, int64_t from_uid, int64_t to_uid, const char *text, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_send_cmd(), awaited as rtm_client_send_message_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_send_cmd_wait(rtm_client *client, int64_t from_uid, int64_t to_uid, const char *text, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent *ret_sent, rtm_error *reterr_error);

/** A command to several users, mtype 32: rtm_client_send_messages(). `attrs` NULL: empty; `mid` 0: one is made. Errors: as there. Thread: as there. Since: 0.2 */
RTM_API int rtm_client_send_cmds(rtm_client *client, int64_t from_uid, const int64_t *to_uids, size_t to_uids_count, const char *text, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_send_cmds(), awaited as rtm_client_send_messages_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_send_cmds_wait(rtm_client *client, int64_t from_uid, const int64_t *to_uids, size_t to_uids_count, const char *text, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent *ret_sent, rtm_error *reterr_error);

/** A command to a group, mtype 32: rtm_client_send_group_message(). `attrs` NULL: empty; `mid` 0: one is made. Errors: as there. Thread: as there. Since: 0.2 */
RTM_API int rtm_client_send_group_cmd(rtm_client *client, int64_t from_uid, int64_t gid, const char *text, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_send_group_cmd(), awaited as rtm_client_send_group_message_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_send_group_cmd_wait(rtm_client *client, int64_t from_uid, int64_t gid, const char *text, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent *ret_sent, rtm_error *reterr_error);

/** A command to a room, mtype 32: rtm_client_send_room_message(). `attrs` NULL: empty; `mid` 0: one is made. Errors: as there. Thread: as there. Since: 0.2 */
RTM_API int rtm_client_send_room_cmd(rtm_client *client, int64_t from_uid, int64_t rid, const char *text, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_send_room_cmd(), awaited as rtm_client_send_room_message_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_send_room_cmd_wait(rtm_client *client, int64_t from_uid, int64_t rid, const char *text, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent *ret_sent, rtm_error *reterr_error);

/** A command to everybody, mtype 32: rtm_client_broadcast_message(). `attrs` NULL: empty; `mid` 0: one is made. Errors: as there. Thread: as there. Since: 0.2 */
RTM_API int rtm_client_broadcast_cmd(rtm_client *client, int64_t from_uid, const char *text, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_broadcast_cmd(), awaited as rtm_client_broadcast_message_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_broadcast_cmd_wait(rtm_client *client, int64_t from_uid, const char *text, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent *ret_sent, rtm_error *reterr_error);

/* Users. */

/** Method kickout: end a user's sessions. `ce`: only the one of this client endpoint, as gates of API 2.0 knew it; NULL ends every session. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_kickout(rtm_client *client, int64_t uid, const char *ce, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_kickout(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_kickout_wait(rtm_client *client, int64_t uid, const char *ce, int64_t timeout_ms, rtm_error *reterr_error);

/** Method getonlineusers: those of the users who are on-line. At most 200 uids; older gates take 100. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_online_users(rtm_client *client, const int64_t *uids, size_t uids_count, int64_t timeout_ms, rtm_result_uids_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_get_online_users(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_online_users_wait(rtm_client *client, const int64_t *uids, size_t uids_count, int64_t timeout_ms, rtm_result_uids *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method addprojectblack: shut a user out of the project for btime seconds. Not positive: for good. A user who is logged in is kicked out at once; log-ins get 200024. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_add_project_black(rtm_client *client, int64_t uid, int32_t btime, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_add_project_black(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_add_project_black_wait(rtm_client *client, int64_t uid, int32_t btime, int64_t timeout_ms, rtm_error *reterr_error);

/** Method removeprojectblack: let the user in again. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_remove_project_black(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_remove_project_black(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_remove_project_black_wait(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_error *reterr_error);

/** Method isprojectblack: whether a user is shut out. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_is_project_black(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_result_ok_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_is_project_black(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_is_project_black_wait(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_result_ok *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method addprojectban: forbid a user to send for btime seconds. He may log in. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_add_project_ban(rtm_client *client, int64_t uid, int32_t btime, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_add_project_ban(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_add_project_ban_wait(rtm_client *client, int64_t uid, int32_t btime, int64_t timeout_ms, rtm_error *reterr_error);

/** Method removeprojectban: let the user send again. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_remove_project_ban(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_remove_project_ban(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_remove_project_ban_wait(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_error *reterr_error);

/** Method isprojectban: whether a user may not send. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_is_project_ban(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_result_ok_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_is_project_ban(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_is_project_ban_wait(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_result_ok *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method setuserinfo: set the open and the private information. What is NULL stays. At most 65,535 bytes each. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_set_user_info(rtm_client *client, int64_t uid, const char *oinfo, const char *pinfo, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_set_user_info(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_set_user_info_wait(rtm_client *client, int64_t uid, const char *oinfo, const char *pinfo, int64_t timeout_ms, rtm_error *reterr_error);

/** Method getuserinfo: the open and the private information. Empty where nothing is set. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_user_info(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_result_infos_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_get_user_info(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_user_info_wait(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_result_infos *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method getuseropeninfo: open information by uid, in decimal. At most 100 uids. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_user_open_info(rtm_client *client, const int64_t *uids, size_t uids_count, int64_t timeout_ms, rtm_result_info_map_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_get_user_open_info(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_user_open_info_wait(rtm_client *client, const int64_t *uids, size_t uids_count, int64_t timeout_ms, rtm_result_info_map *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method clearusermsg: erase a user's messages. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_clear_user_message(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_clear_user_message(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_clear_user_message_wait(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_error *reterr_error);

/** Method addsessions: begin P2P conversations of a user with each of uids. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_add_sessions(rtm_client *client, int64_t uid, const int64_t *uids, size_t uids_count, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_add_sessions(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_add_sessions_wait(rtm_client *client, int64_t uid, const int64_t *uids, size_t uids_count, int64_t timeout_ms, rtm_error *reterr_error);

/** Method removesessions: end such conversations. `oneway`: on the side of uid only. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_remove_sessions(rtm_client *client, int64_t uid, const int64_t *uids, size_t uids_count, const bool *oneway, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_remove_sessions(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_remove_sessions_wait(rtm_client *client, int64_t uid, const int64_t *uids, size_t uids_count, const bool *oneway, int64_t timeout_ms, rtm_error *reterr_error);

/* Devices. */

/** Method adddevice: add a device for pushes while off-line. `app_type`: "apns" or "fcm". Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_add_device(rtm_client *client, int64_t uid, const char *app_type, const char *device_token, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_add_device(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_add_device_wait(rtm_client *client, int64_t uid, const char *app_type, const char *device_token, int64_t timeout_ms, rtm_error *reterr_error);

/** Method removedevice: remove a device. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_remove_device(rtm_client *client, int64_t uid, const char *device_token, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_remove_device(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_remove_device_wait(rtm_client *client, int64_t uid, const char *device_token, int64_t timeout_ms, rtm_error *reterr_error);

/** Method addoption: no pushes to a user's devices of what a user (type 0) or a group (type 1) sends. `xid`: that user or group. `mtypes` NULL or empty: of all mtypes. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_add_device_push_option(rtm_client *client, int64_t uid, int32_t type, int64_t xid, const int64_t *mtypes, size_t mtypes_count, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_add_device_push_option(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_add_device_push_option_wait(rtm_client *client, int64_t uid, int32_t type, int64_t xid, const int64_t *mtypes, size_t mtypes_count, int64_t timeout_ms, rtm_error *reterr_error);

/** Method removeoption: pushes to devices again. As rtm_client_add_device_push_option(). Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_remove_device_push_option(rtm_client *client, int64_t uid, int32_t type, int64_t xid, const int64_t *mtypes, size_t mtypes_count, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_remove_device_push_option(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_remove_device_push_option_wait(rtm_client *client, int64_t uid, int32_t type, int64_t xid, const int64_t *mtypes, size_t mtypes_count, int64_t timeout_ms, rtm_error *reterr_error);

/** Method getoption: mtypes not pushed, by user and by group. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_device_push_option(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_result_options_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_get_device_push_option(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_device_push_option_wait(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_result_options *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/* History. */

/** Method getgroupmsg: a page of a group's messages. `num`: at most 20. `begin`, `end`: ms since 1970, both included; `lastid`: of the page before. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_group_message(rtm_client *client, const int64_t *uid, int64_t gid, bool desc, int32_t num, const int64_t *begin, const int64_t *end, const int64_t *lastid, const int64_t *mtypes, size_t mtypes_count, int64_t timeout_ms, rtm_result_history_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_get_group_message(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_group_message_wait(rtm_client *client, const int64_t *uid, int64_t gid, bool desc, int32_t num, const int64_t *begin, const int64_t *end, const int64_t *lastid, const int64_t *mtypes, size_t mtypes_count, int64_t timeout_ms, rtm_result_history *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method getroommsg: a page of a room's messages. `num`: at most 20. `begin`, `end`: ms since 1970, both included; `lastid`: of the page before. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_room_message(rtm_client *client, const int64_t *uid, int64_t rid, bool desc, int32_t num, const int64_t *begin, const int64_t *end, const int64_t *lastid, const int64_t *mtypes, size_t mtypes_count, int64_t timeout_ms, rtm_result_history_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_get_room_message(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_room_message_wait(rtm_client *client, const int64_t *uid, int64_t rid, bool desc, int32_t num, const int64_t *begin, const int64_t *end, const int64_t *lastid, const int64_t *mtypes, size_t mtypes_count, int64_t timeout_ms, rtm_result_history *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method getbroadcastmsg: a page of the broadcasts. `num`: at most 20. `begin`, `end`: ms since 1970, both included; `lastid`: of the page before. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_broadcast_message(rtm_client *client, const int64_t *uid, bool desc, int32_t num, const int64_t *begin, const int64_t *end, const int64_t *lastid, const int64_t *mtypes, size_t mtypes_count, int64_t timeout_ms, rtm_result_history_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_get_broadcast_message(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_broadcast_message_wait(rtm_client *client, const int64_t *uid, bool desc, int32_t num, const int64_t *begin, const int64_t *end, const int64_t *lastid, const int64_t *mtypes, size_t mtypes_count, int64_t timeout_ms, rtm_result_history *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method getp2pmsg: a page of the messages of two users. `num`: at most 20. `begin`, `end`: ms since 1970, both included; `lastid`: of the page before. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_p2p_message(rtm_client *client, int64_t uid, int64_t ouid, bool desc, int32_t num, const int64_t *begin, const int64_t *end, const int64_t *lastid, const int64_t *mtypes, size_t mtypes_count, int64_t timeout_ms, rtm_result_history_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_get_p2p_message(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_p2p_message_wait(rtm_client *client, int64_t uid, int64_t ouid, bool desc, int32_t num, const int64_t *begin, const int64_t *end, const int64_t *lastid, const int64_t *mtypes, size_t mtypes_count, int64_t timeout_ms, rtm_result_history *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method getgroupmsg: a page of a group's chat. `num`: at most 20. `begin`, `end`: ms since 1970, both included; `lastid`: of the page before. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_group_chat(rtm_client *client, const int64_t *uid, int64_t gid, bool desc, int32_t num, const int64_t *begin, const int64_t *end, const int64_t *lastid, int64_t timeout_ms, rtm_result_history_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_get_group_chat(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_group_chat_wait(rtm_client *client, const int64_t *uid, int64_t gid, bool desc, int32_t num, const int64_t *begin, const int64_t *end, const int64_t *lastid, int64_t timeout_ms, rtm_result_history *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method getroommsg: a page of a room's chat. `num`: at most 20. `begin`, `end`: ms since 1970, both included; `lastid`: of the page before. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_room_chat(rtm_client *client, const int64_t *uid, int64_t rid, bool desc, int32_t num, const int64_t *begin, const int64_t *end, const int64_t *lastid, int64_t timeout_ms, rtm_result_history_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_get_room_chat(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_room_chat_wait(rtm_client *client, const int64_t *uid, int64_t rid, bool desc, int32_t num, const int64_t *begin, const int64_t *end, const int64_t *lastid, int64_t timeout_ms, rtm_result_history *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method getbroadcastmsg: a page of the broadcast chat. `num`: at most 20. `begin`, `end`: ms since 1970, both included; `lastid`: of the page before. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_broadcast_chat(rtm_client *client, const int64_t *uid, bool desc, int32_t num, const int64_t *begin, const int64_t *end, const int64_t *lastid, int64_t timeout_ms, rtm_result_history_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_get_broadcast_chat(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_broadcast_chat_wait(rtm_client *client, const int64_t *uid, bool desc, int32_t num, const int64_t *begin, const int64_t *end, const int64_t *lastid, int64_t timeout_ms, rtm_result_history *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method getp2pmsg: a page of the chat of two users. `num`: at most 20. `begin`, `end`: ms since 1970, both included; `lastid`: of the page before. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_p2p_chat(rtm_client *client, int64_t uid, int64_t ouid, bool desc, int32_t num, const int64_t *begin, const int64_t *end, const int64_t *lastid, int64_t timeout_ms, rtm_result_history_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_get_p2p_chat(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_p2p_chat_wait(rtm_client *client, int64_t uid, int64_t ouid, bool desc, int32_t num, const int64_t *begin, const int64_t *end, const int64_t *lastid, int64_t timeout_ms, rtm_result_history *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method getmsg: one message; type is an rtm_kind. `xid`: the receiving uid, gid or rid, 0 for a broadcast. Not found: 200070; older gates answer an id of 0. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_message_info(rtm_client *client, int64_t mid, int64_t from_uid, int64_t xid, int32_t type, int64_t timeout_ms, rtm_result_stored_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_get_message_info(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_message_info_wait(rtm_client *client, int64_t mid, int64_t from_uid, int64_t xid, int32_t type, int64_t timeout_ms, rtm_result_stored *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method getmsg: one P2P message. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_p2p_message_info(rtm_client *client, int64_t mid, int64_t from_uid, int64_t to_uid, int64_t timeout_ms, rtm_result_stored_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_get_p2p_message_info(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_p2p_message_info_wait(rtm_client *client, int64_t mid, int64_t from_uid, int64_t to_uid, int64_t timeout_ms, rtm_result_stored *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method getmsg: one message of a group. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_group_message_info(rtm_client *client, int64_t mid, int64_t from_uid, int64_t gid, int64_t timeout_ms, rtm_result_stored_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_get_group_message_info(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_group_message_info_wait(rtm_client *client, int64_t mid, int64_t from_uid, int64_t gid, int64_t timeout_ms, rtm_result_stored *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method getmsg: one message of a room. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_room_message_info(rtm_client *client, int64_t mid, int64_t from_uid, int64_t rid, int64_t timeout_ms, rtm_result_stored_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_get_room_message_info(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_room_message_info_wait(rtm_client *client, int64_t mid, int64_t from_uid, int64_t rid, int64_t timeout_ms, rtm_result_stored *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method getmsg: one broadcast. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_broadcast_message_info(rtm_client *client, int64_t mid, int64_t from_uid, int64_t timeout_ms, rtm_result_stored_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_get_broadcast_message_info(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_broadcast_message_info_wait(rtm_client *client, int64_t mid, int64_t from_uid, int64_t timeout_ms, rtm_result_stored *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method getmsg: one P2P chat message. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_p2p_chat_info(rtm_client *client, int64_t mid, int64_t from_uid, int64_t to_uid, int64_t timeout_ms, rtm_result_stored_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_get_p2p_chat_info(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_p2p_chat_info_wait(rtm_client *client, int64_t mid, int64_t from_uid, int64_t to_uid, int64_t timeout_ms, rtm_result_stored *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method getmsg: one chat message of a group. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_group_chat_info(rtm_client *client, int64_t mid, int64_t from_uid, int64_t gid, int64_t timeout_ms, rtm_result_stored_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_get_group_chat_info(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_group_chat_info_wait(rtm_client *client, int64_t mid, int64_t from_uid, int64_t gid, int64_t timeout_ms, rtm_result_stored *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method getmsg: one chat message of a room. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_room_chat_info(rtm_client *client, int64_t mid, int64_t from_uid, int64_t rid, int64_t timeout_ms, rtm_result_stored_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_get_room_chat_info(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_room_chat_info_wait(rtm_client *client, int64_t mid, int64_t from_uid, int64_t rid, int64_t timeout_ms, rtm_result_stored *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method getmsg: one chat broadcast. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_broadcast_chat_info(rtm_client *client, int64_t mid, int64_t from_uid, int64_t timeout_ms, rtm_result_stored_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_get_broadcast_chat_info(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_broadcast_chat_info_wait(rtm_client *client, int64_t mid, int64_t from_uid, int64_t timeout_ms, rtm_result_stored *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method delmsg: delete a message; type is an rtm_kind. `xid` as there: 0 for a broadcast. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_delete_message(rtm_client *client, int64_t mid, int64_t from_uid, int64_t xid, int32_t type, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_delete_message(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_delete_message_wait(rtm_client *client, int64_t mid, int64_t from_uid, int64_t xid, int32_t type, int64_t timeout_ms, rtm_error *reterr_error);

/** Method delmsg: delete a P2P message. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_delete_p2p_message(rtm_client *client, int64_t mid, int64_t from_uid, int64_t to_uid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_delete_p2p_message(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_delete_p2p_message_wait(rtm_client *client, int64_t mid, int64_t from_uid, int64_t to_uid, int64_t timeout_ms, rtm_error *reterr_error);

/** Method delmsg: delete a message of a group. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_delete_group_message(rtm_client *client, int64_t mid, int64_t from_uid, int64_t gid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_delete_group_message(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_delete_group_message_wait(rtm_client *client, int64_t mid, int64_t from_uid, int64_t gid, int64_t timeout_ms, rtm_error *reterr_error);

/** Method delmsg: delete a message of a room. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_delete_room_message(rtm_client *client, int64_t mid, int64_t from_uid, int64_t rid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_delete_room_message(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_delete_room_message_wait(rtm_client *client, int64_t mid, int64_t from_uid, int64_t rid, int64_t timeout_ms, rtm_error *reterr_error);

/** Method delmsg: delete a broadcast. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_delete_broadcast_message(rtm_client *client, int64_t mid, int64_t from_uid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_delete_broadcast_message(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_delete_broadcast_message_wait(rtm_client *client, int64_t mid, int64_t from_uid, int64_t timeout_ms, rtm_error *reterr_error);

/** Method delmsg: delete a P2P chat message. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_delete_p2p_chat(rtm_client *client, int64_t mid, int64_t from_uid, int64_t to_uid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_delete_p2p_chat(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_delete_p2p_chat_wait(rtm_client *client, int64_t mid, int64_t from_uid, int64_t to_uid, int64_t timeout_ms, rtm_error *reterr_error);

/** Method delmsg: delete a chat message of a group. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_delete_group_chat(rtm_client *client, int64_t mid, int64_t from_uid, int64_t gid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_delete_group_chat(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_delete_group_chat_wait(rtm_client *client, int64_t mid, int64_t from_uid, int64_t gid, int64_t timeout_ms, rtm_error *reterr_error);

/** Method delmsg: delete a chat message of a room. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_delete_room_chat(rtm_client *client, int64_t mid, int64_t from_uid, int64_t rid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_delete_room_chat(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_delete_room_chat_wait(rtm_client *client, int64_t mid, int64_t from_uid, int64_t rid, int64_t timeout_ms, rtm_error *reterr_error);

/** Method delmsg: delete a chat broadcast. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_delete_broadcast_chat(rtm_client *client, int64_t mid, int64_t from_uid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_delete_broadcast_chat(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_delete_broadcast_chat_wait(rtm_client *client, int64_t mid, int64_t from_uid, int64_t timeout_ms, rtm_error *reterr_error);

/** Method cleanmsg: erase a time of a conversation, in ms. `from_uid`: 0 for a group or room; `xid`: 0 for broadcasts; type is an rtm_kind. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_clean_message(rtm_client *client, int64_t from_uid, int64_t xid, int32_t type, int64_t begin, int64_t end, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_clean_message(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_clean_message_wait(rtm_client *client, int64_t from_uid, int64_t xid, int32_t type, int64_t begin, int64_t end, int64_t timeout_ms, rtm_error *reterr_error);

/** Method delconversationmsgs: erase a conversation. Parameters as rtm_client_clean_message(). Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_delete_conversation_messages(rtm_client *client, int64_t from_uid, int64_t xid, int32_t type, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_delete_conversation_messages(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_delete_conversation_messages_wait(rtm_client *client, int64_t from_uid, int64_t xid, int32_t type, int64_t timeout_ms, rtm_error *reterr_error);

/** Method editmsg: change a message not older than the limit. The limit is in ms after the sending; type is an rtm_kind. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_edit_message(rtm_client *client, int64_t mid, int64_t from_uid, int64_t xid, int32_t type, const char *msg, const char *attrs, int64_t time_limit_ms, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_edit_message(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_edit_message_wait(rtm_client *client, int64_t mid, int64_t from_uid, int64_t xid, int32_t type, const char *msg, const char *attrs, int64_t time_limit_ms, int64_t timeout_ms, rtm_error *reterr_error);

/** Method clearprojectmsg: erase a class of messages: 0 P2P, 1 room, 2 group, 3 broadcast, 4 all. These numbers are not those of rtm_kind. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_clear_project_message(rtm_client *client, int32_t type, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_clear_project_message(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_clear_project_message_wait(rtm_client *client, int32_t type, int64_t timeout_ms, rtm_error *reterr_error);

/** Method getmsgnum: how many messages and senders; type 2 group, 3 room. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_message_num(rtm_client *client, int32_t type, int64_t xid, const int64_t *mtypes, size_t mtypes_count, const int64_t *begin, const int64_t *end, int64_t timeout_ms, rtm_result_msg_num_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_get_message_num(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_message_num_wait(rtm_client *client, int32_t type, int64_t xid, const int64_t *mtypes, size_t mtypes_count, const int64_t *begin, const int64_t *end, int64_t timeout_ms, rtm_result_msg_num *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/* Translation, moderation, speech. */

/** Method translate: translate a text. `dst`, `src`: codes of languages. `type`: "chat", as without, or "mail". `profanity`: "off", as without, "stop" or "censor". Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_translate(rtm_client *client, const char *text, const char *dst, const char *src, const char *type, const char *profanity, const bool *post_profanity, const int64_t *uid, int64_t timeout_ms, rtm_result_translation_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_translate(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_translate_wait(rtm_client *client, const char *text, const char *dst, const char *src, const char *type, const char *profanity, const bool *post_profanity, const int64_t *uid, int64_t timeout_ms, rtm_result_translation *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method profanity: filter a text. Gates of newer API have rtm_client_text_check() instead. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_profanity(rtm_client *client, const char *text, bool classify, const int64_t *uid, int64_t timeout_ms, rtm_result_profanity_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_profanity(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_profanity_wait(rtm_client *client, const char *text, bool classify, const int64_t *uid, int64_t timeout_ms, rtm_result_profanity *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method transcribe: the text of an RTM audio message. Gates of API 2.3 and later have rtm_client_speech_to_text() instead. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_transcribe(rtm_client *client, const void *audio, size_t audio_len, bool profanity_filter, const int64_t *uid, int64_t timeout_ms, rtm_result_speech_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_transcribe(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_transcribe_wait(rtm_client *client, const void *audio, size_t audio_len, bool profanity_filter, const int64_t *uid, int64_t timeout_ms, rtm_result_speech *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method stranscribe: the text of a stored audio message. Gates of API 2.2 only. Type is an rtm_kind. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_transcribe_message(rtm_client *client, int64_t from_uid, int64_t mid, int64_t xid, int32_t type, bool profanity_filter, int64_t timeout_ms, rtm_result_speech_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_transcribe_message(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_transcribe_message_wait(rtm_client *client, int64_t from_uid, int64_t mid, int64_t xid, int32_t type, bool profanity_filter, int64_t timeout_ms, rtm_result_speech *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method speech2text: the text of speech; type 1 URL, 2 content. `codec` NULL: AMR_WB; `srate` NULL: 16000. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_speech_to_text(rtm_client *client, const void *audio, size_t audio_len, int32_t type, const char *lang, const char *codec, const int32_t *srate, const int64_t *uid, int64_t timeout_ms, rtm_result_speech_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_speech_to_text(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_speech_to_text_wait(rtm_client *client, const void *audio, size_t audio_len, int32_t type, const char *lang, const char *codec, const int32_t *srate, const int64_t *uid, int64_t timeout_ms, rtm_result_speech *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method tcheck: judge a text. `result` 0: passed, 2: not. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_text_check(rtm_client *client, const char *text, const int64_t *uid, int64_t timeout_ms, rtm_result_text_check_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_text_check(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_text_check_wait(rtm_client *client, const char *text, const int64_t *uid, int64_t timeout_ms, rtm_result_text_check *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method icheck: judge an image; type 1 URL, 2 content. `result` 0: passed, 2: not. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_image_check(rtm_client *client, const void *image, size_t image_len, int32_t type, const int64_t *uid, int64_t timeout_ms, rtm_result_check_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_image_check(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_image_check_wait(rtm_client *client, const void *image, size_t image_len, int32_t type, const int64_t *uid, int64_t timeout_ms, rtm_result_check *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method acheck: judge speech; type 1 URL, 2 content. `result` 0: passed, 2: not. `codec` NULL: AMR_WB; `srate` NULL: 16000. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_audio_check(rtm_client *client, const void *audio, size_t audio_len, int32_t type, const char *lang, const char *codec, const int32_t *srate, const int64_t *uid, int64_t timeout_ms, rtm_result_check_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_audio_check(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_audio_check_wait(rtm_client *client, const void *audio, size_t audio_len, int32_t type, const char *lang, const char *codec, const int32_t *srate, const int64_t *uid, int64_t timeout_ms, rtm_result_check *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method vcheck: judge a video; type 1 URL, 2 content. `result` 0: passed, 2: not. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_video_check(rtm_client *client, const void *video, size_t video_len, int32_t type, const char *video_name, const int64_t *uid, int64_t timeout_ms, rtm_result_check_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_video_check(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_video_check_wait(rtm_client *client, const void *video, size_t video_len, int32_t type, const char *video_name, const int64_t *uid, int64_t timeout_ms, rtm_result_check *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/* Friends and blacklists. */

/** Method addfriends: add friends to a user. At most 100 at a time. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_add_friends(rtm_client *client, int64_t uid, const int64_t *friends, size_t friends_count, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_add_friends(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_add_friends_wait(rtm_client *client, int64_t uid, const int64_t *friends, size_t friends_count, int64_t timeout_ms, rtm_error *reterr_error);

/** Method delfriends: take friends from a user. At most 100 at a time. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_delete_friends(rtm_client *client, int64_t uid, const int64_t *friends, size_t friends_count, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_delete_friends(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_delete_friends_wait(rtm_client *client, int64_t uid, const int64_t *friends, size_t friends_count, int64_t timeout_ms, rtm_error *reterr_error);

/** Method getfriends: a user's friends. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_friends(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_result_uids_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_get_friends(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_friends_wait(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_result_uids *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method isfriend: whether two users are friends. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_is_friend(rtm_client *client, int64_t uid, int64_t fuid, int64_t timeout_ms, rtm_result_ok_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_is_friend(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_is_friend_wait(rtm_client *client, int64_t uid, int64_t fuid, int64_t timeout_ms, rtm_result_ok *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method isfriends: those who are friends of the user. At most 100 at a time. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_is_friends(rtm_client *client, int64_t uid, const int64_t *fuids, size_t fuids_count, int64_t timeout_ms, rtm_result_fuids_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_is_friends(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_is_friends_wait(rtm_client *client, int64_t uid, const int64_t *fuids, size_t fuids_count, int64_t timeout_ms, rtm_result_fuids *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method addblacks: add to a user's blacklist. At most 100 at a time. They can no longer write to the user, and get 200049; the user can write to them. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_add_blacks(rtm_client *client, int64_t uid, const int64_t *blacks, size_t blacks_count, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_add_blacks(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_add_blacks_wait(rtm_client *client, int64_t uid, const int64_t *blacks, size_t blacks_count, int64_t timeout_ms, rtm_error *reterr_error);

/** Method delblacks: take from a user's blacklist. At most 100 at a time. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_delete_blacks(rtm_client *client, int64_t uid, const int64_t *blacks, size_t blacks_count, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_delete_blacks(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_delete_blacks_wait(rtm_client *client, int64_t uid, const int64_t *blacks, size_t blacks_count, int64_t timeout_ms, rtm_error *reterr_error);

/** Method getblacks: a user's blacklist. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_blacks(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_result_uids_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_get_blacks(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_blacks_wait(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_result_uids *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method isblack: whether buid has blocked uid. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_is_black(rtm_client *client, int64_t uid, int64_t buid, int64_t timeout_ms, rtm_result_ok_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_is_black(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_is_black_wait(rtm_client *client, int64_t uid, int64_t buid, int64_t timeout_ms, rtm_result_ok *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method isblacks: those who have blocked uid. At most 100 at a time. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_is_blacks(rtm_client *client, int64_t uid, const int64_t *buids, size_t buids_count, int64_t timeout_ms, rtm_result_buids_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_is_blacks(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_is_blacks_wait(rtm_client *client, int64_t uid, const int64_t *buids, size_t buids_count, int64_t timeout_ms, rtm_result_buids *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/* Groups. */

/** Method addgroupmembers: add members; the group is made if there is none. At most 100 at a time; 10,000 in a group. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_add_group_members(rtm_client *client, int64_t gid, const int64_t *uids, size_t uids_count, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_add_group_members(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_add_group_members_wait(rtm_client *client, int64_t gid, const int64_t *uids, size_t uids_count, int64_t timeout_ms, rtm_error *reterr_error);

/** Method delgroupmembers: remove members. At most 100 at a time. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_delete_group_members(rtm_client *client, int64_t gid, const int64_t *uids, size_t uids_count, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_delete_group_members(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_delete_group_members_wait(rtm_client *client, int64_t gid, const int64_t *uids, size_t uids_count, int64_t timeout_ms, rtm_error *reterr_error);

/** Method delgroup: delete a group. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_delete_group(rtm_client *client, int64_t gid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_delete_group(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_delete_group_wait(rtm_client *client, int64_t gid, int64_t timeout_ms, rtm_error *reterr_error);

/** Method getgroupmembers: a group's members. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_group_members(rtm_client *client, int64_t gid, int64_t timeout_ms, rtm_result_uids_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_get_group_members(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_group_members_wait(rtm_client *client, int64_t gid, int64_t timeout_ms, rtm_result_uids *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method getgroupcount: how many members. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_group_count(rtm_client *client, int64_t gid, int64_t timeout_ms, rtm_result_count_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_get_group_count(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_group_count_wait(rtm_client *client, int64_t gid, int64_t timeout_ms, rtm_result_count *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method isgroupmember: whether a user is a member. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_is_group_member(rtm_client *client, int64_t gid, int64_t uid, int64_t timeout_ms, rtm_result_ok_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_is_group_member(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_is_group_member_wait(rtm_client *client, int64_t gid, int64_t uid, int64_t timeout_ms, rtm_result_ok *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method getusergroups: a user's groups. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_user_groups(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_result_gids_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_get_user_groups(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_user_groups_wait(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_result_gids *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method addgroupban: mute a user for btime seconds; without gid in all groups. `btime` not positive: for good. Who is muted and sends gets 200044. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_add_group_ban(rtm_client *client, const int64_t *gid, int64_t uid, int32_t btime, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_add_group_ban(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_add_group_ban_wait(rtm_client *client, const int64_t *gid, int64_t uid, int32_t btime, int64_t timeout_ms, rtm_error *reterr_error);

/** Method removegroupban: let a user speak again. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_remove_group_ban(rtm_client *client, const int64_t *gid, int64_t uid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_remove_group_ban(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_remove_group_ban_wait(rtm_client *client, const int64_t *gid, int64_t uid, int64_t timeout_ms, rtm_error *reterr_error);

/** Method isbanofgroup: whether a user is muted. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_is_ban_of_group(rtm_client *client, int64_t gid, int64_t uid, int64_t timeout_ms, rtm_result_ok_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_is_ban_of_group(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_is_ban_of_group_wait(rtm_client *client, int64_t gid, int64_t uid, int64_t timeout_ms, rtm_result_ok *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method setgroupinfo: set the open and the private information. What is NULL stays. At most 65,535 bytes each. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_set_group_info(rtm_client *client, int64_t gid, const char *oinfo, const char *pinfo, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_set_group_info(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_set_group_info_wait(rtm_client *client, int64_t gid, const char *oinfo, const char *pinfo, int64_t timeout_ms, rtm_error *reterr_error);

/** Method getgroupinfo: the open and the private information. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_group_info(rtm_client *client, int64_t gid, int64_t timeout_ms, rtm_result_infos_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_get_group_info(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_group_info_wait(rtm_client *client, int64_t gid, int64_t timeout_ms, rtm_result_infos *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method clearprojectgroup: remove every group of the project. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_clear_project_group(rtm_client *client, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_clear_project_group(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_clear_project_group_wait(rtm_client *client, int64_t timeout_ms, rtm_error *reterr_error);

/* Rooms. */

/** Method addroommember: put a user into a room. He has to be on-line. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_add_room_member(rtm_client *client, int64_t rid, int64_t uid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_add_room_member(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_add_room_member_wait(rtm_client *client, int64_t rid, int64_t uid, int64_t timeout_ms, rtm_error *reterr_error);

/** Method delroommember: take a user out of a room. He is told. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_delete_room_member(rtm_client *client, int64_t rid, int64_t uid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_delete_room_member(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_delete_room_member_wait(rtm_client *client, int64_t rid, int64_t uid, int64_t timeout_ms, rtm_error *reterr_error);

/** Method addroommembers: put users into a room; those who are in it now. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_add_room_members(rtm_client *client, int64_t rid, const int64_t *uids, size_t uids_count, int64_t timeout_ms, rtm_result_done_uids_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_add_room_members(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_add_room_members_wait(rtm_client *client, int64_t rid, const int64_t *uids, size_t uids_count, int64_t timeout_ms, rtm_result_done_uids *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method delroommembers: take users out of a room; those who were. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_delete_room_members(rtm_client *client, int64_t rid, const int64_t *uids, size_t uids_count, int64_t timeout_ms, rtm_result_done_uids_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_delete_room_members(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_delete_room_members_wait(rtm_client *client, int64_t rid, const int64_t *uids, size_t uids_count, int64_t timeout_ms, rtm_result_done_uids *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method adduserrooms: put a user into rooms. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_add_user_rooms(rtm_client *client, const int64_t *rids, size_t rids_count, int64_t uid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_add_user_rooms(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_add_user_rooms_wait(rtm_client *client, const int64_t *rids, size_t rids_count, int64_t uid, int64_t timeout_ms, rtm_error *reterr_error);

/** Method deleteuserrooms: take a user out of rooms. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_delete_user_rooms(rtm_client *client, const int64_t *rids, size_t rids_count, int64_t uid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_delete_user_rooms(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_delete_user_rooms_wait(rtm_client *client, const int64_t *rids, size_t rids_count, int64_t uid, int64_t timeout_ms, rtm_error *reterr_error);

/** Method getroommembers: who is in a room. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_room_members(rtm_client *client, int64_t rid, int64_t timeout_ms, rtm_result_uids_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_get_room_members(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_room_members_wait(rtm_client *client, int64_t rid, int64_t timeout_ms, rtm_result_uids *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method getroomcount: how many are in rooms, by rid in decimal. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_room_count(rtm_client *client, const int64_t *rids, size_t rids_count, int64_t timeout_ms, rtm_result_counts_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_get_room_count(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_room_count_wait(rtm_client *client, const int64_t *rids, size_t rids_count, int64_t timeout_ms, rtm_result_counts *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method addroomban: mute a user for btime seconds; without rid in all rooms. `btime` not positive: for good. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_add_room_ban(rtm_client *client, const int64_t *rid, int64_t uid, int32_t btime, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_add_room_ban(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_add_room_ban_wait(rtm_client *client, const int64_t *rid, int64_t uid, int32_t btime, int64_t timeout_ms, rtm_error *reterr_error);

/** Method removeroomban: let a user speak again. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_remove_room_ban(rtm_client *client, const int64_t *rid, int64_t uid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_remove_room_ban(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_remove_room_ban_wait(rtm_client *client, const int64_t *rid, int64_t uid, int64_t timeout_ms, rtm_error *reterr_error);

/** Method isbanofroom: whether a user is muted. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_is_ban_of_room(rtm_client *client, int64_t rid, int64_t uid, int64_t timeout_ms, rtm_result_ok_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_is_ban_of_room(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_is_ban_of_room_wait(rtm_client *client, int64_t rid, int64_t uid, int64_t timeout_ms, rtm_result_ok *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method setroominfo: set the open and the private information. What is NULL stays. At most 65,535 bytes each. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_set_room_info(rtm_client *client, int64_t rid, const char *oinfo, const char *pinfo, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_set_room_info(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_set_room_info_wait(rtm_client *client, int64_t rid, const char *oinfo, const char *pinfo, int64_t timeout_ms, rtm_error *reterr_error);

/** Method getroominfo: the open and the private information. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_room_info(rtm_client *client, int64_t rid, int64_t timeout_ms, rtm_result_infos_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_get_room_info(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_room_info_wait(rtm_client *client, int64_t rid, int64_t timeout_ms, rtm_result_infos *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/* Data and files. */

/** Method dataset: store a value of a user. At most 128 bytes of key and 65,535 of value. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_data_set(rtm_client *client, int64_t uid, const char *key, const char *value, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_data_set(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_data_set_wait(rtm_client *client, int64_t uid, const char *key, const char *value, int64_t timeout_ms, rtm_error *reterr_error);

/** Method dataget: a stored value; absent when there is none. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_data_get(rtm_client *client, int64_t uid, const char *key, int64_t timeout_ms, rtm_result_value_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_data_get(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_data_get_wait(rtm_client *client, int64_t uid, const char *key, int64_t timeout_ms, rtm_result_value *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method datadel: delete a stored value. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_data_delete(rtm_client *client, int64_t uid, const char *key, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_data_delete(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_data_delete_wait(rtm_client *client, int64_t uid, const char *key, int64_t timeout_ms, rtm_error *reterr_error);

/** Method filetoken: leave to send one file, and the file gate's endpoint. It is good once. `cmd`: sendfile, sendfiles, sendgroupfile, sendroomfile or broadcastfile; with it goes the one of `to_uid`, `to_uids`, `gid` and `rid` that it needs. rtm_client_send_file() does all of it. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_file_token(rtm_client *client, int64_t from_uid, const char *cmd, const int64_t *to_uid, const int64_t *to_uids, size_t to_uids_count, const int64_t *gid, const int64_t *rid, int64_t timeout_ms, rtm_result_file_token_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_file_token(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_file_token_wait(rtm_client *client, int64_t from_uid, const char *cmd, const int64_t *to_uid, const int64_t *to_uids, size_t to_uids_count, const int64_t *gid, const int64_t *rid, int64_t timeout_ms, rtm_result_file_token *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/* Rooms of RTC. */

/** Method inviteUserIntoRTCRoom: invite users into a room in the name of from_uid. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_invite_user_into_rtc_room(rtm_client *client, int64_t rid, const int64_t *to_uids, size_t to_uids_count, int64_t from_uid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_invite_user_into_rtc_room(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_invite_user_into_rtc_room_wait(rtm_client *client, int64_t rid, const int64_t *to_uids, size_t to_uids_count, int64_t from_uid, int64_t timeout_ms, rtm_error *reterr_error);

/** Method closeRTCRoom: close a room. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_close_rtc_room(rtm_client *client, int64_t rid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_close_rtc_room(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_close_rtc_room_wait(rtm_client *client, int64_t rid, int64_t timeout_ms, rtm_error *reterr_error);

/** Method kickoutFromRTCRoom: put a user out of a room in the name of from_uid. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_kick_out_from_rtc_room(rtm_client *client, int64_t uid, int64_t rid, int64_t from_uid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_kick_out_from_rtc_room(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_kick_out_from_rtc_room_wait(rtm_client *client, int64_t uid, int64_t rid, int64_t from_uid, int64_t timeout_ms, rtm_error *reterr_error);

/** Method getRTCRoomList: all rooms. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_rtc_room_list(rtm_client *client, int64_t timeout_ms, rtm_result_rids_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_get_rtc_room_list(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_rtc_room_list_wait(rtm_client *client, int64_t timeout_ms, rtm_result_rids *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method getRTCRoomMembers: who is in a room, and its roles. Some gates name the administrators `managers` besides. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_rtc_room_members(rtm_client *client, int64_t rid, int64_t timeout_ms, rtm_result_rtc_members_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_get_rtc_room_members(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_rtc_room_members_wait(rtm_client *client, int64_t rid, int64_t timeout_ms, rtm_result_rtc_members *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method getRTCRoomMemberCount: how many are in a room. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_rtc_room_member_count(rtm_client *client, int64_t rid, int64_t timeout_ms, rtm_result_rtc_count_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_get_rtc_room_member_count(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_get_rtc_room_member_count_wait(rtm_client *client, int64_t rid, int64_t timeout_ms, rtm_result_rtc_count *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error);

/** Method setRTCRoomMicStatus: whether the microphones of those who come are on. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_set_rtc_room_mic_status(rtm_client *client, int64_t rid, bool status, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_set_rtc_room_mic_status(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_set_rtc_room_mic_status_wait(rtm_client *client, int64_t rid, bool status, int64_t timeout_ms, rtm_error *reterr_error);

/** Method pullIntoRTCRoom: put users into a room. Type 1: voice, 2: video. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_pull_into_rtc_room(rtm_client *client, int64_t rid, const int64_t *to_uids, size_t to_uids_count, int32_t type, const int32_t *voice_range, const int32_t *max_receive_streams, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_pull_into_rtc_room(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_pull_into_rtc_room_wait(rtm_client *client, int64_t rid, const int64_t *to_uids, size_t to_uids_count, int32_t type, const int32_t *voice_range, const int32_t *max_receive_streams, int64_t timeout_ms, rtm_error *reterr_error);

/** Method adminCommand: an administrator's command about users of a room. 0 makes an administrator, 1 unmakes one; 2 forbids sound and 3 allows it; 4 forbids pictures and 5 allows them; 6 turns the microphone off, 7 the camera. Errors: rtm_client_call(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_admin_command(rtm_client *client, int64_t rid, const int64_t *uids, size_t uids_count, int32_t command, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call);
/** rtm_client_admin_command(), awaited as rtm_client_call_wait(). Thread: as there. Since: 0.2 */
RTM_API int rtm_client_admin_command_wait(rtm_client *client, int64_t rid, const int64_t *uids, size_t uids_count, int32_t command, int64_t timeout_ms, rtm_error *reterr_error);

#ifdef __cplusplus
}
#endif

#endif
