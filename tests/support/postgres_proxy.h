/*
 * Stands between a program and its PostgreSQL, and breaks connections at a place of one's
 * choosing: before a transaction arrives, or after it was committed and before that is told.
 */
#ifndef TEST_POSTGRES_PROXY_H
#define TEST_POSTGRES_PROXY_H

typedef enum proxy_cut {
    PROXY_CUT_NONE,
    PROXY_CUT_REQUEST, /* what the client sends next is not passed on */
    PROXY_CUT_ANSWER   /* what it sends next is; the server's whole answer to it is not */
} proxy_cut;

/** Begin to listen, for a server of postgres_server.h. */
void postgres_proxy_start(void);

/** As postgres_server_conninfo(), through the proxy. */
const char *postgres_proxy_conninfo(void);

/** Break the connection on which a request of at least `min_bytes` comes next; once. */
void postgres_proxy_arm(proxy_cut cut, int min_bytes);

/** How many connections were broken. */
int postgres_proxy_cut_count(void);

void postgres_proxy_stop(void);

#endif
