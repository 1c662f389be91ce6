/*
 * Settings of the gate: every mistake is told with its line, no value is cut or joined, no
 * secret is printed, and what is printed can be read again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "gate/conf_reader.h"
#include "gate/conf_table.h"
#include "tests/support/heap_copy.h"

#define PROJECT "[project 7]\nsecret = s7\n"

static char *const no_environment[] = {NULL};

typedef struct told {
    char text[8192];
    size_t count;
} told;

static void hear(const char *text, void *userdata)
{
    told *const heard = userdata;
    const size_t used = strlen(heard->text);

    heard->count++;
    (void)snprintf(heard->text + used, sizeof heard->text - used, "%s\n", text);
}

/* Read from a block of exactly that size, as the file "f". */
static int read_bytes(conf *settings, told *heard, const void *text, size_t len)
{
    memset(heard, 0, sizeof *heard);
    conf_init(settings, hear, heard);
    uint8_t *const copy = heap_copy(text, len);
    const int r = conf_read_text(settings, "f", (const char *)copy, len);
    free(copy);
    return r;
}

static void assert_good(const char *text)
{
    conf settings;
    told heard;

    (void)read_bytes(&settings, &heard, text, strlen(text));
    (void)conf_finish(&settings, no_environment);
    if (heard.count > 0)
        print_error("%s: %s", text, heard.text);
    assert_int_equal(heard.count, 0);
    conf_deinit(&settings);
}

/* Reading `len` bytes tells exactly one mistake, which has these words. */
static void assert_told_bytes(const void *text, size_t len, const char *words)
{
    conf settings;
    told heard;

    const int r = read_bytes(&settings, &heard, text, len);
    const int finished = conf_finish(&settings, no_environment);
    if (heard.count != 1 || strstr(heard.text, words) == NULL)
        print_error("wanted \"%s\", got %zu: %s", words, heard.count, heard.text);
    assert_int_equal(heard.count, 1);
    assert_non_null(strstr(heard.text, words));
    assert_int_equal(r < 0 || finished < 0, 1);
    conf_deinit(&settings);
}

static void assert_told(const char *text, const char *words)
{
    assert_told_bytes(text, strlen(text), words);
}

static void initial_values_are_those_of_the_table(void **state)
{
    conf_gate gate;

    (void)state;
    conf_gate_init(&gate);
    assert_string_equal(gate.listen, "127.0.0.1:13321");
    assert_string_equal(gate.store, "sqlite:/var/lib/rtmd/rtmd.db");
    assert_int_equal(gate.durability, STORE_DURABLE_NORMAL);
    assert_int_equal(gate.ping_interval_ms, 20000);
    assert_int_equal(gate.time_window_ms, 300000);
    assert_int_equal(gate.max_package_bytes, 8 << 20);
    assert_int_equal(gate.unproved_package_bytes, 64 << 10);
    assert_int_equal(gate.unproved_time_ms, 15000);
    assert_int_equal(gate.unproved_per_address, 64);
    assert_int_equal(gate.slow, GATE_SLOW_DROP_OLDEST);
    assert_false(gate.exclude_own);
    assert_int_equal(gate.drain_ms, 5000);
    assert_int_equal(gate.log_level, RTMI_LOG_INFO);
}

static void words_of_a_row_are_the_numbers_of_its_enum(void **state)
{
    static const struct {
        const char *name;
        const char *word;
        int number;
    } cases[] = {
        {"durability", "memory", STORE_DURABLE_MEMORY},
        {"durability", "normal", STORE_DURABLE_NORMAL},
        {"durability", "full", STORE_DURABLE_FULL},
        {"slow", "drop_oldest", GATE_SLOW_DROP_OLDEST},
        {"slow", "drop_newest", GATE_SLOW_DROP_NEWEST},
        {"slow", "disconnect", GATE_SLOW_DISCONNECT},
        {"log-level", "error", RTMI_LOG_ERROR},
        {"log-level", "trace", RTMI_LOG_TRACE},
    };
    char text[128];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        conf_gate gate;
        const conf_row *const row = conf_row_find(CONF_GATE, cases[i].name);
        assert_non_null(row);
        conf_gate_init(&gate);
        assert_int_equal(conf_row_parse(row, cases[i].word, &gate, text, sizeof text), 0);
        assert_int_equal(*(int *)(void *)((char *)&gate + row->at), cases[i].number);
    }
}

static void file_sets_values_and_projects(void **state)
{
    static const char text[] = "\xef\xbb\xbf# a comment\r\n"
                               "\t; another, indented\n"
                               "\n"
                               "[gate]  \n"
                               "listen = [::1]:0\r\n"
                               "queue-bytes=2GiB\n"
                               "retention-age = 0\n"
                               "exclude-own = true\n"
                               "[project 2147483647]\n"
                               "secret = a=b;c#d \xc3\xa9\n"
                               "secret-old = x\n"
                               "[project 7]\n"
                               "secret = s7"; /* and no newline */
    conf settings;
    told heard;

    (void)state;
    assert_int_equal(read_bytes(&settings, &heard, text, sizeof text - 1), 0);
    assert_int_equal(conf_finish(&settings, no_environment), 0);
    assert_string_equal(settings.gate.listen, "[::1]:0");
    assert_int_equal(settings.gate.queue_bytes, INT64_C(2) << 30);
    assert_int_equal(settings.gate.retention_age_ms, 0);
    assert_true(settings.gate.exclude_own);
    assert_int_equal(settings.project_count, 2);
    assert_int_equal(settings.projects[0].pid, INT32_MAX);
    assert_string_equal(settings.projects[0].secret, "a=b;c#d \xc3\xa9");
    assert_string_equal(settings.projects[0].secret_old, "x");
    assert_string_equal(settings.projects[1].secret, "s7");
    conf_deinit(&settings);
}

/* Who sets a small max-package is not told that another setting, which he has not made, is large.
 */
static void an_unset_bound_for_strangers_gives_way(void **state)
{
    static const char small[] = "[project 7]\nsecret = s\n[gate]\nmax-package = 40KiB\n";
    static const char both[] = "[project 7]\nsecret = s\n[gate]\nmax-package = 40KiB\n"
                               "unproved-package = 41KiB\n";
    conf settings;
    told heard;

    (void)state;
    assert_int_equal(read_bytes(&settings, &heard, small, sizeof small - 1), 0);
    assert_int_equal(conf_finish(&settings, no_environment), 0);
    assert_int_equal(settings.gate.unproved_package_bytes, 40 << 10);
    conf_deinit(&settings);
    assert_int_equal(read_bytes(&settings, &heard, both, sizeof both - 1), 0);
    assert_int_equal(conf_finish(&settings, no_environment), -1);
    conf_deinit(&settings);
}

static void many_projects_are_kept(void **state)
{
    char text[40 * 100] = "";
    conf settings;
    told heard;

    (void)state;
    for (int i = 1; i <= 100; i++) {
        const size_t used = strlen(text);
        (void)snprintf(text + used, sizeof text - used, "[project %d]\nsecret = s%d\n", i, i);
    }
    assert_int_equal(read_bytes(&settings, &heard, text, strlen(text)), 0);
    assert_int_equal(settings.project_count, 100);
    for (int i = 1; i <= 100; i++) {
        char secret[16];
        (void)snprintf(secret, sizeof secret, "s%d", i);
        assert_int_equal(settings.projects[i - 1].pid, i);
        assert_string_equal(settings.projects[i - 1].secret, secret);
    }
    conf_deinit(&settings);
}

static void each_mistake_is_told_with_its_line(void **state)
{
    static const struct {
        const char *text;
        const char *words;
    } cases[] = {
        {PROJECT "[gate]\nlissten = 1:1\n",
         "f:4: unknown name \"lissten\" in [gate]; did you mean \"listen\"?"},
        {PROJECT "[gate]\nxyzzy = 1\n", "f:4: unknown name \"xyzzy\" in [gate]\n"},
        {PROJECT "[gate]\nsecret = 1\n", "f:4: \"secret\" belongs into [project PID]"},
        {PROJECT "slow = disconnect\n", "f:3: \"slow\" belongs into [gate]"},
        {PROJECT "secert-old = x\n", "f:3: unknown name \"secert-old\" in [project]; did you mean"},
        {PROJECT "[gaet]\nlisten = 1:1\n", "f:3: unknown section [gaet]"},
        {PROJECT "[gate]\n\nslow = disconnect\nslow = disconnect\n", "f:6: slow was already given"},
        {PROJECT "[gate]\n[gate]\n", "f:4: section [gate] was already in line 3"},
        {PROJECT PROJECT, "f:3: project 7 was already in line 1"},
        {PROJECT "[project 8]\n", "f:3: project 8 has no secret"},
        {"[gate]\n", "f: no [project PID] section"},
        {"", "f: no [project PID] section"},
        {PROJECT "[project x]\nsecret = a\n", "f:3: [project x]: a project is [project PID]"},
        {PROJECT "[project 0]\n", "f:3: [project 0]"},
        {PROJECT "[project -1]\n", "f:3: [project -1]"},
        {PROJECT "[project 2147483648]\n", "f:3: [project 2147483648]"},
        {PROJECT "[project]\n", "f:3: [project]"},
        {PROJECT "[gate\n", "f:3: a section without ]"},
        {PROJECT "[gate] x\n", "f:3: text behind a section's ]"},
        {"a = b\n" PROJECT, "f:1: a value before the first [section]"},
        {PROJECT "[gate]\nlisten\n", "f:4: neither [section] nor name = value"},
        {PROJECT "[gate]\nlisten: a:1\n", "f:4: neither [section] nor name = value"},
        {PROJECT "[gate]\n= 1\n", "f:4: a value without a name"},
        {PROJECT "[gate]\n listen = a:1\n", "f:4: begins with a blank"},
        {PROJECT "[gate]\nslow = disconnect ; why\n", "f:4: \" ;\" begins no comment here"},
        {PROJECT "[gate]\nslow = disconnect\t# why\n", "f:4: \" #\" begins no comment here"},
        {PROJECT "[gate] ; why\n", "f:3: \" ;\" begins no comment here"},
        {PROJECT "[gate]\nlisten = \n", "f:4: listen: empty"},
        {PROJECT "[gate]\nlisten = nowhere\n", "f:4: listen: \"nowhere\" is not an address"},
        {PROJECT "[gate]\nlisten = ::1:80\n", "f:4: listen: \"::1:80\" is not an address"},
        {PROJECT "[gate]\nlisten = a:65536\n", "f:4: listen: \"a:65536\" is not an address"},
        {PROJECT "[gate]\nlisten = a:-0\n", "f:4: listen: \"a:-0\" is not an address"},
        {PROJECT "[gate]\nstore = /tmp/x\n", "f:4: store: \"/tmp/x\" is neither sqlite:PATH nor"},
        {PROJECT "[gate]\nstore = sqlite:\n", "f:4: store: \"sqlite:\" is neither"},
        {PROJECT "[gate]\nstore = postgres:\n", "f:4: store: \"postgres:\" is neither"},
        {PROJECT "[gate]\nstore = pg://u:pw@h/d\n", "f:4: store: \"pg://u:***@h/d\" is neither"},
        {PROJECT "[gate]\nslow = Disconnect\n",
         "f:4: slow: \"Disconnect\" is none of: drop_oldest"},
        {PROJECT "[gate]\nexclude-own = yes\n", "f:4: exclude-own: \"yes\" is none of: false true"},
        {PROJECT "[gate]\nshards = 2x\n", "f:4: shards: \"2x\" is not a whole number"},
        {PROJECT "[gate]\nshards = 257\n", "f:4: shards: 257 is above 256"},
        {PROJECT "[gate]\nshards = -1\n", "f:4: shards: -1 is below 0"},
        {PROJECT "[gate]\nshards = 99999999999999999999\n", "f:4: shards: \"9999"},
        {PROJECT "[gate]\nmid-time = 10\n", "f:4: mid-time: \"10\" is not a duration"},
        {PROJECT "[gate]\nmid-time = 10 m\n", "f:4: mid-time: \"10 m\" is not a duration"},
        {PROJECT "[gate]\nmid-time = 1.5h\n", "f:4: mid-time: \"1.5h\" is not a duration"},
        {PROJECT "[gate]\nmid-time = 0\n", "f:4: mid-time: 0 is below 1s"},
        {PROJECT "[gate]\nmid-time = 8d\n", "f:4: mid-time: 8d is above 7d"},
        {PROJECT "[gate]\nmid-time = 9223372036854775807d\n", "is above 7d"},
        {PROJECT "[gate]\nqueue-bytes = 16MB\n", "f:4: queue-bytes: \"16MB\" is not a size"},
        {PROJECT "[gate]\nqueue-bytes = -1\n", "f:4: queue-bytes: \"-1\" is not a size"},
        {PROJECT "[gate]\nqueue-bytes = 1KiB\n", "f:4: queue-bytes: 1KiB is below 64KiB"},
        {PROJECT "[gate]\nunproved-package = 9MiB\n", "f: unproved-package is larger than"},
        {PROJECT "secret-file = /nonexistent\n", "f:1: project 7 has both secret and secret-file"},
        {"[project 7]\nsecret-file = /nonexistent\n", "f:1: /nonexistent: No such file"},
        {PROJECT "[gate]\nslow = \xff\n", "f:4: byte 8 is no UTF-8"},
        {PROJECT "[gate]\nslow = \xed\xa0\x80\n", "f:4: byte 8 is no UTF-8"},
        {PROJECT "[gate]\nslow = \xc2", "f:4: byte 8 is no UTF-8"},
        {PROJECT "# \x1b[31m\n", "f:3: byte 3 is a control character"},
        {PROJECT "[gate]\nslow = a\rb\n", "f:4: byte 9 is a control character"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_told(cases[i].text, cases[i].words);
}

static void nul_bytes_are_told(void **state)
{
    static const char text[] = PROJECT "[gate]\nslow = dis\0connect\n";

    (void)state;
    assert_told_bytes(text, sizeof text - 1, "f:4: byte 11 is a control character");
}

static void all_mistakes_are_told(void **state)
{
    static const char text[] = "[gate]\nslow = x\nquue-bytes = 1\n[project 7]\n[nonsense]\n";
    conf settings;
    told heard;

    (void)state;
    assert_int_equal(read_bytes(&settings, &heard, text, sizeof text - 1), -1);
    assert_int_equal(conf_finish(&settings, no_environment), -1);
    assert_int_equal(heard.count, 4);
    assert_non_null(strstr(heard.text, "f:2: "));
    assert_non_null(strstr(heard.text, "f:3: "));
    assert_non_null(strstr(heard.text, "f:5: "));
    assert_non_null(strstr(heard.text, "f:4: project 7 has no secret"));
    conf_deinit(&settings);
}

/* Whatever inih's room for a line is: a line is taken whole, or told. */
static void no_line_is_cut(void **state)
{
    bool was_told = false;

    (void)state;
    for (size_t len = 1; len <= GATE_SECRET_MAX; len++) {
        char text[512];
        conf settings;
        told heard;
        const int head = snprintf(text, sizeof text, "[project 7]\nsecret = ");
        memset(text + head, 'x', len);
        text[(size_t)head + len] = '\n';
        const int r = read_bytes(&settings, &heard, text, (size_t)head + len + 1);
        if (r == 0) {
            assert_false(was_told);
            assert_int_equal(strlen(settings.projects[0].secret), len);
        } else {
            was_told = true;
            assert_int_equal(heard.count, 1);
            assert_non_null(strstr(heard.text, "f:2: longer than"));
        }
        conf_deinit(&settings);
    }
}

static void lines_that_are_long_comments_do_no_harm(void **state)
{
    char text[2000] = PROJECT "#";

    (void)state;
    memset(text + strlen(text), 'x', 1500);
    assert_good(text);
}

static void any_prefix_of_a_file_is_survived(void **state)
{
    static const char text[] = "[gate]\r\nlisten = [::1]:0\n# \xc3\xa9\n"
                               "[project 7]\nsecret = \xf0\x9f\x98\x80\n";

    (void)state;
    for (size_t len = 0; len < sizeof text; len++) {
        conf settings;
        told heard;
        (void)read_bytes(&settings, &heard, text, len);
        (void)conf_finish(&settings, no_environment);
        conf_deinit(&settings);
    }
}

static void set_overrides_and_refuses(void **state)
{
    static const struct {
        const char *assignment;
        int result;
        const char *words; /* NULL: nothing is told */
    } cases[] = {
        {"gate.slow=disconnect", 0, NULL},
        {"gate.slow=", -1, "--set gate.slow: slow: \"\" is none of"},
        {"gate.store=sqlite:/a=b.c", 0, NULL},
        {"gate.store=postgres:user=u", 0, NULL},
        {"gate.store=postgres://u:geheim@h/d", 1, "a password is never given"},
        {"gate.store=p://u:geheim@h/d", 1, "a password is never given"},
        {"gate.endpoint=", 0, NULL},
        {"project 7.secret-file=/x", 0, NULL},
        {"project 8.secret-file=/x", -1, "--set project 8.secret-file: there is no [project 8]"},
        {"gate.slo=disconnect", -1, "did you mean \"slow\"?"},
        {"project 7.secret=geheim", 1, "--set project 7.secret: secret is never given"},
        {"project 7.secret-old=geheim", 1, "secret-old is never given"},
        {"gate.secret=geheim", -1, "belongs into [project PID]"},
        {"gate", 1, "not section.name=value"},
        {"gate.slow", 1, "not section.name=value"},
        {"=", 1, "not section.name=value"},
        {"", 1, "not section.name=value"},
        {"nowhere.slow=disconnect", 1, "neither gate, \"listen NAME\" nor"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        conf settings;
        told heard;
        assert_int_equal(read_bytes(&settings, &heard, PROJECT, sizeof PROJECT - 1), 0);
        assert_int_equal(conf_set(&settings, cases[i].assignment), cases[i].result);
        assert_int_equal(heard.count, cases[i].words == NULL ? 0 : 1);
        if (cases[i].words != NULL)
            assert_non_null(strstr(heard.text, cases[i].words));
        assert_null(strstr(heard.text, "geheim"));
        conf_deinit(&settings);
    }
}

static void environment_gives_secrets(void **state)
{
    char *const good[] = {"PATH=/x", "RTMD_SECRET_7=new", "RTMD_SECRETS=1", NULL};
    char *const unknown[] = {"RTMD_SECRET_8=x", NULL};
    char *const empty[] = {"RTMD_SECRET_7=", NULL};
    char *const odd[] = {"RTMD_SECRET_=x", NULL};
    char *const *const bad[] = {unknown, empty, odd};
    static const char text[] = "[project 7]\nsecret-file = /nonexistent\n";
    conf settings;
    told heard;

    (void)state;
    assert_int_equal(read_bytes(&settings, &heard, text, sizeof text - 1), 0);
    assert_int_equal(conf_finish(&settings, good), 0);
    assert_string_equal(settings.projects[0].secret, "new");
    conf_deinit(&settings);

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(read_bytes(&settings, &heard, PROJECT, sizeof PROJECT - 1), 0);
        assert_int_equal(conf_finish(&settings, bad[i]), -1);
        assert_int_equal(heard.count, 1);
        assert_non_null(strstr(heard.text, "RTMD_SECRET_"));
        conf_deinit(&settings);
    }
}

/* Take a file with these bytes and rights as secret-file; the text told, empty when good. */
static void read_secret(const void *bytes, size_t len, mode_t mode, conf *settings, told *heard)
{
    char path[] = "/tmp/gate_conf.XXXXXX";
    char text[128];

    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), (ssize_t)len);
    assert_int_equal(fchmod(fd, mode), 0);
    assert_int_equal(close(fd), 0);
    const int n = snprintf(text, sizeof text, "[project 7]\nsecret-file = %s\n", path);
    assert_int_equal(read_bytes(settings, heard, text, (size_t)n), 0);
    (void)conf_finish(settings, no_environment);
    assert_int_equal(unlink(path), 0);
}

static void secret_files_hold_one_line_that_others_cannot_read(void **state)
{
    char longest[GATE_SECRET_MAX + 2];
    const struct {
        const char *bytes;
        size_t len;
        mode_t mode;
        const char *words;
        size_t secret_len;
    } cases[] = {
        {"abc", 3, 0600, NULL, 3},
        {"abc\n", 4, 0640, NULL, 3},
        {"abc\r\n", 5, 0400, NULL, 3},
        {" abc ", 5, 0600, NULL, 5},
        {"abc\n", 4, 0644, "others can read or write it", 0},
        {"abc\n", 4, 0602, "others can read or write it", 0},
        {"", 0, 0600, "empty", 0},
        {"\n", 1, 0600, "empty", 0},
        {"abc\n\n", 5, 0600, "more than one line", 0},
        {"a\0c\n", 4, 0600, "more than one line", 0},
        {longest, GATE_SECRET_MAX, 0600, NULL, GATE_SECRET_MAX},
        {longest, GATE_SECRET_MAX + 1, 0600, "longer than 256 bytes", 0},
        {longest, GATE_SECRET_MAX + 2, 0600, "longer than 256 bytes", 0},
    };

    (void)state;
    memset(longest, 'x', sizeof longest);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        conf settings;
        told heard;
        read_secret(cases[i].bytes, cases[i].len, cases[i].mode, &settings, &heard);
        assert_int_equal(heard.count, cases[i].words == NULL ? 0 : 1);
        if (cases[i].words != NULL)
            assert_non_null(strstr(heard.text, cases[i].words));
        assert_int_equal(strlen(settings.projects[0].secret), cases[i].secret_len);
        conf_deinit(&settings);
    }
}

/* What conf_print() or conf_print_sample() gives, to be freed. */
static char *print_to_memory(const conf *settings, size_t *ret_len)
{
    char *text = NULL;

    FILE *const file = open_memstream(&text, ret_len);
    assert_non_null(file);
    if (settings != NULL)
        conf_print(settings, file);
    else
        conf_print_sample(file);
    assert_int_equal(fclose(file), 0);
    return text;
}

static void what_is_printed_can_be_read_again(void **state)
{
    static const char text[] = "[gate]\nlisten = [::1]:0\nretention-age = 90m\nmid-time = 1500ms\n"
                               "file-bytes = 1000001\nslow = drop_newest\nexclude-own = true\n"
                               "[project 7]\nsecret = geheim\nsecret-old = geheimer\n";
    conf first;
    conf second;
    told heard;
    size_t len;

    (void)state;
    assert_int_equal(read_bytes(&first, &heard, text, sizeof text - 1), 0);
    char *const printed = print_to_memory(&first, &len);
    assert_null(strstr(printed, "geheim"));
    assert_non_null(strstr(printed, "# secret = (set, not shown)"));
    assert_int_equal(read_bytes(&second, &heard, printed, len), 0);
    assert_memory_equal(&first.gate, &second.gate, sizeof first.gate);
    assert_int_equal(second.project_count, 1);
    free(printed);
    conf_deinit(&first);
    conf_deinit(&second);
}

static void sample_says_the_initial_values(void **state)
{
    conf settings;
    conf initial;
    told heard;
    size_t len;

    (void)state;
    char *const sample = print_to_memory(NULL, &len);
    assert_int_equal(read_bytes(&settings, &heard, sample, len), 0);

    /* The same with the values' comment signs taken away. */
    char *to = sample;
    for (const char *line = sample; *line != '\0';) {
        const char *const end = strchr(line, '\n') + 1;
        if (line[0] == '#' && line[1] != ' ')
            line++;
        if (strncmp(line, "secret", 6) != 0) {
            memmove(to, line, (size_t)(end - line));
            to += end - line;
        }
        line = end;
    }
    assert_int_equal(read_bytes(&settings, &heard, sample, (size_t)(to - sample)), 0);
    assert_int_equal(settings.project_count, 1);
    conf_init(&initial, hear, &heard);
    assert_memory_equal(&settings.gate, &initial.gate, sizeof initial.gate);
    free(sample);
    conf_deinit(&settings);
}

static void addresses_are_split(void **state)
{
    static const struct {
        const char *text;
        const char *host; /* NULL: it is none */
        int port;
    } cases[] = {
        {"a:1", "a", 1},
        {"127.0.0.1:0", "127.0.0.1", 0},
        {"[::]:65535", "::", 65535},
        {"[fe80::1%lo]:1", "fe80::1%lo", 1},
        {"*:80", "", 80},
        {":80", NULL, 0},
        {"a:", NULL, 0},
        {"a", NULL, 0},
        {"", NULL, 0},
        {"[]:1", NULL, 0},
        {"[a]:1", NULL, 0},
        {"[::1:1", NULL, 0},
        {"::1]:1", NULL, 0},
        {"a b:1", NULL, 0},
        {"a:+1", NULL, 0},
        {"a:1 ", NULL, 0},
        {"a: 1", NULL, 0},
        {"a:99999", NULL, 0},
        {"longerthan7:1", NULL, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char host[11] = "?";
        uint16_t port = 42;
        const int r = conf_address_split(cases[i].text, host, sizeof host, &port);
        assert_int_equal(r, cases[i].host == NULL ? -1 : 0);
        assert_string_equal(host, cases[i].host == NULL ? "?" : cases[i].host);
        assert_int_equal(port, cases[i].host == NULL ? 42 : cases[i].port);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(initial_values_are_those_of_the_table),
        cmocka_unit_test(words_of_a_row_are_the_numbers_of_its_enum),
        cmocka_unit_test(file_sets_values_and_projects),
        cmocka_unit_test(an_unset_bound_for_strangers_gives_way),
        cmocka_unit_test(many_projects_are_kept),
        cmocka_unit_test(each_mistake_is_told_with_its_line),
        cmocka_unit_test(nul_bytes_are_told),
        cmocka_unit_test(all_mistakes_are_told),
        cmocka_unit_test(no_line_is_cut),
        cmocka_unit_test(lines_that_are_long_comments_do_no_harm),
        cmocka_unit_test(any_prefix_of_a_file_is_survived),
        cmocka_unit_test(set_overrides_and_refuses),
        cmocka_unit_test(environment_gives_secrets),
        cmocka_unit_test(secret_files_hold_one_line_that_others_cannot_read),
        cmocka_unit_test(what_is_printed_can_be_read_again),
        cmocka_unit_test(sample_says_the_initial_values),
        cmocka_unit_test(addresses_are_split),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
