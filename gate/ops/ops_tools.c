/*
 * Answers in the shapes that most methods have.
 */
#include "gate/ops/ops_tools.h"

#include <stdlib.h>

#include "lib/base/num.h"
#include "lib/fpnn/utf8.h"
#include "lib/rtm/codes.h"

bool ops_read_ids(op *quest, const char *key, int code, int64_t **ret_ids, size_t *ret_count)
{
    if (!op_read_ids_of(quest, key, ret_ids, ret_count))
        return false;
    if (*ret_count == 0 || (*ret_ids)[0] > 0) /* they are sorted */
        return true;
    op_answer_error(quest, code, "%s: parameter %s has an element that is not positive",
                    quest->method->name, key);
    free(*ret_ids);
    return false;
}

void ops_refuse(op *quest, int code)
{
    const rtmi_code *row = rtmi_code_find(code);

    op_answer_error(quest, code, "%s: %s", quest->method->name, row == NULL ? "" : row->text);
}

bool ops_did(op *quest, int code)
{
    if (code != 0)
        ops_refuse(quest, code);
    return code == 0;
}

void ops_answer_did(op *quest, int code)
{
    if (ops_did(quest, code))
        op_answer_empty(quest);
}

void ops_answer_flag(op *quest, const char *key, bool value)
{
    rtmi_buf *out = op_answer_begin(quest);

    rtmi_pack_map(out, 1);
    rtmi_pack_key_bool(out, key, value);
    op_answer_end(quest);
}

void ops_answer_ids(op *quest, const char *key, const int64_t *ids, size_t count)
{
    rtmi_buf *out = op_answer_begin(quest);

    rtmi_pack_map(out, 1);
    rtmi_pack_key(out, key);
    rtmi_pack_array(out, (uint32_t)count);
    for (size_t i = 0; i < count; i++)
        rtmi_pack_int(out, ids[i]);
    op_answer_end(quest);
}

void ops_answer_walk(op *quest, const char *key, const dir_key *prefix, size_t place)
{
    const directory *dir = log_directory(quest->log);
    dir_walk walk = directory_walk(dir, prefix);
    rtmi_buf *out = op_answer_begin(quest);
    rtmi_span entry;
    rtmi_span value;

    rtmi_pack_map(out, 1);
    rtmi_pack_key(out, key);
    rtmi_pack_array(out, (uint32_t)directory_count(dir, prefix));
    while (dir_walk_next(&walk, &entry, &value))
        rtmi_pack_int(out, dir_key_get_id(entry, place));
    op_answer_end(quest);
}

void ops_pack_id(rtmi_buf *out, int64_t id)
{
    char text[RTMI_INT_TEXT_SIZE];
    const size_t len = rtmi_int_print(id, text);

    rtmi_pack_str(out, (rtmi_span){(const uint8_t *)text, len});
}

void ops_pack_text(rtmi_buf *out, rtmi_span bytes)
{
    if (rtmi_utf8_is_valid(bytes))
        rtmi_pack_str(out, bytes);
    else
        rtmi_pack_bin(out, bytes);
}
