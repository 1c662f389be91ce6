/*
 * An optional helper: one thread that runs clients, for programs without an event loop.
 *
 * While a client is in a loop it belongs to the loop's thread: its callbacks run there, and
 * other threads may call only rtm_client_post(), rtm_client_wakeup(), rtm_client_stop() and
 * the blocking calls that end in _wait.
 */
#ifndef RTM_LOOP_H
#define RTM_LOOP_H

#include <rtm/client.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rtm_loop rtm_loop;

/**
 * Start the thread. Signals are blocked in it.
 *
 * @retval 0             `*ret_loop` is set; rtm_loop_free() it.
 * @retval RTM_E_INVAL   `ret_loop` is NULL.
 * @retval RTM_E_NOMEM   Out of memory.
 * @retval RTM_E_SYSTEM  No thread or descriptor could be made.
 *
 * Thread: any. Inside a callback: allowed. Since: 0.1
 */
RTM_API int rtm_loop_new(rtm_loop **ret_loop);

/**
 * Hand a client to the loop's thread.
 *
 * @retval 0                The loop owns its running now.
 * @retval RTM_E_INVAL      An argument is NULL, or the client is in a loop already.
 * @retval RTM_E_REENTRANT  On the loop's own thread.
 * @retval RTM_E_NOMEM, RTM_E_SYSTEM, RTM_E_FORKED  As they say.
 *
 * Thread: the client's own, which it leaves. Since: 0.1
 */
RTM_API int rtm_loop_add(rtm_loop *loop, rtm_client *client);

/**
 * Take a client back to the calling thread; its callbacks have ended when this returns.
 *
 * @retval 0                Taken back.
 * @retval RTM_E_INVAL      An argument is NULL, or the client is not in this loop.
 * @retval RTM_E_REENTRANT  On the loop's own thread.
 *
 * Thread: any but the loop's. Since: 0.1
 */
RTM_API int rtm_loop_remove(rtm_loop *loop, rtm_client *client);

/**
 * Take all clients out, end the thread, free the loop; NULL is allowed. The clients remain,
 * and are the calling thread's again.
 *
 * Thread: any but the loop's. Since: 0.1
 */
RTM_API void rtm_loop_free(rtm_loop *loop);

#ifdef __cplusplus
}
#endif

#endif
