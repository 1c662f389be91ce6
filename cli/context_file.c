/*
 * The file of contexts, read with inih. inih cuts a value at " ;", joins a line that begins
 * with a blank to the one before, and splits lines that are too long, all without a word; the
 * reader here hands it lines one by one and refuses those three first.
 */
#include "cli/context_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <ini.h>

#include "cli/buffer.h"
#include "cli/cli.h"
#include "cli/memory.h"
#include "cli/secret.h"

struct context_parse {
    FILE *file;
    const char *path;
    int line;
    const char *wrong; /* the first mistake, on `line` */
    char *current;
    struct context *contexts;
    size_t count;
};

void context_deinit(struct context *context)
{
    free(context->name);
    free(context->gate);
    free(context->pid);
    secret_free(context->secret);
    free(context->secret_file);
    for (int key = 0; key < PROTECTION_COUNT; key++)
        free(context->protection[key]);
    *context = (struct context){0};
}

/* What inih would take for something else than it looks; NULL: nothing. */
static const char *context_check_line(const char *line)
{
    const char *content = line + strspn(line, " \t\r\n");

    if (*content == '\0')
        return NULL;
    if (content != line)
        return "begins with a blank";
    if (*line == '#' || *line == ';')
        return NULL;
    for (const char *at = strchr(line, ';'); at != NULL; at = strchr(at + 1, ';')) {
        if (at > line && (at[-1] == ' ' || at[-1] == '\t'))
            return "a comment needs a line of its own";
    }
    return NULL;
}

static char *context_read_line(char *line, int size, void *stream)
{
    struct context_parse *parse = stream;
    int len = 0, c;

    if (parse->wrong != NULL)
        return NULL;
    while ((c = getc(parse->file)) != EOF) {
        if (c == '\0' || len + 2 > size) {
            parse->line++;
            parse->wrong = c == '\0' ? "holds a NUL" : "too long";
            return NULL;
        }
        line[len++] = (char)c;
        if (c == '\n')
            break;
    }
    if (len == 0)
        return NULL;
    line[len] = '\0';
    parse->line++;
    parse->wrong = context_check_line(line);
    return parse->wrong == NULL ? line : NULL;
}

static struct context *context_of_section(struct context_parse *parse, const char *name)
{
    for (size_t i = 0; i < parse->count; i++) {
        if (strcmp(parse->contexts[i].name, name) == 0)
            return &parse->contexts[i];
    }
    parse->contexts = memory_grow(parse->contexts, parse->count + 1, sizeof *parse->contexts);
    parse->contexts[parse->count] = (struct context){.name = memory_dup(name, strlen(name))};
    return &parse->contexts[parse->count++];
}

/* A relative path counts from the file's own folder, "~/" from the home directory. */
static char *context_path(const char *file, const char *value)
{
    const char *slash = strrchr(file, '/');
    const char *home = getenv("HOME");
    struct buffer path = {0};

    if (value[0] == '~' && value[1] == '/' && home != NULL) {
        buffer_append_string(&path, home);
        value++;
    } else if (value[0] != '/' && slash != NULL) {
        buffer_append(&path, file, (size_t)(slash - file) + 1);
    }
    buffer_append_string(&path, value);
    buffer_append_byte(&path, '\0');
    return path.data;
}

static int context_take(void *user, const char *section, const char *name, const char *value)
{
    struct context_parse *parse = user;
    char **field = NULL;
    bool is_path = strcmp(name, "secret-file") == 0;

    if (parse->wrong != NULL)
        return 0;
    if (strcmp(section, "rtm") == 0) {
        field = strcmp(name, "current") == 0 ? &parse->current : NULL;
    } else if (*section != '\0') {
        struct context *context = context_of_section(parse, section);
        const int key = protection_find(name);

        if (strcmp(name, "gate") == 0)
            field = &context->gate;
        else if (strcmp(name, "pid") == 0)
            field = &context->pid;
        else if (strcmp(name, "secret") == 0)
            field = &context->secret;
        else if (strcmp(name, "secret-file") == 0)
            field = &context->secret_file;
        else if (key >= 0)
            field = &context->protection[key];
        is_path = is_path || (key >= 0 && protection_is_path((enum protection_key)key));
    }
    if (field == NULL)
        parse->wrong =
            "no such key (gate, pid, secret, secret-file, security, tls-ca, tls-host, gate-key, "
            "gate-curve, key-bits; current in section rtm)";
    else if (*field != NULL)
        parse->wrong = "the key stands there twice";
    else if (*value == '\0')
        parse->wrong = "the value is empty";
    if (parse->wrong != NULL)
        return 0;
    *field = is_path ? context_path(parse->path, value) : memory_dup(value, strlen(value));
    return 1;
}

/* Read the whole file; false with the mistake on stderr. */
static bool context_parse_file(struct context_parse *parse)
{
    struct stat st;
    const int r = ini_parse_stream(context_read_line, parse, context_take, parse);

    if (r != 0 && parse->wrong == NULL) {
        parse->line = r > 0 ? r : parse->line;
        parse->wrong = r > 0 ? "neither a [section] nor key = value" : "out of memory";
    }
    if (parse->wrong != NULL) {
        cli_error("%s:%d: %s", parse->path, parse->line, parse->wrong);
        return false;
    }
    if (fstat(fileno(parse->file), &st) < 0) {
        cli_error("%s: %s", parse->path, strerror(errno));
        return false;
    }
    for (size_t i = 0; i < parse->count; i++) {
        if (parse->contexts[i].secret != NULL && (st.st_mode & S_IROTH) != 0) {
            cli_error("%s: everybody may read the secret in it: chmod 600 it", parse->path);
            return false;
        }
    }
    return true;
}

static int context_choose(struct context_parse *parse, const char *name,
                          struct context *ret_context)
{
    if (name == NULL)
        name = parse->current;
    if (name == NULL)
        return 0;
    for (size_t i = 0; i < parse->count; i++) {
        if (strcmp(parse->contexts[i].name, name) == 0) {
            *ret_context = parse->contexts[i];
            parse->contexts[i] = (struct context){0};
            return 1;
        }
    }
    cli_error("%s: no context \"%s\"", parse->path, name);
    return -1;
}

char *context_file_path(void)
{
    const char *config = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    struct buffer path = {0};

    if (config != NULL && config[0] == '/') {
        buffer_append_string(&path, config);
    } else if (home != NULL && home[0] != '\0') {
        buffer_append_string(&path, home);
        buffer_append_string(&path, "/.config");
    } else {
        return NULL;
    }
    buffer_append_string(&path, "/rtm/contexts.ini");
    buffer_append_byte(&path, '\0');
    return path.data;
}

/* Read the file: 1, 0 when there is none, -1 when it is wrong, which is said. */
static int context_open(struct context_parse *parse, char *path)
{
    *parse = (struct context_parse){.path = path != NULL ? path : "contexts.ini"};
    errno = ENOENT;
    if (path != NULL)
        parse->file = fopen(path, "re");
    if (parse->file != NULL)
        return context_parse_file(parse) ? 1 : -1;
    if (errno == ENOENT)
        return 0;
    cli_error("%s: %s", parse->path, strerror(errno));
    return -1;
}

static void context_close(struct context_parse *parse)
{
    for (size_t i = 0; i < parse->count; i++)
        context_deinit(&parse->contexts[i]);
    free(parse->contexts);
    free(parse->current);
    if (parse->file != NULL)
        (void)fclose(parse->file);
}

int context_read(const char *name, struct context *ret_context)
{
    char *path = context_file_path();
    struct context_parse parse;
    int result = context_open(&parse, path);

    if (result > 0) {
        result = context_choose(&parse, name, ret_context);
    } else if (result == 0 && name != NULL) {
        cli_error("%s: %s", parse.path, strerror(ENOENT));
        result = -1;
    }
    context_close(&parse);
    free(path);
    return result;
}

bool context_each(context_each_fn *each, void *userdata)
{
    char *path = context_file_path();
    struct context_parse parse;
    const int result = context_open(&parse, path);

    for (size_t i = 0; result > 0 && i < parse.count; i++) {
        const struct context *context = &parse.contexts[i];

        each(context, parse.current != NULL && strcmp(parse.current, context->name) == 0, userdata);
    }
    context_close(&parse);
    free(path);
    return result >= 0;
}
