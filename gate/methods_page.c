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

static void print_codes(FILE *out, const char *before, const char *between,
                        const rtmi_method *method)
{
    int codes[RTMI_METHOD_CODES_MAX];
    const size_t count = rtmi_method_codes(method, codes);

    if (count > 0)
        fputs(before, out);
    for (size_t i = 0; i < count; i++)
        fprintf(out, "%s%d", i == 0 && *between == ',' ? "" : between, codes[i]);
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
        fprintf(out, "    answer: {%s}\n", method->answer);
        print_codes(out, "    errors:", " ", method);
        fprintf(out, "\n\n");
    }
}

/* Our own texts: they have quotes at worst. */
static void print_text(FILE *out, const char *key, const char *text)
{
    fprintf(out, "\"%s\":\"", key);
    for (; *text != '\0'; text++)
        fprintf(out, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
    fputc('"', out);
}

static void print_param_json(FILE *out, const rtmi_param *param)
{
    fputc('{', out);
    print_text(out, "key", param->key);
    fputc(',', out);
    print_text(out, "type", type_name(param->type));
    fprintf(out,
            ",\"required\":%s,\"min\":%" PRId64 ",\"max\":%" PRId64
            ",\"min_code\":%d,\"max_code\":%d,",
            param->is_required ? "true" : "false", param->min, param->max, param->min_code,
            param->max_code);
    print_text(out, "help", param->help);
    fputc('}', out);
}

void methods_print_json(FILE *out)
{
    static const char *const sides[] = {"server", "client", "file"};

    for (size_t at = 0; at < rtmi_method_count(); at++) {
        const rtmi_method *method = rtmi_method_at(at);
        fputs(at == 0 ? "[{" : ",\n {", out);
        print_text(out, "side", sides[method->side]);
        fputc(',', out);
        print_text(out, "name", method->name);
        fputc(',', out);
        print_text(out, "help", method->help);
        fputs(",\"params\":[", out);
        for (size_t i = 0; i < method->param_count; i++) {
            if (i > 0)
                fputs(",\n  ", out);
            print_param_json(out, &method->params[i]);
        }
        fputs("],", out);
        print_text(out, "answer", method->answer);
        fputs(",\"codes\":[", out);
        print_codes(out, "", ",", method);
        fputs("]}", out);
    }
    fputs("]\n", out);
}
