/*
 * Changes to the file of contexts, made in its text, so that what a human has written there
 * stays. The file is read by its rules before, and the new one is complete or not there.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/buffer.h"
#include "cli/cli.h"
#include "cli/context_file.h"
#include "cli/new_file.h"

#define LINE_MAX_BYTES 198 /* what inih reads of a line */

bool context_is_name(const char *name)
{
    const size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                    "0123456789._-");

    return len > 0 && len <= 64 && name[len] == '\0' && strcmp(name, "rtm") != 0;
}

static void context_pass(const struct context *context, bool is_current, void *userdata)
{
    (void)context;
    (void)is_current;
    (void)userdata;
}

/* The text of the file, or nothing when there is none yet. False: said. */
static bool context_load(const char *path, struct buffer *text)
{
    char piece[4096];
    size_t n;

    if (path == NULL) {
        cli_error("neither XDG_CONFIG_HOME nor HOME says where contexts are kept");
        return false;
    }
    if (!context_each(context_pass, NULL))
        return false;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return true; /* whatever else is wrong will be when it is written */
    while ((n = fread(piece, 1, sizeof piece, file)) > 0)
        buffer_append(text, piece, n);
    const bool good = ferror(file) == 0;
    if (!good)
        cli_error("%s: %s", path, strerror(errno));
    (void)fclose(file);
    if (text->len > 0 && text->data[text->len - 1] != '\n')
        buffer_append_byte(text, '\n');
    return good;
}

static bool context_make_folder(const char *path)
{
    char *folder = strdup(path);
    bool good = folder != NULL;

    for (char *slash = folder; good && (slash = strchr(slash + 1, '/')) != NULL; *slash = '/') {
        *slash = '\0';
        good = mkdir(folder, 0700) == 0 || errno == EEXIST;
    }
    if (!good)
        cli_error("%s: %s", path, strerror(errno));
    free(folder);
    return good;
}

static bool context_store(const char *path, const struct buffer *text)
{
    return context_make_folder(path) && new_file_write(path, 0600, true, text->data, text->len);
}

/* Whether the line is the header of that section. */
static bool context_is_header(const char *line, size_t len, const char *name)
{
    const size_t name_len = strlen(name);

    return len >= name_len + 2 && line[0] == '[' && memcmp(line + 1, name, name_len) == 0 &&
           line[name_len + 1] == ']';
}

/* Copy `text` without the sections of that name; whether there was one. */
static bool context_copy_without(const struct buffer *text, const char *name, struct buffer *out)
{
    bool is_inside = false;
    bool was_there = false;

    for (size_t at = 0; at < text->len;) {
        const char *const line = text->data + at;
        const char *const end = memchr(line, '\n', text->len - at);
        const size_t len = (size_t)(end - line) + 1;

        if (line[0] == '[')
            is_inside = context_is_header(line, len, name);
        was_there = was_there || is_inside;
        if (!is_inside)
            buffer_append(out, line, len);
        at += len;
    }
    return was_there;
}

/* False: said. */
static bool context_add_line(struct buffer *out, const char *key, const char *value)
{
    const size_t len = value == NULL ? 0 : strlen(value);

    if (value == NULL)
        return true;
    if (len == 0 || strlen(key) + 3 + len > LINE_MAX_BYTES || strpbrk(value, "\r\n") != NULL ||
        strstr(value, " ;") != NULL || strstr(value, "\t;") != NULL || value[0] == ' ' ||
        value[0] == '\t' || value[len - 1] == ' ' || value[len - 1] == '\t') {
        cli_error("%s: empty, longer than %d bytes with its name, or with blanks or \" ;\" where "
                  "the file cannot have them",
                  key, LINE_MAX_BYTES);
        return false;
    }
    buffer_append_string(out, key);
    buffer_append_string(out, " = ");
    buffer_append(out, value, len);
    buffer_append_byte(out, '\n');
    return true;
}

bool context_save(const struct context *context)
{
    char *path = context_file_path();
    struct buffer old = {0};
    struct buffer text = {0};
    bool good = context_load(path, &old);

    if (good) {
        (void)context_copy_without(&old, context->name, &text);
        if (text.len > 0 && (text.len < 2 || text.data[text.len - 2] != '\n'))
            buffer_append_byte(&text, '\n');
        buffer_append_byte(&text, '[');
        buffer_append_string(&text, context->name);
        buffer_append_string(&text, "]\n");
        good = context_add_line(&text, "gate", context->gate) &&
               context_add_line(&text, "pid", context->pid) &&
               context_add_line(&text, "secret", context->secret) &&
               context_add_line(&text, "secret-file", context->secret_file);
        for (int key = 0; good && key < PROTECTION_COUNT; key++)
            good = context_add_line(&text, protection_names[key], context->protection[key]);
        good = good && context_store(path, &text);
    }
    if (text.data != NULL)
        explicit_bzero(text.data, text.len);
    if (old.data != NULL)
        explicit_bzero(old.data, old.len);
    free(text.data);
    free(old.data);
    free(path);
    return good;
}

/* The same text with `current = NAME` in [rtm]; NULL takes it away. */
static void context_set_current(const struct buffer *old, const char *name, struct buffer *text)
{
    if (name != NULL) {
        buffer_append_string(text, "[rtm]\ncurrent = ");
        buffer_append_string(text, name);
        buffer_append_string(text, "\n");
        if (old->len > 0 && old->data[0] != '\n')
            buffer_append_byte(text, '\n');
    }
    (void)context_copy_without(old, "rtm", text);
}

bool context_use(const char *name)
{
    char *path = context_file_path();
    struct context found = {0};
    struct buffer old = {0};
    struct buffer text = {0};
    bool good = context_load(path, &old) && context_read(name, &found) > 0;

    if (good) {
        context_set_current(&old, name, &text);
        good = context_store(path, &text);
    }
    context_deinit(&found);
    free(text.data);
    free(old.data);
    free(path);
    return good;
}

struct context_current {
    const char *name;
    bool is_it;
};

static void context_look(const struct context *context, bool is_current, void *userdata)
{
    struct context_current *look = userdata;

    if (is_current && strcmp(context->name, look->name) == 0)
        look->is_it = true;
}

bool context_remove(const char *name)
{
    char *path = context_file_path();
    struct context_current look = {.name = name};
    struct buffer old = {0};
    struct buffer without = {0};
    struct buffer text = {0};
    bool good = context_load(path, &old) && context_each(context_look, &look);

    if (good && !context_copy_without(&old, name, &without)) {
        cli_error("%s: no context \"%s\"", path, name);
        good = false;
    }
    if (good && look.is_it) /* else every command would look for it */
        context_set_current(&without, NULL, &text);
    else
        buffer_append(&text, without.data, without.len);
    good = good && context_store(path, &text);
    free(text.data);
    free(without.data);
    free(old.data);
    free(path);
    return good;
}
