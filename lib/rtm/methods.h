/*
 * The one table of methods: what a quest is called, who may send it, and what parameters it
 * takes with types and limits. The gate checks by it, the documentation is printed from it.
 *
 * Those of the server side and of the file gate are there whole, and what users need to be
 * on-line.
 *
 * Protocol: RTM sections 2, 3 and 5.2.
 */
#ifndef RTMI_RTM_METHODS_H
#define RTMI_RTM_METHODS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/span.h"

/**
 * Who sends a quest: programs of the server side sign theirs, users log in, and a file comes with
 * the token that gives leave to send it.
 */
typedef enum rtmi_side { RTMI_SERVER, RTMI_CLIENT, RTMI_FILE } rtmi_side;

typedef enum rtmi_param_type {
    RTMI_PARAM_INT,   /* any integer form, or a float without a fraction */
    RTMI_PARAM_TEXT,  /* str or bin */
    RTMI_PARAM_BOOL,  /* a real bool */
    RTMI_PARAM_IDS,   /* integers: an array, a map's keys, or one alone; also decimal text */
    RTMI_PARAM_NAMES, /* texts: an array, a map's keys, or one alone */
    RTMI_PARAM_MAP
} rtmi_param_type;

/** Longer than any key; what is left is zeros, so that the first eight bytes can be read at once.
 */
#define RTMI_PARAM_KEY_SIZE 16

typedef struct rtmi_param {
    char key[RTMI_PARAM_KEY_SIZE];
    rtmi_param_type type;
    bool is_required;
    int64_t min;  /* INT: least value; TEXT, IDS, NAMES: least length */
    int64_t max;  /* INT: largest value; TEXT: bytes; IDS, NAMES: entries */
    int min_code; /* what is answered below min */
    int max_code; /* and above max */
    const char *help;
} rtmi_param;

/** The parameters of one method, at most. */
#define RTMI_PARAM_MAX 12

typedef struct rtmi_method {
    rtmi_side side;
    const char *name;
    const rtmi_param *params;
    size_t param_count;
    const char *answer; /* keys of the answer, for people */
    const char *help;
} rtmi_method;

/** More methods than there are. */
#define RTMI_METHODS_MAX 256

/** The rows, by side and then by name. */
size_t rtmi_method_count(void);
const rtmi_method *rtmi_method_at(size_t index);
size_t rtmi_method_index(const rtmi_method *method);

/** The row of a method, by its name on the wire; NULL if there is none. */
const rtmi_method *rtmi_method_find(rtmi_side side, rtmi_span name);

/** More codes than one method has. */
#define RTMI_METHOD_CODES_MAX 16

/**
 * The codes of errors with which a method answers, rising: those that its parameters give, and
 * further ones. Not those that any quest may get: of the signature, of a gate that is busy or
 * stopping, and 200035 when the directory or a package has no room.
 */
size_t rtmi_method_codes(const rtmi_method *method, int ret_codes[RTMI_METHOD_CODES_MAX]);

/* Positions in the parameter arrays of the rows, for those who read what was decoded. */
enum {
    RTMI_P_LISTEN_GIDS,
    RTMI_P_LISTEN_RIDS,
    RTMI_P_LISTEN_UIDS,
    RTMI_P_LISTEN_EVENTS,
    RTMI_P_LISTEN_RK,
    RTMI_P_LISTEN_P2P,
    RTMI_P_LISTEN_GROUP,
    RTMI_P_LISTEN_ROOM,
    RTMI_P_LISTEN_EV
};
enum {
    RTMI_P_SEND_MTYPE,
    RTMI_P_SEND_FROM, /* not for clients: what follows moves up */
    RTMI_P_SEND_MID,
    RTMI_P_SEND_MSG,
    RTMI_P_SEND_ATTRS,
    RTMI_P_SEND_TARGET /* to, tos, gid or rid; none for broadcasts */
};

#define RTMI_MESSAGE_MAX 20480
#define RTMI_ATTRS_MAX 2048
#define RTMI_RECIPIENTS_MAX 2000
#define RTMI_LISTEN_IDS_MAX 100000
#define RTMI_EVENT_NAME_MAX 31
#define RTMI_ITEMS_MAX 100        /* ids of one quest about users, groups and rooms */
#define RTMI_ONLINE_ITEMS_MAX 200 /* of getonlineusers */
#define RTMI_PAGE_MAX 20          /* rows of a page of history */
#define RTMI_VALUE_MAX 65535      /* bytes of an information or a stored value */
#define RTMI_DEVICE_TOKEN_MAX 480 /* bytes of a device's name */
#define RTMI_FILE_TOKEN_MAX 128   /* bytes of a token of filetoken */
#define RTMI_FILE_ATTRS_MAX 4096  /* bytes of a file's attributes, its signature among them */
#define RTMI_FILE_MAX (64 * 1024 * 1024) /* a gate may set less; the published one has 5 MiB */

#endif
