/*
 * One paragraph a row of lib/rtm/methods, from what the gate itself checks by.
 */
#include "gate/methods_page.h"

#include <inttypes.h>

#include "lib/rtm/methods.h"

static const char *type_name(rtmi_param_type type)
{
    switch (type) {
    case RTMI_PARAM_INT:
        return "integer";
    case RTMI_PARAM_TEXT:
        return "text or bytes";
    case RTMI_PARAM_BOOL:
        return "true or false";
    case RTMI_PARAM_IDS:
        return "integers";
    case RTMI_PARAM_NAMES:
        return "texts";
    default:
        return "map";
    }
}

static void print_limit(FILE *out, const rtmi_param *param)
{
    const bool is_length = param->type != RTMI_PARAM_INT;

    if (param->type == RTMI_PARAM_BOOL || param->type == RTMI_PARAM_MAP)
        return;
    if (param->min_code != 0)
        fprintf(out, ", at least %" PRId64 " (else %d)", param->min, param->min_code);
    if (param->max_code != 0)
        fprintf(out, ", at most %" PRId64 "%s (else %d)", param->max,
                !is_length                       ? ""
                : param->type == RTMI_PARAM_TEXT ? " bytes"
                                                 : " entries",
                param->max_code);
}

void methods_print(FILE *out)
{
    static const char *const sides[] = {"", " (of users)", " (of the file gate)"};

    for (size_t at = 0; at < rtmi_method_count(); at++) {
        const rtmi_method *method = rtmi_method_at(at);
        fprintf(out, "%s%s\n    %s\n", method->name, sides[method->side], method->help);
        for (size_t i = 0; i < method->param_count; i++) {
            const rtmi_param *param = &method->params[i];
            fprintf(out, "    %-7s %s%s", param->key, type_name(param->type),
                    param->is_required ? "" : ", optional");
            print_limit(out, param);
            fprintf(out, ": %s\n", param->help);
        }
        fprintf(out, "    answer: {%s}\n\n", method->answer);
    }
}
