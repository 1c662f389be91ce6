/* Made by tools/gen_calls of lib/client/calls.txt: change that. */
/* clang-format off */
#include <stddef.h>
#include <string.h>

#include "lib/client/calls_impl.h"
#include "lib/client/value.h"

static const rtmi_field token_fields[] = {
    {"token", RTMI_FIELD_TEXT, true, offsetof(rtm_result_token, token)},
};
static const rtmi_fields of_token = {token_fields, 1};
static void tell_token(rtm_client *client, const client_call *call, const rtm_error *err,
                            rtmi_span answer)
{
    rtm_result_token result;
    rtm_error error;
    if (call->typed == NULL)
        return;
    if (err == NULL)
        err = rtmi_read_fields(&of_token, rtmi_value_of_span(answer), &result, &error);
    ((rtm_result_token_fn *)call->typed)(client, err, err == NULL ? &result : NULL, call->userdata);
}

static const rtmi_field ok_fields[] = {
    {"ok", RTMI_FIELD_BOOL, true, offsetof(rtm_result_ok, ok)},
};
static const rtmi_fields of_ok = {ok_fields, 1};
static void tell_ok(rtm_client *client, const client_call *call, const rtm_error *err,
                            rtmi_span answer)
{
    rtm_result_ok result;
    rtm_error error;
    if (call->typed == NULL)
        return;
    if (err == NULL)
        err = rtmi_read_fields(&of_ok, rtmi_value_of_span(answer), &result, &error);
    ((rtm_result_ok_fn *)call->typed)(client, err, err == NULL ? &result : NULL, call->userdata);
}

static const rtmi_field uids_fields[] = {
    {"uids", RTMI_FIELD_INTS, true, offsetof(rtm_result_uids, uids)},
};
static const rtmi_fields of_uids = {uids_fields, 1};
static void tell_uids(rtm_client *client, const client_call *call, const rtm_error *err,
                            rtmi_span answer)
{
    rtm_result_uids result;
    rtm_error error;
    if (call->typed == NULL)
        return;
    if (err == NULL)
        err = rtmi_read_fields(&of_uids, rtmi_value_of_span(answer), &result, &error);
    ((rtm_result_uids_fn *)call->typed)(client, err, err == NULL ? &result : NULL, call->userdata);
}

static const rtmi_field gids_fields[] = {
    {"gids", RTMI_FIELD_INTS, true, offsetof(rtm_result_gids, gids)},
};
static const rtmi_fields of_gids = {gids_fields, 1};
static void tell_gids(rtm_client *client, const client_call *call, const rtm_error *err,
                            rtmi_span answer)
{
    rtm_result_gids result;
    rtm_error error;
    if (call->typed == NULL)
        return;
    if (err == NULL)
        err = rtmi_read_fields(&of_gids, rtmi_value_of_span(answer), &result, &error);
    ((rtm_result_gids_fn *)call->typed)(client, err, err == NULL ? &result : NULL, call->userdata);
}

static const rtmi_field rids_fields[] = {
    {"rids", RTMI_FIELD_INTS, true, offsetof(rtm_result_rids, rids)},
};
static const rtmi_fields of_rids = {rids_fields, 1};
static void tell_rids(rtm_client *client, const client_call *call, const rtm_error *err,
                            rtmi_span answer)
{
    rtm_result_rids result;
    rtm_error error;
    if (call->typed == NULL)
        return;
    if (err == NULL)
        err = rtmi_read_fields(&of_rids, rtmi_value_of_span(answer), &result, &error);
    ((rtm_result_rids_fn *)call->typed)(client, err, err == NULL ? &result : NULL, call->userdata);
}

static const rtmi_field fuids_fields[] = {
    {"fuids", RTMI_FIELD_INTS, true, offsetof(rtm_result_fuids, uids)},
};
static const rtmi_fields of_fuids = {fuids_fields, 1};
static void tell_fuids(rtm_client *client, const client_call *call, const rtm_error *err,
                            rtmi_span answer)
{
    rtm_result_fuids result;
    rtm_error error;
    if (call->typed == NULL)
        return;
    if (err == NULL)
        err = rtmi_read_fields(&of_fuids, rtmi_value_of_span(answer), &result, &error);
    ((rtm_result_fuids_fn *)call->typed)(client, err, err == NULL ? &result : NULL, call->userdata);
}

static const rtmi_field buids_fields[] = {
    {"buids", RTMI_FIELD_INTS, true, offsetof(rtm_result_buids, uids)},
};
static const rtmi_fields of_buids = {buids_fields, 1};
static void tell_buids(rtm_client *client, const client_call *call, const rtm_error *err,
                            rtmi_span answer)
{
    rtm_result_buids result;
    rtm_error error;
    if (call->typed == NULL)
        return;
    if (err == NULL)
        err = rtmi_read_fields(&of_buids, rtmi_value_of_span(answer), &result, &error);
    ((rtm_result_buids_fn *)call->typed)(client, err, err == NULL ? &result : NULL, call->userdata);
}

static const rtmi_field done_uids_fields[] = {
    {"successedUids", RTMI_FIELD_INTS, true, offsetof(rtm_result_done_uids, uids)},
};
static const rtmi_fields of_done_uids = {done_uids_fields, 1};
static void tell_done_uids(rtm_client *client, const client_call *call, const rtm_error *err,
                            rtmi_span answer)
{
    rtm_result_done_uids result;
    rtm_error error;
    if (call->typed == NULL)
        return;
    if (err == NULL)
        err = rtmi_read_fields(&of_done_uids, rtmi_value_of_span(answer), &result, &error);
    ((rtm_result_done_uids_fn *)call->typed)(client, err, err == NULL ? &result : NULL, call->userdata);
}

static const rtmi_field infos_fields[] = {
    {"oinfo", RTMI_FIELD_TEXT, true, offsetof(rtm_result_infos, oinfo)},
    {"pinfo", RTMI_FIELD_TEXT, true, offsetof(rtm_result_infos, pinfo)},
};
static const rtmi_fields of_infos = {infos_fields, 2};
static void tell_infos(rtm_client *client, const client_call *call, const rtm_error *err,
                            rtmi_span answer)
{
    rtm_result_infos result;
    rtm_error error;
    if (call->typed == NULL)
        return;
    if (err == NULL)
        err = rtmi_read_fields(&of_infos, rtmi_value_of_span(answer), &result, &error);
    ((rtm_result_infos_fn *)call->typed)(client, err, err == NULL ? &result : NULL, call->userdata);
}

static const rtmi_field info_map_fields[] = {
    {"info", RTMI_FIELD_TEXTMAP, true, offsetof(rtm_result_info_map, info)},
};
static const rtmi_fields of_info_map = {info_map_fields, 1};
static void tell_info_map(rtm_client *client, const client_call *call, const rtm_error *err,
                            rtmi_span answer)
{
    rtm_result_info_map result;
    rtm_error error;
    if (call->typed == NULL)
        return;
    if (err == NULL)
        err = rtmi_read_fields(&of_info_map, rtmi_value_of_span(answer), &result, &error);
    ((rtm_result_info_map_fn *)call->typed)(client, err, err == NULL ? &result : NULL, call->userdata);
}

static const rtmi_field options_fields[] = {
    {"p2p", RTMI_FIELD_INTSMAP, true, offsetof(rtm_result_options, p2p)},
    {"group", RTMI_FIELD_INTSMAP, true, offsetof(rtm_result_options, group)},
};
static const rtmi_fields of_options = {options_fields, 2};
static void tell_options(rtm_client *client, const client_call *call, const rtm_error *err,
                            rtmi_span answer)
{
    rtm_result_options result;
    rtm_error error;
    if (call->typed == NULL)
        return;
    if (err == NULL)
        err = rtmi_read_fields(&of_options, rtmi_value_of_span(answer), &result, &error);
    ((rtm_result_options_fn *)call->typed)(client, err, err == NULL ? &result : NULL, call->userdata);
}

static const rtmi_field history_fields[] = {
    {"num", RTMI_FIELD_INT, true, offsetof(rtm_result_history, num)},
    {"lastid", RTMI_FIELD_INT, true, offsetof(rtm_result_history, lastid)},
    {"begin", RTMI_FIELD_INT, true, offsetof(rtm_result_history, begin)},
    {"end", RTMI_FIELD_INT, true, offsetof(rtm_result_history, end)},
    {"msgs", RTMI_FIELD_ROWS, true, offsetof(rtm_result_history, msgs)},
};
const rtmi_fields rtmi_fields_of_history = {history_fields, 5};
static void tell_history(rtm_client *client, const client_call *call, const rtm_error *err,
                            rtmi_span answer)
{
    rtm_result_history result;
    rtm_error error;
    if (call->typed == NULL)
        return;
    if (err == NULL)
        err = rtmi_read_fields(&rtmi_fields_of_history, rtmi_value_of_span(answer), &result, &error);
    ((rtm_result_history_fn *)call->typed)(client, err, err == NULL ? &result : NULL, call->userdata);
}

static const rtmi_field stored_fields[] = {
    {"id", RTMI_FIELD_INT, true, offsetof(rtm_result_stored, id)},
    {"mtype", RTMI_FIELD_INT, true, offsetof(rtm_result_stored, mtype)},
    {"msg", RTMI_FIELD_TEXT, true, offsetof(rtm_result_stored, msg)},
    {"attrs", RTMI_FIELD_TEXT, true, offsetof(rtm_result_stored, attrs)},
    {"mtime", RTMI_FIELD_INT, true, offsetof(rtm_result_stored, mtime)},
};
static const rtmi_fields of_stored = {stored_fields, 5};
static void tell_stored(rtm_client *client, const client_call *call, const rtm_error *err,
                            rtmi_span answer)
{
    rtm_result_stored result;
    rtm_error error;
    if (call->typed == NULL)
        return;
    if (err == NULL)
        err = rtmi_read_fields(&of_stored, rtmi_value_of_span(answer), &result, &error);
    ((rtm_result_stored_fn *)call->typed)(client, err, err == NULL ? &result : NULL, call->userdata);
}

static const rtmi_field msg_num_fields[] = {
    {"sender", RTMI_FIELD_INT, true, offsetof(rtm_result_msg_num, sender)},
    {"num", RTMI_FIELD_INT, true, offsetof(rtm_result_msg_num, num)},
};
static const rtmi_fields of_msg_num = {msg_num_fields, 2};
static void tell_msg_num(rtm_client *client, const client_call *call, const rtm_error *err,
                            rtmi_span answer)
{
    rtm_result_msg_num result;
    rtm_error error;
    if (call->typed == NULL)
        return;
    if (err == NULL)
        err = rtmi_read_fields(&of_msg_num, rtmi_value_of_span(answer), &result, &error);
    ((rtm_result_msg_num_fn *)call->typed)(client, err, err == NULL ? &result : NULL, call->userdata);
}

static const rtmi_field translation_fields[] = {
    {"source", RTMI_FIELD_TEXT, true, offsetof(rtm_result_translation, source)},
    {"target", RTMI_FIELD_TEXT, true, offsetof(rtm_result_translation, target)},
    {"sourceText", RTMI_FIELD_TEXT, true, offsetof(rtm_result_translation, source_text)},
    {"targetText", RTMI_FIELD_TEXT, true, offsetof(rtm_result_translation, target_text)},
};
static const rtmi_fields of_translation = {translation_fields, 4};
static void tell_translation(rtm_client *client, const client_call *call, const rtm_error *err,
                            rtmi_span answer)
{
    rtm_result_translation result;
    rtm_error error;
    if (call->typed == NULL)
        return;
    if (err == NULL)
        err = rtmi_read_fields(&of_translation, rtmi_value_of_span(answer), &result, &error);
    ((rtm_result_translation_fn *)call->typed)(client, err, err == NULL ? &result : NULL, call->userdata);
}

static const rtmi_field profanity_fields[] = {
    {"text", RTMI_FIELD_TEXT, true, offsetof(rtm_result_profanity, text)},
    {"classification", RTMI_FIELD_TEXTS, false, offsetof(rtm_result_profanity, classification)},
};
static const rtmi_fields of_profanity = {profanity_fields, 2};
static void tell_profanity(rtm_client *client, const client_call *call, const rtm_error *err,
                            rtmi_span answer)
{
    rtm_result_profanity result;
    rtm_error error;
    if (call->typed == NULL)
        return;
    if (err == NULL)
        err = rtmi_read_fields(&of_profanity, rtmi_value_of_span(answer), &result, &error);
    ((rtm_result_profanity_fn *)call->typed)(client, err, err == NULL ? &result : NULL, call->userdata);
}

static const rtmi_field speech_fields[] = {
    {"text", RTMI_FIELD_TEXT, true, offsetof(rtm_result_speech, text)},
    {"lang", RTMI_FIELD_TEXT, true, offsetof(rtm_result_speech, lang)},
};
static const rtmi_fields of_speech = {speech_fields, 2};
static void tell_speech(rtm_client *client, const client_call *call, const rtm_error *err,
                            rtmi_span answer)
{
    rtm_result_speech result;
    rtm_error error;
    if (call->typed == NULL)
        return;
    if (err == NULL)
        err = rtmi_read_fields(&of_speech, rtmi_value_of_span(answer), &result, &error);
    ((rtm_result_speech_fn *)call->typed)(client, err, err == NULL ? &result : NULL, call->userdata);
}

static const rtmi_field text_check_fields[] = {
    {"result", RTMI_FIELD_INT, true, offsetof(rtm_result_text_check, result)},
    {"text", RTMI_FIELD_TEXT, false, offsetof(rtm_result_text_check, text)},
    {"tags", RTMI_FIELD_LIST, false, offsetof(rtm_result_text_check, tags)},
    {"wlist", RTMI_FIELD_TEXTS, false, offsetof(rtm_result_text_check, wlist)},
};
static const rtmi_fields of_text_check = {text_check_fields, 4};
static void tell_text_check(rtm_client *client, const client_call *call, const rtm_error *err,
                            rtmi_span answer)
{
    rtm_result_text_check result;
    rtm_error error;
    if (call->typed == NULL)
        return;
    if (err == NULL)
        err = rtmi_read_fields(&of_text_check, rtmi_value_of_span(answer), &result, &error);
    ((rtm_result_text_check_fn *)call->typed)(client, err, err == NULL ? &result : NULL, call->userdata);
}

static const rtmi_field check_fields[] = {
    {"result", RTMI_FIELD_INT, true, offsetof(rtm_result_check, result)},
    {"tags", RTMI_FIELD_LIST, false, offsetof(rtm_result_check, tags)},
};
static const rtmi_fields of_check = {check_fields, 2};
static void tell_check(rtm_client *client, const client_call *call, const rtm_error *err,
                            rtmi_span answer)
{
    rtm_result_check result;
    rtm_error error;
    if (call->typed == NULL)
        return;
    if (err == NULL)
        err = rtmi_read_fields(&of_check, rtmi_value_of_span(answer), &result, &error);
    ((rtm_result_check_fn *)call->typed)(client, err, err == NULL ? &result : NULL, call->userdata);
}

static const rtmi_field count_fields[] = {
    {"cn", RTMI_FIELD_INT, true, offsetof(rtm_result_count, count)},
};
static const rtmi_fields of_count = {count_fields, 1};
static void tell_count(rtm_client *client, const client_call *call, const rtm_error *err,
                            rtmi_span answer)
{
    rtm_result_count result;
    rtm_error error;
    if (call->typed == NULL)
        return;
    if (err == NULL)
        err = rtmi_read_fields(&of_count, rtmi_value_of_span(answer), &result, &error);
    ((rtm_result_count_fn *)call->typed)(client, err, err == NULL ? &result : NULL, call->userdata);
}

static const rtmi_field counts_fields[] = {
    {"cn", RTMI_FIELD_INTMAP, true, offsetof(rtm_result_counts, counts)},
};
static const rtmi_fields of_counts = {counts_fields, 1};
static void tell_counts(rtm_client *client, const client_call *call, const rtm_error *err,
                            rtmi_span answer)
{
    rtm_result_counts result;
    rtm_error error;
    if (call->typed == NULL)
        return;
    if (err == NULL)
        err = rtmi_read_fields(&of_counts, rtmi_value_of_span(answer), &result, &error);
    ((rtm_result_counts_fn *)call->typed)(client, err, err == NULL ? &result : NULL, call->userdata);
}

static const rtmi_field value_fields[] = {
    {"val", RTMI_FIELD_TEXT, false, offsetof(rtm_result_value, val)},
};
static const rtmi_fields of_value = {value_fields, 1};
static void tell_value(rtm_client *client, const client_call *call, const rtm_error *err,
                            rtmi_span answer)
{
    rtm_result_value result;
    rtm_error error;
    if (call->typed == NULL)
        return;
    if (err == NULL)
        err = rtmi_read_fields(&of_value, rtmi_value_of_span(answer), &result, &error);
    ((rtm_result_value_fn *)call->typed)(client, err, err == NULL ? &result : NULL, call->userdata);
}

static const rtmi_field file_token_fields[] = {
    {"token", RTMI_FIELD_TEXT, true, offsetof(rtm_result_file_token, token)},
    {"endpoint", RTMI_FIELD_TEXT, true, offsetof(rtm_result_file_token, endpoint)},
};
static const rtmi_fields of_file_token = {file_token_fields, 2};
static void tell_file_token(rtm_client *client, const client_call *call, const rtm_error *err,
                            rtmi_span answer)
{
    rtm_result_file_token result;
    rtm_error error;
    if (call->typed == NULL)
        return;
    if (err == NULL)
        err = rtmi_read_fields(&of_file_token, rtmi_value_of_span(answer), &result, &error);
    ((rtm_result_file_token_fn *)call->typed)(client, err, err == NULL ? &result : NULL, call->userdata);
}

static const rtmi_field rtc_members_fields[] = {
    {"uids", RTMI_FIELD_INTS, true, offsetof(rtm_result_rtc_members, uids)},
    {"administrators", RTMI_FIELD_INTS, true, offsetof(rtm_result_rtc_members, administrators)},
    {"owner", RTMI_FIELD_INT, true, offsetof(rtm_result_rtc_members, owner)},
    {"managers", RTMI_FIELD_INTS, false, offsetof(rtm_result_rtc_members, managers)},
};
static const rtmi_fields of_rtc_members = {rtc_members_fields, 4};
static void tell_rtc_members(rtm_client *client, const client_call *call, const rtm_error *err,
                            rtmi_span answer)
{
    rtm_result_rtc_members result;
    rtm_error error;
    if (call->typed == NULL)
        return;
    if (err == NULL)
        err = rtmi_read_fields(&of_rtc_members, rtmi_value_of_span(answer), &result, &error);
    ((rtm_result_rtc_members_fn *)call->typed)(client, err, err == NULL ? &result : NULL, call->userdata);
}

static const rtmi_field rtc_count_fields[] = {
    {"count", RTMI_FIELD_INT, true, offsetof(rtm_result_rtc_count, count)},
};
static const rtmi_fields of_rtc_count = {rtc_count_fields, 1};
static void tell_rtc_count(rtm_client *client, const client_call *call, const rtm_error *err,
                            rtmi_span answer)
{
    rtm_result_rtc_count result;
    rtm_error error;
    if (call->typed == NULL)
        return;
    if (err == NULL)
        err = rtmi_read_fields(&of_rtc_count, rtmi_value_of_span(answer), &result, &error);
    ((rtm_result_rtc_count_fn *)call->typed)(client, err, err == NULL ? &result : NULL, call->userdata);
}

int rtm_client_get_token(rtm_client *client, int64_t uid, const char *version, int64_t timeout_ms, rtm_result_token_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"version", RTMI_ARG_TEXT, false, false, 0, version, version == NULL ? 0 : strlen(version)},
    };
    const client_call shape = {.tell = tell_token, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "gettoken", args, 2, timeout_ms, &shape, ret_call);
}
int rtm_client_get_token_wait(rtm_client *client, int64_t uid, const char *version, int64_t timeout_ms, rtm_result_token *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"version", RTMI_ARG_TEXT, false, false, 0, version, version == NULL ? 0 : strlen(version)},
    };
    return rtmi_typed_wait(client, "gettoken", args, 2, timeout_ms, &of_token, ret_result, ret_answer, reterr_error);
}

int rtm_client_remove_token(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "removetoken", args, 1, timeout_ms, &shape, ret_call);
}
int rtm_client_remove_token_wait(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
    };
    return rtmi_typed_wait(client, "removetoken", args, 1, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_send_chat(rtm_client *client, int64_t from_uid, int64_t to_uid, const char *text, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtm_outgoing message = {.size = sizeof message, .from = from_uid, .mid = mid, .attrs = attrs, .attrs_len = attrs == NULL ? 0 : strlen(attrs),
        .mtype = 30, .to = to_uid, .msg = text, .msg_len = text == NULL ? 1 : strlen(text)};
    return rtm_client_send_message(client, &message, timeout_ms, done, userdata, ret_call);
}
int rtm_client_send_chat_wait(rtm_client *client, int64_t from_uid, int64_t to_uid, const char *text, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent *ret_sent, rtm_error *reterr_error)
{
    const rtm_outgoing message = {.size = sizeof message, .from = from_uid, .mid = mid, .attrs = attrs, .attrs_len = attrs == NULL ? 0 : strlen(attrs),
        .mtype = 30, .to = to_uid, .msg = text, .msg_len = text == NULL ? 1 : strlen(text)};
    return rtm_client_send_message_wait(client, &message, timeout_ms, ret_sent, reterr_error);
}

int rtm_client_send_chats(rtm_client *client, int64_t from_uid, const int64_t *to_uids, size_t to_uids_count, const char *text, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtm_outgoing message = {.size = sizeof message, .from = from_uid, .mid = mid, .attrs = attrs, .attrs_len = attrs == NULL ? 0 : strlen(attrs),
        .mtype = 30, .tos = to_uids, .to_count = to_uids_count, .msg = text, .msg_len = text == NULL ? 1 : strlen(text)};
    return rtm_client_send_messages(client, &message, timeout_ms, done, userdata, ret_call);
}
int rtm_client_send_chats_wait(rtm_client *client, int64_t from_uid, const int64_t *to_uids, size_t to_uids_count, const char *text, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent *ret_sent, rtm_error *reterr_error)
{
    const rtm_outgoing message = {.size = sizeof message, .from = from_uid, .mid = mid, .attrs = attrs, .attrs_len = attrs == NULL ? 0 : strlen(attrs),
        .mtype = 30, .tos = to_uids, .to_count = to_uids_count, .msg = text, .msg_len = text == NULL ? 1 : strlen(text)};
    return rtm_client_send_messages_wait(client, &message, timeout_ms, ret_sent, reterr_error);
}

int rtm_client_send_group_chat(rtm_client *client, int64_t from_uid, int64_t gid, const char *text, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtm_outgoing message = {.size = sizeof message, .from = from_uid, .mid = mid, .attrs = attrs, .attrs_len = attrs == NULL ? 0 : strlen(attrs),
        .mtype = 30, .to = gid, .msg = text, .msg_len = text == NULL ? 1 : strlen(text)};
    return rtm_client_send_group_message(client, &message, timeout_ms, done, userdata, ret_call);
}
int rtm_client_send_group_chat_wait(rtm_client *client, int64_t from_uid, int64_t gid, const char *text, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent *ret_sent, rtm_error *reterr_error)
{
    const rtm_outgoing message = {.size = sizeof message, .from = from_uid, .mid = mid, .attrs = attrs, .attrs_len = attrs == NULL ? 0 : strlen(attrs),
        .mtype = 30, .to = gid, .msg = text, .msg_len = text == NULL ? 1 : strlen(text)};
    return rtm_client_send_group_message_wait(client, &message, timeout_ms, ret_sent, reterr_error);
}

int rtm_client_send_room_chat(rtm_client *client, int64_t from_uid, int64_t rid, const char *text, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtm_outgoing message = {.size = sizeof message, .from = from_uid, .mid = mid, .attrs = attrs, .attrs_len = attrs == NULL ? 0 : strlen(attrs),
        .mtype = 30, .to = rid, .msg = text, .msg_len = text == NULL ? 1 : strlen(text)};
    return rtm_client_send_room_message(client, &message, timeout_ms, done, userdata, ret_call);
}
int rtm_client_send_room_chat_wait(rtm_client *client, int64_t from_uid, int64_t rid, const char *text, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent *ret_sent, rtm_error *reterr_error)
{
    const rtm_outgoing message = {.size = sizeof message, .from = from_uid, .mid = mid, .attrs = attrs, .attrs_len = attrs == NULL ? 0 : strlen(attrs),
        .mtype = 30, .to = rid, .msg = text, .msg_len = text == NULL ? 1 : strlen(text)};
    return rtm_client_send_room_message_wait(client, &message, timeout_ms, ret_sent, reterr_error);
}

int rtm_client_broadcast_chat(rtm_client *client, int64_t from_uid, const char *text, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtm_outgoing message = {.size = sizeof message, .from = from_uid, .mid = mid, .attrs = attrs, .attrs_len = attrs == NULL ? 0 : strlen(attrs),
        .mtype = 30, .msg = text, .msg_len = text == NULL ? 1 : strlen(text)};
    return rtm_client_broadcast_message(client, &message, timeout_ms, done, userdata, ret_call);
}
int rtm_client_broadcast_chat_wait(rtm_client *client, int64_t from_uid, const char *text, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent *ret_sent, rtm_error *reterr_error)
{
    const rtm_outgoing message = {.size = sizeof message, .from = from_uid, .mid = mid, .attrs = attrs, .attrs_len = attrs == NULL ? 0 : strlen(attrs),
        .mtype = 30, .msg = text, .msg_len = text == NULL ? 1 : strlen(text)};
    return rtm_client_broadcast_message_wait(client, &message, timeout_ms, ret_sent, reterr_error);
}

int rtm_client_send_audio(rtm_client *client, int64_t from_uid, int64_t to_uid, const void *audio, size_t audio_len, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtm_outgoing message = {.size = sizeof message, .from = from_uid, .mid = mid, .attrs = attrs, .attrs_len = attrs == NULL ? 0 : strlen(attrs),
        .mtype = 31, .to = to_uid, .msg = audio, .msg_len = audio == NULL ? 1 : audio_len, .is_binary = true};
    return rtm_client_send_message(client, &message, timeout_ms, done, userdata, ret_call);
}
int rtm_client_send_audio_wait(rtm_client *client, int64_t from_uid, int64_t to_uid, const void *audio, size_t audio_len, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent *ret_sent, rtm_error *reterr_error)
{
    const rtm_outgoing message = {.size = sizeof message, .from = from_uid, .mid = mid, .attrs = attrs, .attrs_len = attrs == NULL ? 0 : strlen(attrs),
        .mtype = 31, .to = to_uid, .msg = audio, .msg_len = audio == NULL ? 1 : audio_len, .is_binary = true};
    return rtm_client_send_message_wait(client, &message, timeout_ms, ret_sent, reterr_error);
}

int rtm_client_send_audios(rtm_client *client, int64_t from_uid, const int64_t *to_uids, size_t to_uids_count, const void *audio, size_t audio_len, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtm_outgoing message = {.size = sizeof message, .from = from_uid, .mid = mid, .attrs = attrs, .attrs_len = attrs == NULL ? 0 : strlen(attrs),
        .mtype = 31, .tos = to_uids, .to_count = to_uids_count, .msg = audio, .msg_len = audio == NULL ? 1 : audio_len, .is_binary = true};
    return rtm_client_send_messages(client, &message, timeout_ms, done, userdata, ret_call);
}
int rtm_client_send_audios_wait(rtm_client *client, int64_t from_uid, const int64_t *to_uids, size_t to_uids_count, const void *audio, size_t audio_len, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent *ret_sent, rtm_error *reterr_error)
{
    const rtm_outgoing message = {.size = sizeof message, .from = from_uid, .mid = mid, .attrs = attrs, .attrs_len = attrs == NULL ? 0 : strlen(attrs),
        .mtype = 31, .tos = to_uids, .to_count = to_uids_count, .msg = audio, .msg_len = audio == NULL ? 1 : audio_len, .is_binary = true};
    return rtm_client_send_messages_wait(client, &message, timeout_ms, ret_sent, reterr_error);
}

int rtm_client_send_group_audio(rtm_client *client, int64_t from_uid, int64_t gid, const void *audio, size_t audio_len, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtm_outgoing message = {.size = sizeof message, .from = from_uid, .mid = mid, .attrs = attrs, .attrs_len = attrs == NULL ? 0 : strlen(attrs),
        .mtype = 31, .to = gid, .msg = audio, .msg_len = audio == NULL ? 1 : audio_len, .is_binary = true};
    return rtm_client_send_group_message(client, &message, timeout_ms, done, userdata, ret_call);
}
int rtm_client_send_group_audio_wait(rtm_client *client, int64_t from_uid, int64_t gid, const void *audio, size_t audio_len, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent *ret_sent, rtm_error *reterr_error)
{
    const rtm_outgoing message = {.size = sizeof message, .from = from_uid, .mid = mid, .attrs = attrs, .attrs_len = attrs == NULL ? 0 : strlen(attrs),
        .mtype = 31, .to = gid, .msg = audio, .msg_len = audio == NULL ? 1 : audio_len, .is_binary = true};
    return rtm_client_send_group_message_wait(client, &message, timeout_ms, ret_sent, reterr_error);
}

int rtm_client_send_room_audio(rtm_client *client, int64_t from_uid, int64_t rid, const void *audio, size_t audio_len, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtm_outgoing message = {.size = sizeof message, .from = from_uid, .mid = mid, .attrs = attrs, .attrs_len = attrs == NULL ? 0 : strlen(attrs),
        .mtype = 31, .to = rid, .msg = audio, .msg_len = audio == NULL ? 1 : audio_len, .is_binary = true};
    return rtm_client_send_room_message(client, &message, timeout_ms, done, userdata, ret_call);
}
int rtm_client_send_room_audio_wait(rtm_client *client, int64_t from_uid, int64_t rid, const void *audio, size_t audio_len, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent *ret_sent, rtm_error *reterr_error)
{
    const rtm_outgoing message = {.size = sizeof message, .from = from_uid, .mid = mid, .attrs = attrs, .attrs_len = attrs == NULL ? 0 : strlen(attrs),
        .mtype = 31, .to = rid, .msg = audio, .msg_len = audio == NULL ? 1 : audio_len, .is_binary = true};
    return rtm_client_send_room_message_wait(client, &message, timeout_ms, ret_sent, reterr_error);
}

int rtm_client_broadcast_audio(rtm_client *client, int64_t from_uid, const void *audio, size_t audio_len, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtm_outgoing message = {.size = sizeof message, .from = from_uid, .mid = mid, .attrs = attrs, .attrs_len = attrs == NULL ? 0 : strlen(attrs),
        .mtype = 31, .msg = audio, .msg_len = audio == NULL ? 1 : audio_len, .is_binary = true};
    return rtm_client_broadcast_message(client, &message, timeout_ms, done, userdata, ret_call);
}
int rtm_client_broadcast_audio_wait(rtm_client *client, int64_t from_uid, const void *audio, size_t audio_len, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent *ret_sent, rtm_error *reterr_error)
{
    const rtm_outgoing message = {.size = sizeof message, .from = from_uid, .mid = mid, .attrs = attrs, .attrs_len = attrs == NULL ? 0 : strlen(attrs),
        .mtype = 31, .msg = audio, .msg_len = audio == NULL ? 1 : audio_len, .is_binary = true};
    return rtm_client_broadcast_message_wait(client, &message, timeout_ms, ret_sent, reterr_error);
}

int rtm_client_send_cmd(rtm_client *client, int64_t from_uid, int64_t to_uid, const char *text, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtm_outgoing message = {.size = sizeof message, .from = from_uid, .mid = mid, .attrs = attrs, .attrs_len = attrs == NULL ? 0 : strlen(attrs),
        .mtype = 32, .to = to_uid, .msg = text, .msg_len = text == NULL ? 1 : strlen(text)};
    return rtm_client_send_message(client, &message, timeout_ms, done, userdata, ret_call);
}
int rtm_client_send_cmd_wait(rtm_client *client, int64_t from_uid, int64_t to_uid, const char *text, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent *ret_sent, rtm_error *reterr_error)
{
    const rtm_outgoing message = {.size = sizeof message, .from = from_uid, .mid = mid, .attrs = attrs, .attrs_len = attrs == NULL ? 0 : strlen(attrs),
        .mtype = 32, .to = to_uid, .msg = text, .msg_len = text == NULL ? 1 : strlen(text)};
    return rtm_client_send_message_wait(client, &message, timeout_ms, ret_sent, reterr_error);
}

int rtm_client_send_cmds(rtm_client *client, int64_t from_uid, const int64_t *to_uids, size_t to_uids_count, const char *text, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtm_outgoing message = {.size = sizeof message, .from = from_uid, .mid = mid, .attrs = attrs, .attrs_len = attrs == NULL ? 0 : strlen(attrs),
        .mtype = 32, .tos = to_uids, .to_count = to_uids_count, .msg = text, .msg_len = text == NULL ? 1 : strlen(text)};
    return rtm_client_send_messages(client, &message, timeout_ms, done, userdata, ret_call);
}
int rtm_client_send_cmds_wait(rtm_client *client, int64_t from_uid, const int64_t *to_uids, size_t to_uids_count, const char *text, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent *ret_sent, rtm_error *reterr_error)
{
    const rtm_outgoing message = {.size = sizeof message, .from = from_uid, .mid = mid, .attrs = attrs, .attrs_len = attrs == NULL ? 0 : strlen(attrs),
        .mtype = 32, .tos = to_uids, .to_count = to_uids_count, .msg = text, .msg_len = text == NULL ? 1 : strlen(text)};
    return rtm_client_send_messages_wait(client, &message, timeout_ms, ret_sent, reterr_error);
}

int rtm_client_send_group_cmd(rtm_client *client, int64_t from_uid, int64_t gid, const char *text, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtm_outgoing message = {.size = sizeof message, .from = from_uid, .mid = mid, .attrs = attrs, .attrs_len = attrs == NULL ? 0 : strlen(attrs),
        .mtype = 32, .to = gid, .msg = text, .msg_len = text == NULL ? 1 : strlen(text)};
    return rtm_client_send_group_message(client, &message, timeout_ms, done, userdata, ret_call);
}
int rtm_client_send_group_cmd_wait(rtm_client *client, int64_t from_uid, int64_t gid, const char *text, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent *ret_sent, rtm_error *reterr_error)
{
    const rtm_outgoing message = {.size = sizeof message, .from = from_uid, .mid = mid, .attrs = attrs, .attrs_len = attrs == NULL ? 0 : strlen(attrs),
        .mtype = 32, .to = gid, .msg = text, .msg_len = text == NULL ? 1 : strlen(text)};
    return rtm_client_send_group_message_wait(client, &message, timeout_ms, ret_sent, reterr_error);
}

int rtm_client_send_room_cmd(rtm_client *client, int64_t from_uid, int64_t rid, const char *text, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtm_outgoing message = {.size = sizeof message, .from = from_uid, .mid = mid, .attrs = attrs, .attrs_len = attrs == NULL ? 0 : strlen(attrs),
        .mtype = 32, .to = rid, .msg = text, .msg_len = text == NULL ? 1 : strlen(text)};
    return rtm_client_send_room_message(client, &message, timeout_ms, done, userdata, ret_call);
}
int rtm_client_send_room_cmd_wait(rtm_client *client, int64_t from_uid, int64_t rid, const char *text, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent *ret_sent, rtm_error *reterr_error)
{
    const rtm_outgoing message = {.size = sizeof message, .from = from_uid, .mid = mid, .attrs = attrs, .attrs_len = attrs == NULL ? 0 : strlen(attrs),
        .mtype = 32, .to = rid, .msg = text, .msg_len = text == NULL ? 1 : strlen(text)};
    return rtm_client_send_room_message_wait(client, &message, timeout_ms, ret_sent, reterr_error);
}

int rtm_client_broadcast_cmd(rtm_client *client, int64_t from_uid, const char *text, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtm_outgoing message = {.size = sizeof message, .from = from_uid, .mid = mid, .attrs = attrs, .attrs_len = attrs == NULL ? 0 : strlen(attrs),
        .mtype = 32, .msg = text, .msg_len = text == NULL ? 1 : strlen(text)};
    return rtm_client_broadcast_message(client, &message, timeout_ms, done, userdata, ret_call);
}
int rtm_client_broadcast_cmd_wait(rtm_client *client, int64_t from_uid, const char *text, const char *attrs, int64_t mid, int64_t timeout_ms, rtm_sent *ret_sent, rtm_error *reterr_error)
{
    const rtm_outgoing message = {.size = sizeof message, .from = from_uid, .mid = mid, .attrs = attrs, .attrs_len = attrs == NULL ? 0 : strlen(attrs),
        .mtype = 32, .msg = text, .msg_len = text == NULL ? 1 : strlen(text)};
    return rtm_client_broadcast_message_wait(client, &message, timeout_ms, ret_sent, reterr_error);
}

int rtm_client_kickout(rtm_client *client, int64_t uid, const char *ce, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"ce", RTMI_ARG_TEXT, false, false, 0, ce, ce == NULL ? 0 : strlen(ce)},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "kickout", args, 2, timeout_ms, &shape, ret_call);
}
int rtm_client_kickout_wait(rtm_client *client, int64_t uid, const char *ce, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"ce", RTMI_ARG_TEXT, false, false, 0, ce, ce == NULL ? 0 : strlen(ce)},
    };
    return rtmi_typed_wait(client, "kickout", args, 2, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_get_online_users(rtm_client *client, const int64_t *uids, size_t uids_count, int64_t timeout_ms, rtm_result_uids_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"uids", RTMI_ARG_INTS, true, false, 0, uids, uids_count},
    };
    const client_call shape = {.tell = tell_uids, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "getonlineusers", args, 1, timeout_ms, &shape, ret_call);
}
int rtm_client_get_online_users_wait(rtm_client *client, const int64_t *uids, size_t uids_count, int64_t timeout_ms, rtm_result_uids *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"uids", RTMI_ARG_INTS, true, false, 0, uids, uids_count},
    };
    return rtmi_typed_wait(client, "getonlineusers", args, 1, timeout_ms, &of_uids, ret_result, ret_answer, reterr_error);
}

int rtm_client_add_project_black(rtm_client *client, int64_t uid, int32_t btime, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"btime", RTMI_ARG_INT, true, false, btime, NULL, 0},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "addprojectblack", args, 2, timeout_ms, &shape, ret_call);
}
int rtm_client_add_project_black_wait(rtm_client *client, int64_t uid, int32_t btime, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"btime", RTMI_ARG_INT, true, false, btime, NULL, 0},
    };
    return rtmi_typed_wait(client, "addprojectblack", args, 2, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_remove_project_black(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "removeprojectblack", args, 1, timeout_ms, &shape, ret_call);
}
int rtm_client_remove_project_black_wait(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
    };
    return rtmi_typed_wait(client, "removeprojectblack", args, 1, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_is_project_black(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_result_ok_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
    };
    const client_call shape = {.tell = tell_ok, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "isprojectblack", args, 1, timeout_ms, &shape, ret_call);
}
int rtm_client_is_project_black_wait(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_result_ok *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
    };
    return rtmi_typed_wait(client, "isprojectblack", args, 1, timeout_ms, &of_ok, ret_result, ret_answer, reterr_error);
}

int rtm_client_add_project_ban(rtm_client *client, int64_t uid, int32_t btime, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"btime", RTMI_ARG_INT, true, false, btime, NULL, 0},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "addprojectban", args, 2, timeout_ms, &shape, ret_call);
}
int rtm_client_add_project_ban_wait(rtm_client *client, int64_t uid, int32_t btime, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"btime", RTMI_ARG_INT, true, false, btime, NULL, 0},
    };
    return rtmi_typed_wait(client, "addprojectban", args, 2, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_remove_project_ban(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "removeprojectban", args, 1, timeout_ms, &shape, ret_call);
}
int rtm_client_remove_project_ban_wait(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
    };
    return rtmi_typed_wait(client, "removeprojectban", args, 1, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_is_project_ban(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_result_ok_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
    };
    const client_call shape = {.tell = tell_ok, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "isprojectban", args, 1, timeout_ms, &shape, ret_call);
}
int rtm_client_is_project_ban_wait(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_result_ok *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
    };
    return rtmi_typed_wait(client, "isprojectban", args, 1, timeout_ms, &of_ok, ret_result, ret_answer, reterr_error);
}

int rtm_client_set_user_info(rtm_client *client, int64_t uid, const char *oinfo, const char *pinfo, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"oinfo", RTMI_ARG_TEXT, false, false, 0, oinfo, oinfo == NULL ? 0 : strlen(oinfo)},
        {"pinfo", RTMI_ARG_TEXT, false, false, 0, pinfo, pinfo == NULL ? 0 : strlen(pinfo)},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "setuserinfo", args, 3, timeout_ms, &shape, ret_call);
}
int rtm_client_set_user_info_wait(rtm_client *client, int64_t uid, const char *oinfo, const char *pinfo, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"oinfo", RTMI_ARG_TEXT, false, false, 0, oinfo, oinfo == NULL ? 0 : strlen(oinfo)},
        {"pinfo", RTMI_ARG_TEXT, false, false, 0, pinfo, pinfo == NULL ? 0 : strlen(pinfo)},
    };
    return rtmi_typed_wait(client, "setuserinfo", args, 3, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_get_user_info(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_result_infos_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
    };
    const client_call shape = {.tell = tell_infos, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "getuserinfo", args, 1, timeout_ms, &shape, ret_call);
}
int rtm_client_get_user_info_wait(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_result_infos *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
    };
    return rtmi_typed_wait(client, "getuserinfo", args, 1, timeout_ms, &of_infos, ret_result, ret_answer, reterr_error);
}

int rtm_client_get_user_open_info(rtm_client *client, const int64_t *uids, size_t uids_count, int64_t timeout_ms, rtm_result_info_map_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"uids", RTMI_ARG_INTS, true, false, 0, uids, uids_count},
    };
    const client_call shape = {.tell = tell_info_map, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "getuseropeninfo", args, 1, timeout_ms, &shape, ret_call);
}
int rtm_client_get_user_open_info_wait(rtm_client *client, const int64_t *uids, size_t uids_count, int64_t timeout_ms, rtm_result_info_map *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"uids", RTMI_ARG_INTS, true, false, 0, uids, uids_count},
    };
    return rtmi_typed_wait(client, "getuseropeninfo", args, 1, timeout_ms, &of_info_map, ret_result, ret_answer, reterr_error);
}

int rtm_client_clear_user_message(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "clearusermsg", args, 1, timeout_ms, &shape, ret_call);
}
int rtm_client_clear_user_message_wait(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
    };
    return rtmi_typed_wait(client, "clearusermsg", args, 1, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_add_sessions(rtm_client *client, int64_t uid, const int64_t *uids, size_t uids_count, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"uids", RTMI_ARG_INTS, true, false, 0, uids, uids_count},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "addsessions", args, 2, timeout_ms, &shape, ret_call);
}
int rtm_client_add_sessions_wait(rtm_client *client, int64_t uid, const int64_t *uids, size_t uids_count, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"uids", RTMI_ARG_INTS, true, false, 0, uids, uids_count},
    };
    return rtmi_typed_wait(client, "addsessions", args, 2, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_remove_sessions(rtm_client *client, int64_t uid, const int64_t *uids, size_t uids_count, const bool *oneway, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"uids", RTMI_ARG_INTS, true, false, 0, uids, uids_count},
        {"oneway", RTMI_ARG_BOOL, false, oneway == NULL, oneway == NULL ? 0 : *oneway, NULL, 0},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "removesessions", args, 3, timeout_ms, &shape, ret_call);
}
int rtm_client_remove_sessions_wait(rtm_client *client, int64_t uid, const int64_t *uids, size_t uids_count, const bool *oneway, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"uids", RTMI_ARG_INTS, true, false, 0, uids, uids_count},
        {"oneway", RTMI_ARG_BOOL, false, oneway == NULL, oneway == NULL ? 0 : *oneway, NULL, 0},
    };
    return rtmi_typed_wait(client, "removesessions", args, 3, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_add_device(rtm_client *client, int64_t uid, const char *app_type, const char *device_token, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"apptype", RTMI_ARG_TEXT, true, false, 0, app_type, app_type == NULL ? 0 : strlen(app_type)},
        {"devicetoken", RTMI_ARG_TEXT, true, false, 0, device_token, device_token == NULL ? 0 : strlen(device_token)},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "adddevice", args, 3, timeout_ms, &shape, ret_call);
}
int rtm_client_add_device_wait(rtm_client *client, int64_t uid, const char *app_type, const char *device_token, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"apptype", RTMI_ARG_TEXT, true, false, 0, app_type, app_type == NULL ? 0 : strlen(app_type)},
        {"devicetoken", RTMI_ARG_TEXT, true, false, 0, device_token, device_token == NULL ? 0 : strlen(device_token)},
    };
    return rtmi_typed_wait(client, "adddevice", args, 3, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_remove_device(rtm_client *client, int64_t uid, const char *device_token, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"devicetoken", RTMI_ARG_TEXT, true, false, 0, device_token, device_token == NULL ? 0 : strlen(device_token)},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "removedevice", args, 2, timeout_ms, &shape, ret_call);
}
int rtm_client_remove_device_wait(rtm_client *client, int64_t uid, const char *device_token, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"devicetoken", RTMI_ARG_TEXT, true, false, 0, device_token, device_token == NULL ? 0 : strlen(device_token)},
    };
    return rtmi_typed_wait(client, "removedevice", args, 2, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_add_device_push_option(rtm_client *client, int64_t uid, int32_t type, int64_t xid, const int64_t *mtypes, size_t mtypes_count, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, type, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, xid, NULL, 0},
        {"mtypes", RTMI_ARG_INTS, false, false, 0, mtypes, mtypes_count},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "addoption", args, 4, timeout_ms, &shape, ret_call);
}
int rtm_client_add_device_push_option_wait(rtm_client *client, int64_t uid, int32_t type, int64_t xid, const int64_t *mtypes, size_t mtypes_count, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, type, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, xid, NULL, 0},
        {"mtypes", RTMI_ARG_INTS, false, false, 0, mtypes, mtypes_count},
    };
    return rtmi_typed_wait(client, "addoption", args, 4, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_remove_device_push_option(rtm_client *client, int64_t uid, int32_t type, int64_t xid, const int64_t *mtypes, size_t mtypes_count, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, type, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, xid, NULL, 0},
        {"mtypes", RTMI_ARG_INTS, false, false, 0, mtypes, mtypes_count},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "removeoption", args, 4, timeout_ms, &shape, ret_call);
}
int rtm_client_remove_device_push_option_wait(rtm_client *client, int64_t uid, int32_t type, int64_t xid, const int64_t *mtypes, size_t mtypes_count, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, type, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, xid, NULL, 0},
        {"mtypes", RTMI_ARG_INTS, false, false, 0, mtypes, mtypes_count},
    };
    return rtmi_typed_wait(client, "removeoption", args, 4, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_get_device_push_option(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_result_options_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
    };
    const client_call shape = {.tell = tell_options, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "getoption", args, 1, timeout_ms, &shape, ret_call);
}
int rtm_client_get_device_push_option_wait(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_result_options *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
    };
    return rtmi_typed_wait(client, "getoption", args, 1, timeout_ms, &of_options, ret_result, ret_answer, reterr_error);
}

int rtm_client_get_group_message(rtm_client *client, const int64_t *uid, int64_t gid, bool desc, int32_t num, const int64_t *begin, const int64_t *end, const int64_t *lastid, const int64_t *mtypes, size_t mtypes_count, int64_t timeout_ms, rtm_result_history_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, false, uid == NULL, uid == NULL ? 0 : *uid, NULL, 0},
        {"gid", RTMI_ARG_INT, true, false, gid, NULL, 0},
        {"desc", RTMI_ARG_BOOL, true, false, desc, NULL, 0},
        {"num", RTMI_ARG_INT, true, false, num, NULL, 0},
        {"begin", RTMI_ARG_INT, false, begin == NULL, begin == NULL ? 0 : *begin, NULL, 0},
        {"end", RTMI_ARG_INT, false, end == NULL, end == NULL ? 0 : *end, NULL, 0},
        {"lastid", RTMI_ARG_INT, false, lastid == NULL, lastid == NULL ? 0 : *lastid, NULL, 0},
        {"mtypes", RTMI_ARG_INTS, false, false, 0, mtypes, mtypes_count},
    };
    const client_call shape = {.tell = tell_history, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "getgroupmsg", args, 8, timeout_ms, &shape, ret_call);
}
int rtm_client_get_group_message_wait(rtm_client *client, const int64_t *uid, int64_t gid, bool desc, int32_t num, const int64_t *begin, const int64_t *end, const int64_t *lastid, const int64_t *mtypes, size_t mtypes_count, int64_t timeout_ms, rtm_result_history *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, false, uid == NULL, uid == NULL ? 0 : *uid, NULL, 0},
        {"gid", RTMI_ARG_INT, true, false, gid, NULL, 0},
        {"desc", RTMI_ARG_BOOL, true, false, desc, NULL, 0},
        {"num", RTMI_ARG_INT, true, false, num, NULL, 0},
        {"begin", RTMI_ARG_INT, false, begin == NULL, begin == NULL ? 0 : *begin, NULL, 0},
        {"end", RTMI_ARG_INT, false, end == NULL, end == NULL ? 0 : *end, NULL, 0},
        {"lastid", RTMI_ARG_INT, false, lastid == NULL, lastid == NULL ? 0 : *lastid, NULL, 0},
        {"mtypes", RTMI_ARG_INTS, false, false, 0, mtypes, mtypes_count},
    };
    return rtmi_typed_wait(client, "getgroupmsg", args, 8, timeout_ms, &rtmi_fields_of_history, ret_result, ret_answer, reterr_error);
}

int rtm_client_get_room_message(rtm_client *client, const int64_t *uid, int64_t rid, bool desc, int32_t num, const int64_t *begin, const int64_t *end, const int64_t *lastid, const int64_t *mtypes, size_t mtypes_count, int64_t timeout_ms, rtm_result_history_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, false, uid == NULL, uid == NULL ? 0 : *uid, NULL, 0},
        {"rid", RTMI_ARG_INT, true, false, rid, NULL, 0},
        {"desc", RTMI_ARG_BOOL, true, false, desc, NULL, 0},
        {"num", RTMI_ARG_INT, true, false, num, NULL, 0},
        {"begin", RTMI_ARG_INT, false, begin == NULL, begin == NULL ? 0 : *begin, NULL, 0},
        {"end", RTMI_ARG_INT, false, end == NULL, end == NULL ? 0 : *end, NULL, 0},
        {"lastid", RTMI_ARG_INT, false, lastid == NULL, lastid == NULL ? 0 : *lastid, NULL, 0},
        {"mtypes", RTMI_ARG_INTS, false, false, 0, mtypes, mtypes_count},
    };
    const client_call shape = {.tell = tell_history, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "getroommsg", args, 8, timeout_ms, &shape, ret_call);
}
int rtm_client_get_room_message_wait(rtm_client *client, const int64_t *uid, int64_t rid, bool desc, int32_t num, const int64_t *begin, const int64_t *end, const int64_t *lastid, const int64_t *mtypes, size_t mtypes_count, int64_t timeout_ms, rtm_result_history *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, false, uid == NULL, uid == NULL ? 0 : *uid, NULL, 0},
        {"rid", RTMI_ARG_INT, true, false, rid, NULL, 0},
        {"desc", RTMI_ARG_BOOL, true, false, desc, NULL, 0},
        {"num", RTMI_ARG_INT, true, false, num, NULL, 0},
        {"begin", RTMI_ARG_INT, false, begin == NULL, begin == NULL ? 0 : *begin, NULL, 0},
        {"end", RTMI_ARG_INT, false, end == NULL, end == NULL ? 0 : *end, NULL, 0},
        {"lastid", RTMI_ARG_INT, false, lastid == NULL, lastid == NULL ? 0 : *lastid, NULL, 0},
        {"mtypes", RTMI_ARG_INTS, false, false, 0, mtypes, mtypes_count},
    };
    return rtmi_typed_wait(client, "getroommsg", args, 8, timeout_ms, &rtmi_fields_of_history, ret_result, ret_answer, reterr_error);
}

int rtm_client_get_broadcast_message(rtm_client *client, const int64_t *uid, bool desc, int32_t num, const int64_t *begin, const int64_t *end, const int64_t *lastid, const int64_t *mtypes, size_t mtypes_count, int64_t timeout_ms, rtm_result_history_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, false, uid == NULL, uid == NULL ? 0 : *uid, NULL, 0},
        {"desc", RTMI_ARG_BOOL, true, false, desc, NULL, 0},
        {"num", RTMI_ARG_INT, true, false, num, NULL, 0},
        {"begin", RTMI_ARG_INT, false, begin == NULL, begin == NULL ? 0 : *begin, NULL, 0},
        {"end", RTMI_ARG_INT, false, end == NULL, end == NULL ? 0 : *end, NULL, 0},
        {"lastid", RTMI_ARG_INT, false, lastid == NULL, lastid == NULL ? 0 : *lastid, NULL, 0},
        {"mtypes", RTMI_ARG_INTS, false, false, 0, mtypes, mtypes_count},
    };
    const client_call shape = {.tell = tell_history, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "getbroadcastmsg", args, 7, timeout_ms, &shape, ret_call);
}
int rtm_client_get_broadcast_message_wait(rtm_client *client, const int64_t *uid, bool desc, int32_t num, const int64_t *begin, const int64_t *end, const int64_t *lastid, const int64_t *mtypes, size_t mtypes_count, int64_t timeout_ms, rtm_result_history *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, false, uid == NULL, uid == NULL ? 0 : *uid, NULL, 0},
        {"desc", RTMI_ARG_BOOL, true, false, desc, NULL, 0},
        {"num", RTMI_ARG_INT, true, false, num, NULL, 0},
        {"begin", RTMI_ARG_INT, false, begin == NULL, begin == NULL ? 0 : *begin, NULL, 0},
        {"end", RTMI_ARG_INT, false, end == NULL, end == NULL ? 0 : *end, NULL, 0},
        {"lastid", RTMI_ARG_INT, false, lastid == NULL, lastid == NULL ? 0 : *lastid, NULL, 0},
        {"mtypes", RTMI_ARG_INTS, false, false, 0, mtypes, mtypes_count},
    };
    return rtmi_typed_wait(client, "getbroadcastmsg", args, 7, timeout_ms, &rtmi_fields_of_history, ret_result, ret_answer, reterr_error);
}

int rtm_client_get_p2p_message(rtm_client *client, int64_t uid, int64_t ouid, bool desc, int32_t num, const int64_t *begin, const int64_t *end, const int64_t *lastid, const int64_t *mtypes, size_t mtypes_count, int64_t timeout_ms, rtm_result_history_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"ouid", RTMI_ARG_INT, true, false, ouid, NULL, 0},
        {"desc", RTMI_ARG_BOOL, true, false, desc, NULL, 0},
        {"num", RTMI_ARG_INT, true, false, num, NULL, 0},
        {"begin", RTMI_ARG_INT, false, begin == NULL, begin == NULL ? 0 : *begin, NULL, 0},
        {"end", RTMI_ARG_INT, false, end == NULL, end == NULL ? 0 : *end, NULL, 0},
        {"lastid", RTMI_ARG_INT, false, lastid == NULL, lastid == NULL ? 0 : *lastid, NULL, 0},
        {"mtypes", RTMI_ARG_INTS, false, false, 0, mtypes, mtypes_count},
    };
    const client_call shape = {.tell = tell_history, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "getp2pmsg", args, 8, timeout_ms, &shape, ret_call);
}
int rtm_client_get_p2p_message_wait(rtm_client *client, int64_t uid, int64_t ouid, bool desc, int32_t num, const int64_t *begin, const int64_t *end, const int64_t *lastid, const int64_t *mtypes, size_t mtypes_count, int64_t timeout_ms, rtm_result_history *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"ouid", RTMI_ARG_INT, true, false, ouid, NULL, 0},
        {"desc", RTMI_ARG_BOOL, true, false, desc, NULL, 0},
        {"num", RTMI_ARG_INT, true, false, num, NULL, 0},
        {"begin", RTMI_ARG_INT, false, begin == NULL, begin == NULL ? 0 : *begin, NULL, 0},
        {"end", RTMI_ARG_INT, false, end == NULL, end == NULL ? 0 : *end, NULL, 0},
        {"lastid", RTMI_ARG_INT, false, lastid == NULL, lastid == NULL ? 0 : *lastid, NULL, 0},
        {"mtypes", RTMI_ARG_INTS, false, false, 0, mtypes, mtypes_count},
    };
    return rtmi_typed_wait(client, "getp2pmsg", args, 8, timeout_ms, &rtmi_fields_of_history, ret_result, ret_answer, reterr_error);
}

int rtm_client_get_group_chat(rtm_client *client, const int64_t *uid, int64_t gid, bool desc, int32_t num, const int64_t *begin, const int64_t *end, const int64_t *lastid, int64_t timeout_ms, rtm_result_history_fn *done, void *userdata, rtm_call **ret_call)
{
    static const int64_t fixed[] = {30,31,32};
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, false, uid == NULL, uid == NULL ? 0 : *uid, NULL, 0},
        {"gid", RTMI_ARG_INT, true, false, gid, NULL, 0},
        {"desc", RTMI_ARG_BOOL, true, false, desc, NULL, 0},
        {"num", RTMI_ARG_INT, true, false, num, NULL, 0},
        {"begin", RTMI_ARG_INT, false, begin == NULL, begin == NULL ? 0 : *begin, NULL, 0},
        {"end", RTMI_ARG_INT, false, end == NULL, end == NULL ? 0 : *end, NULL, 0},
        {"lastid", RTMI_ARG_INT, false, lastid == NULL, lastid == NULL ? 0 : *lastid, NULL, 0},
        {"mtypes", RTMI_ARG_INTS, true, false, 0, fixed, 3},
    };
    const client_call shape = {.tell = tell_history, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "getgroupmsg", args, 8, timeout_ms, &shape, ret_call);
}
int rtm_client_get_group_chat_wait(rtm_client *client, const int64_t *uid, int64_t gid, bool desc, int32_t num, const int64_t *begin, const int64_t *end, const int64_t *lastid, int64_t timeout_ms, rtm_result_history *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    static const int64_t fixed[] = {30,31,32};
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, false, uid == NULL, uid == NULL ? 0 : *uid, NULL, 0},
        {"gid", RTMI_ARG_INT, true, false, gid, NULL, 0},
        {"desc", RTMI_ARG_BOOL, true, false, desc, NULL, 0},
        {"num", RTMI_ARG_INT, true, false, num, NULL, 0},
        {"begin", RTMI_ARG_INT, false, begin == NULL, begin == NULL ? 0 : *begin, NULL, 0},
        {"end", RTMI_ARG_INT, false, end == NULL, end == NULL ? 0 : *end, NULL, 0},
        {"lastid", RTMI_ARG_INT, false, lastid == NULL, lastid == NULL ? 0 : *lastid, NULL, 0},
        {"mtypes", RTMI_ARG_INTS, true, false, 0, fixed, 3},
    };
    return rtmi_typed_wait(client, "getgroupmsg", args, 8, timeout_ms, &rtmi_fields_of_history, ret_result, ret_answer, reterr_error);
}

int rtm_client_get_room_chat(rtm_client *client, const int64_t *uid, int64_t rid, bool desc, int32_t num, const int64_t *begin, const int64_t *end, const int64_t *lastid, int64_t timeout_ms, rtm_result_history_fn *done, void *userdata, rtm_call **ret_call)
{
    static const int64_t fixed[] = {30,31,32};
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, false, uid == NULL, uid == NULL ? 0 : *uid, NULL, 0},
        {"rid", RTMI_ARG_INT, true, false, rid, NULL, 0},
        {"desc", RTMI_ARG_BOOL, true, false, desc, NULL, 0},
        {"num", RTMI_ARG_INT, true, false, num, NULL, 0},
        {"begin", RTMI_ARG_INT, false, begin == NULL, begin == NULL ? 0 : *begin, NULL, 0},
        {"end", RTMI_ARG_INT, false, end == NULL, end == NULL ? 0 : *end, NULL, 0},
        {"lastid", RTMI_ARG_INT, false, lastid == NULL, lastid == NULL ? 0 : *lastid, NULL, 0},
        {"mtypes", RTMI_ARG_INTS, true, false, 0, fixed, 3},
    };
    const client_call shape = {.tell = tell_history, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "getroommsg", args, 8, timeout_ms, &shape, ret_call);
}
int rtm_client_get_room_chat_wait(rtm_client *client, const int64_t *uid, int64_t rid, bool desc, int32_t num, const int64_t *begin, const int64_t *end, const int64_t *lastid, int64_t timeout_ms, rtm_result_history *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    static const int64_t fixed[] = {30,31,32};
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, false, uid == NULL, uid == NULL ? 0 : *uid, NULL, 0},
        {"rid", RTMI_ARG_INT, true, false, rid, NULL, 0},
        {"desc", RTMI_ARG_BOOL, true, false, desc, NULL, 0},
        {"num", RTMI_ARG_INT, true, false, num, NULL, 0},
        {"begin", RTMI_ARG_INT, false, begin == NULL, begin == NULL ? 0 : *begin, NULL, 0},
        {"end", RTMI_ARG_INT, false, end == NULL, end == NULL ? 0 : *end, NULL, 0},
        {"lastid", RTMI_ARG_INT, false, lastid == NULL, lastid == NULL ? 0 : *lastid, NULL, 0},
        {"mtypes", RTMI_ARG_INTS, true, false, 0, fixed, 3},
    };
    return rtmi_typed_wait(client, "getroommsg", args, 8, timeout_ms, &rtmi_fields_of_history, ret_result, ret_answer, reterr_error);
}

int rtm_client_get_broadcast_chat(rtm_client *client, const int64_t *uid, bool desc, int32_t num, const int64_t *begin, const int64_t *end, const int64_t *lastid, int64_t timeout_ms, rtm_result_history_fn *done, void *userdata, rtm_call **ret_call)
{
    static const int64_t fixed[] = {30,31,32};
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, false, uid == NULL, uid == NULL ? 0 : *uid, NULL, 0},
        {"desc", RTMI_ARG_BOOL, true, false, desc, NULL, 0},
        {"num", RTMI_ARG_INT, true, false, num, NULL, 0},
        {"begin", RTMI_ARG_INT, false, begin == NULL, begin == NULL ? 0 : *begin, NULL, 0},
        {"end", RTMI_ARG_INT, false, end == NULL, end == NULL ? 0 : *end, NULL, 0},
        {"lastid", RTMI_ARG_INT, false, lastid == NULL, lastid == NULL ? 0 : *lastid, NULL, 0},
        {"mtypes", RTMI_ARG_INTS, true, false, 0, fixed, 3},
    };
    const client_call shape = {.tell = tell_history, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "getbroadcastmsg", args, 7, timeout_ms, &shape, ret_call);
}
int rtm_client_get_broadcast_chat_wait(rtm_client *client, const int64_t *uid, bool desc, int32_t num, const int64_t *begin, const int64_t *end, const int64_t *lastid, int64_t timeout_ms, rtm_result_history *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    static const int64_t fixed[] = {30,31,32};
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, false, uid == NULL, uid == NULL ? 0 : *uid, NULL, 0},
        {"desc", RTMI_ARG_BOOL, true, false, desc, NULL, 0},
        {"num", RTMI_ARG_INT, true, false, num, NULL, 0},
        {"begin", RTMI_ARG_INT, false, begin == NULL, begin == NULL ? 0 : *begin, NULL, 0},
        {"end", RTMI_ARG_INT, false, end == NULL, end == NULL ? 0 : *end, NULL, 0},
        {"lastid", RTMI_ARG_INT, false, lastid == NULL, lastid == NULL ? 0 : *lastid, NULL, 0},
        {"mtypes", RTMI_ARG_INTS, true, false, 0, fixed, 3},
    };
    return rtmi_typed_wait(client, "getbroadcastmsg", args, 7, timeout_ms, &rtmi_fields_of_history, ret_result, ret_answer, reterr_error);
}

int rtm_client_get_p2p_chat(rtm_client *client, int64_t uid, int64_t ouid, bool desc, int32_t num, const int64_t *begin, const int64_t *end, const int64_t *lastid, int64_t timeout_ms, rtm_result_history_fn *done, void *userdata, rtm_call **ret_call)
{
    static const int64_t fixed[] = {30,31,32};
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"ouid", RTMI_ARG_INT, true, false, ouid, NULL, 0},
        {"desc", RTMI_ARG_BOOL, true, false, desc, NULL, 0},
        {"num", RTMI_ARG_INT, true, false, num, NULL, 0},
        {"begin", RTMI_ARG_INT, false, begin == NULL, begin == NULL ? 0 : *begin, NULL, 0},
        {"end", RTMI_ARG_INT, false, end == NULL, end == NULL ? 0 : *end, NULL, 0},
        {"lastid", RTMI_ARG_INT, false, lastid == NULL, lastid == NULL ? 0 : *lastid, NULL, 0},
        {"mtypes", RTMI_ARG_INTS, true, false, 0, fixed, 3},
    };
    const client_call shape = {.tell = tell_history, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "getp2pmsg", args, 8, timeout_ms, &shape, ret_call);
}
int rtm_client_get_p2p_chat_wait(rtm_client *client, int64_t uid, int64_t ouid, bool desc, int32_t num, const int64_t *begin, const int64_t *end, const int64_t *lastid, int64_t timeout_ms, rtm_result_history *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    static const int64_t fixed[] = {30,31,32};
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"ouid", RTMI_ARG_INT, true, false, ouid, NULL, 0},
        {"desc", RTMI_ARG_BOOL, true, false, desc, NULL, 0},
        {"num", RTMI_ARG_INT, true, false, num, NULL, 0},
        {"begin", RTMI_ARG_INT, false, begin == NULL, begin == NULL ? 0 : *begin, NULL, 0},
        {"end", RTMI_ARG_INT, false, end == NULL, end == NULL ? 0 : *end, NULL, 0},
        {"lastid", RTMI_ARG_INT, false, lastid == NULL, lastid == NULL ? 0 : *lastid, NULL, 0},
        {"mtypes", RTMI_ARG_INTS, true, false, 0, fixed, 3},
    };
    return rtmi_typed_wait(client, "getp2pmsg", args, 8, timeout_ms, &rtmi_fields_of_history, ret_result, ret_answer, reterr_error);
}

int rtm_client_get_message_info(rtm_client *client, int64_t mid, int64_t from_uid, int64_t xid, int32_t type, int64_t timeout_ms, rtm_result_stored_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"mid", RTMI_ARG_INT, true, false, mid, NULL, 0},
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, xid, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, type, NULL, 0},
    };
    const client_call shape = {.tell = tell_stored, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "getmsg", args, 4, timeout_ms, &shape, ret_call);
}
int rtm_client_get_message_info_wait(rtm_client *client, int64_t mid, int64_t from_uid, int64_t xid, int32_t type, int64_t timeout_ms, rtm_result_stored *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"mid", RTMI_ARG_INT, true, false, mid, NULL, 0},
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, xid, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, type, NULL, 0},
    };
    return rtmi_typed_wait(client, "getmsg", args, 4, timeout_ms, &of_stored, ret_result, ret_answer, reterr_error);
}

int rtm_client_get_p2p_message_info(rtm_client *client, int64_t mid, int64_t from_uid, int64_t to_uid, int64_t timeout_ms, rtm_result_stored_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"mid", RTMI_ARG_INT, true, false, mid, NULL, 0},
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, to_uid, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, 1, NULL, 0},
    };
    const client_call shape = {.tell = tell_stored, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "getmsg", args, 4, timeout_ms, &shape, ret_call);
}
int rtm_client_get_p2p_message_info_wait(rtm_client *client, int64_t mid, int64_t from_uid, int64_t to_uid, int64_t timeout_ms, rtm_result_stored *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"mid", RTMI_ARG_INT, true, false, mid, NULL, 0},
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, to_uid, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, 1, NULL, 0},
    };
    return rtmi_typed_wait(client, "getmsg", args, 4, timeout_ms, &of_stored, ret_result, ret_answer, reterr_error);
}

int rtm_client_get_group_message_info(rtm_client *client, int64_t mid, int64_t from_uid, int64_t gid, int64_t timeout_ms, rtm_result_stored_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"mid", RTMI_ARG_INT, true, false, mid, NULL, 0},
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, gid, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, 2, NULL, 0},
    };
    const client_call shape = {.tell = tell_stored, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "getmsg", args, 4, timeout_ms, &shape, ret_call);
}
int rtm_client_get_group_message_info_wait(rtm_client *client, int64_t mid, int64_t from_uid, int64_t gid, int64_t timeout_ms, rtm_result_stored *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"mid", RTMI_ARG_INT, true, false, mid, NULL, 0},
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, gid, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, 2, NULL, 0},
    };
    return rtmi_typed_wait(client, "getmsg", args, 4, timeout_ms, &of_stored, ret_result, ret_answer, reterr_error);
}

int rtm_client_get_room_message_info(rtm_client *client, int64_t mid, int64_t from_uid, int64_t rid, int64_t timeout_ms, rtm_result_stored_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"mid", RTMI_ARG_INT, true, false, mid, NULL, 0},
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, rid, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, 3, NULL, 0},
    };
    const client_call shape = {.tell = tell_stored, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "getmsg", args, 4, timeout_ms, &shape, ret_call);
}
int rtm_client_get_room_message_info_wait(rtm_client *client, int64_t mid, int64_t from_uid, int64_t rid, int64_t timeout_ms, rtm_result_stored *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"mid", RTMI_ARG_INT, true, false, mid, NULL, 0},
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, rid, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, 3, NULL, 0},
    };
    return rtmi_typed_wait(client, "getmsg", args, 4, timeout_ms, &of_stored, ret_result, ret_answer, reterr_error);
}

int rtm_client_get_broadcast_message_info(rtm_client *client, int64_t mid, int64_t from_uid, int64_t timeout_ms, rtm_result_stored_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"mid", RTMI_ARG_INT, true, false, mid, NULL, 0},
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, 0, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, 4, NULL, 0},
    };
    const client_call shape = {.tell = tell_stored, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "getmsg", args, 4, timeout_ms, &shape, ret_call);
}
int rtm_client_get_broadcast_message_info_wait(rtm_client *client, int64_t mid, int64_t from_uid, int64_t timeout_ms, rtm_result_stored *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"mid", RTMI_ARG_INT, true, false, mid, NULL, 0},
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, 0, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, 4, NULL, 0},
    };
    return rtmi_typed_wait(client, "getmsg", args, 4, timeout_ms, &of_stored, ret_result, ret_answer, reterr_error);
}

int rtm_client_get_p2p_chat_info(rtm_client *client, int64_t mid, int64_t from_uid, int64_t to_uid, int64_t timeout_ms, rtm_result_stored_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"mid", RTMI_ARG_INT, true, false, mid, NULL, 0},
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, to_uid, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, 1, NULL, 0},
    };
    const client_call shape = {.tell = tell_stored, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "getmsg", args, 4, timeout_ms, &shape, ret_call);
}
int rtm_client_get_p2p_chat_info_wait(rtm_client *client, int64_t mid, int64_t from_uid, int64_t to_uid, int64_t timeout_ms, rtm_result_stored *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"mid", RTMI_ARG_INT, true, false, mid, NULL, 0},
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, to_uid, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, 1, NULL, 0},
    };
    return rtmi_typed_wait(client, "getmsg", args, 4, timeout_ms, &of_stored, ret_result, ret_answer, reterr_error);
}

int rtm_client_get_group_chat_info(rtm_client *client, int64_t mid, int64_t from_uid, int64_t gid, int64_t timeout_ms, rtm_result_stored_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"mid", RTMI_ARG_INT, true, false, mid, NULL, 0},
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, gid, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, 2, NULL, 0},
    };
    const client_call shape = {.tell = tell_stored, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "getmsg", args, 4, timeout_ms, &shape, ret_call);
}
int rtm_client_get_group_chat_info_wait(rtm_client *client, int64_t mid, int64_t from_uid, int64_t gid, int64_t timeout_ms, rtm_result_stored *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"mid", RTMI_ARG_INT, true, false, mid, NULL, 0},
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, gid, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, 2, NULL, 0},
    };
    return rtmi_typed_wait(client, "getmsg", args, 4, timeout_ms, &of_stored, ret_result, ret_answer, reterr_error);
}

int rtm_client_get_room_chat_info(rtm_client *client, int64_t mid, int64_t from_uid, int64_t rid, int64_t timeout_ms, rtm_result_stored_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"mid", RTMI_ARG_INT, true, false, mid, NULL, 0},
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, rid, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, 3, NULL, 0},
    };
    const client_call shape = {.tell = tell_stored, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "getmsg", args, 4, timeout_ms, &shape, ret_call);
}
int rtm_client_get_room_chat_info_wait(rtm_client *client, int64_t mid, int64_t from_uid, int64_t rid, int64_t timeout_ms, rtm_result_stored *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"mid", RTMI_ARG_INT, true, false, mid, NULL, 0},
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, rid, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, 3, NULL, 0},
    };
    return rtmi_typed_wait(client, "getmsg", args, 4, timeout_ms, &of_stored, ret_result, ret_answer, reterr_error);
}

int rtm_client_get_broadcast_chat_info(rtm_client *client, int64_t mid, int64_t from_uid, int64_t timeout_ms, rtm_result_stored_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"mid", RTMI_ARG_INT, true, false, mid, NULL, 0},
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, 0, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, 4, NULL, 0},
    };
    const client_call shape = {.tell = tell_stored, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "getmsg", args, 4, timeout_ms, &shape, ret_call);
}
int rtm_client_get_broadcast_chat_info_wait(rtm_client *client, int64_t mid, int64_t from_uid, int64_t timeout_ms, rtm_result_stored *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"mid", RTMI_ARG_INT, true, false, mid, NULL, 0},
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, 0, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, 4, NULL, 0},
    };
    return rtmi_typed_wait(client, "getmsg", args, 4, timeout_ms, &of_stored, ret_result, ret_answer, reterr_error);
}

int rtm_client_delete_message(rtm_client *client, int64_t mid, int64_t from_uid, int64_t xid, int32_t type, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"mid", RTMI_ARG_INT, true, false, mid, NULL, 0},
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, xid, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, type, NULL, 0},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "delmsg", args, 4, timeout_ms, &shape, ret_call);
}
int rtm_client_delete_message_wait(rtm_client *client, int64_t mid, int64_t from_uid, int64_t xid, int32_t type, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"mid", RTMI_ARG_INT, true, false, mid, NULL, 0},
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, xid, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, type, NULL, 0},
    };
    return rtmi_typed_wait(client, "delmsg", args, 4, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_delete_p2p_message(rtm_client *client, int64_t mid, int64_t from_uid, int64_t to_uid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"mid", RTMI_ARG_INT, true, false, mid, NULL, 0},
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, to_uid, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, 1, NULL, 0},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "delmsg", args, 4, timeout_ms, &shape, ret_call);
}
int rtm_client_delete_p2p_message_wait(rtm_client *client, int64_t mid, int64_t from_uid, int64_t to_uid, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"mid", RTMI_ARG_INT, true, false, mid, NULL, 0},
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, to_uid, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, 1, NULL, 0},
    };
    return rtmi_typed_wait(client, "delmsg", args, 4, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_delete_group_message(rtm_client *client, int64_t mid, int64_t from_uid, int64_t gid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"mid", RTMI_ARG_INT, true, false, mid, NULL, 0},
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, gid, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, 2, NULL, 0},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "delmsg", args, 4, timeout_ms, &shape, ret_call);
}
int rtm_client_delete_group_message_wait(rtm_client *client, int64_t mid, int64_t from_uid, int64_t gid, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"mid", RTMI_ARG_INT, true, false, mid, NULL, 0},
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, gid, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, 2, NULL, 0},
    };
    return rtmi_typed_wait(client, "delmsg", args, 4, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_delete_room_message(rtm_client *client, int64_t mid, int64_t from_uid, int64_t rid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"mid", RTMI_ARG_INT, true, false, mid, NULL, 0},
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, rid, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, 3, NULL, 0},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "delmsg", args, 4, timeout_ms, &shape, ret_call);
}
int rtm_client_delete_room_message_wait(rtm_client *client, int64_t mid, int64_t from_uid, int64_t rid, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"mid", RTMI_ARG_INT, true, false, mid, NULL, 0},
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, rid, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, 3, NULL, 0},
    };
    return rtmi_typed_wait(client, "delmsg", args, 4, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_delete_broadcast_message(rtm_client *client, int64_t mid, int64_t from_uid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"mid", RTMI_ARG_INT, true, false, mid, NULL, 0},
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, 0, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, 4, NULL, 0},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "delmsg", args, 4, timeout_ms, &shape, ret_call);
}
int rtm_client_delete_broadcast_message_wait(rtm_client *client, int64_t mid, int64_t from_uid, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"mid", RTMI_ARG_INT, true, false, mid, NULL, 0},
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, 0, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, 4, NULL, 0},
    };
    return rtmi_typed_wait(client, "delmsg", args, 4, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_delete_p2p_chat(rtm_client *client, int64_t mid, int64_t from_uid, int64_t to_uid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"mid", RTMI_ARG_INT, true, false, mid, NULL, 0},
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, to_uid, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, 1, NULL, 0},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "delmsg", args, 4, timeout_ms, &shape, ret_call);
}
int rtm_client_delete_p2p_chat_wait(rtm_client *client, int64_t mid, int64_t from_uid, int64_t to_uid, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"mid", RTMI_ARG_INT, true, false, mid, NULL, 0},
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, to_uid, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, 1, NULL, 0},
    };
    return rtmi_typed_wait(client, "delmsg", args, 4, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_delete_group_chat(rtm_client *client, int64_t mid, int64_t from_uid, int64_t gid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"mid", RTMI_ARG_INT, true, false, mid, NULL, 0},
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, gid, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, 2, NULL, 0},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "delmsg", args, 4, timeout_ms, &shape, ret_call);
}
int rtm_client_delete_group_chat_wait(rtm_client *client, int64_t mid, int64_t from_uid, int64_t gid, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"mid", RTMI_ARG_INT, true, false, mid, NULL, 0},
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, gid, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, 2, NULL, 0},
    };
    return rtmi_typed_wait(client, "delmsg", args, 4, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_delete_room_chat(rtm_client *client, int64_t mid, int64_t from_uid, int64_t rid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"mid", RTMI_ARG_INT, true, false, mid, NULL, 0},
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, rid, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, 3, NULL, 0},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "delmsg", args, 4, timeout_ms, &shape, ret_call);
}
int rtm_client_delete_room_chat_wait(rtm_client *client, int64_t mid, int64_t from_uid, int64_t rid, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"mid", RTMI_ARG_INT, true, false, mid, NULL, 0},
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, rid, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, 3, NULL, 0},
    };
    return rtmi_typed_wait(client, "delmsg", args, 4, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_delete_broadcast_chat(rtm_client *client, int64_t mid, int64_t from_uid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"mid", RTMI_ARG_INT, true, false, mid, NULL, 0},
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, 0, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, 4, NULL, 0},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "delmsg", args, 4, timeout_ms, &shape, ret_call);
}
int rtm_client_delete_broadcast_chat_wait(rtm_client *client, int64_t mid, int64_t from_uid, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"mid", RTMI_ARG_INT, true, false, mid, NULL, 0},
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, 0, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, 4, NULL, 0},
    };
    return rtmi_typed_wait(client, "delmsg", args, 4, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_clean_message(rtm_client *client, int64_t from_uid, int64_t xid, int32_t type, int64_t begin, int64_t end, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, xid, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, type, NULL, 0},
        {"begin", RTMI_ARG_INT, true, false, begin, NULL, 0},
        {"end", RTMI_ARG_INT, true, false, end, NULL, 0},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "cleanmsg", args, 5, timeout_ms, &shape, ret_call);
}
int rtm_client_clean_message_wait(rtm_client *client, int64_t from_uid, int64_t xid, int32_t type, int64_t begin, int64_t end, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, xid, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, type, NULL, 0},
        {"begin", RTMI_ARG_INT, true, false, begin, NULL, 0},
        {"end", RTMI_ARG_INT, true, false, end, NULL, 0},
    };
    return rtmi_typed_wait(client, "cleanmsg", args, 5, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_delete_conversation_messages(rtm_client *client, int64_t from_uid, int64_t xid, int32_t type, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, xid, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, type, NULL, 0},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "delconversationmsgs", args, 3, timeout_ms, &shape, ret_call);
}
int rtm_client_delete_conversation_messages_wait(rtm_client *client, int64_t from_uid, int64_t xid, int32_t type, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, xid, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, type, NULL, 0},
    };
    return rtmi_typed_wait(client, "delconversationmsgs", args, 3, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_edit_message(rtm_client *client, int64_t mid, int64_t from_uid, int64_t xid, int32_t type, const char *msg, const char *attrs, int64_t time_limit_ms, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"mid", RTMI_ARG_INT, true, false, mid, NULL, 0},
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, xid, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, type, NULL, 0},
        {"msg", RTMI_ARG_TEXT, true, false, 0, msg, msg == NULL ? 0 : strlen(msg)},
        {"attrs", RTMI_ARG_TEXT, true, false, 0, attrs, attrs == NULL ? 0 : strlen(attrs)},
        {"timeLimit", RTMI_ARG_INT, true, false, time_limit_ms, NULL, 0},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "editmsg", args, 7, timeout_ms, &shape, ret_call);
}
int rtm_client_edit_message_wait(rtm_client *client, int64_t mid, int64_t from_uid, int64_t xid, int32_t type, const char *msg, const char *attrs, int64_t time_limit_ms, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"mid", RTMI_ARG_INT, true, false, mid, NULL, 0},
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, xid, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, type, NULL, 0},
        {"msg", RTMI_ARG_TEXT, true, false, 0, msg, msg == NULL ? 0 : strlen(msg)},
        {"attrs", RTMI_ARG_TEXT, true, false, 0, attrs, attrs == NULL ? 0 : strlen(attrs)},
        {"timeLimit", RTMI_ARG_INT, true, false, time_limit_ms, NULL, 0},
    };
    return rtmi_typed_wait(client, "editmsg", args, 7, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_clear_project_message(rtm_client *client, int32_t type, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"type", RTMI_ARG_INT, true, false, type, NULL, 0},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "clearprojectmsg", args, 1, timeout_ms, &shape, ret_call);
}
int rtm_client_clear_project_message_wait(rtm_client *client, int32_t type, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"type", RTMI_ARG_INT, true, false, type, NULL, 0},
    };
    return rtmi_typed_wait(client, "clearprojectmsg", args, 1, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_get_message_num(rtm_client *client, int32_t type, int64_t xid, const int64_t *mtypes, size_t mtypes_count, const int64_t *begin, const int64_t *end, int64_t timeout_ms, rtm_result_msg_num_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"type", RTMI_ARG_INT, true, false, type, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, xid, NULL, 0},
        {"mtypes", RTMI_ARG_INTS, false, false, 0, mtypes, mtypes_count},
        {"begin", RTMI_ARG_INT, false, begin == NULL, begin == NULL ? 0 : *begin, NULL, 0},
        {"end", RTMI_ARG_INT, false, end == NULL, end == NULL ? 0 : *end, NULL, 0},
    };
    const client_call shape = {.tell = tell_msg_num, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "getmsgnum", args, 5, timeout_ms, &shape, ret_call);
}
int rtm_client_get_message_num_wait(rtm_client *client, int32_t type, int64_t xid, const int64_t *mtypes, size_t mtypes_count, const int64_t *begin, const int64_t *end, int64_t timeout_ms, rtm_result_msg_num *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"type", RTMI_ARG_INT, true, false, type, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, xid, NULL, 0},
        {"mtypes", RTMI_ARG_INTS, false, false, 0, mtypes, mtypes_count},
        {"begin", RTMI_ARG_INT, false, begin == NULL, begin == NULL ? 0 : *begin, NULL, 0},
        {"end", RTMI_ARG_INT, false, end == NULL, end == NULL ? 0 : *end, NULL, 0},
    };
    return rtmi_typed_wait(client, "getmsgnum", args, 5, timeout_ms, &of_msg_num, ret_result, ret_answer, reterr_error);
}

int rtm_client_translate(rtm_client *client, const char *text, const char *dst, const char *src, const char *type, const char *profanity, const bool *post_profanity, const int64_t *uid, int64_t timeout_ms, rtm_result_translation_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"text", RTMI_ARG_TEXT, true, false, 0, text, text == NULL ? 0 : strlen(text)},
        {"dst", RTMI_ARG_TEXT, true, false, 0, dst, dst == NULL ? 0 : strlen(dst)},
        {"src", RTMI_ARG_TEXT, false, false, 0, src, src == NULL ? 0 : strlen(src)},
        {"type", RTMI_ARG_TEXT, false, false, 0, type, type == NULL ? 0 : strlen(type)},
        {"profanity", RTMI_ARG_TEXT, false, false, 0, profanity, profanity == NULL ? 0 : strlen(profanity)},
        {"postProfanity", RTMI_ARG_BOOL, false, post_profanity == NULL, post_profanity == NULL ? 0 : *post_profanity, NULL, 0},
        {"uid", RTMI_ARG_INT, false, uid == NULL, uid == NULL ? 0 : *uid, NULL, 0},
    };
    const client_call shape = {.tell = tell_translation, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "translate", args, 7, timeout_ms, &shape, ret_call);
}
int rtm_client_translate_wait(rtm_client *client, const char *text, const char *dst, const char *src, const char *type, const char *profanity, const bool *post_profanity, const int64_t *uid, int64_t timeout_ms, rtm_result_translation *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"text", RTMI_ARG_TEXT, true, false, 0, text, text == NULL ? 0 : strlen(text)},
        {"dst", RTMI_ARG_TEXT, true, false, 0, dst, dst == NULL ? 0 : strlen(dst)},
        {"src", RTMI_ARG_TEXT, false, false, 0, src, src == NULL ? 0 : strlen(src)},
        {"type", RTMI_ARG_TEXT, false, false, 0, type, type == NULL ? 0 : strlen(type)},
        {"profanity", RTMI_ARG_TEXT, false, false, 0, profanity, profanity == NULL ? 0 : strlen(profanity)},
        {"postProfanity", RTMI_ARG_BOOL, false, post_profanity == NULL, post_profanity == NULL ? 0 : *post_profanity, NULL, 0},
        {"uid", RTMI_ARG_INT, false, uid == NULL, uid == NULL ? 0 : *uid, NULL, 0},
    };
    return rtmi_typed_wait(client, "translate", args, 7, timeout_ms, &of_translation, ret_result, ret_answer, reterr_error);
}

int rtm_client_profanity(rtm_client *client, const char *text, bool classify, const int64_t *uid, int64_t timeout_ms, rtm_result_profanity_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"text", RTMI_ARG_TEXT, true, false, 0, text, text == NULL ? 0 : strlen(text)},
        {"classify", RTMI_ARG_BOOL, true, false, classify, NULL, 0},
        {"uid", RTMI_ARG_INT, false, uid == NULL, uid == NULL ? 0 : *uid, NULL, 0},
    };
    const client_call shape = {.tell = tell_profanity, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "profanity", args, 3, timeout_ms, &shape, ret_call);
}
int rtm_client_profanity_wait(rtm_client *client, const char *text, bool classify, const int64_t *uid, int64_t timeout_ms, rtm_result_profanity *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"text", RTMI_ARG_TEXT, true, false, 0, text, text == NULL ? 0 : strlen(text)},
        {"classify", RTMI_ARG_BOOL, true, false, classify, NULL, 0},
        {"uid", RTMI_ARG_INT, false, uid == NULL, uid == NULL ? 0 : *uid, NULL, 0},
    };
    return rtmi_typed_wait(client, "profanity", args, 3, timeout_ms, &of_profanity, ret_result, ret_answer, reterr_error);
}

int rtm_client_transcribe(rtm_client *client, const void *audio, size_t audio_len, bool profanity_filter, const int64_t *uid, int64_t timeout_ms, rtm_result_speech_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"audio", RTMI_ARG_BYTES, true, false, 0, audio, audio_len},
        {"profanityFilter", RTMI_ARG_BOOL, true, false, profanity_filter, NULL, 0},
        {"uid", RTMI_ARG_INT, false, uid == NULL, uid == NULL ? 0 : *uid, NULL, 0},
    };
    const client_call shape = {.tell = tell_speech, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "transcribe", args, 3, timeout_ms, &shape, ret_call);
}
int rtm_client_transcribe_wait(rtm_client *client, const void *audio, size_t audio_len, bool profanity_filter, const int64_t *uid, int64_t timeout_ms, rtm_result_speech *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"audio", RTMI_ARG_BYTES, true, false, 0, audio, audio_len},
        {"profanityFilter", RTMI_ARG_BOOL, true, false, profanity_filter, NULL, 0},
        {"uid", RTMI_ARG_INT, false, uid == NULL, uid == NULL ? 0 : *uid, NULL, 0},
    };
    return rtmi_typed_wait(client, "transcribe", args, 3, timeout_ms, &of_speech, ret_result, ret_answer, reterr_error);
}

int rtm_client_transcribe_message(rtm_client *client, int64_t from_uid, int64_t mid, int64_t xid, int32_t type, bool profanity_filter, int64_t timeout_ms, rtm_result_speech_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"mid", RTMI_ARG_INT, true, false, mid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, xid, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, type, NULL, 0},
        {"profanityFilter", RTMI_ARG_BOOL, true, false, profanity_filter, NULL, 0},
    };
    const client_call shape = {.tell = tell_speech, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "stranscribe", args, 5, timeout_ms, &shape, ret_call);
}
int rtm_client_transcribe_message_wait(rtm_client *client, int64_t from_uid, int64_t mid, int64_t xid, int32_t type, bool profanity_filter, int64_t timeout_ms, rtm_result_speech *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"mid", RTMI_ARG_INT, true, false, mid, NULL, 0},
        {"xid", RTMI_ARG_INT, true, false, xid, NULL, 0},
        {"type", RTMI_ARG_INT, true, false, type, NULL, 0},
        {"profanityFilter", RTMI_ARG_BOOL, true, false, profanity_filter, NULL, 0},
    };
    return rtmi_typed_wait(client, "stranscribe", args, 5, timeout_ms, &of_speech, ret_result, ret_answer, reterr_error);
}

int rtm_client_speech_to_text(rtm_client *client, const void *audio, size_t audio_len, int32_t type, const char *lang, const char *codec, const int32_t *srate, const int64_t *uid, int64_t timeout_ms, rtm_result_speech_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"audio", type == 1 ? RTMI_ARG_TEXT : RTMI_ARG_BYTES, true, false, 0, audio, audio_len},
        {"type", RTMI_ARG_INT, true, false, type, NULL, 0},
        {"lang", RTMI_ARG_TEXT, true, false, 0, lang, lang == NULL ? 0 : strlen(lang)},
        {"codec", RTMI_ARG_TEXT, false, false, 0, codec, codec == NULL ? 0 : strlen(codec)},
        {"srate", RTMI_ARG_INT, false, srate == NULL, srate == NULL ? 0 : *srate, NULL, 0},
        {"uid", RTMI_ARG_INT, false, uid == NULL, uid == NULL ? 0 : *uid, NULL, 0},
    };
    const client_call shape = {.tell = tell_speech, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "speech2text", args, 6, timeout_ms, &shape, ret_call);
}
int rtm_client_speech_to_text_wait(rtm_client *client, const void *audio, size_t audio_len, int32_t type, const char *lang, const char *codec, const int32_t *srate, const int64_t *uid, int64_t timeout_ms, rtm_result_speech *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"audio", type == 1 ? RTMI_ARG_TEXT : RTMI_ARG_BYTES, true, false, 0, audio, audio_len},
        {"type", RTMI_ARG_INT, true, false, type, NULL, 0},
        {"lang", RTMI_ARG_TEXT, true, false, 0, lang, lang == NULL ? 0 : strlen(lang)},
        {"codec", RTMI_ARG_TEXT, false, false, 0, codec, codec == NULL ? 0 : strlen(codec)},
        {"srate", RTMI_ARG_INT, false, srate == NULL, srate == NULL ? 0 : *srate, NULL, 0},
        {"uid", RTMI_ARG_INT, false, uid == NULL, uid == NULL ? 0 : *uid, NULL, 0},
    };
    return rtmi_typed_wait(client, "speech2text", args, 6, timeout_ms, &of_speech, ret_result, ret_answer, reterr_error);
}

int rtm_client_text_check(rtm_client *client, const char *text, const int64_t *uid, int64_t timeout_ms, rtm_result_text_check_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"text", RTMI_ARG_TEXT, true, false, 0, text, text == NULL ? 0 : strlen(text)},
        {"uid", RTMI_ARG_INT, false, uid == NULL, uid == NULL ? 0 : *uid, NULL, 0},
    };
    const client_call shape = {.tell = tell_text_check, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "tcheck", args, 2, timeout_ms, &shape, ret_call);
}
int rtm_client_text_check_wait(rtm_client *client, const char *text, const int64_t *uid, int64_t timeout_ms, rtm_result_text_check *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"text", RTMI_ARG_TEXT, true, false, 0, text, text == NULL ? 0 : strlen(text)},
        {"uid", RTMI_ARG_INT, false, uid == NULL, uid == NULL ? 0 : *uid, NULL, 0},
    };
    return rtmi_typed_wait(client, "tcheck", args, 2, timeout_ms, &of_text_check, ret_result, ret_answer, reterr_error);
}

int rtm_client_image_check(rtm_client *client, const void *image, size_t image_len, int32_t type, const int64_t *uid, int64_t timeout_ms, rtm_result_check_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"image", type == 1 ? RTMI_ARG_TEXT : RTMI_ARG_BYTES, true, false, 0, image, image_len},
        {"type", RTMI_ARG_INT, true, false, type, NULL, 0},
        {"uid", RTMI_ARG_INT, false, uid == NULL, uid == NULL ? 0 : *uid, NULL, 0},
    };
    const client_call shape = {.tell = tell_check, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "icheck", args, 3, timeout_ms, &shape, ret_call);
}
int rtm_client_image_check_wait(rtm_client *client, const void *image, size_t image_len, int32_t type, const int64_t *uid, int64_t timeout_ms, rtm_result_check *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"image", type == 1 ? RTMI_ARG_TEXT : RTMI_ARG_BYTES, true, false, 0, image, image_len},
        {"type", RTMI_ARG_INT, true, false, type, NULL, 0},
        {"uid", RTMI_ARG_INT, false, uid == NULL, uid == NULL ? 0 : *uid, NULL, 0},
    };
    return rtmi_typed_wait(client, "icheck", args, 3, timeout_ms, &of_check, ret_result, ret_answer, reterr_error);
}

int rtm_client_audio_check(rtm_client *client, const void *audio, size_t audio_len, int32_t type, const char *lang, const char *codec, const int32_t *srate, const int64_t *uid, int64_t timeout_ms, rtm_result_check_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"audio", type == 1 ? RTMI_ARG_TEXT : RTMI_ARG_BYTES, true, false, 0, audio, audio_len},
        {"type", RTMI_ARG_INT, true, false, type, NULL, 0},
        {"lang", RTMI_ARG_TEXT, true, false, 0, lang, lang == NULL ? 0 : strlen(lang)},
        {"codec", RTMI_ARG_TEXT, false, false, 0, codec, codec == NULL ? 0 : strlen(codec)},
        {"srate", RTMI_ARG_INT, false, srate == NULL, srate == NULL ? 0 : *srate, NULL, 0},
        {"uid", RTMI_ARG_INT, false, uid == NULL, uid == NULL ? 0 : *uid, NULL, 0},
    };
    const client_call shape = {.tell = tell_check, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "acheck", args, 6, timeout_ms, &shape, ret_call);
}
int rtm_client_audio_check_wait(rtm_client *client, const void *audio, size_t audio_len, int32_t type, const char *lang, const char *codec, const int32_t *srate, const int64_t *uid, int64_t timeout_ms, rtm_result_check *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"audio", type == 1 ? RTMI_ARG_TEXT : RTMI_ARG_BYTES, true, false, 0, audio, audio_len},
        {"type", RTMI_ARG_INT, true, false, type, NULL, 0},
        {"lang", RTMI_ARG_TEXT, true, false, 0, lang, lang == NULL ? 0 : strlen(lang)},
        {"codec", RTMI_ARG_TEXT, false, false, 0, codec, codec == NULL ? 0 : strlen(codec)},
        {"srate", RTMI_ARG_INT, false, srate == NULL, srate == NULL ? 0 : *srate, NULL, 0},
        {"uid", RTMI_ARG_INT, false, uid == NULL, uid == NULL ? 0 : *uid, NULL, 0},
    };
    return rtmi_typed_wait(client, "acheck", args, 6, timeout_ms, &of_check, ret_result, ret_answer, reterr_error);
}

int rtm_client_video_check(rtm_client *client, const void *video, size_t video_len, int32_t type, const char *video_name, const int64_t *uid, int64_t timeout_ms, rtm_result_check_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"video", type == 1 ? RTMI_ARG_TEXT : RTMI_ARG_BYTES, true, false, 0, video, video_len},
        {"type", RTMI_ARG_INT, true, false, type, NULL, 0},
        {"videoName", RTMI_ARG_TEXT, true, false, 0, video_name, video_name == NULL ? 0 : strlen(video_name)},
        {"uid", RTMI_ARG_INT, false, uid == NULL, uid == NULL ? 0 : *uid, NULL, 0},
    };
    const client_call shape = {.tell = tell_check, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "vcheck", args, 4, timeout_ms, &shape, ret_call);
}
int rtm_client_video_check_wait(rtm_client *client, const void *video, size_t video_len, int32_t type, const char *video_name, const int64_t *uid, int64_t timeout_ms, rtm_result_check *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"video", type == 1 ? RTMI_ARG_TEXT : RTMI_ARG_BYTES, true, false, 0, video, video_len},
        {"type", RTMI_ARG_INT, true, false, type, NULL, 0},
        {"videoName", RTMI_ARG_TEXT, true, false, 0, video_name, video_name == NULL ? 0 : strlen(video_name)},
        {"uid", RTMI_ARG_INT, false, uid == NULL, uid == NULL ? 0 : *uid, NULL, 0},
    };
    return rtmi_typed_wait(client, "vcheck", args, 4, timeout_ms, &of_check, ret_result, ret_answer, reterr_error);
}

int rtm_client_add_friends(rtm_client *client, int64_t uid, const int64_t *friends, size_t friends_count, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"friends", RTMI_ARG_INTS, true, false, 0, friends, friends_count},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "addfriends", args, 2, timeout_ms, &shape, ret_call);
}
int rtm_client_add_friends_wait(rtm_client *client, int64_t uid, const int64_t *friends, size_t friends_count, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"friends", RTMI_ARG_INTS, true, false, 0, friends, friends_count},
    };
    return rtmi_typed_wait(client, "addfriends", args, 2, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_delete_friends(rtm_client *client, int64_t uid, const int64_t *friends, size_t friends_count, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"friends", RTMI_ARG_INTS, true, false, 0, friends, friends_count},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "delfriends", args, 2, timeout_ms, &shape, ret_call);
}
int rtm_client_delete_friends_wait(rtm_client *client, int64_t uid, const int64_t *friends, size_t friends_count, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"friends", RTMI_ARG_INTS, true, false, 0, friends, friends_count},
    };
    return rtmi_typed_wait(client, "delfriends", args, 2, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_get_friends(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_result_uids_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
    };
    const client_call shape = {.tell = tell_uids, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "getfriends", args, 1, timeout_ms, &shape, ret_call);
}
int rtm_client_get_friends_wait(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_result_uids *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
    };
    return rtmi_typed_wait(client, "getfriends", args, 1, timeout_ms, &of_uids, ret_result, ret_answer, reterr_error);
}

int rtm_client_is_friend(rtm_client *client, int64_t uid, int64_t fuid, int64_t timeout_ms, rtm_result_ok_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"fuid", RTMI_ARG_INT, true, false, fuid, NULL, 0},
    };
    const client_call shape = {.tell = tell_ok, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "isfriend", args, 2, timeout_ms, &shape, ret_call);
}
int rtm_client_is_friend_wait(rtm_client *client, int64_t uid, int64_t fuid, int64_t timeout_ms, rtm_result_ok *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"fuid", RTMI_ARG_INT, true, false, fuid, NULL, 0},
    };
    return rtmi_typed_wait(client, "isfriend", args, 2, timeout_ms, &of_ok, ret_result, ret_answer, reterr_error);
}

int rtm_client_is_friends(rtm_client *client, int64_t uid, const int64_t *fuids, size_t fuids_count, int64_t timeout_ms, rtm_result_fuids_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"fuids", RTMI_ARG_INTS, true, false, 0, fuids, fuids_count},
    };
    const client_call shape = {.tell = tell_fuids, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "isfriends", args, 2, timeout_ms, &shape, ret_call);
}
int rtm_client_is_friends_wait(rtm_client *client, int64_t uid, const int64_t *fuids, size_t fuids_count, int64_t timeout_ms, rtm_result_fuids *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"fuids", RTMI_ARG_INTS, true, false, 0, fuids, fuids_count},
    };
    return rtmi_typed_wait(client, "isfriends", args, 2, timeout_ms, &of_fuids, ret_result, ret_answer, reterr_error);
}

int rtm_client_add_blacks(rtm_client *client, int64_t uid, const int64_t *blacks, size_t blacks_count, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"blacks", RTMI_ARG_INTS, true, false, 0, blacks, blacks_count},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "addblacks", args, 2, timeout_ms, &shape, ret_call);
}
int rtm_client_add_blacks_wait(rtm_client *client, int64_t uid, const int64_t *blacks, size_t blacks_count, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"blacks", RTMI_ARG_INTS, true, false, 0, blacks, blacks_count},
    };
    return rtmi_typed_wait(client, "addblacks", args, 2, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_delete_blacks(rtm_client *client, int64_t uid, const int64_t *blacks, size_t blacks_count, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"blacks", RTMI_ARG_INTS, true, false, 0, blacks, blacks_count},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "delblacks", args, 2, timeout_ms, &shape, ret_call);
}
int rtm_client_delete_blacks_wait(rtm_client *client, int64_t uid, const int64_t *blacks, size_t blacks_count, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"blacks", RTMI_ARG_INTS, true, false, 0, blacks, blacks_count},
    };
    return rtmi_typed_wait(client, "delblacks", args, 2, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_get_blacks(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_result_uids_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
    };
    const client_call shape = {.tell = tell_uids, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "getblacks", args, 1, timeout_ms, &shape, ret_call);
}
int rtm_client_get_blacks_wait(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_result_uids *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
    };
    return rtmi_typed_wait(client, "getblacks", args, 1, timeout_ms, &of_uids, ret_result, ret_answer, reterr_error);
}

int rtm_client_is_black(rtm_client *client, int64_t uid, int64_t buid, int64_t timeout_ms, rtm_result_ok_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"buid", RTMI_ARG_INT, true, false, buid, NULL, 0},
    };
    const client_call shape = {.tell = tell_ok, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "isblack", args, 2, timeout_ms, &shape, ret_call);
}
int rtm_client_is_black_wait(rtm_client *client, int64_t uid, int64_t buid, int64_t timeout_ms, rtm_result_ok *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"buid", RTMI_ARG_INT, true, false, buid, NULL, 0},
    };
    return rtmi_typed_wait(client, "isblack", args, 2, timeout_ms, &of_ok, ret_result, ret_answer, reterr_error);
}

int rtm_client_is_blacks(rtm_client *client, int64_t uid, const int64_t *buids, size_t buids_count, int64_t timeout_ms, rtm_result_buids_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"buids", RTMI_ARG_INTS, true, false, 0, buids, buids_count},
    };
    const client_call shape = {.tell = tell_buids, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "isblacks", args, 2, timeout_ms, &shape, ret_call);
}
int rtm_client_is_blacks_wait(rtm_client *client, int64_t uid, const int64_t *buids, size_t buids_count, int64_t timeout_ms, rtm_result_buids *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"buids", RTMI_ARG_INTS, true, false, 0, buids, buids_count},
    };
    return rtmi_typed_wait(client, "isblacks", args, 2, timeout_ms, &of_buids, ret_result, ret_answer, reterr_error);
}

int rtm_client_add_group_members(rtm_client *client, int64_t gid, const int64_t *uids, size_t uids_count, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"gid", RTMI_ARG_INT, true, false, gid, NULL, 0},
        {"uids", RTMI_ARG_INTS, true, false, 0, uids, uids_count},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "addgroupmembers", args, 2, timeout_ms, &shape, ret_call);
}
int rtm_client_add_group_members_wait(rtm_client *client, int64_t gid, const int64_t *uids, size_t uids_count, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"gid", RTMI_ARG_INT, true, false, gid, NULL, 0},
        {"uids", RTMI_ARG_INTS, true, false, 0, uids, uids_count},
    };
    return rtmi_typed_wait(client, "addgroupmembers", args, 2, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_delete_group_members(rtm_client *client, int64_t gid, const int64_t *uids, size_t uids_count, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"gid", RTMI_ARG_INT, true, false, gid, NULL, 0},
        {"uids", RTMI_ARG_INTS, true, false, 0, uids, uids_count},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "delgroupmembers", args, 2, timeout_ms, &shape, ret_call);
}
int rtm_client_delete_group_members_wait(rtm_client *client, int64_t gid, const int64_t *uids, size_t uids_count, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"gid", RTMI_ARG_INT, true, false, gid, NULL, 0},
        {"uids", RTMI_ARG_INTS, true, false, 0, uids, uids_count},
    };
    return rtmi_typed_wait(client, "delgroupmembers", args, 2, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_delete_group(rtm_client *client, int64_t gid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"gid", RTMI_ARG_INT, true, false, gid, NULL, 0},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "delgroup", args, 1, timeout_ms, &shape, ret_call);
}
int rtm_client_delete_group_wait(rtm_client *client, int64_t gid, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"gid", RTMI_ARG_INT, true, false, gid, NULL, 0},
    };
    return rtmi_typed_wait(client, "delgroup", args, 1, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_get_group_members(rtm_client *client, int64_t gid, int64_t timeout_ms, rtm_result_uids_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"gid", RTMI_ARG_INT, true, false, gid, NULL, 0},
    };
    const client_call shape = {.tell = tell_uids, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "getgroupmembers", args, 1, timeout_ms, &shape, ret_call);
}
int rtm_client_get_group_members_wait(rtm_client *client, int64_t gid, int64_t timeout_ms, rtm_result_uids *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"gid", RTMI_ARG_INT, true, false, gid, NULL, 0},
    };
    return rtmi_typed_wait(client, "getgroupmembers", args, 1, timeout_ms, &of_uids, ret_result, ret_answer, reterr_error);
}

int rtm_client_get_group_count(rtm_client *client, int64_t gid, int64_t timeout_ms, rtm_result_count_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"gid", RTMI_ARG_INT, true, false, gid, NULL, 0},
    };
    const client_call shape = {.tell = tell_count, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "getgroupcount", args, 1, timeout_ms, &shape, ret_call);
}
int rtm_client_get_group_count_wait(rtm_client *client, int64_t gid, int64_t timeout_ms, rtm_result_count *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"gid", RTMI_ARG_INT, true, false, gid, NULL, 0},
    };
    return rtmi_typed_wait(client, "getgroupcount", args, 1, timeout_ms, &of_count, ret_result, ret_answer, reterr_error);
}

int rtm_client_is_group_member(rtm_client *client, int64_t gid, int64_t uid, int64_t timeout_ms, rtm_result_ok_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"gid", RTMI_ARG_INT, true, false, gid, NULL, 0},
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
    };
    const client_call shape = {.tell = tell_ok, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "isgroupmember", args, 2, timeout_ms, &shape, ret_call);
}
int rtm_client_is_group_member_wait(rtm_client *client, int64_t gid, int64_t uid, int64_t timeout_ms, rtm_result_ok *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"gid", RTMI_ARG_INT, true, false, gid, NULL, 0},
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
    };
    return rtmi_typed_wait(client, "isgroupmember", args, 2, timeout_ms, &of_ok, ret_result, ret_answer, reterr_error);
}

int rtm_client_get_user_groups(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_result_gids_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
    };
    const client_call shape = {.tell = tell_gids, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "getusergroups", args, 1, timeout_ms, &shape, ret_call);
}
int rtm_client_get_user_groups_wait(rtm_client *client, int64_t uid, int64_t timeout_ms, rtm_result_gids *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
    };
    return rtmi_typed_wait(client, "getusergroups", args, 1, timeout_ms, &of_gids, ret_result, ret_answer, reterr_error);
}

int rtm_client_add_group_ban(rtm_client *client, const int64_t *gid, int64_t uid, int32_t btime, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"gid", RTMI_ARG_INT, false, gid == NULL, gid == NULL ? 0 : *gid, NULL, 0},
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"btime", RTMI_ARG_INT, true, false, btime, NULL, 0},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "addgroupban", args, 3, timeout_ms, &shape, ret_call);
}
int rtm_client_add_group_ban_wait(rtm_client *client, const int64_t *gid, int64_t uid, int32_t btime, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"gid", RTMI_ARG_INT, false, gid == NULL, gid == NULL ? 0 : *gid, NULL, 0},
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"btime", RTMI_ARG_INT, true, false, btime, NULL, 0},
    };
    return rtmi_typed_wait(client, "addgroupban", args, 3, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_remove_group_ban(rtm_client *client, const int64_t *gid, int64_t uid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"gid", RTMI_ARG_INT, false, gid == NULL, gid == NULL ? 0 : *gid, NULL, 0},
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "removegroupban", args, 2, timeout_ms, &shape, ret_call);
}
int rtm_client_remove_group_ban_wait(rtm_client *client, const int64_t *gid, int64_t uid, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"gid", RTMI_ARG_INT, false, gid == NULL, gid == NULL ? 0 : *gid, NULL, 0},
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
    };
    return rtmi_typed_wait(client, "removegroupban", args, 2, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_is_ban_of_group(rtm_client *client, int64_t gid, int64_t uid, int64_t timeout_ms, rtm_result_ok_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"gid", RTMI_ARG_INT, true, false, gid, NULL, 0},
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
    };
    const client_call shape = {.tell = tell_ok, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "isbanofgroup", args, 2, timeout_ms, &shape, ret_call);
}
int rtm_client_is_ban_of_group_wait(rtm_client *client, int64_t gid, int64_t uid, int64_t timeout_ms, rtm_result_ok *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"gid", RTMI_ARG_INT, true, false, gid, NULL, 0},
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
    };
    return rtmi_typed_wait(client, "isbanofgroup", args, 2, timeout_ms, &of_ok, ret_result, ret_answer, reterr_error);
}

int rtm_client_set_group_info(rtm_client *client, int64_t gid, const char *oinfo, const char *pinfo, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"gid", RTMI_ARG_INT, true, false, gid, NULL, 0},
        {"oinfo", RTMI_ARG_TEXT, false, false, 0, oinfo, oinfo == NULL ? 0 : strlen(oinfo)},
        {"pinfo", RTMI_ARG_TEXT, false, false, 0, pinfo, pinfo == NULL ? 0 : strlen(pinfo)},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "setgroupinfo", args, 3, timeout_ms, &shape, ret_call);
}
int rtm_client_set_group_info_wait(rtm_client *client, int64_t gid, const char *oinfo, const char *pinfo, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"gid", RTMI_ARG_INT, true, false, gid, NULL, 0},
        {"oinfo", RTMI_ARG_TEXT, false, false, 0, oinfo, oinfo == NULL ? 0 : strlen(oinfo)},
        {"pinfo", RTMI_ARG_TEXT, false, false, 0, pinfo, pinfo == NULL ? 0 : strlen(pinfo)},
    };
    return rtmi_typed_wait(client, "setgroupinfo", args, 3, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_get_group_info(rtm_client *client, int64_t gid, int64_t timeout_ms, rtm_result_infos_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"gid", RTMI_ARG_INT, true, false, gid, NULL, 0},
    };
    const client_call shape = {.tell = tell_infos, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "getgroupinfo", args, 1, timeout_ms, &shape, ret_call);
}
int rtm_client_get_group_info_wait(rtm_client *client, int64_t gid, int64_t timeout_ms, rtm_result_infos *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"gid", RTMI_ARG_INT, true, false, gid, NULL, 0},
    };
    return rtmi_typed_wait(client, "getgroupinfo", args, 1, timeout_ms, &of_infos, ret_result, ret_answer, reterr_error);
}

int rtm_client_clear_project_group(rtm_client *client, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "clearprojectgroup", NULL, 0, timeout_ms, &shape, ret_call);
}
int rtm_client_clear_project_group_wait(rtm_client *client, int64_t timeout_ms, rtm_error *reterr_error)
{
    return rtmi_typed_wait(client, "clearprojectgroup", NULL, 0, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_add_room_member(rtm_client *client, int64_t rid, int64_t uid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"rid", RTMI_ARG_INT, true, false, rid, NULL, 0},
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "addroommember", args, 2, timeout_ms, &shape, ret_call);
}
int rtm_client_add_room_member_wait(rtm_client *client, int64_t rid, int64_t uid, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"rid", RTMI_ARG_INT, true, false, rid, NULL, 0},
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
    };
    return rtmi_typed_wait(client, "addroommember", args, 2, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_delete_room_member(rtm_client *client, int64_t rid, int64_t uid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"rid", RTMI_ARG_INT, true, false, rid, NULL, 0},
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "delroommember", args, 2, timeout_ms, &shape, ret_call);
}
int rtm_client_delete_room_member_wait(rtm_client *client, int64_t rid, int64_t uid, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"rid", RTMI_ARG_INT, true, false, rid, NULL, 0},
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
    };
    return rtmi_typed_wait(client, "delroommember", args, 2, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_add_room_members(rtm_client *client, int64_t rid, const int64_t *uids, size_t uids_count, int64_t timeout_ms, rtm_result_done_uids_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"rid", RTMI_ARG_INT, true, false, rid, NULL, 0},
        {"uids", RTMI_ARG_INTS, true, false, 0, uids, uids_count},
    };
    const client_call shape = {.tell = tell_done_uids, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "addroommembers", args, 2, timeout_ms, &shape, ret_call);
}
int rtm_client_add_room_members_wait(rtm_client *client, int64_t rid, const int64_t *uids, size_t uids_count, int64_t timeout_ms, rtm_result_done_uids *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"rid", RTMI_ARG_INT, true, false, rid, NULL, 0},
        {"uids", RTMI_ARG_INTS, true, false, 0, uids, uids_count},
    };
    return rtmi_typed_wait(client, "addroommembers", args, 2, timeout_ms, &of_done_uids, ret_result, ret_answer, reterr_error);
}

int rtm_client_delete_room_members(rtm_client *client, int64_t rid, const int64_t *uids, size_t uids_count, int64_t timeout_ms, rtm_result_done_uids_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"rid", RTMI_ARG_INT, true, false, rid, NULL, 0},
        {"uids", RTMI_ARG_INTS, true, false, 0, uids, uids_count},
    };
    const client_call shape = {.tell = tell_done_uids, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "delroommembers", args, 2, timeout_ms, &shape, ret_call);
}
int rtm_client_delete_room_members_wait(rtm_client *client, int64_t rid, const int64_t *uids, size_t uids_count, int64_t timeout_ms, rtm_result_done_uids *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"rid", RTMI_ARG_INT, true, false, rid, NULL, 0},
        {"uids", RTMI_ARG_INTS, true, false, 0, uids, uids_count},
    };
    return rtmi_typed_wait(client, "delroommembers", args, 2, timeout_ms, &of_done_uids, ret_result, ret_answer, reterr_error);
}

int rtm_client_add_user_rooms(rtm_client *client, const int64_t *rids, size_t rids_count, int64_t uid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"rids", RTMI_ARG_INTS, true, false, 0, rids, rids_count},
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "adduserrooms", args, 2, timeout_ms, &shape, ret_call);
}
int rtm_client_add_user_rooms_wait(rtm_client *client, const int64_t *rids, size_t rids_count, int64_t uid, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"rids", RTMI_ARG_INTS, true, false, 0, rids, rids_count},
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
    };
    return rtmi_typed_wait(client, "adduserrooms", args, 2, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_delete_user_rooms(rtm_client *client, const int64_t *rids, size_t rids_count, int64_t uid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"rids", RTMI_ARG_INTS, true, false, 0, rids, rids_count},
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "deleteuserrooms", args, 2, timeout_ms, &shape, ret_call);
}
int rtm_client_delete_user_rooms_wait(rtm_client *client, const int64_t *rids, size_t rids_count, int64_t uid, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"rids", RTMI_ARG_INTS, true, false, 0, rids, rids_count},
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
    };
    return rtmi_typed_wait(client, "deleteuserrooms", args, 2, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_get_room_members(rtm_client *client, int64_t rid, int64_t timeout_ms, rtm_result_uids_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"rid", RTMI_ARG_INT, true, false, rid, NULL, 0},
    };
    const client_call shape = {.tell = tell_uids, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "getroommembers", args, 1, timeout_ms, &shape, ret_call);
}
int rtm_client_get_room_members_wait(rtm_client *client, int64_t rid, int64_t timeout_ms, rtm_result_uids *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"rid", RTMI_ARG_INT, true, false, rid, NULL, 0},
    };
    return rtmi_typed_wait(client, "getroommembers", args, 1, timeout_ms, &of_uids, ret_result, ret_answer, reterr_error);
}

int rtm_client_get_room_count(rtm_client *client, const int64_t *rids, size_t rids_count, int64_t timeout_ms, rtm_result_counts_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"rids", RTMI_ARG_INTS, true, false, 0, rids, rids_count},
    };
    const client_call shape = {.tell = tell_counts, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "getroomcount", args, 1, timeout_ms, &shape, ret_call);
}
int rtm_client_get_room_count_wait(rtm_client *client, const int64_t *rids, size_t rids_count, int64_t timeout_ms, rtm_result_counts *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"rids", RTMI_ARG_INTS, true, false, 0, rids, rids_count},
    };
    return rtmi_typed_wait(client, "getroomcount", args, 1, timeout_ms, &of_counts, ret_result, ret_answer, reterr_error);
}

int rtm_client_add_room_ban(rtm_client *client, const int64_t *rid, int64_t uid, int32_t btime, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"rid", RTMI_ARG_INT, false, rid == NULL, rid == NULL ? 0 : *rid, NULL, 0},
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"btime", RTMI_ARG_INT, true, false, btime, NULL, 0},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "addroomban", args, 3, timeout_ms, &shape, ret_call);
}
int rtm_client_add_room_ban_wait(rtm_client *client, const int64_t *rid, int64_t uid, int32_t btime, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"rid", RTMI_ARG_INT, false, rid == NULL, rid == NULL ? 0 : *rid, NULL, 0},
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"btime", RTMI_ARG_INT, true, false, btime, NULL, 0},
    };
    return rtmi_typed_wait(client, "addroomban", args, 3, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_remove_room_ban(rtm_client *client, const int64_t *rid, int64_t uid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"rid", RTMI_ARG_INT, false, rid == NULL, rid == NULL ? 0 : *rid, NULL, 0},
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "removeroomban", args, 2, timeout_ms, &shape, ret_call);
}
int rtm_client_remove_room_ban_wait(rtm_client *client, const int64_t *rid, int64_t uid, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"rid", RTMI_ARG_INT, false, rid == NULL, rid == NULL ? 0 : *rid, NULL, 0},
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
    };
    return rtmi_typed_wait(client, "removeroomban", args, 2, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_is_ban_of_room(rtm_client *client, int64_t rid, int64_t uid, int64_t timeout_ms, rtm_result_ok_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"rid", RTMI_ARG_INT, true, false, rid, NULL, 0},
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
    };
    const client_call shape = {.tell = tell_ok, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "isbanofroom", args, 2, timeout_ms, &shape, ret_call);
}
int rtm_client_is_ban_of_room_wait(rtm_client *client, int64_t rid, int64_t uid, int64_t timeout_ms, rtm_result_ok *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"rid", RTMI_ARG_INT, true, false, rid, NULL, 0},
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
    };
    return rtmi_typed_wait(client, "isbanofroom", args, 2, timeout_ms, &of_ok, ret_result, ret_answer, reterr_error);
}

int rtm_client_set_room_info(rtm_client *client, int64_t rid, const char *oinfo, const char *pinfo, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"rid", RTMI_ARG_INT, true, false, rid, NULL, 0},
        {"oinfo", RTMI_ARG_TEXT, false, false, 0, oinfo, oinfo == NULL ? 0 : strlen(oinfo)},
        {"pinfo", RTMI_ARG_TEXT, false, false, 0, pinfo, pinfo == NULL ? 0 : strlen(pinfo)},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "setroominfo", args, 3, timeout_ms, &shape, ret_call);
}
int rtm_client_set_room_info_wait(rtm_client *client, int64_t rid, const char *oinfo, const char *pinfo, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"rid", RTMI_ARG_INT, true, false, rid, NULL, 0},
        {"oinfo", RTMI_ARG_TEXT, false, false, 0, oinfo, oinfo == NULL ? 0 : strlen(oinfo)},
        {"pinfo", RTMI_ARG_TEXT, false, false, 0, pinfo, pinfo == NULL ? 0 : strlen(pinfo)},
    };
    return rtmi_typed_wait(client, "setroominfo", args, 3, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_get_room_info(rtm_client *client, int64_t rid, int64_t timeout_ms, rtm_result_infos_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"rid", RTMI_ARG_INT, true, false, rid, NULL, 0},
    };
    const client_call shape = {.tell = tell_infos, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "getroominfo", args, 1, timeout_ms, &shape, ret_call);
}
int rtm_client_get_room_info_wait(rtm_client *client, int64_t rid, int64_t timeout_ms, rtm_result_infos *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"rid", RTMI_ARG_INT, true, false, rid, NULL, 0},
    };
    return rtmi_typed_wait(client, "getroominfo", args, 1, timeout_ms, &of_infos, ret_result, ret_answer, reterr_error);
}

int rtm_client_data_set(rtm_client *client, int64_t uid, const char *key, const char *value, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"key", RTMI_ARG_TEXT, true, false, 0, key, key == NULL ? 0 : strlen(key)},
        {"val", RTMI_ARG_TEXT, true, false, 0, value, value == NULL ? 0 : strlen(value)},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "dataset", args, 3, timeout_ms, &shape, ret_call);
}
int rtm_client_data_set_wait(rtm_client *client, int64_t uid, const char *key, const char *value, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"key", RTMI_ARG_TEXT, true, false, 0, key, key == NULL ? 0 : strlen(key)},
        {"val", RTMI_ARG_TEXT, true, false, 0, value, value == NULL ? 0 : strlen(value)},
    };
    return rtmi_typed_wait(client, "dataset", args, 3, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_data_get(rtm_client *client, int64_t uid, const char *key, int64_t timeout_ms, rtm_result_value_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"key", RTMI_ARG_TEXT, true, false, 0, key, key == NULL ? 0 : strlen(key)},
    };
    const client_call shape = {.tell = tell_value, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "dataget", args, 2, timeout_ms, &shape, ret_call);
}
int rtm_client_data_get_wait(rtm_client *client, int64_t uid, const char *key, int64_t timeout_ms, rtm_result_value *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"key", RTMI_ARG_TEXT, true, false, 0, key, key == NULL ? 0 : strlen(key)},
    };
    return rtmi_typed_wait(client, "dataget", args, 2, timeout_ms, &of_value, ret_result, ret_answer, reterr_error);
}

int rtm_client_data_delete(rtm_client *client, int64_t uid, const char *key, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"key", RTMI_ARG_TEXT, true, false, 0, key, key == NULL ? 0 : strlen(key)},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "datadel", args, 2, timeout_ms, &shape, ret_call);
}
int rtm_client_data_delete_wait(rtm_client *client, int64_t uid, const char *key, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"key", RTMI_ARG_TEXT, true, false, 0, key, key == NULL ? 0 : strlen(key)},
    };
    return rtmi_typed_wait(client, "datadel", args, 2, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_file_token(rtm_client *client, int64_t from_uid, const char *cmd, const int64_t *to_uid, const int64_t *to_uids, size_t to_uids_count, const int64_t *gid, const int64_t *rid, int64_t timeout_ms, rtm_result_file_token_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"cmd", RTMI_ARG_TEXT, true, false, 0, cmd, cmd == NULL ? 0 : strlen(cmd)},
        {"to", RTMI_ARG_INT, false, to_uid == NULL, to_uid == NULL ? 0 : *to_uid, NULL, 0},
        {"tos", RTMI_ARG_INTS, false, false, 0, to_uids, to_uids_count},
        {"gid", RTMI_ARG_INT, false, gid == NULL, gid == NULL ? 0 : *gid, NULL, 0},
        {"rid", RTMI_ARG_INT, false, rid == NULL, rid == NULL ? 0 : *rid, NULL, 0},
    };
    const client_call shape = {.tell = tell_file_token, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "filetoken", args, 6, timeout_ms, &shape, ret_call);
}
int rtm_client_file_token_wait(rtm_client *client, int64_t from_uid, const char *cmd, const int64_t *to_uid, const int64_t *to_uids, size_t to_uids_count, const int64_t *gid, const int64_t *rid, int64_t timeout_ms, rtm_result_file_token *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"from", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
        {"cmd", RTMI_ARG_TEXT, true, false, 0, cmd, cmd == NULL ? 0 : strlen(cmd)},
        {"to", RTMI_ARG_INT, false, to_uid == NULL, to_uid == NULL ? 0 : *to_uid, NULL, 0},
        {"tos", RTMI_ARG_INTS, false, false, 0, to_uids, to_uids_count},
        {"gid", RTMI_ARG_INT, false, gid == NULL, gid == NULL ? 0 : *gid, NULL, 0},
        {"rid", RTMI_ARG_INT, false, rid == NULL, rid == NULL ? 0 : *rid, NULL, 0},
    };
    return rtmi_typed_wait(client, "filetoken", args, 6, timeout_ms, &of_file_token, ret_result, ret_answer, reterr_error);
}

int rtm_client_invite_user_into_rtc_room(rtm_client *client, int64_t rid, const int64_t *to_uids, size_t to_uids_count, int64_t from_uid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"rid", RTMI_ARG_INT, true, false, rid, NULL, 0},
        {"toUids", RTMI_ARG_INTS, true, false, 0, to_uids, to_uids_count},
        {"fromUid", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "inviteUserIntoRTCRoom", args, 3, timeout_ms, &shape, ret_call);
}
int rtm_client_invite_user_into_rtc_room_wait(rtm_client *client, int64_t rid, const int64_t *to_uids, size_t to_uids_count, int64_t from_uid, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"rid", RTMI_ARG_INT, true, false, rid, NULL, 0},
        {"toUids", RTMI_ARG_INTS, true, false, 0, to_uids, to_uids_count},
        {"fromUid", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
    };
    return rtmi_typed_wait(client, "inviteUserIntoRTCRoom", args, 3, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_close_rtc_room(rtm_client *client, int64_t rid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"rid", RTMI_ARG_INT, true, false, rid, NULL, 0},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "closeRTCRoom", args, 1, timeout_ms, &shape, ret_call);
}
int rtm_client_close_rtc_room_wait(rtm_client *client, int64_t rid, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"rid", RTMI_ARG_INT, true, false, rid, NULL, 0},
    };
    return rtmi_typed_wait(client, "closeRTCRoom", args, 1, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_kick_out_from_rtc_room(rtm_client *client, int64_t uid, int64_t rid, int64_t from_uid, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"rid", RTMI_ARG_INT, true, false, rid, NULL, 0},
        {"fromUid", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "kickoutFromRTCRoom", args, 3, timeout_ms, &shape, ret_call);
}
int rtm_client_kick_out_from_rtc_room_wait(rtm_client *client, int64_t uid, int64_t rid, int64_t from_uid, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"uid", RTMI_ARG_INT, true, false, uid, NULL, 0},
        {"rid", RTMI_ARG_INT, true, false, rid, NULL, 0},
        {"fromUid", RTMI_ARG_INT, true, false, from_uid, NULL, 0},
    };
    return rtmi_typed_wait(client, "kickoutFromRTCRoom", args, 3, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_get_rtc_room_list(rtm_client *client, int64_t timeout_ms, rtm_result_rids_fn *done, void *userdata, rtm_call **ret_call)
{
    const client_call shape = {.tell = tell_rids, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "getRTCRoomList", NULL, 0, timeout_ms, &shape, ret_call);
}
int rtm_client_get_rtc_room_list_wait(rtm_client *client, int64_t timeout_ms, rtm_result_rids *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    return rtmi_typed_wait(client, "getRTCRoomList", NULL, 0, timeout_ms, &of_rids, ret_result, ret_answer, reterr_error);
}

int rtm_client_get_rtc_room_members(rtm_client *client, int64_t rid, int64_t timeout_ms, rtm_result_rtc_members_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"rid", RTMI_ARG_INT, true, false, rid, NULL, 0},
    };
    const client_call shape = {.tell = tell_rtc_members, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "getRTCRoomMembers", args, 1, timeout_ms, &shape, ret_call);
}
int rtm_client_get_rtc_room_members_wait(rtm_client *client, int64_t rid, int64_t timeout_ms, rtm_result_rtc_members *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"rid", RTMI_ARG_INT, true, false, rid, NULL, 0},
    };
    return rtmi_typed_wait(client, "getRTCRoomMembers", args, 1, timeout_ms, &of_rtc_members, ret_result, ret_answer, reterr_error);
}

int rtm_client_get_rtc_room_member_count(rtm_client *client, int64_t rid, int64_t timeout_ms, rtm_result_rtc_count_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"rid", RTMI_ARG_INT, true, false, rid, NULL, 0},
    };
    const client_call shape = {.tell = tell_rtc_count, .typed = (void (*)(void))done, .userdata = userdata};
    return rtmi_typed_call(client, "getRTCRoomMemberCount", args, 1, timeout_ms, &shape, ret_call);
}
int rtm_client_get_rtc_room_member_count_wait(rtm_client *client, int64_t rid, int64_t timeout_ms, rtm_result_rtc_count *ret_result, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"rid", RTMI_ARG_INT, true, false, rid, NULL, 0},
    };
    return rtmi_typed_wait(client, "getRTCRoomMemberCount", args, 1, timeout_ms, &of_rtc_count, ret_result, ret_answer, reterr_error);
}

int rtm_client_set_rtc_room_mic_status(rtm_client *client, int64_t rid, bool status, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"rid", RTMI_ARG_INT, true, false, rid, NULL, 0},
        {"status", RTMI_ARG_BOOL, true, false, status, NULL, 0},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "setRTCRoomMicStatus", args, 2, timeout_ms, &shape, ret_call);
}
int rtm_client_set_rtc_room_mic_status_wait(rtm_client *client, int64_t rid, bool status, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"rid", RTMI_ARG_INT, true, false, rid, NULL, 0},
        {"status", RTMI_ARG_BOOL, true, false, status, NULL, 0},
    };
    return rtmi_typed_wait(client, "setRTCRoomMicStatus", args, 2, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_pull_into_rtc_room(rtm_client *client, int64_t rid, const int64_t *to_uids, size_t to_uids_count, int32_t type, const int32_t *voice_range, const int32_t *max_receive_streams, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"rid", RTMI_ARG_INT, true, false, rid, NULL, 0},
        {"toUids", RTMI_ARG_INTS, true, false, 0, to_uids, to_uids_count},
        {"type", RTMI_ARG_INT, true, false, type, NULL, 0},
        {"voiceRange", RTMI_ARG_INT, false, voice_range == NULL, voice_range == NULL ? 0 : *voice_range, NULL, 0},
        {"maxReceiveStreams", RTMI_ARG_INT, false, max_receive_streams == NULL, max_receive_streams == NULL ? 0 : *max_receive_streams, NULL, 0},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "pullIntoRTCRoom", args, 5, timeout_ms, &shape, ret_call);
}
int rtm_client_pull_into_rtc_room_wait(rtm_client *client, int64_t rid, const int64_t *to_uids, size_t to_uids_count, int32_t type, const int32_t *voice_range, const int32_t *max_receive_streams, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"rid", RTMI_ARG_INT, true, false, rid, NULL, 0},
        {"toUids", RTMI_ARG_INTS, true, false, 0, to_uids, to_uids_count},
        {"type", RTMI_ARG_INT, true, false, type, NULL, 0},
        {"voiceRange", RTMI_ARG_INT, false, voice_range == NULL, voice_range == NULL ? 0 : *voice_range, NULL, 0},
        {"maxReceiveStreams", RTMI_ARG_INT, false, max_receive_streams == NULL, max_receive_streams == NULL ? 0 : *max_receive_streams, NULL, 0},
    };
    return rtmi_typed_wait(client, "pullIntoRTCRoom", args, 5, timeout_ms, NULL, NULL, NULL, reterr_error);
}

int rtm_client_admin_command(rtm_client *client, int64_t rid, const int64_t *uids, size_t uids_count, int32_t command, int64_t timeout_ms, rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const rtmi_arg args[] = {
        {"rid", RTMI_ARG_INT, true, false, rid, NULL, 0},
        {"uids", RTMI_ARG_INTS, true, false, 0, uids, uids_count},
        {"command", RTMI_ARG_INT, true, false, command, NULL, 0},
    };
    const client_call shape = {.tell = rtmi_typed_tell_done, .done = done, .userdata = userdata};
    return rtmi_typed_call(client, "adminCommand", args, 3, timeout_ms, &shape, ret_call);
}
int rtm_client_admin_command_wait(rtm_client *client, int64_t rid, const int64_t *uids, size_t uids_count, int32_t command, int64_t timeout_ms, rtm_error *reterr_error)
{
    const rtmi_arg args[] = {
        {"rid", RTMI_ARG_INT, true, false, rid, NULL, 0},
        {"uids", RTMI_ARG_INTS, true, false, 0, uids, uids_count},
        {"command", RTMI_ARG_INT, true, false, command, NULL, 0},
    };
    return rtmi_typed_wait(client, "adminCommand", args, 3, timeout_ms, NULL, NULL, NULL, reterr_error);
}
