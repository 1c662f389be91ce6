#include "tests/support/method_codes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/rtm/codes.h"
#include "lib/rtm/methods.h"

enum { SUCCESS = RTMI_METHOD_CODES_MAX };

_Static_assert((int)METHODS_SEEN_MAX == RTMI_METHODS_MAX, "a row for each method");
_Static_assert((int)CODES_SEEN_MAX == RTMI_METHOD_CODES_MAX + 1, "a place for each code");

bool codes_seen_note(codes_seen *self, bool is_of_user, const char *method, int code)
{
    const rtmi_method *row =
        rtmi_method_find(is_of_user ? RTMI_CLIENT : RTMI_SERVER, rtmi_span_of_text(method));
    int codes[RTMI_METHOD_CODES_MAX];

    if (row == NULL)
        fail_msg("no such method: %s", method);
    const size_t count = rtmi_method_codes(row, codes);
    bool *seen = self->seen[rtmi_method_index(row)];
    seen[SUCCESS] |= code == 0;
    for (size_t i = 0; i < count; i++) {
        seen[i] |= codes[i] == code;
        if (codes[i] == code)
            return true;
    }
    /* Whoever is not logged in gets this, whatever he asks. */
    return code == 0 || (is_of_user && code == RTMI_RC_UNAUTHORIZED);
}

/* Such as need an engine or a service that this gate has not. */
static bool always_refuses(const int *codes, size_t count)
{
    return count == 1 &&
           (codes[0] == RTMI_RC_NO_CONFIG_IN_CONSOLE || codes[0] == RTMI_RC_FORBIDDEN_METHOD);
}

static bool is_among(const char *name, const char *const *names)
{
    while (*names != NULL && strcmp(*names, name) != 0)
        names++;
    return *names != NULL;
}

size_t codes_seen_missing(const codes_seen *self, const char *const *elsewhere)
{
    size_t missing = 0;

    for (size_t i = 0; i < rtmi_method_count(); i++) {
        const rtmi_method *row = rtmi_method_at(i);
        const char *whose = row->side == RTMI_CLIENT ? "a user's " : "";
        int codes[RTMI_METHOD_CODES_MAX];
        const size_t count = rtmi_method_codes(row, codes);
        if (row->side == RTMI_FILE)
            continue; /* they have an address of their own */
        if (!self->seen[i][SUCCESS] && !always_refuses(codes, count) &&
            !is_among(row->name, elsewhere)) {
            print_message("no row: %s%s => success\n", whose, row->name);
            missing++;
        }
        for (size_t n = 0; n < count; n++) {
            if (self->seen[i][n])
                continue;
            print_message("no row: %s%s => %d\n", whose, row->name, codes[n]);
            missing++;
        }
    }
    return missing;
}
