/*
 * What a file is, by its first bytes: what its sender calls it counts for nothing.
 */
#ifndef GATE_IO_SNIFF_H
#define GATE_IO_SNIFF_H

#include "lib/base/span.h"

/** So many bytes are looked at, at most. */
#define SNIFF_SIZE 512

/**
 * The content type, static: of a short list of images, sounds, films and documents that no browser
 * runs, else "application/octet-stream".
 */
const char *sniff_type(rtmi_span start);

#endif
