/*
 * The names of stores. They are shown in messages and by --print-config, so what may be a
 * password is taken out here, whatever else the name is: a mistaken one is shown too.
 */
#include "gate/store/name.h"

#include <ctype.h>
#include <string.h>

static const char *behind(const char *name, const char *prefix)
{
    const size_t len = strlen(prefix);

    return strncmp(name, prefix, len) == 0 ? name + len : NULL;
}

const char *store_name_path(const char *name)
{
    const char *path = behind(name, "sqlite:");

    return path != NULL && path[0] != '\0' ? path : NULL;
}

const char *store_name_conninfo(const char *name)
{
    const char *rest = behind(name, "postgres:");

    if (behind(name, "postgres://") != NULL || behind(name, "postgresql://") != NULL)
        return name;
    return rest != NULL && rest[0] != '\0' ? rest : NULL;
}

bool store_name_is_known(const char *name)
{
    return strcmp(name, "memory:") == 0 || store_name_path(name) != NULL ||
           store_name_conninfo(name) != NULL;
}

/* ---- showing ------------------------------------------------------------------------------- */

/* Where the value of a word that names a password begins, or NULL: "password=", "sslpassword=". */
static const char *find_password_word(const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        const char *value;

        if (strncasecmp(at, "password", 8) != 0)
            continue;
        for (value = at + 8; isspace((unsigned char)*value); value++)
            continue;
        if (*value == '=') {
            for (value++; isspace((unsigned char)*value); value++)
                continue;
            return value;
        }
    }
    return NULL;
}

/* The end of a value: in a URI the next parameter, else the next blank outside of quotes. */
static const char *end_of_value(const char *value, bool is_uri)
{
    bool is_quoted = false;

    if (is_uri)
        return value + strcspn(value, "&");
    for (; *value != '\0' && (is_quoted || !isspace((unsigned char)*value)); value++) {
        if (*value == '\\' && value[1] != '\0')
            value++;
        else if (*value == '\'')
            is_quoted = !is_quoted;
    }
    return value;
}

/* The password of "//user:password@": from behind the colon to the last @ before the path. */
static bool find_uri_password(const char *text, const char **ret_begin, const char **ret_end)
{
    const char *slashes = strstr(text, "//");
    const char *end;
    const char *colon;

    if (slashes == NULL)
        return false;
    slashes += 2;
    /* A password may hold anything by mistake, a slash too: rather hide too much. */
    end = strrchr(slashes, '@');
    colon = strchr(slashes, ':');
    if (end == NULL || colon == NULL || colon > end)
        return false;
    *ret_begin = colon + 1;
    *ret_end = end;
    return true;
}

static void add_text(char *shown, size_t size, size_t *used, const char *from, size_t len)
{
    for (size_t i = 0; i < len && *used + 1 < size; i++)
        shown[(*used)++] = from[i];
    shown[*used] = '\0';
}

void store_name_show(const char *name, char *shown, size_t size)
{
    const bool is_uri = strstr(name, "//") != NULL;
    const char *at = name;
    const char *begin, *end;
    size_t used = 0;

    if (size == 0)
        return;
    shown[0] = '\0';
    /* Whatever is no path may be a mistaken URI. */
    if (strcmp(name, "memory:") == 0 || behind(name, "sqlite:") != NULL) {
        add_text(shown, size, &used, name, strlen(name));
        return;
    }
    if (find_uri_password(at, &begin, &end)) {
        add_text(shown, size, &used, at, (size_t)(begin - at));
        add_text(shown, size, &used, "***", 3);
        at = end;
    }
    while ((begin = find_password_word(at)) != NULL) {
        end = end_of_value(begin, is_uri);
        add_text(shown, size, &used, at, (size_t)(begin - at));
        add_text(shown, size, &used, "***", 3);
        at = end;
    }
    add_text(shown, size, &used, at, strlen(at));
}
