/*
 * Error lines and exit codes. An error is one line: program, verb, object, reason. Texts may
 * come from a peer, so what could steer a terminal is made visible first.
 */
#include "cli/cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/buffer.h"
#include "cli/visible.h"

struct cli_identity cli_identity;

static void cli_print(const char *format, va_list args)
{
    char text[2048];
    struct buffer line = {0};

    (void)vsnprintf(text, sizeof text, format, args);
    buffer_append_string(&line, cli_identity.verb == NULL ? "rtm: " : "rtm ");
    if (cli_identity.verb != NULL) {
        buffer_append_string(&line, cli_identity.verb);
        buffer_append_string(&line, ": ");
    }
    visible_append(&line, text, strlen(text));
    buffer_append_byte(&line, '\n');
    (void)fwrite(line.data, 1, line.len, stderr);
    buffer_deinit(&line);
}

void cli_error(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    cli_print(format, args);
    va_end(args);
}

void cli_status(const char *format, ...)
{
    va_list args;

    if (cli_identity.is_quiet)
        return;
    va_start(args, format);
    cli_print(format, args);
    va_end(args);
}

void cli_describe(const rtm_error *err, char *out, unsigned long size)
{
    const char *name = rtm_code_name(err->code);
    const char *text = err->text[0] != '\0' ? err->text : rtm_code_text(err->code);

    if (err->local != 0 && err->local != RTM_E_PEER)
        (void)snprintf(out, size, "%s", rtm_strerror(err->local));
    else
        (void)snprintf(out, size, "%d %s: %s", err->code, name == NULL ? "(unknown code)" : name,
                       text);
}

int cli_exit_of(const rtm_error *err)
{
    switch (err->local) {
    case 0:
    case RTM_E_PEER:
        break;
    case RTM_E_TIMEOUT:
        return CLI_TIMED_OUT;
    case RTM_E_LOST:
    case RTM_E_CLOSED:
    case RTM_E_NOT_CONNECTED:
    case RTM_E_CONNECT:
    case RTM_E_RESOLVE:
    case RTM_E_PROTO:
        return CLI_NO_CONNECTION;
    default:
        return CLI_FAILED;
    }
    switch (err->code) {
    case 200001: /* unknown project */
    case 200002: /* wrong sign */
    case 200006: /* sign used before */
    case 200008: /* clocks differ */
    case 200020: /* method not allowed */
    case 200021: /* permission denied */
    case 200022: /* not logged in */
    case 200024: /* login denied */
    case 200025:
    case 200026: /* administrators only */
    case 200027: /* wrong or old token */
        return CLI_REFUSED;
    default:
        return CLI_PEER_ERROR;
    }
}

int cli_error_of_quest(const char *object, const rtm_error *err)
{
    char reason[RTM_ERROR_TEXT_SIZE + 80];

    cli_describe(err, reason, sizeof reason);
    cli_error("%s: %s", object, reason);
    return cli_exit_of(err);
}
