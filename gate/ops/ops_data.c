/*
 * Values that a business system keeps with the gate, by user and name.
 *
 * Protocol: RTM section 2.11.
 */
#include "gate/ops/ops.h"
#include "gate/ops/ops_tools.h"

static dir_key key_of(const op *quest)
{
    return dir_key_name(DIR_DATA, op_int(quest, "uid"), op_bytes(quest, "key"));
}

void ops_dataset(op *quest)
{
    const dir_key key = key_of(quest);

    ops_answer_did(quest, log_put(quest->log, &key, op_bytes(quest, "val")));
}

/* A value that is empty is one; of a name that was never set nothing is said. */
void ops_dataget(op *quest)
{
    const dir_key key = key_of(quest);
    rtmi_span value;
    const bool is_there = directory_get(log_directory(quest->log), &key, &value);
    rtmi_buf *out = op_answer_begin(quest);

    rtmi_pack_map(out, is_there ? 1 : 0);
    if (is_there)
        op_pack_text(out, "val", value);
    op_answer_end(quest);
}

void ops_datadel(op *quest)
{
    const dir_key key = key_of(quest);

    ops_answer_did(quest, log_remove(quest->log, &key));
}
