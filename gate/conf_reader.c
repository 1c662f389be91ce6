/*
 * Files, sections and values of the configuration.
 *
 * inih does the splitting, but it is forgiving where an operator wants to be told: it cuts
 * values at " ;", joins indented lines to the value above, splits long lines in two, and passes
 * over what follows "]". So the reader that feeds it looks at each line first and hands on only
 * those that mean one thing; it also follows the sections, which inih reports only with a key.
 */
#include "gate/conf_reader.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ini.h>

#include "gate/conf_impl.h"
#include "gate/store/name.h"
#include "gate/text.h"
#include "lib/base/num.h"

#define FILE_MAX (1024 * 1024)

/* What the reader hands to inih, and what both know of the place. */
typedef struct source {
    conf *conf;
    const char *rest;
    size_t rest_len;
    int line;
    bool has_section; /* a good one: the keys of a bad one are passed over */
    bool bad_section;
    conf_section section;
    size_t place;  /* in conf.listens or conf.projects */
    int gate_line; /* where [gate] was; 0: not yet */
} source;

/* What a section's values are read into, and which of them it had. */
typedef struct target {
    conf_section section;
    void *values;
    uint64_t *seen;
} target;

static void complain_plainly(conf *self, const char *text)
{
    char shown[1024];

    self->mistakes++;
    (void)text_show(text, strlen(text), shown, sizeof shown);
    self->complain(shown, self->userdata);
}

/* With the place: line 0 is the file as a whole. */
void conf_complain(conf *self, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void conf_complain(conf *self, int line, const char *format, ...)
{
    char text[1024];
    int used = 0;
    va_list args;

    if (self->name[0] != '\0' && line > 0)
        used = snprintf(text, sizeof text, "%s:%d: ", self->name, line);
    else if (self->name[0] != '\0')
        used = snprintf(text, sizeof text, "%s: ", self->name);
    assert(used >= 0 && (size_t)used < sizeof text);
    va_start(args, format);
    (void)vsnprintf(text + used, sizeof text - (size_t)used, format, args);
    va_end(args);
    complain_plainly(self, text);
}

void conf_init(conf *self, conf_complain_fn *complain_fn, void *userdata)
{
    *self = (conf){.complain = complain_fn, .userdata = userdata};
    conf_gate_init(&self->gate);
}

void conf_deinit(conf *self)
{
    if (self->projects != NULL)
        explicit_bzero(self->projects, self->project_cap * sizeof *self->projects);
    free(self->projects);
    self->projects = NULL;
    self->project_count = self->project_cap = 0;
    explicit_bzero(self->listens, sizeof self->listens);
    self->listen_count = 0;
}

conf_project *conf_find_project(conf *self, int64_t pid)
{
    for (size_t i = 0; i < self->project_count; i++)
        if (self->projects[i].pid == pid)
            return &self->projects[i];
    return NULL;
}

conf_project *conf_add_project(conf *self, int32_t pid, int line)
{
    const conf_project *const other = conf_find_project(self, pid);

    if (other != NULL) {
        conf_complain(self, line, "project %" PRId32 " was already in line %d", pid, other->line);
        return NULL;
    }
    if (self->project_count == self->project_cap) {
        /* No realloc: it would leave secrets behind in memory. */
        const size_t cap = self->project_cap == 0 ? 8 : self->project_cap * 2;
        conf_project *const projects = calloc(cap, sizeof *projects);
        if (projects == NULL) {
            conf_complain(self, line, "out of memory");
            return NULL;
        }
        if (self->projects != NULL) {
            memcpy(projects, self->projects, self->project_count * sizeof *projects);
            explicit_bzero(self->projects, self->project_cap * sizeof *projects);
        }
        free(self->projects);
        self->projects = projects;
        self->project_cap = cap;
    }
    conf_project *const project = &self->projects[self->project_count++];
    conf_project_init(project);
    project->pid = pid;
    project->line = line;
    return project;
}

static conf_listen *find_listen(conf *self, const char *name, size_t len)
{
    for (size_t i = 0; i < self->listen_count; i++)
        if (strlen(self->listens[i].name) == len && memcmp(self->listens[i].name, name, len) == 0)
            return &self->listens[i];
    return NULL;
}

/* The name in "listen NAME"; NULL when it is none. */
static const char *parse_listen(const char *section, size_t len, size_t *ret_len)
{
    static const char word[] = "listen ";
    const size_t word_len = sizeof word - 1;

    if (len <= word_len || memcmp(section, word, word_len) != 0 ||
        len - word_len >= CONF_LISTEN_NAME_SIZE)
        return NULL;
    const char *const name = section + word_len;
    *ret_len = len - word_len;
    for (size_t i = 0; i < *ret_len; i++) {
        const bool is_letter = name[i] >= 'a' && name[i] <= 'z';
        const bool is_digit = name[i] >= '0' && name[i] <= '9';
        if (!is_letter && (i == 0 || (!is_digit && name[i] != '-')))
            return NULL;
    }
    return name;
}

/* Enter [listen NAME]. False: told. */
static bool add_listen(conf *self, const char *section, size_t section_len, int line)
{
    size_t len;
    const char *const name = parse_listen(section, section_len, &len);

    if (name == NULL) {
        conf_complain(
            self, line,
            "[%.*s]: an address is [listen NAME], NAME of at most %d small letters, digits "
            "and -, beginning with a letter",
            (int)rtmi_min_size(section_len, 100), section, CONF_LISTEN_NAME_SIZE - 1);
        return false;
    }
    const conf_listen *const other = find_listen(self, name, len);
    if (other != NULL) {
        conf_complain(self, line, "[listen %s] was already in line %d", other->name, other->line);
        return false;
    }
    if (self->listen_count == CONF_LISTEN_MAX) {
        conf_complain(self, line, "more than %d [listen] sections", CONF_LISTEN_MAX);
        return false;
    }
    conf_listen *const listen = &self->listens[self->listen_count++];
    conf_listen_init(listen);
    memcpy(listen->name, name, len);
    listen->line = line;
    return true;
}

/* "project 11000001" to its number. */
static bool parse_project(const char *section, size_t len, int32_t *ret_pid)
{
    static const char word[] = "project ";
    const size_t word_len = sizeof word - 1;
    int64_t pid;

    if (len <= word_len || memcmp(section, word, word_len) != 0 ||
        !rtmi_int_parse(section + word_len, len - word_len, &pid) || pid < 1 || pid > INT32_MAX)
        return false;
    *ret_pid = (int32_t)pid;
    return true;
}

static void enter_section(source *src, const char *line, size_t len)
{
    const char *const end = memchr(line, ']', len);
    int32_t pid;

    src->has_section = false;
    src->bad_section = true;
    if (end == NULL) {
        conf_complain(src->conf, src->line, "a section without ]");
        return;
    }
    if (end != line + len - 1) {
        conf_complain(src->conf, src->line, "text behind a section's ]");
        return;
    }
    const char *const name = line + 1;
    const size_t name_len = (size_t)(end - name);
    if (name_len == 4 && memcmp(name, "gate", 4) == 0) {
        if (src->gate_line > 0) {
            conf_complain(src->conf, src->line, "section [gate] was already in line %d",
                          src->gate_line);
            return;
        }
        src->gate_line = src->line;
        src->section = CONF_GATE;
    } else if (name_len >= 6 && memcmp(name, "listen", 6) == 0) {
        if (!add_listen(src->conf, name, name_len, src->line))
            return;
        src->section = CONF_LISTEN;
        src->place = src->conf->listen_count - 1;
    } else if (parse_project(name, name_len, &pid)) {
        if (conf_add_project(src->conf, pid, src->line) == NULL)
            return;
        src->section = CONF_PROJECT;
        src->place = src->conf->project_count - 1;
    } else if (name_len >= 7 && memcmp(name, "project", 7) == 0) {
        conf_complain(src->conf, src->line, "[%.*s]: a project is [project PID], PID from 1 to %d",
                      (int)rtmi_min_size(name_len, 100), name, INT32_MAX);
        return;
    } else {
        conf_complain(src->conf, src->line,
                      "unknown section [%.*s]; there are [gate], [listen NAME] and [project PID]",
                      (int)rtmi_min_size(name_len, 100), name);
        return;
    }
    src->has_section = true;
    src->bad_section = false;
}

/* Bytes that no line may have. */
static bool check_bytes(source *src, const char *line, size_t len)
{
    for (size_t at = 0; at < len;) {
        const size_t n = text_char_len(line + at, len - at);
        if (n == 0) {
            conf_complain(src->conf, src->line, "byte %zu is no UTF-8", at + 1);
            return false;
        }
        if (n == 1 && ((uint8_t)line[at] < 0x20 || line[at] == 0x7f) && line[at] != '\t') {
            conf_complain(src->conf, src->line, "byte %zu is a control character", at + 1);
            return false;
        }
        at += n;
    }
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool check_comment(source *src, const char *line, size_t len)
{
    for (size_t i = 1; i < len; i++) {
        if ((line[i] == ';' || line[i] == '#') && is_blank(line[i - 1])) {
            conf_complain(src->conf, src->line,
                          "\" %c\" begins no comment here; a comment is a line of its own",
                          line[i]);
            return false;
        }
    }
    return true;
}

static bool check_assignment(source *src, const char *line, size_t len)
{
    const char *const equals = memchr(line, '=', len);
    const char *const colon = memchr(line, ':', len);

    if (equals == NULL || (colon != NULL && colon < equals)) {
        conf_complain(src->conf, src->line, "neither [section] nor name = value");
        return false;
    }
    if (equals == line) {
        conf_complain(src->conf, src->line, "a value without a name");
        return false;
    }
    if (!src->has_section && !src->bad_section) {
        conf_complain(src->conf, src->line, "a value before the first [section]");
        return false;
    }
    return true;
}

/* Whether inih shall see the line. Mistakes are told here. */
static bool look_at_line(source *src, const char *line, size_t len, size_t room)
{
    size_t blanks = 0;

    while (blanks < len && is_blank(line[blanks]))
        blanks++;
    if (!check_bytes(src, line, len) || blanks == len)
        return false;
    if (line[blanks] == '#' || line[blanks] == ';')
        return false;
    if (len + 2 > room) { /* newline and NUL */
        conf_complain(src->conf, src->line,
                      "longer than %zu bytes (a secret may stand in secret-file)", room - 2);
        return false;
    }
    if (blanks > 0) {
        conf_complain(src->conf, src->line, "begins with a blank; values end with their line");
        return false;
    }
    if (!check_comment(src, line, len))
        return false;
    if (line[0] == '[') {
        while (is_blank(line[len - 1]))
            len--;
        enter_section(src, line, len);
        return false; /* followed here; inih needs no sections then */
    }
    return check_assignment(src, line, len) && src->has_section;
}

/* inih's reader: the next line that means one thing, as fgets would give it. */
static char *read_line(char *room, int size, void *userdata)
{
    source *const src = userdata;

    while (src->rest_len > 0) {
        const char *const line = src->rest;
        const char *const newline = memchr(line, '\n', src->rest_len);
        size_t len = newline != NULL ? (size_t)(newline - line) : src->rest_len;

        src->line++;
        src->rest += newline != NULL ? len + 1 : len;
        src->rest_len -= newline != NULL ? len + 1 : len;
        if (len > 0 && line[len - 1] == '\r')
            len--;
        if (!look_at_line(src, line, len, (size_t)size))
            continue;
        memcpy(room, line, len);
        memcpy(room + len, "\n", 2);
        return room;
    }
    return NULL;
}

static void complain_of_name(conf *self, int line, conf_section section, const char *name)
{
    const char *const nearest = conf_row_nearest(section, name);
    static const char *const wheres[] = {"[gate]", "[listen]", "[project]"};
    const char *const where = wheres[section];

    for (conf_section other = CONF_GATE; other <= CONF_PROJECT; other++) {
        if (conf_row_find(other, name) != NULL) {
            conf_complain(self, line, "\"%s\" belongs into [%s]", name, conf_section_text(other));
            return;
        }
    }
    if (nearest != NULL)
        conf_complain(self, line, "unknown name \"%s\" in %s; did you mean \"%s\"?", name, where,
                      nearest);
    else
        conf_complain(self, line, "unknown name \"%s\" in %s", name, where);
}

static target target_of(conf *self, conf_section section, size_t place)
{
    switch (section) {
    case CONF_LISTEN:
        return (target){section, &self->listens[place], &self->listens[place].seen};
    case CONF_PROJECT:
        return (target){section, &self->projects[place], &self->projects[place].seen};
    case CONF_GATE:
        break;
    }
    return (target){CONF_GATE, &self->gate, &self->seen};
}

/* inih's handler: one name and value. */
static int take_value(void *userdata, const char *section, const char *name, const char *value)
{
    source *const src = userdata;
    conf *const self = src->conf;
    const target to = target_of(self, src->section, src->place);
    char text[512];

    (void)section;
    const conf_row *const row = conf_row_find(to.section, name);
    if (row == NULL) {
        complain_of_name(self, src->line, to.section, name);
        return 1;
    }
    if ((*to.seen & conf_row_bit(row)) != 0) {
        conf_complain(self, src->line, "%s was already given", name);
        return 1;
    }
    *to.seen |= conf_row_bit(row);
    if (conf_row_parse(row, value, to.values, text, sizeof text) < 0)
        conf_complain(self, src->line, "%s", text);
    return 1;
}

int conf_read_text(conf *self, const char *name, const char *text, size_t len)
{
    source src = {.conf = self, .rest = text, .rest_len = len};
    const size_t before = self->mistakes;

    (void)snprintf(self->name, sizeof self->name, "%s", name);
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* a byte order mark */
        src.rest += 3;
        src.rest_len -= 3;
    }
    const int r = ini_parse_stream(read_line, &src, take_value, &src);
    if (r != 0 && self->mistakes == before)
        conf_complain(self, r > 0 ? src.line : 0, "not understood");
    return self->mistakes == before ? 0 : -1;
}

/* All of a file, at most FILE_MAX bytes; to be freed. NULL: told. */
static char *read_all(conf *self, int fd, size_t *ret_len)
{
    char *const text = malloc(FILE_MAX + 1);
    size_t len = 0;

    if (text == NULL) {
        conf_complain(self, 0, "out of memory");
        return NULL;
    }
    while (len <= FILE_MAX) {
        const ssize_t n = read(fd, text + len, FILE_MAX + 1 - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            conf_complain(self, 0, "%s", strerror(errno));
            free(text);
            return NULL;
        }
        if (n == 0) {
            *ret_len = len;
            return text;
        }
        len += (size_t)n;
    }
    conf_complain(self, 0, "larger than %d bytes", FILE_MAX);
    free(text);
    return NULL;
}

int conf_read_file(conf *self, const char *path)
{
    size_t len = 0;
    int r = -1;

    (void)snprintf(self->name, sizeof self->name, "%s", path);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        conf_complain(self, 0, "%s", strerror(errno));
        return -1;
    }
    char *const text = read_all(self, fd, &len);
    if (text != NULL) {
        r = conf_read_text(self, path, text, len);
        explicit_bzero(text, len);
        free(text);
    }
    (void)close(fd);
    return r;
}

/* Find whom a --set concerns. Returns as conf_set(). */
static int find_section(conf *self, const char *assignment, size_t len, target *ret)
{
    int32_t pid;
    size_t name_len;
    const char *const name = parse_listen(assignment, len, &name_len);

    if (len == 4 && memcmp(assignment, "gate", 4) == 0) {
        *ret = target_of(self, CONF_GATE, 0);
        return 0;
    }
    if (name != NULL) {
        const conf_listen *const listen = find_listen(self, name, name_len);
        if (listen == NULL) {
            conf_complain(self, 0, "there is no [listen %.*s]", (int)name_len, name);
            return -1;
        }
        *ret = target_of(self, CONF_LISTEN, (size_t)(listen - self->listens));
        return 0;
    }
    if (!parse_project(assignment, len, &pid)) {
        conf_complain(self, 0, "the section is neither gate, \"listen NAME\" nor \"project PID\"");
        return 1;
    }
    const conf_project *const project = conf_find_project(self, pid);
    if (project == NULL) {
        conf_complain(self, 0, "there is no [project %" PRId32 "]", pid);
        return -1;
    }
    *ret = target_of(self, CONF_PROJECT, (size_t)(project - self->projects));
    return 0;
}

static bool has_password(const char *store_name)
{
    char shown[CONF_TEXT_SIZE];

    store_name_show(store_name, shown, sizeof shown);
    return strncmp(store_name, shown, sizeof shown - 1) != 0;
}

static int set_value(conf *self, const char *assignment)
{
    const char *const dot = strchr(assignment, '.');
    const char *const equals = dot != NULL ? strchr(dot, '=') : NULL;
    target to;
    char name[64];
    char text[512];

    if (equals == NULL || (size_t)(equals - dot) > sizeof name) {
        conf_complain(self, 0, "not section.name=value");
        return 1;
    }
    const int r = find_section(self, assignment, (size_t)(dot - assignment), &to);
    if (r != 0)
        return r;
    const size_t name_len = (size_t)(equals - dot) - 1;
    memcpy(name, dot + 1, name_len);
    name[name_len] = '\0';

    const conf_row *const row = conf_row_find(to.section, name);
    if (row == NULL) {
        complain_of_name(self, 0, to.section, name);
        return -1;
    }
    if (row->type == CONF_SECRET) {
        conf_complain(self, 0,
                      "%s is never given on a command line, where others see it: use %s-file", name,
                      name);
        return 1;
    }
    if (row->type == CONF_STORE && has_password(equals + 1)) {
        conf_complain(
            self, 0,
            "a password is never given on a command line, where others see it: use passfile");
        return 1;
    }
    if (conf_row_parse(row, equals + 1, to.values, text, sizeof text) < 0) {
        conf_complain(self, 0, "%s", text);
        return -1;
    }
    *to.seen |= conf_row_bit(row);
    return 0;
}

int conf_set(conf *self, const char *assignment)
{
    const char *const equals = strchr(assignment, '=');
    char file[CONF_TEXT_SIZE];

    /* Complaints name the setting, not the file; its value may be a secret. */
    memcpy(file, self->name, sizeof file);
    (void)snprintf(self->name, sizeof self->name, "--set %.*s",
                   (int)(equals != NULL ? rtmi_min_size((size_t)(equals - assignment), 100)
                                        : strnlen(assignment, 100)),
                   assignment);
    const int r = set_value(self, assignment);
    memcpy(self->name, file, sizeof file);
    return r;
}

void conf_set_listen(conf *self, const char *address)
{
    (void)snprintf(self->gate.listen, sizeof self->gate.listen, "%s", address);
    self->seen |= conf_row_bit(conf_row_find(CONF_GATE, "listen"));
}

bool conf_has_short_listen(const conf *self)
{
    size_t others = 0;

    for (size_t i = 0; i < self->listen_count; i++)
        others += self->listens[i].protocol == CONF_PROTOCOL_FPNN;
    return others == 0 || (self->seen & conf_row_bit(conf_row_find(CONF_GATE, "listen"))) != 0;
}

/* Of a project: all that have an initial value. */
static void print_numbers(const conf_project *project, FILE *out)
{
    char text[CONF_TEXT_SIZE];

    for (size_t i = 0; i < conf_row_count; i++) {
        if (conf_rows[i].section != CONF_PROJECT || conf_rows[i].initial == NULL)
            continue;
        conf_row_print(&conf_rows[i], project, text, sizeof text);
        fprintf(out, "%s = %s\n", conf_rows[i].name, text);
    }
}

static void print_project(const conf_project *project, FILE *out)
{
    const char *const name[2] = {"secret", "secret-old"};
    const char *const secret[2] = {project->secret, project->secret_old};
    const char *const file[2] = {project->secret_file, project->secret_old_file};

    fprintf(out, "\n[project %" PRId32 "]\n", project->pid);
    for (size_t i = 0; i < 2; i++) {
        if (file[i][0] != '\0')
            fprintf(out, "%s-file = %s\n", name[i], file[i]);
        else if (secret[i][0] != '\0')
            fprintf(out, "# %s = (set, not shown)\n", name[i]);
    }
    print_numbers(project, out);
}

/* All values of a section; of a [listen] those without meaning are left out. */
static void print_values(conf_section section, const void *values, FILE *out)
{
    char text[CONF_TEXT_SIZE];

    for (size_t i = 0; i < conf_row_count; i++) {
        if (conf_rows[i].section != section)
            continue;
        conf_row_print(&conf_rows[i], values, text, sizeof text);
        if (text[0] != '\0' || (section == CONF_GATE && conf_rows[i].initial == NULL))
            fprintf(out, "%s = %s\n", conf_rows[i].name, text);
    }
}

void conf_print(const conf *self, FILE *out)
{
    conf_gate gate = self->gate;

    if (!conf_has_short_listen(self))
        gate.listen[0] = '\0';
    fprintf(out, "[gate]\n");
    print_values(CONF_GATE, &gate, out);
    for (size_t i = 0; i < self->listen_count; i++) {
        fprintf(out, "\n[listen %s]\n", self->listens[i].name);
        print_values(CONF_LISTEN, &self->listens[i], out);
    }
    for (size_t i = 0; i < self->project_count; i++)
        print_project(&self->projects[i], out);
}
