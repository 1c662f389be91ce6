/*
 * What `rtm send` is asked: to whom, from whom, what, and where the content comes from.
 */
#include "cli/send_options.h"

#include <string.h>

#include "cli/cli.h"
#include "cli/number.h"
#include "cli/output.h"
#include "cli/utf8.h"

enum {
    OPT_FROM = 256,
    OPT_MID,
    OPT_MTYPE,
    OPT_ATTRS,
    OPT_COUNT,
    OPT_RATE,
    OPT_BINARY_FILE,
    OPT_FROM_NDJSON,
    OPT_STRICT,
    OPT_INT64
};

static const struct args_option options[] = {
    {OPT_FROM, 0, "from", "UID", "the sending user; with --from-ndjson for records without one"},
    {OPT_MTYPE, 0, "mtype", "N", "1 to 127; default 30 (chat), 51 with --binary-file"},
    {OPT_MID, 0, "mid", "N", "the message's number: sending it again stores it once"},
    {OPT_ATTRS, 0, "attrs", "TEXT", "attributes, by custom a JSON object"},
    {'l', 'l', "lines", NULL, "a message for each line of stdin"},
    {OPT_BINARY_FILE, 0, "binary-file", "FILE", "send the bytes of a file as they are (-: stdin)"},
    {OPT_FROM_NDJSON, 0, "from-ndjson", "FILE", "send the records of a file (-: stdin)"},
    {OPT_STRICT, 0, "strict", NULL, "with -l or --from-ndjson: stop at the first bad line"},
    {OPT_COUNT, 0, "count", "N", "send it N times; with -l or --from-ndjson at most N lines"},
    {OPT_RATE, 0, "rate", "N", "at most N messages a second"},
    {'o', 'o', "output", "FORMAT", "of one message's number and time: text or ndjson"},
    {OPT_INT64, 0, "int64", "FORM", "ids in ndjson as string (default) or number"},
};

static const char *send_set_number(struct send_options *o, int id, const char *value)
{
    switch (id) {
    case OPT_FROM:
        return number_parse(value, INT64_MIN, INT64_MAX, &o->from) && o->from != 0
                   ? NULL
                   : "not a user id";
    case OPT_MID:
        return number_parse(value, INT64_MIN, INT64_MAX, &o->mid) && o->mid != 0
                   ? NULL
                   : "not a message number";
    case OPT_MTYPE:
        return number_parse(value, 1, 127, &o->mtype) ? NULL : "not between 1 and 127";
    case OPT_COUNT:
        return number_parse(value, 1, INT64_MAX, &o->count) ? NULL : "not a count from 1";
    default:
        return number_parse_rate(value, &o->rate) ? NULL : "not a rate a second such as 100 or 0.5";
    }
}

static const char *send_set(void *into, int id, const char *value)
{
    struct send_options *o = into;

    switch (id) {
    case 'l':
        o->source = SEND_LINES;
        return NULL;
    case 'o':
        o->has_format = true;
        return record_parse_format(value, &o->style.format) && o->style.format != RECORD_RAW
                   ? NULL
                   : "not text or ndjson";
    case OPT_ATTRS:
        o->attrs = value;
        return utf8_is_valid(value, strlen(value)) ? NULL : "not UTF-8";
    case OPT_BINARY_FILE:
        o->binary_file = value;
        return NULL;
    case OPT_FROM_NDJSON:
        o->source = SEND_NDJSON;
        o->ndjson_file = value;
        return NULL;
    case OPT_STRICT:
        o->is_strict = true;
        return NULL;
    case OPT_INT64:
        o->style.ids_are_numbers = strcmp(value, "number") == 0;
        return o->style.ids_are_numbers || strcmp(value, "string") == 0 ? NULL
                                                                        : "not string or number";
    default:
        return send_set_number(o, id, value);
    }
}

static const struct args_command command = {
    .name = "send",
    .synopsis = "p2p|group|room ID [TEXT] | broadcast [TEXT] | --from-ndjson FILE",
    .summary = "Send messages; without TEXT the text comes from stdin",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .notes = "--from-ndjson takes what `rtm listen -o ndjson` prints, and lines such as\n"
             "  {\"kind\":\"group\",\"from\":1001,\"to\":77,\"mtype\":30,\"text\":\"hello\"}\n"
             "Events and control records are passed over; a bad line is told, counted as refused,\n"
             "and makes the exit code 1.",
    .set = send_set,
};

static bool send_parse_kind(const char *word, rtm_kind *ret_kind)
{
    for (int kind = RTM_KIND_P2P; kind <= RTM_KIND_BROADCAST; kind++) {
        if (strcmp(word, record_kind_name((rtm_kind)kind)) == 0) {
            *ret_kind = (rtm_kind)kind;
            return true;
        }
    }
    return false;
}

/* KIND [ID] [TEXT] */
static bool send_take_words(struct send_options *o, char **words, int count)
{
    int used = 1;

    if (count == 0) {
        cli_error("to whom? give p2p, group or room and an id, or broadcast");
        return false;
    }
    if (!send_parse_kind(words[0], &o->kind)) {
        cli_error("%s: none of p2p, group, room, broadcast", words[0]);
        return false;
    }
    if (o->kind != RTM_KIND_BROADCAST) {
        if (count < 2 || !number_parse(words[1], INT64_MIN, INT64_MAX, &o->to)) {
            cli_error("%s %s: an id is needed", words[0], count < 2 ? "" : words[1]);
            return false;
        }
        used = 2;
    }
    if (used < count)
        o->text = words[used++];
    if (used < count) {
        cli_error("%s: one text too many (quote a text with blanks)", words[used]);
        return false;
    }
    if (o->text != NULL && !utf8_is_valid(o->text, strlen(o->text))) {
        cli_error("the text is not UTF-8: --binary-file sends bytes");
        return false;
    }
    return true;
}

/* Which options go together. */
static const char *send_check(const struct send_options *o, int word_count)
{
    if (o->source == SEND_NDJSON) {
        if (word_count > 0)
            return "--from-ndjson: the records say to whom";
        if (o->mid != 0 || o->mtype != 0 || o->attrs != NULL || o->binary_file != NULL)
            return "--from-ndjson: the records have mid, mtype, attrs and content themselves";
        return NULL;
    }
    if (o->from == 0)
        return "from whom? give --from UID";
    if ((o->text != NULL) + (o->binary_file != NULL) + (o->source == SEND_LINES) > 1)
        return "one of TEXT, -l and --binary-file";
    if (o->mid != 0 && (o->source == SEND_LINES || o->count > 1))
        return "--mid numbers one message";
    return NULL;
}

enum args_result send_options_parse(int argc, char **argv, struct send_options *ret_options,
                                    struct args *ret_args)
{
    struct send_options *o = ret_options;

    *o = (struct send_options){0};
    const enum args_result result = args_parse(&command, argc, argv, o, ret_args);
    if (result != ARGS_RUN)
        return result;
    if (o->source != SEND_NDJSON && !send_take_words(o, ret_args->words, ret_args->word_count))
        return ARGS_WRONG;
    const char *wrong = send_check(o, ret_args->word_count);
    if (wrong != NULL) {
        cli_error("%s", wrong);
        return ARGS_WRONG;
    }
    if (o->mtype == 0)
        o->mtype = o->binary_file != NULL ? 51 : RTM_MTYPE_CHAT;
    if (!o->has_format)
        o->style.format = output_is_terminal() ? RECORD_TEXT : RECORD_NDJSON;
    return ARGS_RUN;
}
