/*
 * kill -9 under load: a process of its own sends and records what was answered, the gate is
 * killed after a number of answers that a seed tells, started again, and its log and directory
 * are compared with the record. All that a lane has asked for has to be there up to one point
 * and nothing behind it, and that point stands behind the last answer.
 *
 * SOAK_KILLS says how many times, SOAK_SEED where the dice begin.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/soak/kill_plan.h"
#include "tests/support/gate_process.h"

enum { STEPS_MAX = 1 << 22, ANSWERS_MAX = 3000, KILLS_MAX = 10000, TOKEN_KILLS = 2 };

/* What is known of a step. */
enum { UNKNOWN, SENT = 1, ANSWERED = 2, FOUND = 4, APPLIED = 8 };

/* A place in a conversation's pages. */
typedef struct page_cursor {
    int64_t last_id;
    int64_t begin_ms;
    int64_t end_ms;
    int64_t mtime_ms; /* of the last row: times rise */
    int64_t rows;
} page_cursor;

typedef struct lane_state {
    int64_t first; /* of the round that is checked */
    int64_t end;
    uint8_t *steps;
    int64_t *mtimes;
    uint8_t *members;
    int64_t member_count;
    int64_t values[DATA_KEYS];
    int64_t repeat;
    page_cursor pages[5]; /* by act */
} lane_state;

typedef struct kill_run {
    gate_process gate;
    wire wire;
    wire user; /* logged in */
    char token[40];
    lane_state lanes[LANES];
    page_cursor broadcasts;
    uint64_t dice;
    uint64_t seed;
    int64_t answered;
    int64_t unanswered_kept; /* sent, not answered, and there nevertheless */
    int64_t unanswered_gone;
    int64_t *start_ms;
    int early_kills; /* while it started */
    int kill_count;
    int kills;
} kill_run;

#define MUST(self, condition, ...)                                                                 \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            print_error("seed %llu, kill %d: ", (unsigned long long)(self)->seed, (self)->kills);  \
            print_error(__VA_ARGS__);                                                              \
            fail_msg(" ");                                                                         \
        }                                                                                          \
    } while (false)

static uint64_t roll(uint64_t *dice)
{
    uint64_t value = *dice += 0x9E3779B97F4A7C15U;

    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9U;
    value = (value ^ value >> 27) * 0x94D049BB133111EBU;
    return value ^ value >> 31;
}

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t number_of(const char *variable, int64_t otherwise)
{
    const char *text = getenv(variable);

    return text != NULL ? strtoll(text, NULL, 10) : otherwise;
}

/* ---- load and the kill --------------------------------------------------------------------- */

static void record_path(const kill_run *self, char *path, size_t size)
{
    (void)snprintf(path, size, "%.240s/record", self->gate.folder);
}

static pid_t fork_sender(kill_run *self, int *ret_progress_fd)
{
    sender_lane told[LANES];
    char path[300];
    int fds[2];

    record_path(self, path, sizeof path);
    for (int i = 0; i < LANES; i++) {
        const lane_state *lane = &self->lanes[i];
        told[i] = (sender_lane){.first = lane->end, .repeat = lane->repeat};
        if (lane->repeat >= 0)
            told[i].repeat_ms = lane->mtimes[lane->repeat];
    }
    assert_int_equal(pipe(fds), 0);
    const uint64_t dice = roll(&self->dice);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)close(fds[0]);
        _exit(sender_run(self->gate.endpoint, told, dice, fds[1], path));
    }
    (void)close(fds[1]);
    *ret_progress_fd = fds[0];
    return child;
}

static void load_and_kill(kill_run *self)
{
    const uint64_t answers = 1 + roll(&self->dice) % ANSWERS_MAX;
    uint64_t seen = 0;
    char bytes[256];
    ssize_t len = 1;
    int status;
    int fd;

    const pid_t sender = fork_sender(self, &fd);
    while (seen < answers && len > 0) {
        len = read(fd, bytes, sizeof bytes);
        if (len < 0 && errno == EINTR)
            len = 1;
        else if (len > 0)
            seen += (uint64_t)len;
    }
    gate_kill(&self->gate);
    while ((len = read(fd, bytes, sizeof bytes)) > 0 || (len < 0 && errno == EINTR)) {
    }
    (void)close(fd);
    assert_int_equal(waitpid(sender, &status, 0), sender);
    MUST(self, WIFEXITED(status) && WEXITSTATUS(status) == 0, "the sender ended with %#x\n",
         (unsigned)status);
    MUST(self, seen >= answers, "the sender stopped by itself\n");
}

static void read_record(kill_run *self)
{
    char path[300];
    char line[100];
    int lane;
    long long step;
    long long mtime_ms;

    record_path(self, path, sizeof path);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "sent %d %lld", &lane, &step) == 2) {
            lane_state *of = &self->lanes[lane];
            MUST(self, step < STEPS_MAX, "more steps than the check has room for\n");
            of->first = of->end;
            of->end = step;
            memset(of->steps + of->first, SENT, (size_t)(of->end - of->first));
        } else if (sscanf(line, "answered %d %lld %lld", &lane, &step, &mtime_ms) == 3) {
            MUST(self, self->lanes[lane].steps[step] == SENT, "lane %d: %lld is answered twice\n",
                 lane, step);
            self->lanes[lane].steps[step] |= ANSWERED;
            self->lanes[lane].mtimes[step] = mtime_ms;
            self->answered++;
        } else {
            fail_msg("the record has a line that cannot be read: %s", line);
        }
    }
    (void)fclose(file);
}

/* ---- history ------------------------------------------------------------------------------- */

typedef struct row {
    int64_t id;
    int64_t from;
    int64_t mid;
    int64_t mtime_ms;
    rtmi_span msg;
} row;

static void read_row(kill_run *self, rtmi_cursor *in, row *ret)
{
    rtmi_token token;
    int64_t numbers[8] = {0};
    rtmi_span texts[8];

    MUST(self, rtmi_pack_read(in, &token) == 0 && token.type == RTMI_PACK_ARRAY && token.count == 8,
         "a row is no array of eight\n");
    for (int i = 0; i < 8; i++) {
        MUST(self, rtmi_pack_read(in, &token) == 0, "a row that cannot be read\n");
        if (i == 5 || i == 6)
            MUST(self, rtmi_token_get_bytes(&token, &texts[i]), "a text is none\n");
        else if (i != 4)
            MUST(self, rtmi_token_get_int(&token, &numbers[i]), "a number is none\n");
    }
    *ret = (row){.id = numbers[0],
                 .from = numbers[1],
                 .mid = numbers[3],
                 .mtime_ms = numbers[7],
                 .msg = texts[5]};
}

/* `is_again`: the second reading, of all that was found. */
static void check_row(kill_run *self, act what, int lane, const row *got, bool is_again)
{
    lane_state *of = &self->lanes[lane];
    char text[TEXT_MAX];

    MUST(self,
         got->mid >= (is_again ? 0 : of->first) && got->mid < of->end && plan_act(got->mid) == what,
         "lane %d: a message %lld that was not sent in this round\n", lane, (long long)got->mid);
    const uint8_t state = of->steps[got->mid];
    MUST(self, (state & FOUND) == (is_again ? FOUND : 0), "lane %d: message %lld is there %s\n",
         lane, (long long)got->mid, is_again ? "now, and was not" : "twice");
    const size_t len = plan_text(lane, got->mid, text);
    MUST(self, len == got->msg.len && memcmp(text, got->msg.data, len) == 0,
         "lane %d: message %lld has another text\n", lane, (long long)got->mid);
    MUST(self, (state & ANSWERED) == 0 || of->mtimes[got->mid] == got->mtime_ms,
         "lane %d: message %lld has the time %lld, answered was %lld\n", lane, (long long)got->mid,
         (long long)got->mtime_ms, (long long)of->mtimes[got->mid]);
    of->steps[got->mid] ^= FOUND;
}

/* All pages of a conversation behind the cursor. */
static void read_pages(kill_run *self, act what, int lane, page_cursor *at, bool is_again)
{
    static const char *const methods[] = {"", "getp2pmsg", "getgroupmsg", "getroommsg",
                                          "getbroadcastmsg"};
    static const uint32_t params[] = {0, 7, 6, 6, 5};
    int64_t num = 20;

    while (num == 20) {
        rtmi_buf *out = wire_begin(&self->wire, methods[what], params[what], true);
        rtmi_payload answer;
        rtmi_span rows;
        rtmi_token head;

        if (what == ACT_P2P) {
            rtmi_pack_key_int(out, "uid", plan_from(lane));
            rtmi_pack_key_int(out, "ouid", plan_target(what, lane));
        } else if (what != ACT_BROADCAST) {
            rtmi_pack_key_int(out, what == ACT_GROUP ? "gid" : "rid", plan_target(what, lane));
        }
        rtmi_pack_key_bool(out, "desc", false);
        rtmi_pack_key_int(out, "num", 20);
        rtmi_pack_key_int(out, "begin", at->begin_ms);
        rtmi_pack_key_int(out, "end", at->end_ms);
        rtmi_pack_key_int(out, "lastid", at->last_id);
        const int code = wire_wait(&self->wire, wire_end(&self->wire), &answer);
        MUST(self, code == 0, "%s: %d\n", methods[what], code);
        MUST(self,
             rtmi_payload_get_int(&answer, "num", &num) == 1 && num <= 20 &&
                 rtmi_payload_find(&answer, "msgs", &rows),
             "a page without rows\n");
        rtmi_cursor in = rtmi_cursor_of(rows);
        MUST(self, rtmi_pack_read(&in, &head) == 0 && head.count == num, "a page of other size\n");
        for (uint32_t i = 0; i < head.count; i++) {
            row got;
            read_row(self, &in, &got);
            MUST(self, got.id == at->last_id + 1, "%s: %lld follows id %lld\n", methods[what],
                 (long long)got.id, (long long)at->last_id);
            MUST(self, got.mtime_ms > at->mtime_ms, "%s: the time of id %lld does not rise\n",
                 methods[what], (long long)got.id);
            at->last_id = got.id;
            at->mtime_ms = got.mtime_ms;
            if (what == ACT_BROADCAST)
                lane = (int)(got.from - plan_from(0));
            MUST(self, lane >= 0 && lane < LANES, "a broadcast of nobody\n");
            check_row(self, what, lane, &got, is_again);
        }
        (void)rtmi_payload_get_int(&answer, "begin", &at->begin_ms);
        (void)rtmi_payload_get_int(&answer, "end", &at->end_ms);
        at->rows += num;
    }
}

static void read_history(kill_run *self, bool is_again)
{
    for (int i = 0; i < LANES; i++) {
        for (act what = ACT_P2P; what < ACT_BROADCAST; what++)
            read_pages(self, what, i, &self->lanes[i].pages[what], is_again);
    }
    read_pages(self, ACT_BROADCAST, 0, &self->broadcasts, is_again);
}

/* ---- the directory ------------------------------------------------------------------------- */

static int64_t read_value(kill_run *self, int lane, int key)
{
    char name[24];
    char text[24] = "0";
    rtmi_payload answer;
    rtmi_span value;
    rtmi_buf *out = wire_begin(&self->wire, "dataget", 2, true);

    (void)snprintf(name, sizeof name, "key%d", key);
    rtmi_pack_key_int(out, "uid", plan_from(lane));
    rtmi_pack_key_str(out, "key", rtmi_span_of_text(name));
    const int code = wire_wait(&self->wire, wire_end(&self->wire), &answer);
    MUST(self, code == 0, "dataget: %d\n", code);
    if (rtmi_payload_get_bytes(&answer, "val", &value) == 1 && value.len > 0)
        (void)snprintf(text, sizeof text, "%.*s", (int)value.len, (const char *)value.data);
    return strtoll(text, NULL, 10);
}

/* Flags of who is in the lane's group; to be freed. */
static uint8_t *read_members(kill_run *self, int lane)
{
    uint8_t *members = calloc(1, STEPS_MAX / 8);
    rtmi_payload answer;
    rtmi_span uids;
    rtmi_token token;
    rtmi_buf *out = wire_begin(&self->wire, "getgroupmembers", 1, true);

    assert_non_null(members);
    rtmi_pack_key_int(out, "gid", plan_target(ACT_GROUP, lane));
    const int code = wire_wait(&self->wire, wire_end(&self->wire), &answer);
    MUST(self, code == 0, "getgroupmembers: %d\n", code);
    MUST(self, rtmi_payload_find(&answer, "uids", &uids), "getgroupmembers without uids\n");
    rtmi_cursor in = rtmi_cursor_of(uids);
    MUST(self, rtmi_pack_read(&in, &token) == 0, "uids cannot be read\n");
    for (uint32_t left = token.count; left > 0; left--) {
        int64_t uid = 0;
        MUST(self, rtmi_pack_read(&in, &token) == 0 && rtmi_token_get_int(&token, &uid),
             "a uid is none\n");
        const int64_t member = uid - plan_uid_of_member(0);
        MUST(self, member >= 0 && member < STEPS_MAX / 8 && members[member] == 0,
             "lane %d: a strange member %lld\n", lane, (long long)uid);
        members[member] = 1;
    }
    return members;
}

static void apply(lane_state *of, int64_t step)
{
    of->steps[step] |= APPLIED;
    switch (plan_act(step)) {
    case ACT_DATA:
        of->values[plan_key(step)] = step;
        break;
    case ACT_JOIN:
        of->members[plan_member(step)] = 1;
        break;
    case ACT_PART:
        of->members[plan_member(step)] = 0;
        break;
    default:
        break;
    }
}

static bool is_as_applied(const lane_state *of, const uint8_t *members,
                          const int64_t values[DATA_KEYS])
{
    return memcmp(of->values, values, sizeof of->values) == 0 &&
           memcmp(of->members, members, STEPS_MAX / 8) == 0;
}

/* ---- the comparison ------------------------------------------------------------------------ */

/* Up to where a lane's steps are there. The steps of a lane are in order, so nothing is missing
   before that point and nothing is there behind it. */
static void check_lane(kill_run *self, int lane)
{
    lane_state *of = &self->lanes[lane];
    int64_t least = of->first;
    int64_t most = of->end;
    int64_t values[DATA_KEYS];

    for (int64_t step = of->first; step < of->end; step++) {
        const uint8_t state = of->steps[step];
        const bool is_message = plan_act(step) <= ACT_BROADCAST;
        if ((state & ANSWERED) != 0 || (state & FOUND) != 0)
            least = step + 1;
        MUST(self, !is_message || (state & ANSWERED) == 0 || (state & FOUND) != 0,
             "lane %d: message %lld was answered and is lost\n", lane, (long long)step);
        if (is_message && (state & FOUND) == 0 && most == of->end)
            most = step;
        if ((state & ANSWERED) != 0 && is_message)
            of->repeat = step;
    }
    MUST(self, least <= most, "lane %d: step %lld is missing, and %lld is there\n", lane,
         (long long)most, (long long)least - 1);
    for (int key = 0; key < DATA_KEYS; key++)
        values[key] = read_value(self, lane, key);
    uint8_t *members = read_members(self, lane);
    int64_t step = of->first;
    while (step < least)
        apply(of, step++);
    while (!is_as_applied(of, members, values) && step < most)
        apply(of, step++);
    const bool is_good = is_as_applied(of, members, values);
    free(members);
    MUST(self, is_good, "lane %d: values or members are as after no step of %lld to %lld\n", lane,
         (long long)least, (long long)most);
    for (step = of->first; step < of->end; step++) {
        if ((of->steps[step] & ANSWERED) != 0)
            continue;
        if ((of->steps[step] & APPLIED) != 0)
            self->unanswered_kept++;
        else
            self->unanswered_gone++;
    }
}

/* ---- a user who is there when the gate dies ------------------------------------------------ */

enum { UID_OF_USER = 3000 };

static void get_token(kill_run *self)
{
    rtmi_payload answer;
    rtmi_span token;

    assert_true(wire_open(&self->wire, self->gate.endpoint));
    rtmi_pack_key_int(wire_begin(&self->wire, "gettoken", 1, true), "uid", UID_OF_USER);
    const int code = wire_wait(&self->wire, wire_end(&self->wire), &answer);
    MUST(self, code == 0 && rtmi_payload_get_bytes(&answer, "token", &token) == 1, "gettoken: %d\n",
         code);
    (void)snprintf(self->token, sizeof self->token, "%.*s", (int)token.len,
                   (const char *)token.data);
    wire_close(&self->wire);
}

static void log_in(kill_run *self)
{
    rtmi_payload answer;
    bool ok = false;

    wire_close(&self->user);
    assert_true(wire_open(&self->user, self->gate.endpoint));
    rtmi_buf *out = wire_begin(&self->user, "auth", 3, false);
    rtmi_pack_key_int(out, "pid", GATE_PID);
    rtmi_pack_key_int(out, "uid", UID_OF_USER);
    rtmi_pack_key_str(out, "token", rtmi_span_of_text(self->token));
    const int code = wire_wait(&self->user, wire_end(&self->user), &answer);
    MUST(self, code == 0 && rtmi_payload_get_bool(&answer, "ok", &ok) == 1 && ok,
         "auth: %d, ok %d\n", code, (int)ok);
}

/* His session has ended with the gate; the token that he was given has not. */
static void check_user(kill_run *self)
{
    rtmi_payload answer;
    rtmi_span uids;
    rtmi_token list;
    rtmi_buf *out = wire_begin(&self->wire, "getonlineusers", 1, true);

    rtmi_pack_key(out, "uids");
    rtmi_pack_array(out, 1);
    rtmi_pack_int(out, UID_OF_USER);
    const int code = wire_wait(&self->wire, wire_end(&self->wire), &answer);
    MUST(self, code == 0 && rtmi_payload_find(&answer, "uids", &uids), "getonlineusers: %d\n",
         code);
    rtmi_cursor in = rtmi_cursor_of(uids);
    MUST(self, rtmi_pack_read(&in, &list) == 0 && list.count == 0,
         "a session has outlived the gate\n");
    log_in(self);
}

static void one_kill(kill_run *self)
{
    if (self->kills % TOKEN_KILLS == 0)
        get_token(self);
    log_in(self);
    load_and_kill(self);
    while (roll(&self->dice) % 4 == 0) { /* it may not get far */
        const int after_ms = (int)(roll(&self->dice) % 100);
        self->early_kills += !gate_start_and_kill(&self->gate, after_ms);
    }
    const int64_t before = now_ms();
    gate_start(&self->gate);
    self->start_ms[self->kills++] = now_ms() - before;
    read_record(self);
    assert_true(wire_open(&self->wire, self->gate.endpoint));
    read_history(self, false);
    for (int i = 0; i < LANES; i++)
        check_lane(self, i);
    check_user(self);
    wire_close(&self->wire);
}

/* At the end everything is read once more from the beginning. */
static int64_t read_all_again(kill_run *self)
{
    int64_t rows = 0;

    assert_true(wire_open(&self->wire, self->gate.endpoint));
    self->broadcasts = (page_cursor){0};
    for (int i = 0; i < LANES; i++)
        memset(self->lanes[i].pages, 0, sizeof self->lanes[i].pages);
    read_history(self, true);
    for (int i = 0; i < LANES; i++) {
        for (int64_t step = 0; step < self->lanes[i].end; step++)
            MUST(self, (self->lanes[i].steps[step] & FOUND) == 0,
                 "lane %d: message %lld was there and is lost\n", i, (long long)step);
        for (act what = ACT_P2P; what < ACT_BROADCAST; what++)
            rows += self->lanes[i].pages[what].rows;
    }
    wire_close(&self->wire);
    return rows + self->broadcasts.rows;
}

/* ---- the runs ------------------------------------------------------------------------------ */

static int compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a;
    const int64_t y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static void make_lanes(kill_run *self)
{
    for (int i = 0; i < LANES; i++) {
        lane_state *lane = &self->lanes[i];
        lane->steps = calloc(STEPS_MAX, 1);
        lane->mtimes = calloc(STEPS_MAX, sizeof *lane->mtimes);
        lane->members = calloc(STEPS_MAX / 8, 1);
        lane->repeat = -1;
        assert_true(lane->steps != NULL && lane->mtimes != NULL && lane->members != NULL);
    }
}

static void run_kills(const char *durability)
{
    static kill_run self;
    char more[200];

    memset(&self, 0, sizeof self);
    self.seed = self.dice = (uint64_t)number_of("SOAK_SEED", 1);
    self.kill_count = (int)number_of("SOAK_KILLS", 3);
    assert_true(self.kill_count >= 1 && self.kill_count <= KILLS_MAX);
    self.start_ms = calloc((size_t)self.kill_count, sizeof *self.start_ms);
    assert_non_null(self.start_ms);
    make_lanes(&self);
    self.wire.fd = self.user.fd = -1;
    assert_true(wire_setup(GATE_PID, GATE_SECRET));
    (void)snprintf(more, sizeof more,
                   "durability = %s\nmax-members = 1000000\nretention-bytes = 0\n", durability);
    gate_init(&self.gate, 2, GATE_SQLITE, more);
    while (self.kills < self.kill_count)
        one_kill(&self);
    wire_close(&self.user);
    const int64_t rows = read_all_again(&self);
    gate_deinit(&self.gate);
    qsort(self.start_ms, (size_t)self.kills, sizeof *self.start_ms, compare);
    print_message("%s, seed %llu: %d kills under load, %d while it started, %lld answers recorded, "
                  "0 lost; %lld quests without "
                  "an answer took effect, %lld did not; %lld messages in the log, each once; "
                  "start to ready: min %lld ms, median %lld ms, max %lld ms\n",
                  durability, (unsigned long long)self.seed, self.kills, self.early_kills,
                  (long long)self.answered, (long long)self.unanswered_kept,
                  (long long)self.unanswered_gone, (long long)rows, (long long)self.start_ms[0],
                  (long long)self.start_ms[self.kills / 2],
                  (long long)self.start_ms[self.kills - 1]);
    for (int i = 0; i < LANES; i++) {
        free(self.lanes[i].steps);
        free(self.lanes[i].mtimes);
        free(self.lanes[i].members);
    }
    free(self.start_ms);
    wire_teardown();
}

static void nothing_answered_is_lost_with_normal(void **state)
{
    (void)state;
    run_kills("normal");
}

static void nothing_answered_is_lost_with_full(void **state)
{
    (void)state;
    run_kills("full");
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(nothing_answered_is_lost_with_normal),
        cmocka_unit_test(nothing_answered_is_lost_with_full),
    };

    return cmocka_run_group_tests_name("soak.kill", cases, NULL, NULL);
}
