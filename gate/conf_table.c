/*
 * The table of settings, and what follows from a row alone: reading one value, printing it,
 * describing it. Files, sections and secrets are conf_reader's.
 *
 * Initial values are texts that pass the same parser, so that the manual, the sample and the
 * program cannot disagree.
 */
#include "gate/conf_table.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "gate/store/name.h"
#include "lib/base/num.h"

#define KIB INT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define TIB (1024 * GIB)
#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

#define FIELD(type, field) offsetof(type, field), sizeof(((type *)NULL)->field)
#define GATE(name, type, field) CONF_GATE, name, type, FIELD(conf_gate, field)
#define LISTEN(name, type, field) CONF_LISTEN, name, type, FIELD(conf_listen, field)
#define PROJECT(name, type, field) CONF_PROJECT, name, type, FIELD(conf_project, field)
#define TEXT_ROW 0, 0, NULL

static const char *const durabilities[] = {"memory", "normal", "full", NULL};
static const char *const slows[] = {"drop_oldest", "drop_newest", "disconnect", NULL};
static const char *const levels[] = {"error", "warn", "info", "debug", "trace", NULL};
static const char *const formats[] = {"text", "json", NULL};
static const char *const protocols[] = {"fpnn", "admin", "files", NULL};
static const char *const encryptions[] = {"off", "allowed", "required", NULL};
static const char *const curves[] = {"by-file",   "secp256k1", "secp256r1",
                                     "secp224r1", "secp192r1", NULL};
static const char *const bools[] = {"false", "true", NULL};
static const char *const file_signs[] = {"lenient", "strict", NULL};

/* clang-format off */
const conf_row conf_rows[] = {
    {GATE("listen", CONF_SOCKET, listen), "127.0.0.1:13321", TEXT_ROW, false,
     "Where to accept FPNN in clear. Port 0 takes a free one; host * is every address. With "
     "[listen] sections for FPNN it counts only if it is given."},
    {GATE("endpoint", CONF_ADDRESS, endpoint), NULL, TEXT_ROW, false,
     "What login events name as this gate. Empty: the address that is listened on."},
    {GATE("shards", CONF_INT, shards), "0", 0, 256, NULL, false,
     "Threads that serve connections. 0: one for each processor."},
    {GATE("max-connections", CONF_INT, max_connections), "100000", 1, 10000000, NULL, true,
     "More are closed as soon as they are accepted."},

    {GATE("connections-per-address", CONF_INT, connections_per_address), "0", 0, 10000000, NULL,
     true, "Connections at a time from one IPv4 address or IPv6 /64; more are closed as soon as "
     "they are accepted. 0: no limit."},
    {GATE("quests-per-address", CONF_INT, quests_per_address), "0", 0, QUOTA_RATE_MAX, NULL, true,
     "Quests a second from one IPv4 address or IPv6 /64; more are answered 200010. 0: no limit."},

    {GATE("store", CONF_STORE, store), "sqlite:/var/lib/rtmd/rtmd.db", TEXT_ROW, false,
     "Where messages are kept: sqlite:PATH, or postgres:URI in a database, or memory: for "
     "nothing beyond the process."},
    {GATE("durability", CONF_ENUM, durability), "normal", 0, 0, durabilities, false,
     "What a message must have survived before its sender is answered."},
    {GATE("memory-bytes", CONF_BYTES, memory_bytes), "64MiB", 1 * MIB, 1 * TIB, NULL, false,
     "What a memory: store keeps of each project."},
    {GATE("file-bytes", CONF_BYTES, file_bytes), "0", 0, 1024 * TIB, NULL, false,
     "Messages are refused when the SQLite file would grow beyond it. 0: no bound."},
    {GATE("retention-age", CONF_DURATION, retention_age_ms), "7d", 0, 36500 * DAY, NULL, true,
     "Older messages go. 0: no bound."},
    {GATE("retention-bytes", CONF_BYTES, retention_bytes), "1GiB", 0, 1024 * TIB, NULL, true,
     "When a project has more, its oldest messages go. 0: no bound."},
    {GATE("log-pending", CONF_BYTES, log_pending_bytes), "64MiB", 1 * MIB, 64 * GIB, NULL, true,
     "What may wait for the disk in each project; beyond it senders are refused."},

    {GATE("ping-interval", CONF_DURATION, ping_interval_ms), "20s", 100, 1 * HOUR, NULL, true,
     "How often each proved connection gets a ping push."},
    {GATE("time-window", CONF_DURATION, time_window_ms), "300s", 1 * SECOND, 365 * DAY, NULL, true,
     "How far the time of a signature may be from ours. Whole seconds count."},
    {GATE("max-package", CONF_BYTES, max_package_bytes), "8MiB", 32 * KIB, 64 * MIB, NULL, true,
     "The largest package taken from a proved connection."},
    {GATE("unproved-package", CONF_BYTES, unproved_package_bytes), "64KiB", 256, 64 * MIB, NULL,
     true, "The same before the first verified quest."},
    {GATE("unproved-time", CONF_DURATION, unproved_time_ms), "15s", 100, 1 * HOUR, NULL, true,
     "How long a connection may take to its first verified quest."},
    {GATE("unproved-per-address", CONF_INT, unproved_per_address), "64", 1, 1000000, NULL, true,
     "Unproved connections at a time from one IPv4 address or IPv6 /64."},

    {GATE("max-listen-ids", CONF_INT, max_listen_ids), "100000", 1, 100000000, NULL, true,
     "Groups, rooms and users, each, that one connection may listen to."},
    {GATE("queue-bytes", CONF_BYTES, queue_bytes), "16MiB", 64 * KIB, 64 * GIB, NULL, true,
     "What may wait to be sent on one connection."},
    {GATE("queue-pushes", CONF_INT, queue_pushes), "100000", 16, 100000000, NULL, true,
     "The same, counted in pushes. Whichever bound is reached first counts."},
    {GATE("slow", CONF_ENUM, slow), "drop_oldest", 0, 0, slows, true,
     "What happens to a connection that does not keep up. Answers are never dropped."},
    {GATE("exclude-own", CONF_BOOL, exclude_own), "false", 0, 0, bools, true,
     "Whether a connection does not hear what it has sent itself."},

    {GATE("directory-bytes", CONF_BYTES, directory_bytes), "256MiB", 1 * MIB, 1 * TIB, NULL, false,
     "What groups, friends, values, tokens and so on of a project may take, in memory."},
    {GATE("max-rooms", CONF_INT, max_rooms), "10", 1, 1000000, NULL, true,
     "Rooms that a user can be in at a time."},
    {GATE("max-members", CONF_INT, max_members), "10000", 1, 10000000, NULL, true,
     "Users that a group can have."},
    {GATE("max-friends", CONF_INT, max_friends), "300", 1, 10000000, NULL, true,
     "Friends that a user can have, and users that he can block."},
    {GATE("token-time", CONF_DURATION, token_time_ms), "24h", 1 * SECOND, 3650 * DAY, NULL, true,
     "How long a user can log in with a token."},

    {GATE("mid-count", CONF_INT, mid_count), "1000000", 1000, 100000000, NULL, false,
     "Message ids remembered in each project, to know repeated ones."},
    {GATE("mid-time", CONF_DURATION, mid_time_ms), "10m", 1 * SECOND, 7 * DAY, NULL, false,
     "For how long they are remembered."},

    {GATE("files-folder", CONF_PATH, files_folder), NULL, TEXT_ROW, false,
     "Where files that are sent are kept. Empty: none are taken, and filetoken is answered 200060."},
    {GATE("files-endpoint", CONF_ADDRESS, files_endpoint), NULL, TEXT_ROW, false,
     "Where files are to be sent, as filetoken tells. Empty: the first address with takes-files."},
    {GATE("files-url", CONF_URL, files_url), NULL, TEXT_ROW, false,
     "What the addresses of files begin with. Empty: the first address with protocol = files."},
    {GATE("files-max", CONF_BYTES, files_max_bytes), "5MiB", 1 * KIB, 63 * MIB, NULL, false,
     "The largest file."},
    {GATE("files-bytes", CONF_BYTES, files_bytes), "10GiB", 0, 1024 * TIB, NULL, false,
     "What all files together may take on the disk; more are refused. 0: no bound."},
    {GATE("files-memory", CONF_BYTES, files_memory_bytes), "256MiB", 1 * MIB, 1 * TIB, NULL, false,
     "What files that come in or wait for the disk may take in memory; more are refused."},
    {GATE("files-time", CONF_DURATION, files_time_ms), "60s", 1 * SECOND, 1 * HOUR, NULL, false,
     "How long a file may take to come in, and the next one after it."},

    {GATE("drain-ms", CONF_INT, drain_ms), "5000", 0, 3600000, NULL, true,
     "Milliseconds that answers may take to leave when the gate is told to stop."},
    {GATE("log-level", CONF_ENUM, log_level), "info", 0, 0, levels, true,
     "The least important lines that are logged."},
    {GATE("log-format", CONF_ENUM, log_format), "text", 0, 0, formats, true,
     "Lines of text, or one JSON object a line."},

    {LISTEN("address", CONF_SOCKET, address), NULL, TEXT_ROW, false,
     "Where to accept connections. Port 0 takes a free one; host * is every address."},
    {LISTEN("protocol", CONF_ENUM, protocol), "fpnn", 0, 0, protocols, false,
     "What is spoken there."},
    {LISTEN("tls", CONF_BOOL, tls), "false", 0, 0, bools, false,
     "Whether all of it goes through TLS."},
    {LISTEN("tls-certificate", CONF_PATH, tls_certificate), NULL, TEXT_ROW, true,
     "The certificate and those between it and its authority, PEM."},
    {LISTEN("tls-key", CONF_PATH, tls_key), NULL, TEXT_ROW, true,
     "The certificate's private key, PEM, without a passphrase."},
    {LISTEN("encryption", CONF_ENUM, encryption), "off", 0, 0, encryptions, false,
     "Whether peers may or must encrypt as FPNN does. TLS is the better choice."},
    {LISTEN("encryption-key", CONF_PATH, encryption_key), NULL, TEXT_ROW, false,
     "The gate's private key for that, PEM or raw."},
    {LISTEN("encryption-curve", CONF_ENUM, encryption_curve), "by-file", 0, 0, curves, false,
     "The curve of a raw key; a PEM file tells it."},
    {LISTEN("takes-files", CONF_BOOL, takes_files), "false", 0, 0, bools, false,
     "Whether files may be sent there, by whoever has a token from filetoken."},

    {PROJECT("secret", CONF_SECRET, secret), NULL, TEXT_ROW, true,
     "The project's secret key, with which its servers sign."},
    {PROJECT("secret-file", CONF_PATH, secret_file), NULL, TEXT_ROW, true,
     "A file that holds it instead; the world must not be able to read it."},
    {PROJECT("secret-old", CONF_SECRET, secret_old), NULL, TEXT_ROW, true,
     "A former secret that still counts, while secrets are changed."},
    {PROJECT("secret-old-file", CONF_PATH, secret_old_file), NULL, TEXT_ROW, true,
     "A file that holds that one."},
    {PROJECT("multi-login", CONF_BOOL, multi_login), "false", 0, 0, bools, true,
     "Whether a user may have several sessions; if not, a login ends the one before."},
    {PROJECT("member-check", CONF_BOOL, member_check), "false", 0, 0, bools, true,
     "Whether programs may send to groups and rooms only in the name of their members."},
    {PROJECT("friends-only", CONF_BOOL, friends_only), "false", 0, 0, bools, true,
     "Whether users may send to their friends only."},
    {PROJECT("chat-map", CONF_BOOL, chat_map), "false", 0, 0, bools, true,
     "Whether listeners get chat as the map that the published C# SDK reads."},
    {PROJECT("old-file-push", CONF_BOOL, old_file_push), "false", 0, 0, bools, true,
     "Whether listeners get files by the pushes of 2020: pushfile and so on."},
    {PROJECT("file-sign", CONF_ENUM, file_sign), "lenient", 0, 0, file_signs, true,
     "Whether a file must have a signature. One that is there must be right in any case."},
    {PROJECT("admins", CONF_IDS, admins), NULL, TEXT_ROW, true,
     "Users that bans do not hold for, who alone may broadcast. None: everybody may."},
    {PROJECT("quests-per-second", CONF_INT, quest_rate), "0", 0, QUOTA_RATE_MAX, NULL, true,
     "Quests a second of all the project's connections; more are answered 200010. 0: no limit."},
    {PROJECT("messages-per-second", CONF_INT, message_rate), "0", 0, QUOTA_RATE_MAX, NULL, true,
     "Messages a second, one for each receiver of a list; more are answered 200010. 0: no limit."},
};
/* clang-format on */
const size_t conf_row_count = sizeof conf_rows / sizeof conf_rows[0];

uint64_t conf_row_bit(const conf_row *row)
{
    unsigned place = 0;

    for (const conf_row *at = conf_rows; at < row; at++)
        place += at->section == row->section;
    assert(place < 64);
    return UINT64_C(1) << place;
}

typedef struct unit {
    const char *name;
    int64_t size;
} unit;

/* Largest first: printing takes the first that divides. */
static const unit byte_units[] = {{"TiB", TIB}, {"GiB", GIB}, {"MiB", MIB},
                                  {"KiB", KIB}, {"", 1},      {NULL, 0}};
static const unit time_units[] = {{"d", DAY},    {"h", HOUR}, {"m", MINUTE},
                                  {"s", SECOND}, {"ms", 1},   {NULL, 0}};

const conf_row *conf_row_find(conf_section section, const char *name)
{
    for (size_t i = 0; i < conf_row_count; i++)
        if (conf_rows[i].section == section && strcmp(conf_rows[i].name, name) == 0)
            return &conf_rows[i];
    return NULL;
}

/* How many letters to put in, leave out or exchange; long words are not compared. */
static size_t distance(const char *a, const char *b)
{
    enum { LONGEST = 40 };
    const size_t a_len = strlen(a);
    const size_t b_len = strlen(b);
    size_t row[LONGEST + 1];

    if (a_len > LONGEST || b_len > LONGEST)
        return LONGEST;
    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            const size_t change = diagonal + (a[i - 1] != b[j - 1]);
            const size_t add = rtmi_min_size(row[j], row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = rtmi_min_size(change, add);
        }
    }
    return row[b_len];
}

static bool is_near(size_t letters, const char *word)
{
    return letters <= 1 + strlen(word) / 4;
}

const char *conf_nearest_word(const char *const *words, const char *word)
{
    const char *best = NULL;
    size_t best_letters = SIZE_MAX;

    for (; *words != NULL; words++) {
        const size_t letters = distance(*words, word);
        if (letters < best_letters && is_near(letters, *words)) {
            best = *words;
            best_letters = letters;
        }
    }
    return best;
}

const char *conf_row_nearest(conf_section section, const char *name)
{
    const char *names[sizeof conf_rows / sizeof conf_rows[0] + 1];
    size_t count = 0;

    for (size_t i = 0; i < conf_row_count; i++)
        if (conf_rows[i].section == section)
            names[count++] = conf_rows[i].name;
    names[count] = NULL;
    return conf_nearest_word(names, name);
}

static void set_initial(conf_section section, void *values)
{
    char text[128];

    for (size_t i = 0; i < conf_row_count; i++) {
        if (conf_rows[i].section != section || conf_rows[i].initial == NULL)
            continue;
        const int r =
            conf_row_parse(&conf_rows[i], conf_rows[i].initial, values, text, sizeof text);
        assert(r == 0);
        (void)r;
    }
}

void conf_gate_init(conf_gate *gate)
{
    memset(gate, 0, sizeof *gate);
    set_initial(CONF_GATE, gate);
}

void conf_project_init(conf_project *project)
{
    memset(project, 0, sizeof *project);
    set_initial(CONF_PROJECT, project);
}

void conf_listen_init(conf_listen *listen)
{
    memset(listen, 0, sizeof *listen);
    set_initial(CONF_LISTEN, listen);
}

const char *conf_section_text(conf_section section)
{
    static const char *const texts[] = {"gate", "listen NAME", "project PID"};

    return texts[section];
}

static int64_t *int_field(const conf_row *row, void *values)
{
    assert(row->room == sizeof(int64_t));
    return (int64_t *)(void *)((char *)values + row->at);
}

static void print_units(const unit *units, int64_t value, char *text, size_t size)
{
    if (value == 0) {
        (void)snprintf(text, size, "0");
        return;
    }
    while (value % units->size != 0)
        units++;
    (void)snprintf(text, size, "%" PRId64 "%s", value / units->size, units->name);
}

static void print_number(const conf_row *row, int64_t value, char *text, size_t size)
{
    if (row->type == CONF_BYTES)
        print_units(byte_units, value, text, size);
    else if (row->type == CONF_DURATION)
        print_units(time_units, value, text, size);
    else
        (void)snprintf(text, size, "%" PRId64, value);
}

/* Digits, then one of the units' names. Zero needs no unit. */
static bool parse_units(const unit *units, const char *text, int64_t *ret_value)
{
    const size_t digits = strspn(text, "0123456789");
    int64_t number;

    if (digits == 0 || !rtmi_int_parse(text, digits, &number))
        return false;
    if (number == 0 && text[digits] == '\0') {
        *ret_value = 0;
        return true;
    }
    for (; units->name != NULL; units++) {
        if (strcmp(units->name, text + digits) == 0) {
            /* Overflow is beyond every maximum of the table. */
            *ret_value = number > INT64_MAX / units->size ? INT64_MAX : number * units->size;
            return true;
        }
    }
    return false;
}

static int parse_number(const conf_row *row, const char *text, void *values, char *reterr_text,
                        size_t text_size)
{
    const char *wanted;
    int64_t value = 0;
    bool good;

    switch (row->type) {
    case CONF_BYTES:
        wanted = "a size (a number, also with KiB, MiB or GiB)";
        good = parse_units(byte_units, text, &value);
        break;
    case CONF_DURATION:
        wanted = "a duration (a number with ms, s, m, h or d)";
        good = parse_units(time_units, text, &value);
        break;
    default:
        wanted = "a whole number";
        good = rtmi_int_parse(text, strlen(text), &value);
    }
    if (!good) {
        (void)snprintf(reterr_text, text_size, "%s: \"%s\" is not %s", row->name, text, wanted);
        return -1;
    }
    if (value < row->min || value > row->max) {
        char bound[32];
        const bool low = value < row->min;
        print_number(row, low ? row->min : row->max, bound, sizeof bound);
        (void)snprintf(reterr_text, text_size, "%s: %s is %s %s", row->name, text,
                       low ? "below" : "above", bound);
        return -1;
    }
    *int_field(row, values) = value;
    return 0;
}

static int parse_word(const conf_row *row, const char *text, void *values, char *reterr_text,
                      size_t text_size)
{
    size_t used = 0;

    for (int i = 0; row->words[i] != NULL; i++) {
        if (strcmp(row->words[i], text) != 0)
            continue;
        if (row->type == CONF_BOOL)
            *(bool *)((char *)values + row->at) = i != 0;
        else
            *(int *)(void *)((char *)values + row->at) = i;
        return 0;
    }
    (void)snprintf(reterr_text, text_size, "%s: \"%s\" is none of:", row->name, text);
    for (int i = 0; row->words[i] != NULL; i++) {
        used = strlen(reterr_text);
        (void)snprintf(reterr_text + used, text_size - used, " %s", row->words[i]);
    }
    return -1;
}

/* It stands in JSON as it is, so it may hold nothing that JSON or a page would read otherwise. */
static bool is_url(const char *text)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "-._~:/[]@%+,=";
    const char *const host = strstr(text, "://");
    const size_t scheme = host == NULL ? 0 : (size_t)(host - text);
    const size_t len = strlen(text);

    return ((scheme == 4 && strncmp(text, "http", 4) == 0) ||
            (scheme == 5 && strncmp(text, "https", 5) == 0)) &&
           host[3] != '\0' && host[3] != '/' && text[len - 1] != '/' &&
           strspn(text, allowed) == len;
}

static int parse_text(const conf_row *row, const char *text, void *values, char *reterr_text,
                      size_t text_size)
{
    const size_t len = strlen(text);
    const char *const shown = row->type == CONF_SECRET ? "the value" : text;
    const bool optional =
        row->initial == NULL && (row->section != CONF_PROJECT || row->type == CONF_IDS);
    char host[CONF_TEXT_SIZE];
    uint16_t port;

    if (len >= row->room) {
        (void)snprintf(reterr_text, text_size, "%s: longer than %zu bytes", row->name,
                       row->room - 1);
        return -1;
    }
    if (len == 0 && !optional) {
        (void)snprintf(reterr_text, text_size, "%s: empty", row->name);
        return -1;
    }
    if (row->type == CONF_ADDRESS && len > 0 &&
        conf_address_split(text, host, sizeof host, &port) < 0) {
        (void)snprintf(reterr_text, text_size,
                       "%s: \"%s\" is not an address (HOST:PORT, [V6]:PORT or *:PORT)", row->name,
                       shown);
        return -1;
    }
    if (row->type == CONF_SOCKET && len > 0 && !conf_address_is_socket(text)) {
        (void)snprintf(reterr_text, text_size,
                       "%s: \"%s\" is not an address (HOST:PORT, [V6]:PORT, *:PORT or unix:PATH)",
                       row->name, shown);
        return -1;
    }
    if (row->type == CONF_URL && len > 0 && !is_url(text)) {
        (void)snprintf(reterr_text, text_size,
                       "%s: \"%s\" is no http:// or https:// and a host, without a final slash",
                       row->name, shown);
        return -1;
    }
    if (row->type == CONF_STORE && !store_name_is_known(text)) {
        char name[CONF_TEXT_SIZE];
        store_name_show(text, name, sizeof name);
        (void)snprintf(reterr_text, text_size,
                       "%s: \"%s\" is neither sqlite:PATH nor postgres:URI nor memory:", row->name,
                       name);
        return -1;
    }
    if (row->type == CONF_IDS && conf_ids_parse(text, NULL, 0) < 0) {
        (void)snprintf(reterr_text, text_size, "%s: \"%s\" is no list of ids above 0", row->name,
                       shown);
        return -1;
    }
    memcpy((char *)values + row->at, text, len + 1);
    return 0;
}

int conf_ids_parse(const char *text, int64_t *ret_ids, size_t max)
{
    int count = 0;

    while (text[strspn(text, " ")] != '\0') {
        int64_t id;
        text += strspn(text, " ");
        const size_t len = strcspn(text, " ,");
        if (!rtmi_int_parse(text, len, &id) || id <= 0)
            return -1;
        if ((size_t)count < max)
            ret_ids[count] = id;
        count++;
        text += len;
        text += strspn(text, " ");
        if (*text == ',' && *++text == '\0')
            return -1;
    }
    return count;
}

int conf_row_parse(const conf_row *row, const char *text, void *values, char *reterr_text,
                   size_t text_size)
{
    switch (row->type) {
    case CONF_INT:
    case CONF_BYTES:
    case CONF_DURATION:
        return parse_number(row, text, values, reterr_text, text_size);
    case CONF_BOOL:
    case CONF_ENUM:
        return parse_word(row, text, values, reterr_text, text_size);
    case CONF_ADDRESS:
    case CONF_SOCKET:
    case CONF_STORE:
    case CONF_PATH:
    case CONF_URL:
    case CONF_IDS:
    case CONF_SECRET:
        break;
    }
    return parse_text(row, text, values, reterr_text, text_size);
}

void conf_row_print(const conf_row *row, const void *values, char *ret_text, size_t text_size)
{
    const char *const field = (const char *)values + row->at;

    switch (row->type) {
    case CONF_INT:
    case CONF_BYTES:
    case CONF_DURATION:
        print_number(row, *(const int64_t *)(const void *)field, ret_text, text_size);
        return;
    case CONF_BOOL:
        (void)snprintf(ret_text, text_size, "%s", row->words[*(const bool *)field ? 1 : 0]);
        return;
    case CONF_ENUM:
        (void)snprintf(ret_text, text_size, "%s", row->words[*(const int *)(const void *)field]);
        return;
    case CONF_STORE:
        store_name_show(field, ret_text, text_size);
        return;
    case CONF_ADDRESS:
    case CONF_SOCKET:
    case CONF_PATH:
    case CONF_URL:
    case CONF_IDS:
    case CONF_SECRET:
        break;
    }
    (void)snprintf(ret_text, text_size, "%s", field);
}

void conf_row_describe(const conf_row *row, char *ret_text, size_t text_size)
{
    char low[32];
    char high[32];
    const char *kind = "number";

    switch (row->type) {
    case CONF_BYTES:
        kind = "size";
        break;
    case CONF_DURATION:
        kind = "duration";
        break;
    case CONF_INT:
        break;
    case CONF_BOOL:
    case CONF_ENUM:
        (void)snprintf(ret_text, text_size, "%s", row->words[0]);
        for (int i = 1; row->words[i] != NULL; i++) {
            const size_t used = strlen(ret_text);
            (void)snprintf(ret_text + used, text_size - used, " | %s", row->words[i]);
        }
        return;
    case CONF_ADDRESS:
        (void)snprintf(ret_text, text_size, "address");
        return;
    case CONF_SOCKET:
        (void)snprintf(ret_text, text_size, "address | unix:PATH");
        return;
    case CONF_STORE:
        (void)snprintf(ret_text, text_size, "sqlite:PATH | postgres:URI | memory:");
        return;
    case CONF_PATH:
        (void)snprintf(ret_text, text_size, "path");
        return;
    case CONF_URL:
        (void)snprintf(ret_text, text_size, "http://HOST | https://HOST");
        return;
    case CONF_IDS:
        (void)snprintf(ret_text, text_size, "ids, parted by commas");
        return;
    case CONF_SECRET:
        (void)snprintf(ret_text, text_size, "text, 1 to %zu bytes", row->room - 1);
        return;
    }
    print_number(row, row->min, low, sizeof low);
    print_number(row, row->max, high, sizeof high);
    (void)snprintf(ret_text, text_size, "%s, %s to %s", kind, low, high);
}

static void print_sample_row(FILE *out, const conf_row *row)
{
    char kind[128];

    conf_row_describe(row, kind, sizeof kind);
    fprintf(out, "\n# %s\n# (%s%s)\n", row->help, kind, row->reloadable ? "; read on SIGHUP" : "");
    fprintf(out, "#%s = %s\n", row->name, row->initial != NULL ? row->initial : "");
}

static void print_sample_section(FILE *out, conf_section section, const char *what,
                                 const char *head)
{
    fprintf(out, "\n# %s\n#%s\n", what, head);
    for (size_t i = 0; i < conf_row_count; i++)
        if (conf_rows[i].section == section)
            print_sample_row(out, &conf_rows[i]);
}

void conf_print_sample(FILE *out)
{
    fprintf(out, "# Settings of rtmd, see rtmd.conf(5). Lines that begin with # are comments;\n"
                 "# those below show what holds when nothing is said. A running gate takes up\n"
                 "# those with \"read on SIGHUP\"; the others need a restart.\n\n[gate]\n");
    for (size_t i = 0; i < conf_row_count; i++)
        if (conf_rows[i].section == CONF_GATE)
            print_sample_row(out, &conf_rows[i]);
    print_sample_section(out, CONF_LISTEN,
                         "A section for each address, when one in clear is not what is wanted.",
                         "[listen tls]");
    print_sample_section(out, CONF_PROJECT, "One section for each project that is served.",
                         "[project 11000001]");
}

bool conf_address_is_socket(const char *text)
{
    char host[CONF_TEXT_SIZE];
    uint16_t port;

    return conf_address_path(text) != NULL ||
           conf_address_split(text, host, sizeof host, &port) == 0;
}

const char *conf_address_path(const char *text)
{
    static const char prefix[] = "unix:";
    const size_t len = sizeof prefix - 1;

    return strncmp(text, prefix, len) == 0 && text[len] != '\0' ? text + len : NULL;
}

int conf_address_split(const char *text, char *ret_host, size_t host_size, uint16_t *ret_port)
{
    const char *const colon = strrchr(text, ':');
    const char *host = text;
    size_t host_len;
    int64_t port;

    if (colon == NULL || !rtmi_int_parse(colon + 1, strlen(colon + 1), &port) || port < 0 ||
        port > UINT16_MAX || colon[1] == '-')
        return -1;
    host_len = (size_t)(colon - text);
    if (host_len >= 2 && host[0] == '[' && host[host_len - 1] == ']') {
        host++;
        host_len -= 2;
        if (memchr(host, ':', host_len) == NULL)
            return -1;
    } else if (memchr(host, ':', host_len) != NULL) {
        return -1; /* a bare IPv6 address: where its port begins is anybody's guess */
    }
    if (host_len == 0 || host_len >= host_size || strcspn(host, "[] \t") < host_len)
        return -1;
    if (host_len == 1 && host[0] == '*')
        host_len = 0;
    memcpy(ret_host, host, host_len);
    ret_host[host_len] = '\0';
    *ret_port = (uint16_t)port;
    return 0;
}
