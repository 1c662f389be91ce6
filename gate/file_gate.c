/*
 * Glue between settings, doors, the folder and HTTP.
 */
#include "gate/file_gate.h"

#include <stdio.h>
#include <string.h>

#define HTTP_CONNECTIONS 256

static int open_folder(file_gate *self, const conf_gate *from, uint64_t (*random64)(void *userdata),
                       char *reterr_text, size_t text_size)
{
    const files_options with = {
        .max_bytes = from->files_bytes,
        .is_durable = from->durability == STORE_DURABLE_FULL,
        .random64 = random64,
    };
    char why[256] = "";

    if (files_open_folder(from->files_folder, &with, &self->shared.content, why, sizeof why) == 0)
        return 0;
    (void)snprintf(reterr_text, text_size, "cannot open files-folder %s: %s", from->files_folder,
                   why);
    return -1;
}

static int open_http(file_gate *self, const conf_listen *from, char *reterr_text, size_t text_size)
{
    char host[CONF_TEXT_SIZE] = "";
    char why[256] = "not an address";
    files_http_options with = {.path = conf_address_path(from->address),
                               .host = host,
                               .max_connections = HTTP_CONNECTIONS};

    if ((with.path != NULL ||
         conf_address_split(from->address, host, sizeof host, &with.port) == 0) &&
        files_http_open(&with, &self->https[self->http_count], why, sizeof why) == 0) {
        self->names[self->http_count++] = from->name;
        return 0;
    }
    (void)snprintf(reterr_text, text_size, "cannot listen on %s: %s", from->address, why);
    return -1;
}

int file_gate_open(file_gate *self, const conf *settings, const doors *open,
                   uint64_t (*random64)(void *userdata), char *reterr_text, size_t text_size)
{
    const conf_gate *const from = &settings->gate;
    gate_files *const shared = &self->shared;

    if (from->files_folder[0] == '\0')
        return 0;
    for (size_t i = 0; i < settings->listen_count; i++) {
        if (settings->listens[i].protocol == CONF_PROTOCOL_FILES &&
            open_http(self, &settings->listens[i], reterr_text, text_size) < 0)
            return -1;
    }
    shared->max_bytes = (size_t)from->files_max_bytes;
    shared->package_bytes = (size_t)(from->files_max_bytes + CONF_FILE_HEADROOM);
    shared->memory_bytes = (size_t)from->files_memory_bytes;
    shared->time_ms = from->files_time_ms;
    atomic_init(&shared->memory, 0);
    (void)snprintf(shared->endpoint, sizeof shared->endpoint, "%s",
                   from->files_endpoint[0] != '\0' ? from->files_endpoint
                                                   : doors_get_taking_files(open));
    if (from->files_url[0] != '\0')
        (void)snprintf(shared->url, sizeof shared->url, "%s", from->files_url);
    else
        (void)snprintf(shared->url, sizeof shared->url, "http://%s",
                       files_http_get_address(self->https[0]));
    return open_folder(self, from, random64, reterr_text, text_size);
}

int file_gate_start(file_gate *self, char *reterr_text, size_t text_size)
{
    for (size_t i = 0; i < self->http_count; i++) {
        char why[256] = "";
        if (files_http_start(self->https[i], self->shared.content, why, sizeof why) < 0) {
            (void)snprintf(reterr_text, text_size, "cannot listen on %s: %s",
                           files_http_get_address(self->https[i]), why);
            return -1;
        }
    }
    return 0;
}

int file_gate_trim(file_gate *self, int64_t now_ms, int64_t max_age_ms, char *reterr_text,
                   size_t text_size)
{
    files_store *const content = self->shared.content;

    return content == NULL
               ? 0
               : content->ops->trim(content, now_ms, max_age_ms, reterr_text, text_size);
}

void file_gate_stop(file_gate *self)
{
    for (size_t i = 0; i < self->http_count; i++)
        files_http_close(self->https[i]);
    self->http_count = 0;
}

void file_gate_close(file_gate *self)
{
    file_gate_stop(self);
    if (self->shared.content != NULL)
        self->shared.content->ops->close(self->shared.content);
    self->shared.content = NULL;
}
