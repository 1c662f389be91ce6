/*
 * What a listener receives. Views only: they borrow from the client's receive buffer and end
 * with the callback that got them. Copy what you keep.
 *
 * Protocol: RTM pushes pushmsg, pushgroupmsg, pushroommsg and pushevent, and the older
 * pushfile, pushchat, pushaudio and pushcmd families.
 */
#ifndef RTM_MESSAGE_H
#define RTM_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Borrowed bytes; not NUL-terminated, may hold NULs. `data` is never NULL. */
typedef struct rtm_bytes {
    const char *data;
    size_t len;
} rtm_bytes;

/** To whom a message went. The numbers are those of the protocol's `type` parameter. */
typedef enum rtm_kind {
    RTM_KIND_P2P = 1,
    RTM_KIND_GROUP = 2,
    RTM_KIND_ROOM = 3,
    RTM_KIND_BROADCAST = 4
} rtm_kind;

/** Which family of callbacks a message belongs to (by its mtype, or by the push's method). */
typedef enum rtm_family {
    RTM_FAMILY_MESSAGE = 0, /* any other mtype */
    RTM_FAMILY_FILE = 1,    /* 40 to 50, pushfile, pushgroupfile, pushroomfile */
    RTM_FAMILY_CHAT = 2,    /* 30, pushchat… */
    RTM_FAMILY_AUDIO = 3,   /* 31, pushaudio… */
    RTM_FAMILY_CMD = 4      /* 32, pushcmd… */
} rtm_family;

/** mtypes with a meaning of their own; 51 to 127 are the user's. */
enum {
    RTM_MTYPE_CHAT = 30,
    RTM_MTYPE_AUDIO = 31,
    RTM_MTYPE_CMD = 32,
    RTM_MTYPE_FILE_FIRST = 40,
    RTM_MTYPE_IMAGE = 40,
    RTM_MTYPE_AUDIO_FILE = 41,
    RTM_MTYPE_VIDEO = 42,
    RTM_MTYPE_FILE_LAST = 50
};

/** One message. Read it by pointer only: later releases add fields at the end. */
typedef struct rtm_message {
    rtm_kind kind;
    rtm_family family;
    int mtype;        /* 1 to 127, or what the gate says; the family's own if it says none */
    bool is_binary;   /* `msg` was sent as bytes, not as text */
    bool has_offset;  /* `offset` is set: the gate speaks our extensions and was asked */
    int64_t from;     /* uid of the sender */
    int64_t to;       /* uid, gid or rid, by `kind` */
    int64_t mid;      /* the sender's number, unique for (kind, from, to) */
    int64_t mtime_ms; /* the gate's time, milliseconds since 1970, UTC */
    int64_t offset;   /* place in the project's log, from 1 */
    rtm_bytes msg;
    rtm_bytes attrs;
} rtm_message;

/** One event of the project: a user has logged in or out. */
typedef struct rtm_event {
    rtm_bytes event; /* "login" or "logout" */
    int64_t pid;
    int64_t uid;
    int64_t time_s;     /* seconds since 1970, UTC */
    rtm_bytes endpoint; /* the gate that serves the user */
    rtm_bytes data;     /* reserved by the protocol; mostly empty */
    bool has_offset;
    int64_t offset;
} rtm_event;

#ifdef __cplusplus
}
#endif

#endif
