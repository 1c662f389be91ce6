/*
 * Stored messages of a conversation, page after page to the end.
 *
 * Each page is a quest that takes up the cursor (begin, end, lastid) of the one before; the last
 * page is the one with fewer rows than were asked for. Messages that are stored meanwhile are met
 * when reading forwards, and not when reading backwards.
 *
 * Protocol: RTM getp2pmsg, getgroupmsg, getroommsg, getbroadcastmsg.
 */
#ifndef RTM_HISTORY_H
#define RTM_HISTORY_H

#include <rtm/calls.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The most rows of a page that the protocol allows. */
#define RTM_HISTORY_PAGE_MAX 20

/** What to read. Zero-initialise, set `size` to sizeof(rtm_history_query), then the rest. */
typedef struct rtm_history_query {
    size_t size;
    rtm_kind kind;         /* which conversation: RTM_KIND_P2P, _GROUP, _ROOM, _BROADCAST */
    int64_t id;            /* the other user, gid or rid; unused for broadcasts */
    int64_t uid;           /* P2P: whose conversation; else the reader, 0: not sent */
    bool desc;             /* newest first */
    int32_t page;          /* rows a page, 1 to RTM_HISTORY_PAGE_MAX; 0: 10 */
    int64_t begin_ms;      /* not before, milliseconds since 1970, UTC; 0: no such bound */
    int64_t end_ms;        /* not after; 0: no such bound */
    const int64_t *mtypes; /* only these; NULL: all */
    size_t mtype_count;
} rtm_history_query;

/** A walk through a history; one owner. */
typedef struct rtm_history rtm_history;

/**
 * Begin a walk. Nothing is sent yet.
 *
 * @param query        Copied.
 * @param ret_history  Receives the walk, for rtm_history_free().
 *
 * @retval 0              Made.
 * @retval RTM_E_INVAL    An argument is NULL, or a field is out of range.
 * @retval RTM_E_NOMEM    Out of memory.
 * @retval RTM_E_FORKED   Made by a parent process.
 *
 * Thread: the client's own. Inside a callback: allowed. Since: 0.2
 */
RTM_API int rtm_history_new(rtm_client *client, const rtm_history_query *query,
                            rtm_history **ret_history);

/** Free a walk; a page under way is dropped. NULL is allowed. The client may be gone already.
 * Thread: the client's own. Inside a callback: allowed. Since: 0.2 */
RTM_API void rtm_history_free(rtm_history *history);

/** Whether the last page has come. Thread: the client's own. Since: 0.2 */
RTM_API bool rtm_history_is_at_end(const rtm_history *history);

/**
 * Ask for the next page. After an error the same page may be asked for again.
 *
 * @param done  Told once: `err`, or the page, whose `msgs` may be empty.
 *
 * @retval 0              On its way.
 * @retval RTM_E_INVAL    `history` or `done` is NULL.
 * @retval RTM_E_BUSY     A page is under way.
 * @retval RTM_E_CLOSED   The end was reached.
 * @retval others         As rtm_client_call().
 *
 * A gate that gives a full page without moving its cursor ends the page with RTM_E_PROTO.
 *
 * Thread: the client's own. Inside a callback: allowed. Since: 0.2
 */
RTM_API int rtm_history_next_page(rtm_history *history, int64_t timeout_ms,
                                  rtm_result_history_fn *done, void *userdata);

/**
 * Take the next row, and get the next page when this one is used up, awaited as
 * rtm_client_add_listen_wait() says.
 *
 * @param timeout_ms    For each page; 0 takes quest_timeout_ms.
 * @param ret_row       Receives the row, borrowed until the next call with this walk.
 * @param reterr_error  On a failure, what the gate or the client said; may be NULL.
 *
 * @retval 1              A row.
 * @retval 0              The end; also every time after it.
 * @retval RTM_E_INVAL    `history` or `ret_row` is NULL.
 * @retval RTM_E_BUSY     A page that rtm_history_next_page() asked for is under way.
 * @retval others         As rtm_client_call_wait(). Nothing is skipped by calling again.
 *
 * Thread: the client's own, or any other thread when an rtm_loop owns it. Since: 0.2
 */
RTM_API int rtm_history_next_wait(rtm_history *history, int64_t timeout_ms,
                                  rtm_history_row *ret_row, rtm_error *reterr_error);

#ifdef __cplusplus
}
#endif

#endif
