/*
 * From a host name to addresses, by c-ares: numeric addresses, the hosts file, DNS. Nothing
 * here waits: its sockets are watched by the client's poller.
 */
#ifndef RTMI_NET_RESOLVER_H
#define RTMI_NET_RESOLVER_H

#include <stdint.h>

#include "lib/net/socket.h"

/** LIMIT: more addresses of one name are not tried. */
#define RTMI_ADDRESS_COUNT 16

typedef struct rtmi_resolver rtmi_resolver;

/** Once a process, before the first resolver; not by two threads at a time. */
int rtmi_resolver_init_library(void);

/**
 * A resolver whose sockets `poller` watches. Their tags are `tag` with the descriptor in the
 * upper 32 bits. `servers` ("127.0.0.1:5353,…") replaces the system's name servers; NULL: the
 * system's. query_timeout_ms: time for one server, one try. 0, RTM_E_NOMEM or RTM_E_SYSTEM.
 */
int rtmi_resolver_new(int poller, uint32_t tag, const char *servers, int query_timeout_ms,
                      rtmi_resolver **ret_resolver);

/** Free it, lookups too. With `is_forked` the poller, shared with the parent, is left alone. */
void rtmi_resolver_free(rtmi_resolver *resolver, bool is_forked);

/** Look up a host. Once per resolver. */
void rtmi_resolver_start(rtmi_resolver *resolver, const rtmi_endpoint *endpoint);

/** An event of the poller for one of its tags. */
void rtmi_resolver_event(rtmi_resolver *resolver, int fd, unsigned what);

/** Time has passed. */
void rtmi_resolver_tick(rtmi_resolver *resolver);

/** Milliseconds until rtmi_resolver_tick() must run; -1 for never. */
int64_t rtmi_resolver_get_timeout(const rtmi_resolver *resolver);

/**
 * How it went: the number of addresses found (at least 1), 0 while under way, RTM_E_RESOLVE
 * (rtmi_resolver_get_error_text() tells) or RTM_E_NOMEM. `*ret_addresses` is borrowed.
 */
int rtmi_resolver_get_result(const rtmi_resolver *resolver, const rtmi_address **ret_addresses);

/** Why it failed, static; "" when it did not. */
const char *rtmi_resolver_get_error_text(const rtmi_resolver *resolver);

#endif
