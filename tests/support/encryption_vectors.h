/*
 * The published sessions and key files of FPNN encryption, from
 * tests/data/fpnn_encryption_vectors.txt.
 */
#ifndef TEST_ENCRYPTION_VECTORS_H
#define TEST_ENCRYPTION_VECTORS_H

#include "lib/fpnn/keyexchange.h"

#define ENCRYPTION_SESSIONS 21
#define ENCRYPTION_KEYFILES 4
#define VECTOR_BYTES_MAX 2048
#define VECTOR_PACKAGES_MAX 8

/* Bytes of the data file. */
typedef struct vector_bytes {
    uint8_t data[VECTOR_BYTES_MAX];
    size_t len;
} vector_bytes;

typedef struct vector_direction {
    vector_bytes plain[VECTOR_PACKAGES_MAX];
    vector_bytes wire[VECTOR_PACKAGES_MAX];
    size_t count;
} vector_direction;

typedef struct session_vector {
    char name[80];
    rtmi_curve curve;
    int bits;
    bool is_stream;
    vector_bytes server_private;
    vector_bytes server_public;
    vector_bytes client_private;
    vector_bytes client_public;
    vector_bytes secret;
    vector_bytes key;
    vector_bytes iv;
    vector_direction up;
    vector_direction down;
} session_vector;

typedef struct keyfile_vector {
    rtmi_curve curve;
    vector_bytes private_raw;
    vector_bytes public_raw;
    vector_bytes compressed;
    vector_bytes der;
    vector_bytes pem;
} keyfile_vector;

extern session_vector *encryption_sessions;
extern keyfile_vector *encryption_keyfiles;

/** Read the file; asserts that all of them are there. */
void encryption_vectors_load(void);
void encryption_vectors_free(void);

rtmi_span vector_span(const vector_bytes *b);

/** A raw private key. */
rtmi_private_key vector_private_key(rtmi_curve curve, const vector_bytes *raw);

#endif
