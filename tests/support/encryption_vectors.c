#include "tests/support/encryption_vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

session_vector *encryption_sessions;
keyfile_vector *encryption_keyfiles;
static size_t session_count;
static size_t keyfile_count;

rtmi_span vector_span(const vector_bytes *b)
{
    return (rtmi_span){b->data, b->len};
}

static void unhex(const char *word, vector_bytes *ret)
{
    const size_t len = strlen(word);

    assert_true(len % 2 == 0 && len / 2 <= sizeof ret->data);
    for (size_t i = 0; i < len; i += 2) {
        unsigned byte;
        assert_int_equal(sscanf(word + i, "%2x", &byte), 1);
        ret->data[i / 2] = (uint8_t)byte;
    }
    ret->len = len / 2;
}

static char *next_word(char **at)
{
    char *word = strtok_r(NULL, " \n", at);

    assert_non_null(word);
    return word;
}

static void take_session(char **at)
{
    assert_true(session_count < ENCRYPTION_SESSIONS);
    session_vector *v = &encryption_sessions[session_count++];
    (void)snprintf(v->name, sizeof v->name, "%s", next_word(at));
    v->curve = rtmi_curve_of_name(next_word(at));
    assert_true(v->curve != RTMI_CURVE_NONE);
    v->bits = atoi(next_word(at));
    v->is_stream = strcmp(next_word(at), "stream") == 0;
}

static void take_keyfile(char **at)
{
    assert_true(keyfile_count < ENCRYPTION_KEYFILES);
    keyfile_vector *v = &encryption_keyfiles[keyfile_count++];
    (void)next_word(at);
    v->curve = rtmi_curve_of_name(next_word(at));
    unhex(next_word(at), &v->private_raw);
    unhex(next_word(at), &v->public_raw);
    unhex(next_word(at), &v->compressed);
    unhex(next_word(at), &v->der);
    unhex(next_word(at), &v->pem);
}

static void take_package(vector_direction *to, char **at)
{
    assert_true(to->count < VECTOR_PACKAGES_MAX);
    unhex(next_word(at), &to->plain[to->count]);
    unhex(next_word(at), &to->wire[to->count]);
    to->count++;
}

static void take_line(char *line)
{
    char *at = NULL;
    const char *word = strtok_r(line, " \n", &at);
    session_vector *v = session_count == 0 ? NULL : &encryption_sessions[session_count - 1];

    if (word == NULL || word[0] == '#')
        return;
    if (strcmp(word, "session") == 0) {
        take_session(&at);
    } else if (strcmp(word, "keyfile") == 0) {
        take_keyfile(&at);
    } else if (strcmp(word, "server") == 0) {
        unhex(next_word(&at), &v->server_private);
        unhex(next_word(&at), &v->server_public);
    } else if (strcmp(word, "client") == 0) {
        unhex(next_word(&at), &v->client_private);
        unhex(next_word(&at), &v->client_public);
    } else if (strcmp(word, "secret") == 0) {
        unhex(next_word(&at), &v->secret);
        unhex(next_word(&at), &v->key);
        unhex(next_word(&at), &v->iv);
    } else {
        take_package(strcmp(word, "up") == 0 ? &v->up : &v->down, &at);
    }
}

void encryption_vectors_load(void)
{
    static char line[4 * VECTOR_BYTES_MAX];
    char path[4096];
    const char *source = getenv("RTMKIT_SOURCE");

    session_count = keyfile_count = 0;
    encryption_sessions = calloc(ENCRYPTION_SESSIONS, sizeof *encryption_sessions);
    encryption_keyfiles = calloc(ENCRYPTION_KEYFILES, sizeof *encryption_keyfiles);
    assert_non_null(encryption_sessions);
    assert_non_null(encryption_keyfiles);
    (void)snprintf(path, sizeof path, "%s/tests/data/fpnn_encryption_vectors.txt",
                   source == NULL ? "." : source);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL)
        take_line(line);
    (void)fclose(file);
    assert_int_equal(session_count, ENCRYPTION_SESSIONS);
    assert_int_equal(keyfile_count, ENCRYPTION_KEYFILES);
}

void encryption_vectors_free(void)
{
    free(encryption_sessions);
    free(encryption_keyfiles);
    encryption_sessions = NULL;
    encryption_keyfiles = NULL;
}

rtmi_private_key vector_private_key(rtmi_curve curve, const vector_bytes *raw)
{
    rtmi_private_key key;

    assert_int_equal(rtmi_private_key_parse(vector_span(raw), curve, &key), 0);
    return key;
}
