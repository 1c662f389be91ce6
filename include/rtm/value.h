/*
 * Parameters and answers of any quest: a writer of one map, and a reader of any value.
 *
 * They cover all of MessagePack that RTM uses, so that a method for which this library has no
 * function of its own can be called by rtm_client_call().
 */
#ifndef RTM_VALUE_H
#define RTM_VALUE_H

#include <rtm/export.h>
#include <rtm/message.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A growing map of parameters. One owner. */
typedef struct rtm_params rtm_params;

/**
 * Make an empty map. NULL when out of memory.
 *
 * Thread: any, one at a time. Inside a callback: allowed. Since: 0.1
 */
RTM_API rtm_params *rtm_params_new(void);

/**
 * Free a map; NULL is allowed.
 *
 * Thread: any, one at a time. Inside a callback: allowed. Since: 0.1
 */
RTM_API void rtm_params_free(rtm_params *params);

/**
 * Make it empty again and forget its error; its memory is kept for use again.
 *
 * Thread: any, one at a time. Inside a callback: allowed. Since: 0.1
 */
RTM_API void rtm_params_clear(rtm_params *params);

/**
 * The first error of the calls so far: 0, RTM_E_NOMEM, RTM_E_LIMIT (over 8 MiB or 65,535
 * pairs), or RTM_E_INVAL (a NULL argument, a key outside an open map or missing in one,
 * begin and end that do not pair). The put functions are silent: ask once, here; a call with
 * such a map is refused with the same error.
 *
 * Thread: any, one at a time. Inside a callback: allowed. Since: 0.1
 */
RTM_API int rtm_params_get_error(const rtm_params *params);

/**
 * Add a value under `key`; inside an open array the key must be NULL. Everything is copied.
 * Integers take the shortest form. A key used twice is sent twice, and peers differ in which
 * one they see: use each once. Errors: rtm_params_get_error().
 *
 * Thread: any, one at a time. Inside a callback: allowed. Since: 0.1
 */
RTM_API void rtm_params_put_int(rtm_params *params, const char *key, int64_t value);
/** As rtm_params_put_int(), for a truth value. Thread: any, one at a time. Since: 0.1 */
RTM_API void rtm_params_put_bool(rtm_params *params, const char *key, bool value);
/** As rtm_params_put_int(), for a 64-bit float. Thread: any, one at a time. Since: 0.1 */
RTM_API void rtm_params_put_double(rtm_params *params, const char *key, double value);
/** As rtm_params_put_int(), for nil. Thread: any, one at a time. Since: 0.1 */
RTM_API void rtm_params_put_nil(rtm_params *params, const char *key);
/** As rtm_params_put_int(), for UTF-8 text of `len` bytes. Thread: any, one at a time. Since: 0.1
 */
RTM_API void rtm_params_put_text(rtm_params *params, const char *key, const char *text, size_t len);
/** As rtm_params_put_int(), for `len` bytes that are no text. Thread: any, one at a time. Since:
 * 0.1 */
RTM_API void rtm_params_put_bytes(rtm_params *params, const char *key, const void *data,
                                  size_t len);
/** As rtm_params_put_int(), for an array of integers. Thread: any, one at a time. Since: 0.1 */
RTM_API void rtm_params_put_ints(rtm_params *params, const char *key, const int64_t *values,
                                 size_t count);

/**
 * Open a map or an array of exactly `count` entries under `key` (NULL inside an array), to
 * be filled by the next calls and closed by itself when it has them. At most 8 deep.
 *
 * Thread: any, one at a time. Inside a callback: allowed. Since: 0.1
 */
RTM_API void rtm_params_begin_map(rtm_params *params, const char *key, size_t count);
/** As rtm_params_begin_map(), for an array. Thread: any, one at a time. Since: 0.1 */
RTM_API void rtm_params_begin_array(rtm_params *params, const char *key, size_t count);

/** What a value is. Integers above INT64_MAX are RTM_VALUE_UINT; the rest are RTM_VALUE_INT. */
typedef enum rtm_value_type {
    RTM_VALUE_NONE = 0, /* no value: an absent one, or the answer of a failed call */
    RTM_VALUE_NIL,
    RTM_VALUE_BOOL,
    RTM_VALUE_INT,
    RTM_VALUE_UINT,
    RTM_VALUE_DOUBLE,
    RTM_VALUE_TEXT,
    RTM_VALUE_BYTES,
    RTM_VALUE_ARRAY,
    RTM_VALUE_MAP,
    RTM_VALUE_EXT
} rtm_value_type;

/** A borrowed view of one checked value. Copy it freely; it ends with what it borrows from. */
typedef struct rtm_value {
    const unsigned char *data; /* MessagePack */
    size_t len;
} rtm_value;

/** The type of a value. Thread: any. Inside a callback: allowed. Since: 0.1 */
RTM_API rtm_value_type rtm_value_get_type(rtm_value value);

/**
 * Read an integer: any integer form that fits, or a float without a fraction.
 *
 * @retval 0            `*ret_value` is set.
 * @retval RTM_E_TYPE   Not such a value; the output is untouched.
 *
 * Thread: any. Inside a callback: allowed. Since: 0.1
 */
RTM_API int rtm_value_get_int(rtm_value value, int64_t *ret_value);
/** As rtm_value_get_int(), for an unsigned integer. Thread: any. Since: 0.1 */
RTM_API int rtm_value_get_uint(rtm_value value, uint64_t *ret_value);
/** As rtm_value_get_int(), for true or false. Thread: any. Since: 0.1 */
RTM_API int rtm_value_get_bool(rtm_value value, bool *ret_value);
/** As rtm_value_get_int(), for a float or any integer. Thread: any. Since: 0.1 */
RTM_API int rtm_value_get_double(rtm_value value, double *ret_value);
/** As rtm_value_get_int(), for text or bytes; borrowed. Thread: any. Since: 0.1 */
RTM_API int rtm_value_get_bytes(rtm_value value, rtm_bytes *ret_value);

/** How many entries an array or map has; 0 for other values. Thread: any. Since: 0.1 */
RTM_API size_t rtm_value_get_count(rtm_value value);

/**
 * Find the first entry of a map whose key is the text `key`.
 *
 * @retval 0                `*ret_value` is set, borrowed from `map`.
 * @retval RTM_E_NOT_FOUND  No such key.
 * @retval RTM_E_TYPE       `map` is no map.
 *
 * Thread: any. Inside a callback: allowed. Since: 0.1
 */
RTM_API int rtm_value_find(rtm_value map, const char *key, rtm_value *ret_value);

/** A walk over an array or a map; see rtm_value_iter_init(). */
typedef struct rtm_value_iter {
    const unsigned char *next;
    const unsigned char *end;
    size_t left;
    bool is_map;
} rtm_value_iter;

/** Start a walk over an array or map; over any other value it ends at once. Thread: any. Since: 0.1
 */
RTM_API void rtm_value_iter_init(rtm_value_iter *iter, rtm_value value);

/**
 * Take the next entry: false at the end, else `*ret_value` and, for a map, `*ret_key` are
 * set; either may be NULL.
 *
 * Thread: any. Inside a callback: allowed. Since: 0.1
 */
RTM_API bool rtm_value_iter_next(rtm_value_iter *iter, rtm_value *ret_key, rtm_value *ret_value);

#ifdef __cplusplus
}
#endif

#endif
