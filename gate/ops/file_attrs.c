/*
 * JSON becomes MessagePack, whose maps are copied entry by entry, and JSON again.
 */
#include "gate/ops/file_attrs.h"

#include <rtm/error.h>

#include "lib/fpnn/json.h"
#include "lib/fpnn/pack.h"
#include "lib/fpnn/utf8.h"
#include "lib/rtm/methods.h"

/* What JSON text of the most bytes can become. */
#define PACK_MAX (3 * RTMI_FILE_ATTRS_MAX + 1024) /* four letters, as 1e9, become nine bytes */
#define NORMAL_MAX (8 * RTMI_FILE_ATTRS_MAX)
#define NAME_MAX_LEN 200

/* One entry of a map, as it stands. */
typedef struct entry {
    rtmi_span key;
    rtmi_token value;
    rtmi_span raw;
} entry;

/* The next entry of a map; JSON has text for keys. */
static entry next_entry(rtmi_cursor *in)
{
    entry found = {.raw = {in->at, 0}};
    rtmi_token key;

    (void)rtmi_pack_read(in, &key);
    (void)rtmi_token_get_bytes(&key, &found.key);
    found.raw.data = in->at;
    rtmi_cursor inside = *in;
    (void)rtmi_pack_read(&inside, &found.value);
    (void)rtmi_pack_skip(in);
    found.raw.len = (size_t)(in->at - found.raw.data);
    return found;
}

/* Find an entry of a map; the first counts. */
static bool find(rtmi_span map, const char *key, entry *ret)
{
    rtmi_cursor in = rtmi_cursor_of(map);
    rtmi_token head;

    if (map.len == 0 || rtmi_pack_read(&in, &head) != 0 || head.type != RTMI_PACK_MAP)
        return false;
    for (uint32_t i = 0; i < head.count; i++) {
        *ret = next_entry(&in);
        if (rtmi_span_is(ret->key, key))
            return true;
    }
    return false;
}

static bool is_one_of(rtmi_span key, const char *const *keys)
{
    for (; *keys != NULL; keys++) {
        if (rtmi_span_is(key, *keys))
            return true;
    }
    return false;
}

/* Copy the entries of a map but some; how many. */
static uint32_t copy_others(rtmi_buf *out, rtmi_span map, const char *const *but)
{
    rtmi_cursor in = rtmi_cursor_of(map);
    rtmi_token head;
    uint32_t count = 0;

    if (map.len == 0 || rtmi_pack_read(&in, &head) != 0 || head.type != RTMI_PACK_MAP)
        return 0;
    for (uint32_t i = 0; i < head.count; i++) {
        const entry one = next_entry(&in);
        if (is_one_of(one.key, but))
            continue;
        rtmi_pack_str(out, one.key);
        rtmi_buf_append_span(out, one.raw);
        count++;
    }
    return count;
}

static rtmi_span text_of(rtmi_span map, const char *key)
{
    entry found;

    return find(map, key, &found) && found.value.type == RTMI_PACK_STR ? found.value.bytes
                                                                       : (rtmi_span){NULL, 0};
}

static void put_map(rtmi_buf *out, uint32_t count, const rtmi_buf *entries)
{
    rtmi_pack_map(out, count);
    rtmi_buf_append_span(out, rtmi_buf_span(entries));
}

/* The map under `rtm`: what there is, without the signature, and always a type. */
static void put_rtm(rtmi_buf *out, rtmi_span root, rtmi_span rtm)
{
    static const char *const own[] = {"sign", "type", NULL};
    entry found;
    rtmi_buf entries;

    rtmi_buf_init(&entries, PACK_MAX);
    uint32_t count = copy_others(&entries, rtm, own) + 1;
    if (!find(rtm, "ext", &found) && find(root, "ext", &found)) {
        rtmi_pack_key(&entries, "ext"); /* an older form has it at the top */
        rtmi_buf_append_span(&entries, found.raw);
        count++;
    }
    rtmi_pack_key_str(&entries, "type", text_of(rtm, "type"));
    rtmi_pack_key(out, "rtm");
    put_map(out, count, &entries);
    if (entries.error != 0)
        out->error = entries.error;
    rtmi_buf_deinit(&entries);
}

/* The whole in its one form. */
static void put_normal(rtmi_buf *out, rtmi_span root, rtmi_span rtm, rtmi_span custom)
{
    static const char *const own[] = {"rtm", "custom", "sign", "ext", NULL};
    entry found;
    rtmi_buf entries;

    rtmi_buf_init(&entries, 2 * PACK_MAX);
    put_rtm(&entries, root, rtm);
    rtmi_pack_key(&entries, "custom");
    if (find(root, "custom", &found) && found.value.type != RTMI_PACK_NIL)
        rtmi_buf_append_span(&entries, found.raw);
    else
        rtmi_pack_str(&entries, custom);
    const uint32_t others = copy_others(&entries, root, own);
    put_map(out, 2 + others, &entries);
    if (entries.error != 0)
        out->error = entries.error;
    rtmi_buf_deinit(&entries);
}

/* ---- names --------------------------------------------------------------------------------- */

static bool is_plain(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' ||
           c == '_' || c == '-' || c == '~';
}

/* What stands for one byte of a name in an address: its length. */
static size_t escape(uint8_t c, char text[4])
{
    static const char digits[] = "0123456789ABCDEF";

    if (is_plain(c)) {
        text[0] = (char)c;
        return 1;
    }
    if (c < ' ' || c == '/' || c == '\\' || c == 0x7f) {
        text[0] = '_';
        return 1;
    }
    text[0] = '%';
    text[1] = digits[c >> 4];
    text[2] = digits[c & 15];
    return 3;
}

/* Cut at a whole character. */
static void put_escaped(rtmi_buf *out, rtmi_span name)
{
    size_t whole = rtmi_buf_len(out);

    for (size_t i = 0; i < name.len; i++) {
        char text[4];
        if ((name.data[i] & 0xc0) != 0x80)
            whole = rtmi_buf_len(out);
        const size_t len = escape(name.data[i], text);
        if (rtmi_buf_len(out) + len > NAME_MAX_LEN) {
            rtmi_buf_rewind(out, whole);
            return;
        }
        rtmi_buf_append(out, text, len);
    }
}

static bool is_extension(rtmi_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!is_plain(text.data[i]) || text.data[i] == '.')
            return false;
    }
    return text.len > 0 && text.len <= 16;
}

static bool is_dots(rtmi_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] != '.')
            return false;
    }
    return true;
}

static void put_name(rtmi_buf *out, rtmi_span root, rtmi_span rtm)
{
    const rtmi_span name = text_of(rtm, "filename");
    rtmi_span ext = text_of(rtm, "ext");

    if (!is_dots(name)) {
        put_escaped(out, name);
        return;
    }
    if (ext.len == 0)
        ext = text_of(root, "ext");
    rtmi_buf_append(out, "file", 4);
    if (is_extension(ext)) {
        rtmi_buf_append(out, ".", 1);
        rtmi_buf_append_span(out, ext);
    }
}

/* ---- all of it ----------------------------------------------------------------------------- */

static void take_sign(file_attrs *attrs, rtmi_span root, rtmi_span rtm)
{
    entry found;

    if (!find(rtm, "sign", &found) && !find(root, "sign", &found))
        return;
    attrs->has_sign = true;
    if (found.value.type == RTMI_PACK_STR)
        attrs->sign = found.value.bytes;
}

int file_attrs_read(file_attrs *attrs, rtmi_span text)
{
    static const uint8_t empty_map[] = {0x80};
    rtmi_span root = {empty_map, sizeof empty_map};
    rtmi_span rtm = {NULL, 0};
    rtmi_span custom = {NULL, 0};
    entry found;
    rtmi_buf all;

    *attrs = (file_attrs){.has_sign = false};
    rtmi_buf_init(&attrs->pack, PACK_MAX);
    rtmi_buf_init(&attrs->normal, NORMAL_MAX);
    rtmi_buf_init(&attrs->name, NAME_MAX_LEN + 64);
    rtmi_buf_init(&all, 3 * PACK_MAX);
    if (rtmi_json_to_pack(text, &attrs->pack) == 0)
        root = rtmi_buf_span(&attrs->pack);
    else if (attrs->pack.error != 0)
        return attrs->pack.error;
    else if (rtmi_utf8_is_valid(text))
        custom = text;
    if (find(root, "rtm", &found) && found.value.type == RTMI_PACK_MAP)
        rtm = found.raw;
    take_sign(attrs, root, rtm);
    put_name(&attrs->name, root, rtm);
    put_normal(&all, root, rtm, custom);
    int r = all.error;
    if (r == 0)
        r = rtmi_pack_to_json(rtmi_buf_span(&all), &attrs->normal);
    rtmi_buf_deinit(&all);
    return r != 0 ? r : attrs->name.error;
}

void file_attrs_deinit(file_attrs *attrs)
{
    rtmi_buf_deinit(&attrs->pack);
    rtmi_buf_deinit(&attrs->normal);
    rtmi_buf_deinit(&attrs->name);
}
