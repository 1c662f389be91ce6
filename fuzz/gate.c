/*
 * Shards under any script: signed quests, users, bytes of strangers, connections that begin and
 * end, time, and a store that answers late or fails. Mail, ends of turns and commits come in
 * whatever order the script says. Then everything comes to rest, and must fit together: each
 * quest was answered once, nothing is owed, the directory is what was stored, and the indices of
 * connections are what the directory says.
 */
#include <string.h>

#include "fuzz/fuzz.h"
#include "gate/core/shard_impl.h"
#include "gate/ops/ops.h"
#include "lib/fpnn/frame.h"
#include "lib/fpnn/json.h"
#include "lib/fpnn/payload.h"

enum {
    SHARDS = 2,
    PROJECTS = 2,
    PEERS = 6,
    USERS = 8, /* of whom 1 to 7 have tokens */
    ASKS = 32,
    TOKEN_LEN = 32,
    HELD_MAX = 1 << 18,
    STEPS_MAX = 600
};

typedef struct peer {
    shard *shard;
    conn *conn;  /* NULL: closed */
    bool is_odd; /* it has sent what is no package: what it is owed is not known */
    bool is_deaf;
    size_t asked;    /* two-way quests */
    size_t answered; /* and their answers */
    rtmi_buf got;
    rtmi_buf held;     /* quests that go out with the next one, in one read */
    size_t held_asked; /* two-way ones of them */
} peer;

typedef struct play {
    const uint8_t *at;
    const uint8_t *end;
    gate_time now;
    uint64_t random;
    uint32_t seq;
    uint64_t epoch;
    gate_config config;
    gate_project projects[PROJECTS];
    gate_project_live live[PROJECTS];
    shard *shards[SHARDS];
    rtmi_signer *signer;
    peer peers[PEERS];
    store_ops ops;
    const store_ops *real_ops;
    store_batch *held[PROJECTS];
    store_ask *asks[ASKS];
    size_t ask_count;
    bool is_at_rest; /* the store does what it is asked for */
    char tokens[PROJECTS][USERS][TOKEN_LEN];
    rtmi_buf entries;
    uint32_t entry_count;
    rtmi_buf wire;
} play;

static play *current; /* for the store, which has no userdata of ours */

static unsigned take(play *self)
{
    return self->at < self->end ? *self->at++ : 0;
}

static uint64_t next_random(void *userdata)
{
    play *self = userdata;

    self->random = self->random * UINT64_C(6364136223846793005) + 1442695040888963407;
    return self->random ^ self->random >> 29;
}

/* ---- the store ----------------------------------------------------------------------------- */

static void append(store *from, store_batch *batch)
{
    play *self = current;
    const size_t project = batch->pid == self->projects[0].pid ? 0 : 1;

    if (self->is_at_rest) {
        self->real_ops->append(from, batch);
        return;
    }
    FUZZ_CHECK(self->held[project] == NULL); /* one of a project at a time */
    self->held[project] = batch;
}

static void ask(store *from, store_ask *question)
{
    play *self = current;

    if (self->is_at_rest || self->ask_count == ASKS)
        self->real_ops->ask(from, question);
    else
        self->asks[self->ask_count++] = question;
}

static void end_batch(play *self, size_t project, bool fails)
{
    store_batch *batch = self->held[project];

    self->held[project] = NULL;
    if (batch != NULL && fails)
        batch->done(batch, -1, "the disk is full", batch->userdata);
    else if (batch != NULL)
        self->real_ops->append(self->config.store, batch);
}

static void answer_asks(play *self, bool fails)
{
    const size_t count = self->ask_count;

    self->ask_count = 0;
    for (size_t i = 0; i < count; i++) {
        store_ask *question = self->asks[i];
        if (!fails) {
            self->real_ops->ask(self->config.store, question);
            continue;
        }
        question->answer = (store_answer){.result = -1, .text = "the disk is gone"};
        question->done(question, question->userdata);
    }
}

/* ---- the world ----------------------------------------------------------------------------- */

static void set_config(play *self)
{
    for (size_t i = 0; i < PROJECTS; i++) {
        self->projects[i] = (gate_project){
            .pid = (int32_t)i + 1, .owner = i, .secret_len = 1, .live = &self->live[i]};
        self->projects[i].secret[0] = (char)('a' + i);
        memset(self->tokens[i], '0', sizeof self->tokens[i]);
    }
    self->projects[1].is_multi_login = true;
    self->projects[1].is_friends_only = true;
    self->config = (gate_config){.ops = gate_ops(),
                                 .projects = self->projects,
                                 .project_count = PROJECTS,
                                 .shard_count = SHARDS,
                                 .bus = bus_local_new(SHARDS),
                                 .time_window_s = 300,
                                 .ping_interval_ms = 2000,
                                 .max_package_bytes = 1 << 16,
                                 .unproved_bytes = 4096,
                                 .unproved_ms = 15000,
                                 .max_listen_ids = 10,
                                 .queue_bytes = 1 << 14,
                                 .queue_pushes = 50,
                                 .log_pending_bytes = 1 << 14,
                                 .directory_bytes = 1 << 13,
                                 .max_rooms = 3,
                                 .max_members = 4,
                                 .max_friends = 3,
                                 .token_ms = 86400000,
                                 .mid_count = 50,
                                 .mid_ms = 60000,
                                 .endpoint = "gate:1",
                                 .random64 = next_random,
                                 .random_userdata = self};
}

static void make_shards(play *self)
{
    const shard_driver driver = {.userdata = self};
    char text[200];

    for (size_t i = 0; i < PROJECTS; i++)
        FUZZ_CHECK(self->config.store->ops->open_project(
                       self->config.store, self->projects[i].pid, ++self->epoch, self->now.wall_ms,
                       &self->projects[i].state, text, sizeof text) == 0);
    for (size_t i = 0; i < SHARDS; i++)
        FUZZ_CHECK(shard_new(&self->config, i, &driver, self->now, &self->shards[i], text,
                             sizeof text) == 0);
}

static void open_world(play *self)
{
    const store_options options = {.durability = STORE_DURABLE_MEMORY};
    char text[200];

    set_config(self);
    FUZZ_CHECK(self->config.bus != NULL);
    self->signer = rtmi_signer_new();
    rtmi_buf_init(&self->entries, 1 << 16);
    rtmi_buf_init(&self->wire, 1 << 17);
    FUZZ_CHECK(store_open_memory(&options, &self->config.store, text, sizeof text) == 0);
    make_shards(self);
    self->real_ops = self->config.store->ops;
    self->ops = *self->real_ops;
    self->ops.append = append;
    self->ops.ask = ask;
    self->config.store->ops = &self->ops;
}

static void close_world(play *self)
{
    for (size_t i = 0; i < SHARDS; i++)
        shard_free(self->shards[i]);
    self->config.store->ops = self->real_ops;
    self->real_ops->close(self->config.store);
    bus_free(self->config.bus, mail_drop);
    rtmi_signer_free(self->signer);
    for (size_t i = 0; i < PEERS; i++) {
        rtmi_buf_deinit(&self->peers[i].got);
        rtmi_buf_deinit(&self->peers[i].held);
    }
    rtmi_buf_deinit(&self->entries);
    rtmi_buf_deinit(&self->wire);
}

static void end_peer(play *self, peer *which)
{
    if (which->conn != NULL)
        shard_closed(which->shard, which->conn, self->now);
    which->conn = NULL;
    rtmi_buf_clear(&which->got);
    rtmi_buf_clear(&which->held);
    which->held_asked = 0;
}

static void begin_peer(play *self, peer *which, size_t at)
{
    end_peer(self, which);
    const rtmi_buf got = which->got;
    const rtmi_buf held = which->held;
    *which = (peer){.shard = self->shards[at], .got = got, .held = held};
    which->conn = shard_opened(which->shard, which, NULL, "peer", self->now);
    FUZZ_CHECK(which->conn != NULL);
}

/* An answer; one of gettoken is worth keeping. */
static void hear_answer(play *self, peer *which, const rtmi_package *package)
{
    const shard_project *project = which->conn->project;
    rtmi_payload payload;
    rtmi_span token;

    which->answered++;
    if (project == NULL || (package->flag & RTMI_FLAG_JSON) != 0 || package->status != 0)
        return;
    FUZZ_CHECK(rtmi_payload_open(package->payload, &payload) == 0);
    if (rtmi_payload_get_bytes(&payload, "token", &token) == 1 && token.len == TOKEN_LEN)
        memcpy(self->tokens[project->index][package->seq % USERS], token.data, TOKEN_LEN);
}

static void hear(play *self, peer *which)
{
    rtmi_package package;
    int r;

    while ((r = rtmi_frame_decode(rtmi_buf_span(&which->got), SIZE_MAX, &package)) == 1) {
        if (package.kind == RTMI_FRAME_ANSWER)
            hear_answer(self, which, &package);
        rtmi_buf_consume(&which->got, package.size);
    }
    FUZZ_CHECK(r == 0); /* never a torn package */
}

static void write_out(play *self, peer *which)
{
    while (conn_has_output(which->conn) && !which->is_deaf) {
        rtmi_span pieces[8];
        const size_t count = conn_get_output(which->shard, which->conn, pieces, 8);
        size_t len = 0;
        FUZZ_CHECK(count > 0);
        for (size_t i = 0; i < count; i++) {
            rtmi_buf_append_span(&which->got, pieces[i]);
            len += pieces[i].len;
        }
        conn_sent(which->shard, which->conn, len);
    }
    FUZZ_CHECK(which->got.error == 0);
    hear(self, which);
    if (conn_wants_close(which->conn))
        end_peer(self, which);
}

static void end_turn(play *self, size_t at)
{
    conn *dirty;

    shard_end_turn(self->shards[at], self->now);
    while ((dirty = shard_next_dirty(self->shards[at])) != NULL)
        write_out(self, conn_get_io(dirty));
}

static void send_bytes(play *self, peer *which, rtmi_span bytes, size_t most)
{
    while (bytes.len > 0 && which->conn != NULL && !conn_wants_close(which->conn)) {
        size_t room = 0;
        uint8_t *space = conn_read_space(which->shard, which->conn, &room);
        size_t len = bytes.len < most ? bytes.len : most;
        FUZZ_CHECK(space != NULL && room > 0);
        len = len < room ? len : room;
        memcpy(space, bytes.data, len);
        shard_bytes(which->shard, which->conn, len, self->now);
        bytes.data += len;
        bytes.len -= len;
    }
}

/* ---- quests -------------------------------------------------------------------------------- */

static int64_t an_int(unsigned what)
{
    static const int64_t edges[] = {0,         -1,        30,        51,        127,       128,
                                    INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN, 1LL << 53, 1000};

    if ((what & 3) != 0)
        return 1 + (what >> 2 & 3);
    return edges[(what >> 2) % (sizeof edges / sizeof edges[0])];
}

static rtmi_span a_text(unsigned what)
{
    static const uint8_t many[] =
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    static const uint8_t odd[] = {0xff, 0x00, 0xc0, 0x80};

    if (what >= 0xf8)
        return (rtmi_span){odd, sizeof odd};
    return (rtmi_span){many, what < 0x80 ? what & 3 : what & 0x7f};
}

static void put_value(play *self, rtmi_param_type type, unsigned what)
{
    rtmi_buf *out = &self->entries;
    const unsigned count = what & 3;

    switch (type) {
    case RTMI_PARAM_INT:
        rtmi_pack_int(out, an_int(what));
        break;
    case RTMI_PARAM_TEXT:
        if ((what & 4) != 0)
            rtmi_pack_bin(out, a_text(what));
        else
            rtmi_pack_str(out, a_text(what));
        break;
    case RTMI_PARAM_BOOL:
        rtmi_pack_bool(out, (what & 1) != 0);
        break;
    case RTMI_PARAM_IDS:
        if ((what & 0x80) != 0) {
            rtmi_pack_int(out, an_int(what));
            break;
        }
        rtmi_pack_array(out, count);
        for (unsigned i = 0; i < count; i++)
            rtmi_pack_int(out, an_int((what >> 1) + 5 * i));
        break;
    case RTMI_PARAM_MAP:
        rtmi_pack_map(out, count);
        for (unsigned i = 0; i < count; i++) {
            rtmi_pack_str(out, a_text(i + 1));
            rtmi_pack_int(out, what);
        }
        break;
    default:
        rtmi_pack_array(out, count);
        for (unsigned i = 0; i < count; i++)
            rtmi_pack_str(out, rtmi_span_of_text((what >> 2 & 1) + i == 0 ? "login" : "logout"));
        break;
    }
}

/* Parameters by the row: mostly of its types. */
static void put_params(play *self, const rtmi_method *method)
{
    for (size_t i = 0; i < method->param_count; i++) {
        const rtmi_param *param = &method->params[i];
        const unsigned what = take(self);
        if (what == 0xff || (!param->is_required && (what & 0x41) == 0x41))
            continue;
        rtmi_pack_key(&self->entries, param->key);
        put_value(self, what == 0xfe ? (rtmi_param_type)(i % 4) : param->type, what);
        self->entry_count++;
    }
}

static void put_auth(play *self, size_t project, unsigned uid)
{
    rtmi_pack_key_int(&self->entries, "pid", self->projects[project].pid);
    rtmi_pack_key_int(&self->entries, "uid", uid);
    rtmi_pack_key_str(&self->entries, "token",
                      (rtmi_span){(const uint8_t *)self->tokens[project][uid], TOKEN_LEN});
    self->entry_count += 3;
}

static void put_signature(play *self, const char *method, size_t project)
{
    const gate_project *conf = &self->projects[project];
    const int64_t ts_s = self->now.wall_ms / 1000;
    char hex[RTMI_SIGN_LEN];

    FUZZ_CHECK(rtmi_sign(self->signer, conf->pid, (rtmi_span){(const uint8_t *)conf->secret, 1},
                         self->seq, rtmi_span_of_text(method), ts_s, hex));
    rtmi_pack_key_int(&self->wire, "pid", conf->pid);
    rtmi_pack_key_str(&self->wire, "sign", (rtmi_span){(const uint8_t *)hex, sizeof hex});
    rtmi_pack_key_int(&self->wire, "salt", self->seq);
    rtmi_pack_key_int(&self->wire, "ts", ts_s);
}

enum {
    QUEST_ONE_WAY = 1,
    QUEST_JSON = 2,
    QUEST_PIECES = 4,
    QUEST_SWAPPED = 8,
    QUEST_TWICE = 16,
    QUEST_HELD = 64 /* it goes out with the next one */
};

/* All that is held, in one read; the connection may end within it. */
static void send_held(play *self, peer *from, size_t most)
{
    from->asked += conn_wants_close(from->conn) ? 0 : from->held_asked;
    send_bytes(self, from, rtmi_buf_span(&from->held), most);
    from->is_odd |= conn_wants_close(from->conn);
    rtmi_buf_clear(&from->held);
    from->held_asked = 0;
}

/* Send what stands in `entries`. */
static void send_quest(play *self, peer *from, const char *method, bool is_signed, size_t project,
                       unsigned how)
{
    const bool is_twoway = (how & QUEST_ONE_WAY) == 0;
    rtmi_buf json;

    rtmi_buf_clear(&self->wire);
    size_t mark = rtmi_frame_begin_quest(&self->wire, is_twoway, is_twoway ? self->seq : 0,
                                         rtmi_span_of_text(method));
    const size_t payload = rtmi_buf_len(&self->wire);
    rtmi_pack_map(&self->wire, self->entry_count + (is_signed ? 4 : 0));
    if (is_signed)
        put_signature(self, method, project);
    rtmi_buf_append_span(&self->wire, rtmi_buf_span(&self->entries));
    rtmi_buf_init(&json, 1 << 17);
    if ((how & QUEST_JSON) != 0) {
        const rtmi_span all = rtmi_buf_span(&self->wire);
        if (rtmi_pack_to_json((rtmi_span){all.data + payload, all.len - payload}, &json) == 0) {
            rtmi_buf_rewind(&self->wire, payload);
            rtmi_buf_append_span(&self->wire, rtmi_buf_span(&json));
        } else {
            how &= ~(unsigned)QUEST_JSON;
        }
    }
    rtmi_frame_end(&self->wire, mark);
    if ((how & QUEST_JSON) != 0)
        rtmi_frame_mark_json(&self->wire, mark);
    rtmi_buf_deinit(&json);
    FUZZ_CHECK(self->wire.error == 0 && self->entries.error == 0);
    for (unsigned i = 0; i < ((how & QUEST_TWICE) != 0 ? 2 : 1); i++) {
        rtmi_buf_append_span(&from->held, rtmi_buf_span(&self->wire));
        from->held_asked += is_twoway;
        if ((how & QUEST_HELD) == 0 || rtmi_buf_len(&from->held) > HELD_MAX / 2)
            send_held(self, from, (how & QUEST_PIECES) != 0 ? 7 : SIZE_MAX);
    }
    FUZZ_CHECK(from->held.error == 0);
    rtmi_buf_clear(&self->entries);
    self->entry_count = 0;
}

static void quest(play *self, peer *from)
{
    const rtmi_method *method = rtmi_method_at(take(self) % rtmi_method_count());
    const unsigned how = take(self);
    const bool is_signed = (method->side == RTMI_SERVER) != ((how & QUEST_SWAPPED) != 0);

    self->seq = (self->seq / USERS + 1) * USERS;
    put_params(self, method);
    send_quest(self, from, method->name, is_signed, how >> 5 & 1, how);
}

/* A token, or a login with the last one of that user. */
static void session_quest(play *self, peer *from, bool is_login)
{
    const unsigned what = take(self);
    const size_t project = what >> 3 & 1;
    const unsigned uid = what % USERS;

    self->seq = (self->seq / USERS + 1) * USERS + uid;
    if (is_login) {
        put_auth(self, project, uid);
        send_quest(self, from, "auth", false, project, what >> 4);
        return;
    }
    rtmi_pack_key_int(&self->entries, "uid", uid);
    self->entry_count++;
    send_quest(self, from, "gettoken", true, project, 0);
}

static void odd_bytes(play *self, peer *from)
{
    size_t len = take(self);

    if (len > (size_t)(self->end - self->at))
        len = (size_t)(self->end - self->at);
    from->is_odd = true;
    send_bytes(self, from, (rtmi_span){self->at, len}, SIZE_MAX);
    self->at += len;
}

/* ---- the script ---------------------------------------------------------------------------- */

static void pass(play *self, int64_t ms)
{
    self->now.mono_ms += ms;
    self->now.wall_ms += ms;
    for (size_t i = 0; i < SHARDS; i++)
        shard_tick(self->shards[i], self->now);
}

static void turns(play *self)
{
    for (int round = 0; round < 6; round++) {
        for (size_t i = 0; i < SHARDS; i++) {
            shard_take_mail(self->shards[i], self->now);
            end_turn(self, i);
        }
        for (size_t i = 0; i < PROJECTS; i++)
            end_batch(self, i, false);
        answer_asks(self, false);
    }
}

/* The gate ends and begins again: connections are gone, what was appended is stored. */
static void restart(play *self)
{
    bus_item *next;

    for (size_t i = 0; i < PROJECTS; i++)
        end_batch(self, i, false);
    answer_asks(self, false);
    for (size_t i = 0; i < PEERS; i++) {
        self->peers[i].conn = NULL; /* freed with its shard */
        rtmi_buf_clear(&self->peers[i].got);
        rtmi_buf_clear(&self->peers[i].held);
        self->peers[i].held_asked = 0;
    }
    for (size_t i = 0; i < SHARDS; i++)
        shard_free(self->shards[i]);
    for (size_t i = 0; i < SHARDS; i++) {
        for (bus_item *item = bus_take(self->config.bus, i); item != NULL; item = next) {
            next = item->next;
            mail_drop(item);
        }
    }
    memset(self->live, 0, sizeof self->live);
    make_shards(self);
}

static void step(play *self)
{
    const unsigned what = take(self);
    const size_t at = what >> 4 & 1;
    peer *who = &self->peers[(what >> 4) % PEERS];

    switch (what & 15) {
    case 0:
        shard_take_mail(self->shards[at], self->now);
        break;
    case 1:
        end_turn(self, at);
        break;
    case 2:
        end_batch(self, at, (what & 0x20) != 0);
        break;
    case 3:
        if ((what & 0x80) != 0)
            restart(self);
        else
            answer_asks(self, (what & 0x40) != 0);
        break;
    case 4:
        begin_peer(self, who, (what >> 7) % SHARDS);
        break;
    case 5:
        end_peer(self, who);
        break;
    case 6:
        pass(self, (int64_t)take(self) * 20);
        break;
    case 7:
        who->is_deaf = !who->is_deaf;
        break;
    case 8:
    case 9:
        turns(self);
        break;
    default:
        if (who->conn == NULL)
            begin_peer(self, who, at);
        if ((what & 15) == 10)
            session_quest(self, who, false);
        else if ((what & 15) == 11)
            session_quest(self, who, true);
        else if ((what & 15) == 12)
            odd_bytes(self, who);
        else
            quest(self, who);
        break;
    }
}

/* ---- at rest ------------------------------------------------------------------------------- */

static bool is_there(const shard_project *project, const conn *who)
{
    return who->project == project && who->session != NULL && who->session->end != NULL &&
           !who->wants_close;
}

static size_t count_of(const rtmi_map *index)
{
    size_t at = 0;
    size_t count = 0;
    const conn_set *set;

    while ((set = rtmi_map_next(index, &at, NULL)) != NULL) {
        FUZZ_CHECK(set->count > 0);
        count += set->count;
    }
    return count;
}

/* A session's own groups or rooms are those of its user in the directory, and in the index. */
static void check_own(const directory *dir, dir_space space, const rtmi_map *index,
                      const rtmi_map *own, const conn *who)
{
    const dir_key prefix = dir_key_id(space, who->session->uid);
    size_t at = 0;
    uint64_t id;

    FUZZ_CHECK(own->count == directory_count(dir, &prefix));
    while (rtmi_map_next(own, &at, &id) != NULL) {
        const dir_key key = dir_key_pair(space, who->session->uid, (int64_t)id);
        const conn_set *set = conn_index_of(index, (int64_t)id);
        size_t found = 0;
        FUZZ_CHECK(directory_has(dir, &key) && set != NULL);
        for (size_t i = 0; i < set->count; i++)
            found += set->conns[i] == who;
        FUZZ_CHECK(found == 1);
    }
}

static void check_sessions(const play *self, size_t index)
{
    const directory *dir = log_directory(self->shards[index]->projects[index].log);
    const dir_key all = dir_key_of(DIR_SESSION);
    size_t sessions = 0;

    for (size_t i = 0; i < SHARDS; i++) {
        const shard_project *project = &self->shards[i]->projects[index];
        const members *of = &project->members;
        size_t here = 0;
        size_t groups = 0;
        size_t rooms = 0;
        size_t at = 0;
        const conn *who;
        while ((who = rtmi_map_next(&self->shards[i]->conns, &at, NULL)) != NULL) {
            if (!is_there(project, who))
                continue;
            const dir_key key =
                dir_key_triple(DIR_SESSION, who->session->uid, (int64_t)i, (int64_t)who->id);
            FUZZ_CHECK(directory_has(dir, &key));
            check_own(dir, DIR_USER_GROUP, &of->groups, &who->session->groups, who);
            check_own(dir, DIR_USER_ROOM, &of->rooms, &who->session->rooms, who);
            here++;
            groups += who->session->groups.count;
            rooms += who->session->rooms.count;
        }
        FUZZ_CHECK(of->all.count == here && count_of(&of->users) == here);
        FUZZ_CHECK(count_of(&of->groups) == groups && count_of(&of->rooms) == rooms);
        sessions += here;
    }
    FUZZ_CHECK(sessions == directory_count(dir, &all));
}

/* Each entry of one space has its mirror in the other; who is in a room is there. */
static void check_mirror(const gate_log *log, dir_space space, dir_space mirror)
{
    const directory *dir = log_directory(log);
    const dir_key all = dir_key_of(space);
    dir_walk walk = directory_walk(dir, &all);
    rtmi_span key;
    rtmi_span value;

    FUZZ_CHECK(directory_space_count(dir, space) == directory_space_count(dir, mirror));
    FUZZ_CHECK(directory_space_count(dir, space) == directory_count(dir, &all));
    while (dir_walk_next(&walk, &key, &value)) {
        const dir_key other = dir_key_pair(mirror, dir_key_get_id(key, 1), dir_key_get_id(key, 0));
        FUZZ_CHECK(directory_has(dir, &other));
        FUZZ_CHECK(space != DIR_ROOM_MEMBER || presence_is_online(log, dir_key_get_id(key, 1)));
    }
}

static bool is_stored(const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len,
                      void *userdata)
{
    const directory *dir = userdata;
    dir_key wanted;
    rtmi_span held;

    wanted = dir_key_copy((rtmi_span){key, key_len});
    FUZZ_CHECK(directory_get(dir, &wanted, &held));
    FUZZ_CHECK(held.len == value_len &&
               (value_len == 0 || memcmp(held.data, value, value_len) == 0));
    return true;
}

static bool count_entry(const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len,
                        void *userdata)
{
    (void)key, (void)key_len, (void)value, (void)value_len;
    ++*(size_t *)userdata;
    return true;
}

/* The directory is what the next start would read. */
static void check_stored(const play *self, size_t index, const directory *dir)
{
    store *from = self->config.store;
    const int32_t pid = self->projects[index].pid;
    size_t stored = 0;
    size_t held = 0;
    char text[200];

    FUZZ_CHECK(from->ops->read_entries(from, pid, is_stored, (void *)(uintptr_t)dir, text,
                                       sizeof text) == 0);
    FUZZ_CHECK(from->ops->read_entries(from, pid, count_entry, &stored, text, sizeof text) == 0);
    for (int space = 0; space < DIR_VOLATILE; space++)
        held += directory_space_count(dir, (dir_space)space);
    FUZZ_CHECK(held == stored);
}

static void come_to_rest(play *self)
{
    self->is_at_rest = true;
    for (size_t i = 0; i < PEERS; i++) {
        self->peers[i].is_deaf = false;
        if (self->peers[i].conn != NULL)
            write_out(self, &self->peers[i]);
    }
    for (int i = 0; i < 4; i++) { /* ends that were not stored, and last seconds */
        turns(self);
        pass(self, 1100);
    }
    turns(self);
}

static void check(play *self)
{
    for (size_t i = 0; i < PROJECTS; i++) {
        const gate_log *log = self->shards[i]->projects[i].log;
        FUZZ_CHECK(log_is_idle(log) && !directory_is_broken(log_directory(log)));
        FUZZ_CHECK(atomic_load(&self->live[i].fed_bytes) == 0);
        check_sessions(self, i);
        check_mirror(log, DIR_GROUP_MEMBER, DIR_USER_GROUP);
        check_mirror(log, DIR_ROOM_MEMBER, DIR_USER_ROOM);
        check_stored(self, i, log_directory(log));
    }
    for (size_t i = 0; i < PEERS; i++) {
        const peer *who = &self->peers[i];
        FUZZ_CHECK(who->conn == NULL || who->is_odd || who->answered == who->asked);
    }
    for (size_t i = 0; i < SHARDS; i++) {
        FUZZ_CHECK(self->shards[i]->owed == 0);
        shard_drain(self->shards[i]);
    }
    for (size_t i = 0; i < SHARDS; i++)
        FUZZ_CHECK(shard_is_drained(self->shards[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    play *self = calloc(1, sizeof *self);

    FUZZ_CHECK(self != NULL);
    current = self;
    self->now = (gate_time){1000000, 1700000000000};
    self->at = data;
    self->end = data + size;
    open_world(self);
    for (size_t i = 0; i < PEERS; i++) {
        rtmi_buf_init(&self->peers[i].got, 1 << 22);
        rtmi_buf_init(&self->peers[i].held, HELD_MAX);
        self->peers[i].shard = self->shards[i % SHARDS];
    }
    for (size_t i = 0; self->at < self->end && i < STEPS_MAX; i++)
        step(self);
    come_to_rest(self);
    check(self);
    close_world(self);
    free(self);
    return 0;
}
