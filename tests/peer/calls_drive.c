/*
 * Every typed call, one after the other, on the gate at ENDPOINT: asynchronous and blocking, with
 * and without the optional parameters. A line of JSON for each says how it ended.
 *
 *   calls_drive ENDPOINT          each awaited
 *   calls_drive ENDPOINT inside   all of them in one callback: a line says what it returned
 */
#include "tests/peer/calls_drive.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int drive_local(const rtm_error *err)
{
    if (err == NULL)
        return 0;
    return err->local == 0 ? RTM_E_PEER : err->local;
}

void drive_await(drive *self, int r)
{
    if (r < 0 || self->is_inside) {
        drive_begin(self, r, NULL);
        drive_end(self);
    }
    while (!self->is_done) {
        if (rtm_client_run(self->client, 20) != 0)
            abort();
    }
}

void drive_begin(drive *self, int r, const rtm_error *err)
{
    printf("{\"call\":\"%s\",\"full\":%s,\"wait\":%s,\"r\":%d,\"code\":%d,\"fields\":{", self->call,
           self->is_full ? "true" : "false", self->waits ? "true" : "false", r,
           err == NULL || r == 0 ? 0 : err->code);
    self->has_fields = false;
}

static void name_field(drive *self, const char *name)
{
    printf("%s\"%s\":", self->has_fields ? "," : "", name);
    self->has_fields = true;
}

static void print_hex(const unsigned char *data, size_t len)
{
    putchar('"');
    for (size_t i = 0; i < len; i++)
        printf("%02x", data[i]);
    putchar('"');
}

void drive_int(drive *self, const char *name, int64_t value)
{
    name_field(self, name);
    printf("%" PRId64, value);
}

void drive_bool(drive *self, const char *name, bool value)
{
    name_field(self, name);
    printf("%s", value ? "true" : "false");
}

void drive_bytes(drive *self, const char *name, rtm_bytes value)
{
    name_field(self, name);
    printf("{\"bytes\":");
    print_hex((const unsigned char *)value.data, value.len);
    putchar('}');
}

void drive_value(drive *self, const char *name, rtm_value value)
{
    name_field(self, name);
    printf("{\"pack\":");
    print_hex(value.data, value.len);
    putchar('}');
}

void drive_end(drive *self)
{
    printf("}}\n");
    self->is_done = true;
    rtm_client_stop(self->client);
}

void drive_sent(drive *self, int r, const rtm_error *err, const rtm_sent *sent)
{
    drive_begin(self, r, err);
    drive_int(self, "mid", sent->mid);
    drive_int(self, "mtime", sent->mtime_ms);
    drive_end(self);
}

void drive_got_sent(rtm_client *client, const rtm_error *err, const rtm_sent *sent, void *userdata)
{
    (void)client;
    drive_sent(userdata, drive_local(err), err, sent);
}

void drive_got_done(rtm_client *client, const rtm_error *err, void *userdata)
{
    (void)client;
    drive_begin(userdata, drive_local(err), err);
    drive_end(userdata);
}

/* All rows in each of their forms; false: one has not ended. */
static bool run_rows(drive *self)
{
    for (size_t i = 0; i < 4 * drive_row_count; i++) {
        self->call = drive_rows[i / 4].call;
        self->is_full = (i & 1) != 0;
        self->waits = (i & 2) != 0;
        self->is_done = false;
        drive_rows[i / 4].run(self);
        if (!self->is_done)
            return false;
    }
    return true;
}

static void run_inside(rtm_client *client, int err, void *userdata)
{
    drive *self = userdata;

    self->is_inside = true;
    if (err < 0 || !run_rows(self))
        abort();
    rtm_client_stop(client);
}

int main(int argc, char **argv)
{
    rtm_client_options options;
    drive self = {.client = NULL};

    if (argc != 2 && (argc != 3 || strcmp(argv[2], "inside") != 0))
        return 2;
    rtm_client_options_init(&options);
    options.endpoint = argv[1];
    options.pid = 11000001;
    options.secret = "secret";
    if (rtm_client_new(&options, &self.client) < 0 || rtm_client_connect_wait(self.client) < 0)
        return 1;
    if (argc == 2) {
        if (!run_rows(&self))
            return 1;
    } else if (rtm_client_post(self.client, run_inside, &self) < 0 ||
               rtm_client_run(self.client, -1) < 0) {
        return 1;
    }
    rtm_client_free(self.client);
    return fflush(stdout) == 0 ? 0 : 1;
}
