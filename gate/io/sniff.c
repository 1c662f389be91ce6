/*
 * Marks of formats, the longer ones of a beginning first.
 */
#include "gate/io/sniff.h"

#include <stdbool.h>

#define OTHER "application/octet-stream"

typedef struct mark {
    size_t at;
    size_t len;
    const char *bytes;
    const char *type;
} mark;

static const mark marks[] = {
    {0, 8, "\x89PNG\r\n\x1a\n", "image/png"},
    {0, 3, "\xff\xd8\xff", "image/jpeg"},
    {0, 6, "GIF87a", "image/gif"},
    {0, 6, "GIF89a", "image/gif"},
    {0, 3, "ID3", "audio/mpeg"},
    {0, 2, "\xff\xfb", "audio/mpeg"},
    {0, 2, "\xff\xf3", "audio/mpeg"},
    {0, 2, "\xff\xf1", "audio/aac"},
    {0, 9, "#!AMR-WB\n", "audio/amr-wb"},
    {0, 6, "#!AMR\n", "audio/amr"},
    {0, 4, "OggS", "audio/ogg"},
    {0, 4, "fLaC", "audio/flac"},
    {0, 4, "\x1a\x45\xdf\xa3", "video/webm"},
    {4, 7, "ftypM4A", "audio/mp4"},
    {4, 6, "ftypqt", "video/quicktime"},
    {4, 4, "ftyp", "video/mp4"},
    {0, 5, "%PDF-", "application/pdf"},
    {0, 4, "PK\x03\x04", "application/zip"},
    {0, 3, "\x1f\x8b\x08", "application/gzip"},
};

/* What a RIFF file holds stands behind its length. */
static const mark riff_marks[] = {
    {8, 4, "WEBP", "image/webp"},
    {8, 4, "WAVE", "audio/wav"},
    {8, 4, "AVI ", "video/x-msvideo"},
};

static bool has(rtmi_span start, const mark *what)
{
    return start.len >= what->at + what->len &&
           memcmp(start.data + what->at, what->bytes, what->len) == 0;
}

static const char *find(rtmi_span start, const mark *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (has(start, &list[i]))
            return list[i].type;
    }
    return OTHER;
}

const char *sniff_type(rtmi_span start)
{
    if (start.len >= 12 && memcmp(start.data, "RIFF", 4) == 0)
        return find(start, riff_marks, sizeof riff_marks / sizeof riff_marks[0]);
    return find(start, marks, sizeof marks / sizeof marks[0]);
}
