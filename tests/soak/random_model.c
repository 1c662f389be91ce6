/*
 * The parts of the model that are plain data: flips, texts, and what is told of a failure.
 */
#include "tests/soak/random_model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TOLD = 60, UID_FIRST = 1000, UID_OF_NOBODY = 999999 };

const char *const op_names[OP_KINDS] = {"send",
                                        "repeat",
                                        "gettoken",
                                        "removetoken",
                                        "auth",
                                        "bye",
                                        "close",
                                        "ping",
                                        "enterroom",
                                        "leaveroom",
                                        "getuserrooms",
                                        "addgroupmembers",
                                        "delgroupmembers",
                                        "delgroup",
                                        "addroommembers",
                                        "delroommembers",
                                        "ban",
                                        "unban",
                                        "addblacks",
                                        "delblacks",
                                        "kickout",
                                        "addprojectblack",
                                        "removeprojectblack",
                                        "getonlineusers",
                                        "getgroupmembers",
                                        "getroommembers",
                                        "delmsg",
                                        "editmsg",
                                        "getmsg",
                                        "listen",
                                        "listen anew",
                                        "position"};

void model_fail(const model *self, const char *format, ...)
{
    char text[1000];
    va_list args;

    for (size_t left = self->trace_count < TOLD ? self->trace_count : TOLD; left > 0; left--) {
        const trace *line = &self->traces[(self->trace_count - left) % TRACE_MAX];
        print_error("%lld %s %s user %d place %d record %u code %d\n", (long long)line->tick,
                    line->is_answer ? "end  " : "begin", op_names[line->op], (int)line->user,
                    (int)line->place, line->record, line->code);
    }
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fail_msg("seed %llu, round %lld, tick %lld: %s", (unsigned long long)self->seed,
             (long long)self->rounds, (long long)self->tick, text);
    abort(); /* fail_msg() does not return */
}

void model_trace(model *self, const pending *op, bool is_answer, int code)
{
    self->traces[self->trace_count++ % TRACE_MAX] = (trace){.tick = self->tick,
                                                            .op = op->op,
                                                            .is_answer = is_answer,
                                                            .user = op->user,
                                                            .place = op->place,
                                                            .record = op->record,
                                                            .code = code};
}

static uint64_t mix(uint64_t value)
{
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9U;
    value = (value ^ value >> 27) * 0x94D049BB133111EBU;
    return value ^ value >> 31;
}

int roll(model *self, int count)
{
    return (int)(mix(self->dice += 0x9E3779B97F4A7C15U) % (uint64_t)count);
}

bool chance(model *self, int percent)
{
    return roll(self, 100) < percent;
}

int32_t any_group(model *self)
{
    return chance(self, 40) ? self->hot_group : roll(self, GROUPS);
}

int32_t any_room(model *self)
{
    return chance(self, 40) ? self->hot_room : roll(self, ROOMS);
}

void *make(size_t count, size_t size)
{
    void *block = calloc(count, size);

    if (block == NULL)
        abort();
    return block;
}

static void *grow(void *block, size_t *cap, size_t size)
{
    const size_t count = *cap == 0 ? 16 : 2 * *cap;
    void *grown = realloc(block, count * size);

    if (grown == NULL)
        abort();
    *cap = count;
    return grown;
}

/* ---- flips --------------------------------------------------------------------------------- */

static change *flip_add(model *self, flip *of)
{
    if (!of->is_touched) {
        if (self->touched_count == self->touched_cap)
            self->touched = grow(self->touched, &self->touched_cap, sizeof *self->touched);
        self->touched[self->touched_count++] = of;
        of->is_touched = true;
    }
    if (of->count == of->cap) {
        size_t cap = of->cap;
        of->changes = grow(of->changes, &cap, sizeof *of->changes);
        of->cap = (uint32_t)cap;
    }
    return &of->changes[of->count++];
}

void flip_begin(model *self, const peer *at, flip *of, bool value)
{
    *flip_add(self, of) =
        (change){.begin = self->tick, .end = FOREVER, .serial = at->serial, .value = value};
}

void flip_end(model *self, flip *of)
{
    MUST(self, of->count > 0 && of->changes[of->count - 1].end == FOREVER,
         "the driver ends a change that is not under way");
    of->changes[of->count - 1].end = self->tick;
}

void flip_at(model *self, flip *of, bool value, int64_t begin, int64_t offset)
{
    *flip_add(self, of) =
        (change){.begin = begin, .end = self->tick, .offset = offset, .value = value};
}

bool flip_after(const flip *of, uint32_t changes)
{
    return changes == 0 ? of->base : of->changes[changes - 1].value;
}

bool flip_is_moving(const flip *of)
{
    return of->count > 0 && of->changes[of->count - 1].end == FOREVER;
}

bool flip_last(const flip *of)
{
    return flip_after(of, of->count);
}

/* -1: the change stands before the message; 1: behind it; 0: nobody knows. */
static int place_of(const change *at, const sent *message)
{
    if (at->offset != NEVER && message->offset != NEVER)
        return at->offset < message->offset ? -1 : 1;
    if (at->serial == message->origin)
        return at->begin < message->begin ? -1 : 1;
    if (at->end < message->begin)
        return -1;
    return at->begin < message->end ? 0 : 1;
}

void flip_range(const flip *of, const sent *message, uint32_t *ret_least, uint32_t *ret_most)
{
    uint32_t least = 0;
    uint32_t most = 0;

    for (uint32_t i = 0; i < of->count; i++) {
        const int side = place_of(&of->changes[i], message);
        if (side < 0)
            least = i + 1;
        if (side <= 0)
            most = i + 1;
    }
    *ret_least = least;
    *ret_most = most > least ? most : least;
}

bool flip_may_be(const flip *of, const sent *message, bool value)
{
    uint32_t least;
    uint32_t most;

    flip_range(of, message, &least, &most);
    for (uint32_t n = least; n <= most; n++) {
        if (flip_after(of, n) == value)
            return true;
    }
    return false;
}

void flips_settle(model *self)
{
    for (size_t i = 0; i < self->touched_count; i++) {
        flip *of = self->touched[i];
        of->base = flip_last(of);
        of->count = 0;
        of->is_touched = false;
    }
    self->touched_count = 0;
}

flip *black_of(model *self, int blocker, int blocked)
{
    flip **at = &self->users[blocker].blacks[blocked];

    if (*at == NULL)
        *at = make(1, sizeof **at);
    return *at;
}

/* ---- numbers and texts --------------------------------------------------------------------- */

int64_t uid_of(int32_t who)
{
    return who == NOBODY ? UID_OF_NOBODY : UID_FIRST + who;
}

int32_t user_of(const model *self, int64_t uid)
{
    if (uid == UID_OF_NOBODY)
        return NOBODY;
    MUST(self, uid >= UID_FIRST && uid < UID_FIRST + self->user_count, "a strange uid %lld",
         (long long)uid);
    return (int32_t)(uid - UID_FIRST);
}

int64_t target_of(const sent *message)
{
    switch (message->kind) {
    case 1:
        return uid_of(message->to);
    case 2:
        return gid_of(message->to);
    case 3:
        return rid_of(message->to);
    default:
        return 0;
    }
}

bool is_binary_of(uint32_t mid)
{
    return mid % 16 == 3;
}

int mtype_of(uint32_t mid)
{
    return is_binary_of(mid) ? 31 : mid % 8 == 5 ? 30 : 51;
}

size_t text_of(uint32_t mid, unsigned edits, uint8_t text[TEXT_MAX])
{
    const uint64_t number = mix((uint64_t)mid << 8 | edits);
    const size_t more = number % (number % 16 == 0 ? 600 : 80);
    const size_t len = (size_t)snprintf((char *)text, TEXT_MAX, "%u.%u ", mid, edits);

    memset(text + len, 'a' + (int)(number % 26), more);
    if (is_binary_of(mid))
        text[0] = 0xff; /* in no UTF-8 */
    return len + more;
}

void got_add(peer *at, got what)
{
    if (at->got_count == at->got_cap)
        at->gots = grow(at->gots, &at->got_cap, sizeof *at->gots);
    at->gots[at->got_count++] = what;
}
