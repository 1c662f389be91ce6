/*
 * Answers in the shapes that most methods have.
 */
#include "gate/ops/ops_tools.h"

#include "lib/rtm/codes.h"

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
