/*
 * rtmd store VERB: the command line, what is printed, and the exit codes. Data goes to standard
 * output, everything else to standard error.
 */
#include "gate/store_command.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gate/conf_reader.h"
#include "gate/store/maintenance.h"
#include "gate/store/name.h"
#include "gate/store_lines.h"
#include "lib/base/num.h"

enum { EXIT_GOOD = 0, EXIT_DAMAGED = 1, EXIT_FAILED = 2, EXIT_CONF = 78 };

enum { NAME_SIZE = CONF_TEXT_SIZE + 8 };

typedef struct request {
    const char *verb;
    const char *config;
    const char *store;
    char name[NAME_SIZE]; /* of the store */
    bool has_pid;
    int32_t pid;
    const char *file; /* NULL: none, or "-" */
} request;

static const char help[] =
    "usage: rtmd store check  [--pid PID] STORE\n"
    "       rtmd store vacuum STORE\n"
    "       rtmd store export [--pid PID] STORE [FILE]\n"
    "       rtmd store import STORE [FILE]\n"
    "       rtmd store backup STORE FILE\n"
    "\n"
    "STORE is --config FILE, whose setting `store` counts, or --store NAME, as in that setting;\n"
    "a NAME that is a path is an SQLite file.\n"
    "\n"
    "  check    whether the log, the directory and the index are whole; a gate may serve it\n"
    "  vacuum   give room that is no longer used back to the system\n"
    "  export   write it as lines of JSON; a gate may serve it\n"
    "  import   read such lines into an empty store, all or nothing\n"
    "  backup   copy an SQLite store to a new file; a gate may serve it\n"
    "\n"
    "Exit codes: 0 done and good, 1 damage was found, 2 not done, 78 wrong settings.\n";

static int usage(const char *what, const char *word)
{
    fprintf(stderr, "rtmd store: %s%s; see rtmd store --help\n", what, word);
    return EXIT_FAILED;
}

/* Of the store that is asked about, when something went wrong. */
static int fail(const request *self, const char *text)
{
    fprintf(stderr, "rtmd store %s: %s\n", self->verb, text);
    return EXIT_FAILED;
}

/* ---- verbs --------------------------------------------------------------------------------- */

typedef struct findings {
    int64_t count;
} findings;

static void tell_finding(int32_t pid, int64_t offset, const char *text, void *userdata)
{
    findings *self = userdata;

    self->count++;
    if (offset != 0)
        printf("project %" PRId32 ", offset %" PRId64 ": %s\n", pid, offset, text);
    else if (pid != 0)
        printf("project %" PRId32 ": %s\n", pid, text);
    else
        printf("%s\n", text);
}

typedef struct pids {
    int32_t *items;
    size_t count;
    size_t cap;
} pids;

static bool add_pid(int32_t pid, void *userdata)
{
    pids *self = userdata;

    if (self->count == self->cap) {
        const size_t cap = self->cap == 0 ? 64 : self->cap * 2;
        int32_t *items = realloc(self->items, cap * sizeof *items);

        if (items == NULL)
            return false;
        self->items = items;
        self->cap = cap;
    }
    self->items[self->count++] = pid;
    return true;
}

/* The projects that are meant: all, or the one that was named. 0 or -1. */
static int list_pids(const request *self, store_tool *tool, pids *ret_pids, char *text,
                     size_t text_size)
{
    if (tool->ops->read_pids(tool, add_pid, ret_pids, text, text_size) < 0)
        return -1;
    if (!self->has_pid)
        return 0;
    for (size_t i = 0; i < ret_pids->count; i++) {
        if (ret_pids->items[i] == self->pid) {
            ret_pids->items[0] = self->pid;
            ret_pids->count = 1;
            return 0;
        }
    }
    (void)snprintf(text, text_size, "there is no project %" PRId32, self->pid);
    return -1;
}

static int check_all(const request *self, store_tool *tool, char *text, size_t text_size)
{
    findings found = {0};
    store_counts counts = {0};
    pids checked = {0};
    int r =
        self->has_pid ? 0 : tool->ops->check_database(tool, tell_finding, &found, text, text_size);

    if (r == 0)
        r = list_pids(self, tool, &checked, text, text_size);
    for (size_t i = 0; r == 0 && i < checked.count; i++)
        r = store_check_project(tool, checked.items[i], tell_finding, &found, &counts, text,
                                text_size);
    free(checked.items);
    if (r < 0)
        return EXIT_FAILED;
    printf("%s: projects=%" PRId64 " epochs=%" PRId64 " entries=%" PRId64 " records=%" PRId64
           " blocks=%" PRId64 " damages=%" PRId64 "\n",
           found.count == 0 ? "good" : "damaged", counts.projects, counts.epochs, counts.entries,
           counts.records, counts.blocks, found.count);
    return found.count == 0 ? EXIT_GOOD : EXIT_DAMAGED;
}

static int vacuum(const request *self, store_tool *tool, char *text, size_t text_size)
{
    (void)self;
    return tool->ops->vacuum(tool, text, text_size) < 0 ? EXIT_FAILED : EXIT_GOOD;
}

static int backup(const request *self, store_tool *tool, char *text, size_t text_size)
{
    return tool->ops->backup(tool, self->file, text, text_size) < 0 ? EXIT_FAILED : EXIT_GOOD;
}

static int export_to(const request *self, store_tool *tool, FILE *out, char *text, size_t text_size)
{
    store_counts counts;

    if (store_lines_write(tool, self->has_pid ? &self->pid : NULL, out, &counts, text, text_size) <
        0)
        return EXIT_FAILED;
    if (fflush(out) != 0 || ferror(out)) {
        (void)snprintf(text, text_size, "%s: %s", self->file != NULL ? self->file : "stdout",
                       strerror(errno));
        return EXIT_FAILED;
    }
    return EXIT_GOOD;
}

/* A file is new, and gone again when it did not become whole. */
static int export_all(const request *self, store_tool *tool, char *text, size_t text_size)
{
    int fd;
    FILE *out;
    int code;

    if (self->file == NULL)
        return export_to(self, tool, stdout, text, text_size);
    fd = open(self->file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    out = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (out == NULL) {
        (void)snprintf(text, text_size, "%s: %s", self->file, strerror(errno));
        if (fd >= 0)
            (void)close(fd);
        return EXIT_FAILED;
    }
    code = export_to(self, tool, out, text, text_size);
    if (code == EXIT_GOOD && fsync(fd) < 0) {
        (void)snprintf(text, text_size, "%s: %s", self->file, strerror(errno));
        code = EXIT_FAILED;
    }
    (void)fclose(out);
    if (code != EXIT_GOOD)
        (void)unlink(self->file);
    return code;
}

static int import_all(const request *self, store_tool *tool, char *text, size_t text_size)
{
    FILE *in = self->file != NULL ? fopen(self->file, "re") : stdin;
    store_counts counts;
    int r;

    if (in == NULL) {
        (void)snprintf(text, text_size, "%s: %s", self->file, strerror(errno));
        return EXIT_FAILED;
    }
    r = store_lines_read(tool, in, &counts, text, text_size);
    if (in != stdin)
        (void)fclose(in);
    if (r < 0)
        return EXIT_FAILED;
    printf("projects=%" PRId64 " epochs=%" PRId64 " entries=%" PRId64 " records=%" PRId64 "\n",
           counts.projects, counts.epochs, counts.entries, counts.records);
    return EXIT_GOOD;
}

static const struct verb {
    const char *name;
    store_access access;
    int (*run)(const request *self, store_tool *tool, char *text, size_t text_size);
    bool takes_pid;
    int file_min;
    int file_max;
} verbs[] = {
    {"check", STORE_LOOK, check_all, true, 0, 0},
    {"vacuum", STORE_OWN, vacuum, false, 0, 0},
    {"export", STORE_LOOK, export_all, true, 0, 1},
    {"import", STORE_IMPORT, import_all, false, 0, 1},
    {"backup", STORE_LOOK, backup, false, 1, 1},
};

static const struct verb *find_verb(const char *name)
{
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    }
    return NULL;
}

/* ---- the command line ---------------------------------------------------------------------- */

static void complain(const char *text, void *userdata)
{
    (void)userdata;
    fprintf(stderr, "rtmd store: %s\n", text);
}

/* The store's name from the settings: no secret of theirs is needed. An exit code. */
static int read_config(request *self)
{
    conf settings;
    int code = EXIT_GOOD;

    conf_init(&settings, complain, NULL);
    if (conf_read_file(&settings, self->config) < 0)
        code = EXIT_CONF;
    else
        (void)snprintf(self->name, sizeof self->name, "%s", settings.gate.store);
    conf_deinit(&settings);
    return code;
}

/* The store's name as it was given; others see a command line, so no password is taken there. */
static int take_name(request *self)
{
    char shown[NAME_SIZE];
    const char *prefix = store_name_is_known(self->store) ? "" : "sqlite:";

    if (strlen(self->store) + 8 >= sizeof self->name)
        return usage("the name of the store is too long", "");
    (void)snprintf(self->name, sizeof self->name, "%s%s", prefix, self->store);
    store_name_show(self->store, shown, sizeof shown);
    if (store_name_conninfo(self->name) != NULL && strcmp(shown, self->store) != 0)
        return usage("a password is never given on a command line: use passfile", "");
    return EXIT_GOOD;
}

static int parse(int argc, char **argv, request *self, const struct verb *verb)
{
    enum { OPT_CONFIG = 256, OPT_STORE, OPT_PID };
    static const struct option words[] = {
        {"config", required_argument, NULL, OPT_CONFIG},
        {"store", required_argument, NULL, OPT_STORE},
        {"pid", required_argument, NULL, OPT_PID},
        {NULL, 0, NULL, 0},
    };
    int64_t pid;
    int word;

    opterr = 0;
    optind = 1;
    while ((word = getopt_long(argc, argv, ":", words, NULL)) != -1) {
        switch (word) {
        case OPT_CONFIG:
            self->config = optarg;
            break;
        case OPT_STORE:
            self->store = optarg;
            break;
        case OPT_PID:
            if (!rtmi_int_parse(optarg, strlen(optarg), &pid) || pid < INT32_MIN ||
                pid > INT32_MAX || !verb->takes_pid)
                return usage(verb->takes_pid ? "--pid takes a number, not "
                                             : "no --pid is taken by ",
                             verb->takes_pid ? optarg : verb->name);
            self->has_pid = true;
            self->pid = (int32_t)pid;
            break;
        default:
            return usage(word == ':' ? "a value is missing behind " : "no such option: ",
                         argv[optind - 1]);
        }
    }
    if (argc - optind < verb->file_min)
        return usage("a FILE is needed by ", verb->name);
    if (argc - optind > verb->file_max)
        return usage("no such argument: ", argv[optind + verb->file_max]);
    if (optind < argc && strcmp(argv[optind], "-") != 0)
        self->file = argv[optind];
    if (self->file == NULL && verb->file_min > 0)
        return usage("a FILE that is none: ", argv[optind]);
    if ((self->config == NULL) == (self->store == NULL))
        return usage("either --config or --store is needed", "");
    return self->config != NULL ? read_config(self) : take_name(self);
}

static int run(const request *self, const struct verb *verb)
{
    char text[512] = "";
    store_tool *tool = NULL;
    int code;

    if (store_tool_open(self->name, verb->access, &tool, text, sizeof text) < 0)
        return fail(self, text);
    code = verb->run(self, tool, text, sizeof text);
    tool->ops->close(tool);
    if (code == EXIT_FAILED)
        return fail(self, text);
    return code;
}

int store_command(int argc, char **argv)
{
    request self = {0};
    const struct verb *verb = argc > 1 ? find_verb(argv[1]) : NULL;
    int code;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            fputs(help, stdout);
            return EXIT_GOOD;
        }
    }
    if (verb == NULL)
        return usage(argc > 1 ? "no such command: " : "no command", argc > 1 ? argv[1] : "");
    self.verb = verb->name;
    code = parse(argc - 1, argv + 1, &self, verb);
    return code == EXIT_GOOD ? run(&self, verb) : code;
}
