#!/usr/bin/env python3
"""Make the rows of calls_drive of lib/client/calls.txt:  make_calls_drive.py CALLS.TXT OUT.C

What is given to the i-th parameter is sample(i, ...) below, in words of C; test_calls_wire.py
knows the same values."""
import pathlib
import sys

SHOW = {"int": "drive_int", "bool": "drive_bool", "text": "drive_bytes"}


def sample(i, name, kind, optional):
    """The expressions, for a full call and one without optional parameters."""
    if kind == "ints":
        ids = "mtypes" if name == "mtypes" else "ids"
        return [f"self->is_full ? {ids} : {'NULL' if optional else ids}", "self->is_full ? 2 : 0"]
    if kind == "bytes":
        return ['"\\xff\\0b"', "3"]
    if kind == "media":
        return ['self->is_full ? "\\xff\\0m" : "http://m"', "self->is_full ? 3 : 8"]
    if kind == "text":
        text = f'"{name} \\xc3\\xa9"'
        return [f"self->is_full ? {text} : NULL" if optional else text]
    if kind == "int32" and name == "type":
        value = "self->is_full ? 2 : 1"
    elif kind == "bool":
        value = "self->is_full"
    elif kind == "int32":
        value = str(i + 11)
    else:
        value = f"INT64_C({(i + 1) * 1000000000007})"
    if not optional:
        return [value]
    ctype = {"int": "int64_t", "int32": "int32_t", "bool": "bool"}[kind]
    return [f"self->is_full ? &(const {ctype}){{{value}}} : NULL"]


def main(table, out):
    code = ['#include "tests/peer/calls_drive.h"', "",
            "static const int64_t ids[] = {1, 1099511627776};",
            "static const int64_t mtypes[] = {51, 66};", ""]
    rows = []
    for line in pathlib.Path(table).read_text().splitlines():
        words = line.partition("|")[0].split()
        if words[:1] == ["result"]:
            name = words[1]
            fields = []
            for word in words[2:]:
                field, _, kind = word.partition(":")
                field = field.split("/")[0]
                show = SHOW.get(kind.rstrip("?"), "drive_value")
                fields.append(f'        {show}(self, "{field}", result->{field});\n')
            code.append(f"""static void show_{name}(drive *self, int r, const rtm_error *err,
    const rtm_result_{name} *result)
{{
    drive_begin(self, r, err);
    if (result != NULL) {{
{''.join(fields)}    }}
    drive_end(self);
}}

static void got_{name}(rtm_client *client, const rtm_error *err, const rtm_result_{name} *result,
    void *userdata)
{{
    (void)client;
    show_{name}(userdata, drive_local(err), err, result);
}}
""")
        elif words[:1] == ["send"]:
            _, name, by, _, target, body = words
            args = [f"INT64_C({1000000000007})"]
            if target != "-":
                args += sample(1, target, "ints" if target == "to_uids" else "int", False)
            args += sample(2, body, body, False)
            args += ['self->is_full ? "attrs" : NULL', "self->is_full ? 77 : 0", "0"]
            listed = ", ".join(args)
            code.append(f"""static void run_{name}(drive *self)
{{
    rtm_error error = {{.code = 0}};
    rtm_sent sent = {{.mid = 0}};
    if (self->waits) {{
        const int r = rtm_client_{name}_wait(self->client, {listed}, &sent, &error);
        drive_sent(self, r, &error, &sent);
    }} else {{
        drive_await(self, rtm_client_{name}(self->client, {listed}, drive_got_sent, self, NULL));
    }}
}}
""")
            rows.append(name)
        elif words[:1] == ["call"]:
            name, result = words[1], words[3]
            args = []
            for i, word in enumerate(words[4:]):
                if "=" in word:
                    continue
                param, _, kind = word.partition(":")
                args += sample(i, param.split("/")[0], kind.rstrip("?"), kind.endswith("?"))
            listed = ", ".join(["self->client", *args, "0"])
            if result == "-":
                blocking = (f"        const int r = rtm_client_{name}_wait({listed}, &error);\n"
                            "        drive_begin(self, r, &error);\n        drive_end(self);\n")
                done, locals_ = "drive_got_done", ""
            else:
                blocking = (f"        const int r = rtm_client_{name}_wait({listed}, &result, "
                            "&answer, &error);\n"
                            f"        show_{result}(self, r, &error, r == 0 ? &result : NULL);\n"
                            "        rtm_answer_free(answer);\n")
                done = f"got_{result}"
                locals_ = f"    rtm_result_{result} result;\n    rtm_answer *answer = NULL;\n"
            code.append(f"""static void run_{name}(drive *self)
{{
    rtm_error error = {{.code = 0}};
{locals_}    if (self->waits) {{
{blocking}    }} else {{
        drive_await(self, rtm_client_{name}({listed}, {done}, self, NULL));
    }}
}}
""")
            rows.append(name)
    code.append("const drive_row drive_rows[] = {")
    code += [f'    {{"{name}", run_{name}}},' for name in rows]
    code += ["};", "const size_t drive_row_count = sizeof drive_rows / sizeof drive_rows[0];", ""]
    pathlib.Path(out).write_text("\n".join(code))


main(*sys.argv[1:])
