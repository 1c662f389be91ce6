/*
 * The addresses that the gate listens on, as the configuration names them: each has an acceptor,
 * what it asks of those who come, and maybe a certificate.
 */
#ifndef GATE_DOORS_H
#define GATE_DOORS_H

#include <uv.h>

#include "gate/conf_reader.h"
#include "gate/io/acceptor.h"

typedef struct doors doors;

/** Bind to all of them, without taking connections yet. 0, or -1 with a text. */
int doors_open(uv_loop_t *uv, const conf *settings, const rtmi_log *log, doors **ret_doors,
               char *reterr_text, size_t text_size);

/** Read all certificates, to see whether they are good. 0, or -1 with a text. */
int doors_check(const conf *settings, char *reterr_text, size_t text_size);

/** Begin to take connections. 0, or -1 with a text. */
int doors_start(doors *self, admission *keeper, loop *const *loops, size_t loop_count,
                char *reterr_text, size_t text_size);

typedef struct doors_secrets doors_secrets;

/**
 * Read the certificates that other settings name for the same addresses, to be put in place
 * later. 0, or -1 with a text: one of them is not good.
 */
int doors_load(const doors *self, const conf *settings, doors_secrets **ret_secrets,
               char *reterr_text, size_t text_size);

/** New connections get them; `secrets` is used up. */
void doors_set(doors *self, doors_secrets *secrets);

/** Let them go unused. NULL is allowed. */
void doors_secrets_free(doors_secrets *secrets);

/** How many; the name of one, and its address as HOST:PORT or unix:PATH. */
size_t doors_count(const doors *self);
const char *doors_get_name(const doors *self, size_t at);
const char *doors_get_address(const doors *self, size_t at);

/** The address of the first one that takes files, or NULL. */
const char *doors_get_taking_files(const doors *self);

/** Take no more connections. NULL is allowed. */
void doors_close(doors *self);

/** Free it, when no connection is left and the loop has run out. NULL is allowed. */
void doors_free(doors *self);

#endif
