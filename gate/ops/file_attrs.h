/*
 * The attributes of a file, JSON text: what the gate takes from them, and the form in which
 * receivers get them.
 *
 * Protocol: RTM section 2.12. Published readers are fragile: some lose a message whose attributes
 * lack `rtm`, `rtm.type` or `custom`. So all three are always there. The signature is for the gate
 * alone and goes.
 */
#ifndef GATE_OPS_FILE_ATTRS_H
#define GATE_OPS_FILE_ATTRS_H

#include "lib/base/buf.h"
#include "lib/base/span.h"

typedef struct file_attrs {
    rtmi_span sign;  /* empty: there is none */
    bool has_sign;   /* there is one, maybe of a wrong type */
    rtmi_buf pack;   /* what `sign` points into */
    rtmi_buf normal; /* {"rtm":{…,"type":…},"custom":…} */
    rtmi_buf name;   /* what an address can end with: ASCII, escaped, never empty */
} file_attrs;

/**
 * Read them. Text that is no JSON object counts as `custom`. 0, or RTM_E_NOMEM or RTM_E_LIMIT. To
 * be ended with file_attrs_deinit() in any case.
 */
int file_attrs_read(file_attrs *attrs, rtmi_span text);
void file_attrs_deinit(file_attrs *attrs);

#endif
