/*
 * Listen calls from words, for tables:
 *
 *   "add g1,2 r3 u4 elogin,logout"   add_listen(gids, rids, uids, events)
 *   "remove …", "set …"              likewise; "g" alone is a list that is present and empty
 *   "all p2p group room ev"          set_all_listen; "-p2p" is off, the rest absent
 *
 * Several calls are apart by "; ".
 */
#ifndef TESTS_SUPPORT_LISTEN_WORDS_H
#define TESTS_SUPPORT_LISTEN_WORDS_H

#include "tests/support/listener.h"

/**
 * Do the calls, each awaited: with its blocking twin, or asynchronously while `far` is watched.
 * Returns the result of the last; an asynchronous call that ends badly gives its error's local
 * number, or RTM_E_PEER. Without `reterr_error` a failure fails the test.
 */
int listen_words(rtm_client *client, peer *far, const char *words, bool is_waiting,
                 rtm_error *reterr_error);

/** The same with a time-out for each call. */
int listen_words_within(rtm_client *client, peer *far, const char *words, bool is_waiting,
                        int64_t timeout_ms, rtm_error *reterr_error);

/** Begin one call, asynchronously: what the library returned. */
int listen_words_begin(rtm_client *client, const char *words, int64_t timeout_ms, ending *end);

#endif
