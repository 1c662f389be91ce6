#include "gate/doors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct door {
    char name[CONF_LISTEN_NAME_SIZE];
    bool has_tls;
    gate_door door;
    acceptor *acceptor;
} door;

struct doors {
    const rtmi_log *log;
    size_t count;
    door doors[CONF_LISTEN_MAX + 1];
};

/* The certificate of an address: 0, *ret_secrets NULL where there is none; or -1 with a text. */
static int load(const conf_listen *from, tls_context **ret_secrets, char *reterr_text,
                size_t text_size)
{
    char why[512];

    *ret_secrets = NULL;
    if (from == NULL || !from->tls)
        return 0;
    if (tls_context_new(from->tls_certificate, from->tls_key, ret_secrets, why, sizeof why) == 0)
        return 0;
    (void)snprintf(reterr_text, text_size, "[listen %s]: %s", from->name, why);
    return -1;
}

static int open_door(doors *self, uv_loop_t *uv, const char *name, const char *address,
                     const conf_listen *from, char *reterr_text, size_t text_size)
{
    door *const to = &self->doors[self->count];
    char host[CONF_TEXT_SIZE] = "";
    char why[256] = "";
    acceptor_options with = {.path = conf_address_path(address), .host = host, .door = &to->door};

    (void)snprintf(to->name, sizeof to->name, "%s", name);
    to->has_tls = from != NULL && from->tls;
    to->door.index = self->count;
    if (from != NULL) {
        to->door.encryption = (gate_encryption)from->encryption;
        to->door.key = from->key;
        to->door.takes_files = from->takes_files;
    }
    if (load(from, &with.secrets, reterr_text, text_size) < 0)
        return -1;
    if (with.path == NULL && conf_address_split(address, host, sizeof host, &with.port) < 0) {
        (void)snprintf(why, sizeof why, "not an address");
        tls_context_free(with.secrets);
    } else if (acceptor_open(uv, &with, self->log, &to->acceptor, why, sizeof why) == 0) {
        self->count++;
        return 0;
    }
    (void)snprintf(reterr_text, text_size, "cannot listen on %s: %s", address, why);
    return -1;
}

int doors_open(uv_loop_t *uv, const conf *settings, const rtmi_log *log, doors **ret_doors,
               char *reterr_text, size_t text_size)
{
    doors *const self = calloc(1, sizeof *self);

    if (self == NULL) {
        (void)snprintf(reterr_text, text_size, "out of memory");
        return -1;
    }
    *ret_doors = self;
    self->log = log;
    if (conf_has_short_listen(settings) &&
        open_door(self, uv, CONF_SHORT_NAME, settings->gate.listen, NULL, reterr_text, text_size) <
            0)
        return -1;
    for (size_t i = 0; i < settings->listen_count; i++) {
        const conf_listen *const from = &settings->listens[i];
        if (from->protocol != CONF_PROTOCOL_FPNN)
            continue;
        if (open_door(self, uv, from->name, from->address, from, reterr_text, text_size) < 0)
            return -1;
    }
    return 0;
}

int doors_check(const conf *settings, char *reterr_text, size_t text_size)
{
    for (size_t i = 0; i < settings->listen_count; i++) {
        tls_context *secrets;
        if (load(&settings->listens[i], &secrets, reterr_text, text_size) < 0)
            return -1;
        tls_context_free(secrets);
    }
    return 0;
}

int doors_start(doors *self, admission *keeper, loop *const *loops, size_t loop_count,
                char *reterr_text, size_t text_size)
{
    for (size_t i = 0; i < self->count; i++) {
        char why[256] = "";
        if (acceptor_start(self->doors[i].acceptor, keeper, loops, loop_count, why, sizeof why) <
            0) {
            (void)snprintf(reterr_text, text_size, "cannot listen on %s: %s",
                           doors_get_address(self, i), why);
            return -1;
        }
    }
    return 0;
}

struct doors_secrets {
    tls_context *of[CONF_LISTEN_MAX + 1]; /* by the place of the door */
};

static const conf_listen *find_listen(const conf *settings, const char *name)
{
    for (size_t i = 0; i < settings->listen_count; i++)
        if (strcmp(settings->listens[i].name, name) == 0)
            return &settings->listens[i];
    return NULL;
}

int doors_load(const doors *self, const conf *settings, doors_secrets **ret_secrets,
               char *reterr_text, size_t text_size)
{
    doors_secrets *const secrets = calloc(1, sizeof *secrets);

    if (secrets == NULL) {
        (void)snprintf(reterr_text, text_size, "out of memory");
        return -1;
    }
    for (size_t i = 0; i < self->count; i++) {
        const door *const one = &self->doors[i];
        if (one->has_tls &&
            load(find_listen(settings, one->name), &secrets->of[i], reterr_text, text_size) < 0) {
            doors_secrets_free(secrets);
            return -1;
        }
    }
    *ret_secrets = secrets;
    return 0;
}

void doors_set(doors *self, doors_secrets *secrets)
{
    for (size_t i = 0; i < self->count; i++) {
        if (self->doors[i].acceptor == NULL || secrets->of[i] == NULL)
            continue;
        acceptor_set_tls(self->doors[i].acceptor, secrets->of[i]);
        secrets->of[i] = NULL;
        rtmi_log_line(self->log, RTMI_LOG_INFO, "[listen %s]: certificate read again",
                      self->doors[i].name);
    }
    doors_secrets_free(secrets);
}

void doors_secrets_free(doors_secrets *secrets)
{
    for (size_t i = 0; secrets != NULL && i <= CONF_LISTEN_MAX; i++)
        tls_context_free(secrets->of[i]);
    free(secrets);
}

size_t doors_count(const doors *self)
{
    return self->count;
}

const char *doors_get_name(const doors *self, size_t at)
{
    return self->doors[at].name;
}

const char *doors_get_address(const doors *self, size_t at)
{
    return acceptor_get_address(self->doors[at].acceptor);
}

const char *doors_get_taking_files(const doors *self)
{
    for (size_t i = 0; i < self->count; i++) {
        if (self->doors[i].door.takes_files)
            return doors_get_address(self, i);
    }
    return NULL;
}

void doors_close(doors *self)
{
    for (size_t i = 0; self != NULL && i < self->count; i++) {
        acceptor_close(self->doors[i].acceptor);
        self->doors[i].acceptor = NULL;
    }
}

void doors_free(doors *self)
{
    if (self == NULL)
        return;
    doors_close(self);
    explicit_bzero(self, sizeof *self);
    free(self);
}
