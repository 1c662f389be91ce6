#include <rtm/keys.h>

#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/fpnn/keyexchange.h"

#define PEM_MAX 4096

/* The text as a string of its own; NULL: out of memory. */
static char *take_text(rtmi_buf *pem)
{
    rtmi_buf_append(pem, "", 1);
    if (pem->error != 0)
        return NULL;
    const rtmi_span text = rtmi_buf_span(pem);
    char *copy = malloc(text.len);
    if (copy != NULL)
        memcpy(copy, text.data, text.len);
    return copy;
}

RTM_API int rtm_key_pair_new(const char *curve, char **ret_private, char **ret_public)
{
    rtmi_private_key private_key;
    rtmi_public_key public_key;
    rtmi_buf pem;

    if (curve == NULL || ret_private == NULL || ret_public == NULL)
        return RTM_E_INVAL;
    const rtmi_curve known = rtmi_curve_of_name(curve);
    if (known == RTMI_CURVE_NONE)
        return RTM_E_INVAL;
    if (rtmi_key_pair_generate(known, &private_key, &public_key) < 0)
        return RTM_E_SYSTEM;

    rtmi_buf_init(&pem, PEM_MAX);
    rtmi_public_key_print_pem(&public_key, &pem);
    char *public_text = take_text(&pem);
    rtmi_buf_deinit(&pem);
    (void)rtmi_buf_reserve(&pem, PEM_MAX); /* so that it is never moved before it is wiped */
    rtmi_private_key_print_pem(&private_key, &pem);
    char *private_text = take_text(&pem);
    rtmi_buf_wipe(&pem);
    explicit_bzero(&private_key, sizeof private_key);
    if (public_text == NULL || private_text == NULL) {
        rtm_key_free(public_text);
        rtm_key_free(private_text);
        return RTM_E_NOMEM;
    }
    *ret_private = private_text;
    *ret_public = public_text;
    return 0;
}

RTM_API void rtm_key_free(char *key)
{
    if (key == NULL)
        return;
    explicit_bzero(key, strlen(key));
    free(key);
}
