/*
 * Options win over the environment, the environment over the context, for each field by
 * itself: so one may try another project on the same gate by giving --pid and --secret-file.
 */
#include "cli/connection.h"

#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/context_file.h"
#include "cli/memory.h"
#include "cli/number.h"
#include "cli/secret.h"

void connection_deinit(struct connection *connection)
{
    free(connection->gate.value);
    free(connection->pid.value);
    secret_free(connection->secret.value);
    for (int key = 0; key < PROTECTION_COUNT; key++)
        free(connection->protection[key].value);
    free(connection->context);
    *connection = (struct connection){0};
}

static void connection_set(struct connection_field *field, const char *value, const char *source)
{
    if (field->value != NULL || value == NULL || *value == '\0')
        return;
    field->value = memory_dup(value, strlen(value));
    field->source = source;
}

static bool connection_set_secret_file(struct connection *c, const char *path, const char *source)
{
    if (c->secret.value != NULL || path == NULL)
        return true;
    c->secret.value = secret_read(path);
    c->secret.source = source;
    return c->secret.value != NULL;
}

static bool connection_is_protected(const struct connection *c)
{
    for (int key = 0; key < PROTECTION_COUNT; key++) {
        if (c->protection[key].value != NULL)
            return true;
    }
    return false;
}

/* What the context adds. It is not even read when nothing is missing and none was named. */
static bool connection_add_context(struct connection *c, const char *name)
{
    struct context context = {0};
    bool ok;

    if (name == NULL)
        name = getenv("RTM_CONTEXT");
    if (name != NULL && *name == '\0')
        name = NULL;
    if (name == NULL && c->gate.value != NULL && c->pid.value != NULL && c->secret.value != NULL)
        return true;
    const int found = context_read(name, &context);
    if (found <= 0)
        return found == 0;
    connection_set(&c->gate, context.gate, "context");
    connection_set(&c->pid, context.pid, "context");
    connection_set(&c->secret, context.secret, "context");
    /* One whole: the certificate of one gate is no help with another. */
    if (!connection_is_protected(c)) {
        for (int key = 0; key < PROTECTION_COUNT; key++)
            connection_set(&c->protection[key], context.protection[key], "context");
    }
    ok = connection_set_secret_file(c, context.secret_file, "context");
    c->context = context.name;
    context.name = NULL;
    context_deinit(&context);
    return ok;
}

bool connection_gather_given(const struct args_common *args, struct connection *ret_connection)
{
    struct connection c = {0};

    connection_set(&c.gate, args->gate, "--gate");
    connection_set(&c.gate, getenv("RTM_GATE"), "RTM_GATE");
    connection_set(&c.pid, args->pid, "--pid");
    connection_set(&c.pid, getenv("RTM_PID"), "RTM_PID");
    for (int key = 0; key < PROTECTION_COUNT; key++)
        connection_set(&c.protection[key], args->protection[key], "option");
    if (!connection_set_secret_file(&c, args->secret_file, "--secret-file"))
        goto fail;
    connection_set(&c.secret, getenv("RTM_SECRET"), "RTM_SECRET");
    *ret_connection = c;
    return true;

fail:
    connection_deinit(&c);
    return false;
}

bool connection_gather(const struct args_common *args, struct connection *ret_connection)
{
    if (!connection_gather_given(args, ret_connection))
        return false;
    if (connection_add_context(ret_connection, args->context))
        return true;
    connection_deinit(ret_connection);
    return false;
}

/* "host:port", "[::1]:port" or "unix:PATH" */
static bool connection_is_endpoint(const char *gate)
{
    const char *colon = strrchr(gate, ':');
    int64_t port;

    if (strncmp(gate, "unix:", 5) == 0)
        return gate[5] != '\0';
    if (colon == NULL || colon == gate || !number_parse(colon + 1, 1, 65535, &port))
        return false;
    if (gate[0] == '[')
        return colon[-1] == ']' && colon - gate > 2;
    return memchr(gate, ':', (size_t)(colon - gate)) == NULL;
}

bool connection_check(const struct connection *c, int32_t *ret_pid)
{
    int64_t pid;

    if (c->gate.value == NULL) {
        cli_error("no gate: give --gate ADDRESS, or set RTM_GATE, or save a context (rtm(1))");
        return false;
    }
    if (!connection_is_endpoint(c->gate.value)) {
        cli_error("gate \"%s\" (%s): neither HOST:PORT nor unix:PATH", c->gate.value,
                  c->gate.source);
        return false;
    }
    if (c->pid.value == NULL) {
        cli_error("no project: give --pid N, or set RTM_PID, or save a context (rtm(1))");
        return false;
    }
    if (!number_parse(c->pid.value, 1, INT32_MAX, &pid)) {
        cli_error("project \"%s\" (%s): not a number between 1 and 2147483647", c->pid.value,
                  c->pid.source);
        return false;
    }
    if (c->secret.value == NULL) {
        cli_error("no secret: give --secret-file FILE, or set RTM_SECRET, or save a context "
                  "(rtm(1))");
        return false;
    }
    *ret_pid = (int32_t)pid;
    return true;
}
