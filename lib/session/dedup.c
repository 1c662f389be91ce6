/*
 * A log of hashes, and an index of lines that lead into it.
 *
 * A key that enters gets the next number, and its hash is appended to the log, a ring of chunks.
 * A place of the index holds the low 32 bits of a number, and 32 bits of the hash. One whose number
 * has left the window is free: nothing is ever cleared. Numbers that come round may make such a
 * place look used again for a while, which does no harm, since what it leads to is compared. Only
 * 0, which stands in all places that were never used, is given to no key.
 *
 * The entries of a line stand in the order of their ages, the newest first, so what has left the
 * window stands last. (A number that looks used again breaks that order; then a line may be taken
 * for full that is not, which costs a step, and nothing depends on it.)
 *
 * Lines are probed one after the other, and a search ends at the first that is not full. That is
 * right because a full line gives up its oldest entry when another comes to it: so an entry that
 * stands behind its line stands behind full lines of newer ones, which leave the window later.
 */
#include "lib/session/dedup.h"

#include <stdlib.h>

#include "lib/base/num.h"

enum {
    LINE_PLACES = 8,
    LINE_KEYS = 5,    /* a line, on average at most; then the index grows */
    LINES_FIRST = 64, /* at most; a power of two */
    LINE_SIZE = 64,   /* of memory */
    PAGE_SIZE = 4096,
    CHUNK_KEYS = 1024,
    MOVES = 8, /* entries that move into a larger index with each key */
    MOVES_AHEAD = 32
};

/* An index of so many bytes is worth a word to the system. */
#define ADVICE_LEAST (4u * 1024 * 1024)

/* Where numbers begin: soon before they come round, so that this is nothing rare. */
#define NUMBER_FIRST ((UINT64_C(1) << 32) - 64 * CHUNK_KEYS)

/* The compiler's vectors: four places at once, with what any x86-64 or AArch64 has. */
typedef uint32_t four __attribute__((vector_size(16)));

/* One line of memory is all that a new key touches, besides the end of the log. */
typedef struct line {
    four tags[LINE_PLACES / 4];
    four numbers[LINE_PLACES / 4];
} line;

typedef struct index_table {
    void *memory;
    line *lines; /* in it, on a boundary */
    size_t mask; /* the number of lines, a power of two, less one */
} index_table;

struct rtmi_dedup {
    uint64_t newest;  /* the number of the last key */
    uint64_t live;    /* so many numbers, the newest and those before it, are remembered */
    uint64_t grow_at; /* so many live ones are reason to see to a larger index */
    uint64_t opened;  /* the newest number when the present age began */
    index_table index;
    index_table outgrown;         /* until all of it has moved; no memory: nothing moves */
    index_table larger;           /* made before it is needed; or no memory */
    size_t touched;               /* of its bytes */
    uint64_t move_next;           /* the number that moves next */
    uint64_t move_end;            /* the last of them */
    rtmi_dedup_key **chunks;      /* of CHUNK_KEYS, by number; a power of two of them */
    rtmi_dedup_key *newest_chunk; /* the one that holds the newest key */
    size_t chunk_mask;            /* their count less one */
    uint64_t oldest_chunk;        /* the first that has memory */
    size_t max_count;
    int64_t max_age_ms;
    int64_t due_ms; /* the end of the present age */
    uint64_t seed0;
    uint64_t seed1;
    uint64_t seed2;
    uint64_t forgotten;
    void (*expect_random)(void *memory, size_t size); /* or NULL */
};

/* The high word of a key that was taken out. */
static const uint64_t taken_out = 0;

static size_t power_of_two(size_t least)
{
    size_t n = 1;

    while (n < least)
        n *= 2;
    return n;
}

/* All zeros, which is free. A large one takes memory of the system only where it is touched. */
static bool index_init(index_table *t, size_t count)
{
    void *memory = calloc(count + 1, LINE_SIZE);

    if (memory == NULL)
        return false;
    const size_t past = (uintptr_t)memory % LINE_SIZE;
    *t = (index_table){.memory = memory,
                       .lines = (line *)((uint8_t *)memory + (past == 0 ? 0 : LINE_SIZE - past)),
                       .mask = count - 1};
    return true;
}

static size_t lines_for(size_t keys)
{
    return power_of_two((keys + LINE_KEYS - 1) / LINE_KEYS);
}

/* From so many keys on a larger index is made ready; never, if this is as large as it gets. */
static void set_grow_at(rtmi_dedup *dedup)
{
    const size_t lines = dedup->index.mask + 1;

    dedup->grow_at =
        lines >= lines_for(dedup->max_count) ? UINT64_MAX : (uint64_t)lines * LINE_KEYS / 4 * 3;
}

static rtmi_dedup_key **chunk_at(const rtmi_dedup *dedup, uint64_t number)
{
    return &dedup->chunks[(size_t)(number / CHUNK_KEYS) & dedup->chunk_mask];
}

rtmi_dedup *rtmi_dedup_new(size_t max_count, int64_t max_age_ms, uint64_t seed0, uint64_t seed1,
                           int64_t now_ms)
{
    rtmi_dedup *dedup = calloc(1, sizeof *dedup);

    if (dedup == NULL)
        return NULL;
    *dedup = (rtmi_dedup){.newest = NUMBER_FIRST,
                          .opened = NUMBER_FIRST,
                          .oldest_chunk = NUMBER_FIRST / CHUNK_KEYS,
                          .chunk_mask = power_of_two(max_count / CHUNK_KEYS + 2) - 1,
                          .max_count = max_count,
                          .max_age_ms = max_age_ms,
                          .due_ms = now_ms + max_age_ms,
                          .seed0 = seed0,
                          .seed1 = seed1,
                          .seed2 = rtmi_mix64(seed0 + rtmi_mix64(seed1))};
    dedup->chunks = calloc(dedup->chunk_mask + 1, sizeof(rtmi_dedup_key *));
    if (dedup->chunks == NULL)
        goto fail;
    dedup->newest_chunk = malloc(CHUNK_KEYS * sizeof *dedup->newest_chunk);
    *chunk_at(dedup, NUMBER_FIRST) = dedup->newest_chunk;
    if (dedup->newest_chunk == NULL ||
        !index_init(&dedup->index, rtmi_min_size(lines_for(max_count), LINES_FIRST)))
        goto fail;
    set_grow_at(dedup);
    return dedup;

fail:
    rtmi_dedup_free(dedup);
    return NULL;
}

void rtmi_dedup_free(rtmi_dedup *dedup)
{
    if (dedup == NULL)
        return;
    for (size_t i = 0; dedup->chunks != NULL && i <= dedup->chunk_mask; i++)
        free(dedup->chunks[i]);
    free(dedup->chunks);
    free(dedup->index.memory);
    free(dedup->outgrown.memory);
    free(dedup->larger.memory);
    free(dedup);
}

void rtmi_dedup_set_advice(rtmi_dedup *dedup, void (*expect_random)(void *memory, size_t size))
{
    dedup->expect_random = expect_random;
}

rtmi_dedup_key rtmi_dedup_key_of(const rtmi_dedup *dedup, const rtm_message *message)
{
    /* Sums of what differs if a field does, weighted differently: short, and side by side. */
    const uint64_t x = rtmi_mix64((uint64_t)message->mid ^ dedup->seed0);
    const uint64_t y = rtmi_mix64((uint64_t)message->from ^ dedup->seed1);
    const uint64_t z = rtmi_mix64((uint64_t)message->to ^ dedup->seed2) + (uint64_t)message->kind;
    const uint64_t a = x + y * UINT64_C(0x9e3779b97f4a7c15) + z * UINT64_C(0xc2b2ae3d27d4eb4f);
    const uint64_t b = y + z * UINT64_C(0x165667b19e3779f9) + x * UINT64_C(0xd6e8feb86659fd93);

    return (rtmi_dedup_key){.high = a == taken_out ? 1 : a, .low = b};
}

static line *home_of(const index_table *t, rtmi_dedup_key key)
{
    return &t->lines[(size_t)key.low & t->mask];
}

static line *line_behind(const index_table *t, const line *l)
{
    return &t->lines[((size_t)(l - t->lines) + 1) & t->mask];
}

static uint32_t tag_of(rtmi_dedup_key key)
{
    return (uint32_t)(key.low >> 32);
}

static rtmi_dedup_key *key_at(const rtmi_dedup *dedup, uint64_t number)
{
    return &(*chunk_at(dedup, number))[number % CHUNK_KEYS];
}

/* A place of a line. */
static inline uint32_t *number_at(line *l, unsigned place)
{
    return (uint32_t *)l->numbers + place;
}

static inline uint32_t *tag_at(line *l, unsigned place)
{
    return (uint32_t *)l->tags + place;
}

/* How many keys came after the one in a place, or more than are remembered. */
static inline uint32_t age_of(const rtmi_dedup *dedup, uint32_t number)
{
    return number == 0 ? UINT32_MAX : (uint32_t)dedup->newest - number;
}

void rtmi_dedup_prefetch(const rtmi_dedup *dedup, rtmi_dedup_key key)
{
    __builtin_prefetch(home_of(&dedup->index, key), 1);
    if (dedup->outgrown.memory != NULL)
        __builtin_prefetch(home_of(&dedup->outgrown, key));
}

static inline four four_of(uint32_t value)
{
    return (four){value, value, value, value};
}

/* A bit for each place from vectors of all ones or none. */
static inline unsigned bits_of(four low, four high)
{
    const four bits = (low & (four){1, 2, 4, 8}) | (high & (four){16, 32, 64, 128});
    uint64_t halves[2];

    memcpy(halves, &bits, sizeof halves);
    halves[0] |= halves[1];
    return (unsigned)(halves[0] | halves[0] >> 32) & ((1u << LINE_PLACES) - 1);
}

/* Whether all places of a line are used: its last is, which holds its oldest. */
static inline bool is_full(const rtmi_dedup *dedup, line *l)
{
    return age_of(dedup, *number_at(l, LINE_PLACES - 1)) < dedup->live;
}

/* Whether a line has an entry, used or not, of such a key. */
static inline bool has_tag(const line *l, uint32_t tag)
{
    const four alike = (four)(l->tags[0] == four_of(tag)) | (four)(l->tags[1] == four_of(tag));
    uint64_t halves[2];

    memcpy(halves, &alike, sizeof halves);
    return (halves[0] | halves[1]) != 0;
}

/* Look for the key from its line on. Its place in the log; or NULL, with the line that it ends at.
 */
static inline rtmi_dedup_key *find(const rtmi_dedup *dedup, const index_table *t,
                                   rtmi_dedup_key key, line **ret_end)
{
    const four tag = four_of(tag_of(key));
    line *l = home_of(t, key);

    for (size_t n = 0; n <= t->mask; n++, l = line_behind(t, l)) {
        unsigned alike = bits_of((four)(l->tags[0] == tag), (four)(l->tags[1] == tag));
        for (; alike != 0; alike &= alike - 1) {
            const uint32_t number = *number_at(l, (unsigned)__builtin_ctz(alike));
            if (age_of(dedup, number) >= dedup->live)
                continue;
            rtmi_dedup_key *held = key_at(dedup, number);
            if (held->high == key.high && held->low == key.low)
                return held;
        }
        *ret_end = l;
        if (!is_full(dedup, l))
            break;
    }
    return NULL;
}

/* Move the first seven of eight numbers one place on. */
static inline void shift(uint32_t *first)
{
    four low;
    four high;

    memcpy(&low, first, sizeof low);
    memcpy(&high, first + 3, sizeof high);
    memcpy(first + 1, &low, sizeof low);
    memcpy(first + 4, &high, sizeof high);
}

/* A key that is newer than all comes to the front of a line, and what is last there goes. */
static inline void put_first(line *l, uint32_t tag, uint32_t number)
{
    shift(tag_at(l, 0));
    shift(number_at(l, 0));
    *tag_at(l, 0) = tag;
    *number_at(l, 0) = number;
}

/* Take the place `from` of a line for another entry, in the order of ages. */
static void put_in_order(const rtmi_dedup *dedup, line *l, unsigned from, uint32_t tag,
                         uint32_t age)
{
    for (; from > 0 && age_of(dedup, *number_at(l, from - 1)) > age; from--) {
        *tag_at(l, from) = *tag_at(l, from - 1);
        *number_at(l, from) = *number_at(l, from - 1);
    }
    *tag_at(l, from) = tag;
    *number_at(l, from) = (uint32_t)dedup->newest - age;
}

/* Put a remembered number into the index; full lines give up their oldest to the next. */
static void put(const rtmi_dedup *dedup, index_table *t, rtmi_dedup_key key, uint64_t number)
{
    uint32_t tag = tag_of(key);
    uint32_t age = (uint32_t)(dedup->newest - number);
    line *l = home_of(t, key);

    for (size_t n = 0; n <= t->mask; n++, l = line_behind(t, l)) {
        unsigned oldest = 0;
        for (unsigned i = 1; i < LINE_PLACES; i++) {
            if (age_of(dedup, *number_at(l, i)) >= age_of(dedup, *number_at(l, oldest)))
                oldest = i;
        }
        const uint32_t held_age = age_of(dedup, *number_at(l, oldest));
        const uint32_t held_tag = *tag_at(l, oldest);
        if (held_age < age)
            continue; /* it is older itself */
        put_in_order(dedup, l, oldest, tag, age);
        if (held_age >= dedup->live)
            return;
        tag = held_tag;
        age = held_age;
    }
}

/* A little of what an index that was outgrown holds moves on. */
static void move_some(rtmi_dedup *dedup)
{
    const uint64_t first = dedup->newest - dedup->live + 1;

    if (dedup->move_next < first)
        dedup->move_next = first;
    for (int i = 0; i < MOVES && dedup->move_next <= dedup->move_end; i++, dedup->move_next++) {
        const rtmi_dedup_key *key = key_at(dedup, dedup->move_next);
        if (key->high != taken_out)
            put(dedup, &dedup->index, *key, dedup->move_next);
        if (dedup->move_next + MOVES_AHEAD <= dedup->move_end)
            __builtin_prefetch(
                home_of(&dedup->index, *key_at(dedup, dedup->move_next + MOVES_AHEAD)), 1);
    }
    if (dedup->move_next > dedup->move_end) {
        free(dedup->outgrown.memory);
        dedup->outgrown = (index_table){.memory = NULL};
    }
}

/* For want of memory: only so many are remembered from here on. */
static void forget(rtmi_dedup *dedup, uint64_t left)
{
    dedup->live = left;
    dedup->forgotten++;
}

/* An index of twice the lines, whose memory is touched step by step from here on. */
static bool prepare_larger(rtmi_dedup *dedup)
{
    const size_t lines = (dedup->index.mask + 1) * 2;

    if (!index_init(&dedup->larger, lines))
        return false;
    if (lines * LINE_SIZE >= ADVICE_LEAST && dedup->expect_random != NULL)
        dedup->expect_random(dedup->larger.memory, lines * LINE_SIZE);
    dedup->touched = 0;
    return true;
}

/*
 * The first use of a page takes the system longer than anything here, and entries go to all pages
 * within a few reads. So the pages of a larger index are touched one with each key before.
 */
static void touch_larger(rtmi_dedup *dedup)
{
    volatile uint8_t *memory = dedup->larger.memory;

    if (dedup->touched >= (dedup->larger.mask + 1) * LINE_SIZE)
        return;
    memory[dedup->touched] = 0;
    dedup->touched += PAGE_SIZE;
}

/* Twice the lines, when they are full; entries move later, some with each key. */
static void grow_if_full(rtmi_dedup *dedup)
{
    const uint64_t full = (uint64_t)(dedup->index.mask + 1) * LINE_KEYS;

    if (dedup->larger.memory != NULL)
        touch_larger(dedup);
    if (dedup->outgrown.memory != NULL)
        return;
    if (dedup->live < full) {
        if (dedup->live == dedup->grow_at && dedup->larger.memory == NULL)
            (void)prepare_larger(dedup); /* without memory: once more when it is needed */
        return;
    }
    if (dedup->larger.memory == NULL && !prepare_larger(dedup)) {
        forget(dedup, dedup->live / 2);
        return;
    }
    dedup->outgrown = dedup->index;
    dedup->index = dedup->larger;
    dedup->larger = (index_table){.memory = NULL};
    dedup->move_next = dedup->newest - dedup->live + 1;
    dedup->move_end = dedup->newest;
    set_grow_at(dedup);
}

/* Memory for the chunk that number `first` begins: of one that nobody needs, or more. */
static void begin_chunk(rtmi_dedup *dedup, uint64_t first)
{
    const uint64_t behind_oldest = (dedup->oldest_chunk + 1) * CHUNK_KEYS;
    const bool is_needed = dedup->newest - dedup->live + 1 < behind_oldest;
    rtmi_dedup_key *memory = is_needed ? malloc(CHUNK_KEYS * sizeof *memory) : NULL;

    if (memory == NULL) {
        if (is_needed)
            forget(dedup, dedup->newest + 1 - behind_oldest);
        rtmi_dedup_key **oldest = chunk_at(dedup, dedup->oldest_chunk++ * CHUNK_KEYS);
        memory = *oldest;
        *oldest = NULL;
    }
    *chunk_at(dedup, first) = dedup->newest_chunk = memory;
}

/* The next number, whose place in the log there is. What is over the window's end is forgotten. */
static inline void add_to_log(rtmi_dedup *dedup, rtmi_dedup_key key)
{
    dedup->newest++;
    /* One more than was asked for: the number that no key has may be among them. */
    dedup->live += dedup->live <= dedup->max_count;
    dedup->newest_chunk[dedup->newest % CHUNK_KEYS] = key;
}

/* The next number, and a place in the log for it. */
static void take_number(rtmi_dedup *dedup, rtmi_dedup_key key)
{
    if ((dedup->newest + 1) % CHUNK_KEYS == 0)
        begin_chunk(dedup, dedup->newest + 1);
    add_to_log(dedup, key);
}

/* An age is over: what was there when it began is forgotten. */
static void expire(rtmi_dedup *dedup, int64_t now_ms)
{
    if (now_ms - dedup->due_ms >= dedup->max_age_ms) {
        dedup->live = 0; /* a long silence */
        dedup->due_ms = now_ms + dedup->max_age_ms;
    } else {
        /* As if done when it was due: else a late turn would lengthen memories. */
        dedup->live = rtmi_min_size(dedup->live, dedup->newest - dedup->opened);
        dedup->due_ms += dedup->max_age_ms;
    }
    dedup->opened = dedup->newest;
}

/* No index grows, nor has to. */
static inline bool is_at_rest(const rtmi_dedup *dedup)
{
    return dedup->outgrown.memory == NULL && dedup->live + 1 < dedup->grow_at;
}

/* All cases. */
__attribute__((noinline)) static bool enter_anywhere(rtmi_dedup *dedup, rtmi_dedup_key key)
{
    line *end;
    line *unused;

    if (find(dedup, &dedup->index, key, &end) != NULL)
        return false;
    if (dedup->outgrown.memory != NULL) {
        if (find(dedup, &dedup->outgrown, key, &unused) != NULL)
            return false;
        move_some(dedup);
    }
    if ((uint32_t)(dedup->newest + 1) == 0)
        take_number(dedup, (rtmi_dedup_key){.high = taken_out});
    take_number(dedup, key);
    if (end == home_of(&dedup->index, key) && !is_full(dedup, end))
        put_first(end, tag_of(key), (uint32_t)dedup->newest);
    else
        put(dedup, &dedup->index, key, dedup->newest);
    if (dedup->live >= dedup->grow_at)
        grow_if_full(dedup);
    return true;
}

bool rtmi_dedup_enter(rtmi_dedup *dedup, rtmi_dedup_key key, int64_t now_ms)
{
    line *home = home_of(&dedup->index, key);
    const uint32_t number = (uint32_t)(dedup->newest + 1);

    if (now_ms >= dedup->due_ms)
        expire(dedup, now_ms);
    /*
     * Nearly always the index is at rest, the key's line has room and holds nothing alike, and the
     * chunk has room too (so the number is not 0): then the key is new, and this is all.
     */
    if (is_at_rest(dedup) && !is_full(dedup, home) && !has_tag(home, tag_of(key)) &&
        number % CHUNK_KEYS != 0) {
        add_to_log(dedup, key);
        put_first(home, tag_of(key), number);
        return true;
    }
    return enter_anywhere(dedup, key);
}

void rtmi_dedup_leave(rtmi_dedup *dedup, rtmi_dedup_key key)
{
    line *unused;
    rtmi_dedup_key *held = find(dedup, &dedup->index, key, &unused);

    if (held == NULL && dedup->outgrown.memory != NULL)
        held = find(dedup, &dedup->outgrown, key, &unused);
    if (held != NULL)
        held->high = taken_out;
}

void rtmi_dedup_clear(rtmi_dedup *dedup)
{
    dedup->live = 0;
}

uint64_t rtmi_dedup_get_forgotten(const rtmi_dedup *dedup)
{
    return dedup->forgotten;
}
