/*
 * A user's connection to a gate: bytes on a socket, with FPNN's frames and JSON for payloads. As
 * little as a program of a user could be; the SDK is for the server side.
 */
#ifndef TESTS_SUPPORT_USER_LINK_H
#define TESTS_SUPPORT_USER_LINK_H

#include <stdint.h>

#include "lib/base/buf.h"

typedef struct user_link {
    int fd;
    uint32_t seq;
    rtmi_buf in;
} user_link;

/** Connect to HOST:PORT; fails the test when that does not work. */
void user_link_open(user_link *self, const char *endpoint);
void user_link_close(user_link *self);

/**
 * Call a method with a JSON object; pushes on the way are passed over. The code of the error, or
 * 0 and the answer as JSON, to be freed. Fails the test when the gate ends the connection instead.
 */
int user_link_call(user_link *self, const char *method, const char *json, char **ret_json);

#endif
