/*
 * Codes that RTM defines, and the one table of all codes with names and texts.
 *
 * Protocol: RTM section 5.3.
 */
#ifndef RTMI_RTM_CODES_H
#define RTMI_RTM_CODES_H

#include <stddef.h>

#include "lib/fpnn/code.h"

/* X(NAME, NUMBER, TEXT) */
#define RTMI_RTM_CODES(X)                                                                          \
    X(INVALID_PID_OR_UID, 200001, "unknown project, or a user id that is missing or not positive") \
    X(INVALID_PID_OR_SIGN, 200002, "missing or wrong signature")                                   \
    X(INVALID_FILE_OR_SIGN_OR_TOKEN, 200003, "wrong file signature, or a bad or used token")       \
    X(ATTRS_WITHOUT_SIGN_OR_EXT, 200004, "file attributes without signature or extension")         \
    X(INVALID_MTYPE, 200005, "message type outside 1 to 127")                                      \
    X(SAME_SIGN, 200006, "the same signature was used before")                                     \
    X(INVALID_FILE_MTYPE, 200007, "file message type outside 40 to 50")                            \
    X(INVALID_SERVER_TIME, 200008, "the time of the quest is too far from the gate's")             \
    X(FREQUENCY_LIMITED, 200010, "too many quests")                                                \
    X(REFRESH_SCREEN_LIMITED, 200011, "flooding")                                                  \
    X(KICKOUT_SELF, 200012, "a client may not kick itself out")                                    \
    X(FORBIDDEN_METHOD, 200020, "method not allowed here")                                         \
    X(PERMISSION_DENIED, 200021, "permission denied")                                              \
    X(UNAUTHORIZED, 200022, "not logged in")                                                       \
    X(DUPLICATED_AUTH, 200023, "logged in already")                                                \
    X(AUTH_DENIED, 200024, "the user is on the project's blacklist")                               \
    X(ADMIN_LOGIN, 200025, "an admin user may not log in as a client")                             \
    X(ADMIN_ONLY, 200026, "for admin users only")                                                  \
    X(INVALID_AUTH_TOKEN, 200027, "login token wrong or expired")                                  \
    X(LARGE_MESSAGE_OR_ATTRS, 200030, "message or attributes too large")                           \
    X(LARGE_FILE_OR_ATTRS, 200031, "file or attributes too large")                                 \
    X(TOO_MANY_ITEMS, 200032, "too many items in a list")                                          \
    X(EMPTY_PARAMETER, 200033, "a list or string is empty")                                        \
    X(INVALID_PARAMETER, 200034, "a parameter is missing or invalid")                              \
    X(LARGE_DATA, 200035, "data too large")                                                        \
    X(NOT_IN_ROOM, 200040, "not in the room")                                                      \
    X(NOT_GROUP_MEMBER, 200041, "not a member of the group")                                       \
    X(MAX_GROUP_MEMBER_COUNT, 200042, "the group is full")                                         \
    X(NOT_FRIEND, 200043, "not a friend")                                                          \
    X(BANNED_IN_GROUP, 200044, "banned in the group")                                              \
    X(BANNED_IN_ROOM, 200045, "banned in the room")                                                \
    X(EMPTY_GROUP, 200046, "the group has no members")                                             \
    X(MAX_ROOM_COUNT, 200047, "in too many rooms")                                                 \
    X(MAX_FRIEND_COUNT, 200048, "too many friends")                                                \
    X(BLOCKED_USER, 200049, "the receiver has blocked the sender")                                 \
    X(UNSUPPORTED_LANGUAGE, 200050, "language not supported")                                      \
    X(EMPTY_TRANSLATION, 200051, "the translation is empty")                                       \
    X(SEND_TO_SELF, 200052, "sender and receiver are the same")                                    \
    X(DUPLICATED_MID, 200053, "the message id was used before for another message")                \
    X(SENSITIVE_WORDS, 200054, "sensitive words")                                                  \
    X(NOT_ONLINE, 200055, "the user is not online")                                                \
    X(TRANSLATION_ERROR, 200056, "translation failed")                                             \
    X(PROFANITY_STOP, 200057, "stopped by the profanity filter")                                   \
    X(NO_CONFIG_IN_CONSOLE, 200060, "the feature is not configured")                               \
    X(UNSUPPORTED_TRANSCRIBE_TYPE, 200061, "speech format not supported")                          \
    X(BLOCK_USER, 200062, "blocked user")                                                          \
    X(MESSAGE_NOT_FOUND, 200070, "message not found")                                              \
    X(UNKNOWN_2018, 200099, "unknown error of the first interface")                                \
    X(UNKNOWN_ERROR, 200999, "unknown error")                                                      \
    X(RTC_ALREADY_ENTERED, 700001, "entered the real-time room again")                             \
    X(RTC_NOT_IN_ROOM, 700002, "not in the real-time room")                                        \
    X(RTC_ALREADY_IN_ROOM, 700003, "already in a real-time room")                                  \
    X(RTC_ROOM_EXISTS, 700004, "the real-time room exists")                                        \
    X(RTC_ROOM_MISSING, 700005, "the real-time room does not exist")                               \
    X(RTC_INVALID_PARAMETER, 700006, "invalid real-time parameter")                                \
    X(RTC_PERMISSION_DENIED, 700007, "real-time permission denied")                                \
    X(RTC_ROOM_LIMIT, 700008, "too many real-time rooms")                                          \
    X(RTC_MEMBER_LIMIT, 700009, "the real-time room is full")                                      \
    X(RTC_INVALID_OPERATION, 700010, "invalid real-time operation")                                \
    X(RTC_P2P_BUSY, 700030, "real-time peer busy")                                                 \
    X(RTC_P2P_NOT_CLOSED, 700031, "real-time call not closed")                                     \
    X(RTC_P2P_NOT_REQUESTING, 700032, "no real-time call requested")                               \
    X(RTC_P2P_NOT_TALKING, 700033, "no real-time call under way")                                  \
    X(RTC_P2P_IN_ROOM, 700034, "in a real-time room")                                              \
    X(RTC_P2P_ON_CALL, 700035, "on a real-time call")

enum {
#define RTMI_RTM_CODE_ENUM_(name, number, text) RTMI_RC_##name = number,
    RTMI_RTM_CODES(RTMI_RTM_CODE_ENUM_)
#undef RTMI_RTM_CODE_ENUM_
};

typedef struct rtmi_code {
    int number;
    const char *name;
    const char *text;
} rtmi_code;

/** All codes in rising order. */
const rtmi_code *rtmi_codes(size_t *ret_count);

/** The row of a code, or NULL. */
const rtmi_code *rtmi_code_find(int number);

#endif
