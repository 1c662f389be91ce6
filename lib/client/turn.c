/*
 * One turn of a client: what came from other threads, the steps towards a connection, one
 * read, what time has brought, one write. Nothing here waits, but rtmi_client_step() and
 * rtm_client_run(), which do nothing else.
 *
 * State changes gather in a small queue and are told at fixed places of the turn, so that no
 * callback runs inside the call that caused it, and "ready" is told before the first push.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "lib/base/num.h"
#include "lib/client/client_impl.h"
#include "lib/client/workers.h"

/* One query to one name server waits so long; the whole has the client's deadline. */
#define QUERY_TIMEOUT_MS 2000

static void set_state(rtm_client *client, rtm_state state, int reason)
{
    const rtm_state old = client->state;

    if (old == state)
        return;
    client->state = state;
    rtmi_log_line(&client->log, RTMI_LOG_DEBUG, "%s -> %s", rtm_state_name(old),
                  rtm_state_name(state));
    if (client->change_count == CLIENT_CHANGE_COUNT) {
        client_change *last =
            &client
                 ->changes[(client->change_first + client->change_count - 1) % CLIENT_CHANGE_COUNT];
        last->new_state = state;
        last->reason = reason;
        return;
    }
    client->changes[(client->change_first + client->change_count++) % CLIENT_CHANGE_COUNT] =
        (client_change){old, state, reason};
}

/* Tell the changes that are there now; those that a callback causes wait for the next time. */
static void tell_changes(rtm_client *client)
{
    for (size_t left = client->change_count; left > 0 && !client->is_free_wanted; left--) {
        const client_change change = client->changes[client->change_first];
        client->change_first = (client->change_first + 1) % CLIENT_CHANGE_COUNT;
        client->change_count--;
        if (client->state_fn != NULL && change.old_state != change.new_state)
            client->state_fn(client, change.old_state, change.new_state, change.reason,
                             client->state_userdata);
    }
}

static void drop_connection(rtm_client *client)
{
    rtmi_tls_free(client->tls, true);
    client->tls = NULL;
    if (client->socket_fd >= 0) {
        /* Closing alone would not do where a child process has inherited the socket. */
        (void)rtmi_poller_watch(client->poller, client->socket_fd, 0, 0);
        rtmi_fd_close(&client->socket_fd);
    }
    client->socket_interest = 0;
    rtmi_resolver_free(client->resolver, false);
    client->resolver = NULL;
    rtmi_dial_stop(&client->dial, false);
}

static bool is_fpnn_encrypted(const rtm_client *client)
{
    return client->security == RTM_SECURITY_FPNN_PACKAGE ||
           client->security == RTM_SECURITY_FPNN_STREAM;
}

/* Whether packages travel in this state: FPNN encryption agrees on its keys by packages. */
static bool carries_packages(const rtm_client *client, rtm_state state)
{
    return state == RTM_STATE_READY || (state == RTM_STATE_SECURING && is_fpnn_encrypted(client));
}

static int watch_socket(rtm_client *client, unsigned interest)
{
    if (client->socket_interest == interest)
        return 0;
    const int r = rtmi_poller_watch(client->poller, client->socket_fd, interest, CLIENT_TAG_SOCKET);
    if (r == 0)
        client->socket_interest = interest;
    return r;
}

/* The connection, or the attempt, has ended: wait for the next, or give up. */
static void lose(rtm_client *client, int reason, rtmi_time now)
{
    bool will_retry = client->auto_reconnect;
    int64_t wait_ms = 0;

    if (client->state == RTM_STATE_SECURING &&
        (reason == RTM_E_LOST || reason == RTM_E_PROTO || reason == RTM_E_TOO_BIG)) {
        rtmi_log_line(&client->log, RTMI_LOG_WARN, "while agreeing on keys: %s",
                      rtm_strerror(reason));
        reason = RTM_E_SECURITY;
    }
    if (client->state == RTM_STATE_READY && now.mono_ms - client->ready_since >= CLIENT_STABLE_MS) {
        client->backoff_step = 0;
        client->failure_count = 0;
    } else {
        client->failure_count++;
    }
    if (client->backoff_attempts > 0 && client->failure_count >= client->backoff_attempts)
        will_retry = false;
    drop_connection(client);
    client->last_reason = reason;
    if (will_retry) {
        wait_ms = rtmi_backoff_delay(&client->backoff, client->backoff_step++,
                                     rtmi_random_next(&client->random));
        client->backoff_deadline = now.mono_ms + wait_ms;
        rtmi_log_line(&client->log, RTMI_LOG_INFO, "%s; next attempt in %lld ms",
                      rtm_strerror(reason), (long long)wait_ms);
    } else {
        rtmi_log_line(&client->log, RTMI_LOG_WARN, "%s; no further attempt", rtm_strerror(reason));
    }
    set_state(client, will_retry ? RTM_STATE_BACKING_OFF : RTM_STATE_CLOSED, reason);
    client->is_in_session = true;
    rtmi_session_closed(client->session, reason, will_retry, now);
    client->is_in_session = false;
}

static void begin_dial(rtm_client *client, const rtmi_address *addresses, int count, rtmi_time now)
{
    rtmi_dial_begin(&client->dial, addresses, count, client->attempt_deadline - now.mono_ms,
                    now.mono_ms);
    set_state(client, RTM_STATE_CONNECTING, 0);
}

int rtmi_client_start(rtm_client *client, rtmi_time now)
{
    rtmi_address path;
    int r = 0;

    if (!client->endpoint.is_unix)
        r = rtmi_resolver_new(client->poller, CLIENT_TAG_RESOLVER, NULL, QUERY_TIMEOUT_MS,
                              &client->resolver);
    if (r < 0)
        return r;
    client->attempt_deadline = now.mono_ms + client->connect_timeout_ms;
    client->last_reason = 0;
    rtmi_session_opening(client->session, now);
    if (client->endpoint.is_unix) {
        rtmi_address_of_path(&client->endpoint, &path);
        begin_dial(client, &path, 1, now);
        return 0;
    }
    set_state(client, RTM_STATE_RESOLVING, 0);
    rtmi_resolver_start(client->resolver, &client->endpoint);
    return 0;
}

static void become_ready(rtm_client *client, rtmi_time now)
{
    client->ready_since = now.mono_ms;
    set_state(client, RTM_STATE_READY, 0);
    if (!is_fpnn_encrypted(client))
        rtmi_session_opened(client->session, now);
}

/* TLS does not go on: `why` says it best. */
static void lose_tls(rtm_client *client, int r, const char *why, rtmi_time now)
{
    if (r == RTM_E_SECURITY)
        rtmi_log_line(&client->log, RTMI_LOG_ERROR, "TLS with %s: %s", client->tls_host, why);
    lose(client, r, now);
}

static void step_tls(rtm_client *client, rtmi_time now)
{
    const int r = rtmi_tls_handshake(client->tls);

    if (r < 0)
        lose_tls(client, r, rtmi_tls_get_error_text(client->tls), now);
    else if (watch_socket(client, r == 1 ? RTMI_POLL_READ : rtmi_tls_wants(client->tls)) < 0)
        lose(client, RTM_E_SYSTEM, now);
    else if (r == 1)
        become_ready(client, now);
}

/* The socket is connected: the keys come next, if there are any. */
static void become_connected(rtm_client *client, rtmi_time now)
{
    char text[RTMI_ADDRESS_TEXT_SIZE];
    char why[RTMI_TLS_TEXT_SIZE];

    rtmi_address_print(rtmi_dial_winner(&client->dial), text);
    rtmi_log_line(&client->log, RTMI_LOG_INFO, "connected to %s", text);
    client->is_output_stuck = false;
    if (watch_socket(client, RTMI_POLL_READ) < 0) {
        lose(client, RTM_E_SYSTEM, now);
        return;
    }
    if (client->security == RTM_SECURITY_NONE) {
        become_ready(client, now);
        return;
    }
    set_state(client, RTM_STATE_SECURING, 0);
    if (is_fpnn_encrypted(client)) {
        rtmi_session_opened(client->session, now);
        return;
    }
    const int r =
        rtmi_tls_new(client->socket_fd, client->tls_ca_file, client->tls_host, &client->tls, why);
    if (r < 0)
        lose_tls(client, r, why, now);
    else
        step_tls(client, now);
}

static void step_resolving(rtm_client *client, rtmi_time now)
{
    const rtmi_address *found = NULL;

    rtmi_resolver_tick(client->resolver);
    const int r = rtmi_resolver_get_result(client->resolver, &found);
    if (r == 0) {
        if (now.mono_ms >= client->attempt_deadline)
            lose(client, RTM_E_TIMEOUT, now);
        return;
    }
    if (r < 0) {
        rtmi_log_line(&client->log, RTMI_LOG_WARN, "cannot resolve %s: %s", client->endpoint.host,
                      rtmi_resolver_get_error_text(client->resolver));
        lose(client, r, now);
        return;
    }
    begin_dial(client, found, r, now);
    rtmi_resolver_free(client->resolver, false);
    client->resolver = NULL;
}

static void step_connecting(rtm_client *client, rtmi_time now)
{
    const int r = rtmi_dial_step(&client->dial, now.mono_ms, &client->socket_fd);

    if (r == 1) {
        become_connected(client, now);
    } else if (r < 0) {
        lose(client, r, now);
    } else if (now.mono_ms >= client->attempt_deadline) {
        rtmi_log_line(&client->log, RTMI_LOG_WARN, "no address has answered in time");
        lose(client, RTM_E_TIMEOUT, now);
    }
}

static void step_securing(rtm_client *client, unsigned what, rtmi_time now)
{
    if (rtmi_session_is_ready(client->session)) {
        become_ready(client, now);
        rtmi_session_set_paused(client->session, client->pause != 0);
    } else if (now.mono_ms >= client->attempt_deadline) {
        rtmi_log_line(&client->log, RTMI_LOG_WARN, "the gate has not agreed on keys in time");
        lose(client, RTM_E_TIMEOUT, now);
    } else if (client->tls != NULL && what != 0) {
        step_tls(client, now);
    }
}

static void step_connection(rtm_client *client, unsigned what, rtmi_time now)
{
    if (client->state == RTM_STATE_BACKING_OFF && now.mono_ms >= client->backoff_deadline) {
        const int r = rtmi_client_start(client, now);
        if (r < 0)
            lose(client, r, now);
    }
    if (client->state == RTM_STATE_RESOLVING)
        step_resolving(client, now);
    if (client->state == RTM_STATE_CONNECTING)
        step_connecting(client, now);
    else if (client->state == RTM_STATE_SECURING)
        step_securing(client, what, now);
}

/* The session has failed with `r`, or a callback wants the connection cut. */
static void lose_wanted(rtm_client *client, int r, rtmi_time now)
{
    const int reason = client->lose_reason < 0 ? client->lose_reason : r;

    client->lose_reason = 0;
    if (reason < 0 && !client->is_free_wanted && !client->is_close_wanted)
        lose(client, reason, now);
}

void rtmi_client_lose_later(rtm_client *client, int reason)
{
    client->lose_reason = reason;
    rtmi_session_abandon(client->session);
}

void rtmi_client_pause(rtm_client *client, unsigned why)
{
    client->pause |= why;
    rtmi_session_set_paused(client->session, true);
}

/* The reasons for the pause that still hold. */
static unsigned pause_reasons(const rtm_client *client)
{
    unsigned why = client->pause;

    if ((why & CLIENT_PAUSE_WORKERS) != 0 &&
        (client->workers == NULL || !rtmi_workers_is_full(client->workers)))
        why &= ~(unsigned)CLIENT_PAUSE_WORKERS;
    if ((why & CLIENT_PAUSE_UNANSWERED) != 0 &&
        rtmi_session_get_unanswered(client->session) < client->max_unanswered)
        why &= ~(unsigned)CLIENT_PAUSE_UNANSWERED;
    return why;
}

void rtmi_client_check_pause(rtm_client *client)
{
    if (client->pause == 0)
        return;
    client->pause = pause_reasons(client);
    if (client->pause == 0 && client->state != RTM_STATE_SECURING)
        rtmi_session_set_paused(client->session, false);
}

/* One read, whatever is there: the descriptor stays readable if there is more. */
static void receive(rtm_client *client, rtmi_time now)
{
    size_t room;
    size_t len = 0;
    char why[128];
    uint8_t *space = rtmi_session_read_space(client->session, &room);

    if (room == 0) {
        lose(client, RTM_E_NOMEM, now);
        return;
    }
    int r = client->tls != NULL ? rtmi_tls_receive(client->tls, space, room, &len)
                                : rtmi_socket_receive(client->socket_fd, space, room, &len);
    if (r == 0)
        return;
    if (r < 0) {
        const int error = errno;
        const char *text = client->tls != NULL ? rtmi_tls_get_error_text(client->tls) : "";
        if (error == 0)
            text = "the gate has closed the connection";
        else if (*text == '\0')
            text = strerror_r(error, why, sizeof why);
        rtmi_log_line(&client->log, RTMI_LOG_INFO, "%s", text);
        lose(client, r, now);
        return;
    }
    client->is_in_session = client->is_reading = true;
    r = rtmi_session_read_done(client->session, len, now);
    client->is_in_session = client->is_reading = false;
    lose_wanted(client, r, now);
}

static void tick(rtm_client *client, rtmi_time now)
{
    if (rtmi_session_get_deadline(client->session) > now.mono_ms)
        return;
    client->is_in_session = client->is_reading = true;
    const int r = rtmi_session_tick(client->session, now);
    client->is_in_session = client->is_reading = false;
    lose_wanted(client, r, now);
    if (!client->is_free_wanted && !client->is_close_wanted &&
        carries_packages(client, client->state) && rtmi_session_wants_close(client->session)) {
        const int reason = rtmi_session_get_failure(client->session);
        if (reason == RTM_E_LOST)
            rtmi_log_line(&client->log, RTMI_LOG_WARN,
                          "the gate is silent: the path is taken as dead");
        lose(client, reason, now);
    }
}

static int send_bytes(rtm_client *client, rtmi_span out, size_t *ret_sent)
{
    if (client->tls != NULL)
        return rtmi_tls_send(client->tls, out.data, out.len, ret_sent);
    return rtmi_socket_send(client->socket_fd, out.data, out.len, ret_sent);
}

void rtmi_client_send_last(rtm_client *client)
{
    size_t sent = 0;

    if (client->state != RTM_STATE_READY && client->state != RTM_STATE_CLOSING)
        return;
    const rtmi_span out = rtmi_session_get_output(client->session);
    if (out.len > 0 && send_bytes(client, out, &sent) >= 0)
        rtmi_session_sent(client->session, sent);
}

/* Send all there is; what does not fit waits for the socket. */
static void transmit(rtm_client *client, bool is_writable, rtmi_time now)
{
    size_t sent = 0;

    if (!carries_packages(client, client->state))
        return;
    const rtmi_span out = rtmi_session_get_output(client->session);
    if (out.len == 0 || (client->is_output_stuck && !is_writable))
        return;
    int r = send_bytes(client, out, &sent);
    if (r >= 0) {
        rtmi_session_sent(client->session, sent);
        client->is_output_stuck = r == 0;
        r = 0;
    }
    if (r < 0)
        lose(client, r, now);
}

/* What to wait for from here on: reading stops while handlers are behind. */
static void watch_ready(rtm_client *client, rtmi_time now)
{
    unsigned interest = 0;

    if (!carries_packages(client, client->state))
        return;
    if (rtmi_session_wants_read(client->session))
        interest |= RTMI_POLL_READ;
    if (client->is_output_stuck)
        interest |= RTMI_POLL_WRITE;
    if (client->tls != NULL)
        interest |= rtmi_tls_wants(client->tls);
    if (watch_socket(client, interest) < 0)
        lose(client, RTM_E_SYSTEM, now);
}

static void close_now(rtm_client *client, rtmi_time now)
{
    drop_connection(client);
    client->last_reason = 0;
    set_state(client, RTM_STATE_IDLE, 0);
    client->is_deferring = true;
    rtmi_session_closed(client->session, RTM_E_CLOSED, client->is_connect_wanted, now);
    client->is_deferring = false;
}

static void connect_if_wanted(rtm_client *client, rtmi_time now)
{
    if (!client->is_connect_wanted)
        return;
    client->is_connect_wanted = false;
    client->backoff_step = 0;
    client->failure_count = 0;
    const int r = rtmi_client_start(client, now);
    if (r < 0)
        lose(client, r, now);
}

void rtmi_client_begin_close(rtm_client *client, rtmi_time now)
{
    if (client->state == RTM_STATE_READY) {
        set_state(client, RTM_STATE_CLOSING, 0);
        return;
    }
    close_now(client, now);
    connect_if_wanted(client, now);
}

/* Close as a callback has asked for while the session was at work. */
static void do_wanted(rtm_client *client, rtmi_time now)
{
    if (!client->is_close_wanted || client->is_free_wanted)
        return;
    client->is_close_wanted = false;
    rtmi_client_begin_close(client, now);
}

/* The end of closing: one write without waiting. */
static void finish_close(rtm_client *client, rtmi_time now)
{
    if (client->state != RTM_STATE_CLOSING)
        return;
    rtmi_client_send_last(client);
    close_now(client, now);
    connect_if_wanted(client, now);
}

/* What the poller has found in this turn. */
typedef struct findings {
    bool is_woken;
    unsigned socket; /* RTMI_POLL_READ … */
} findings;

/* Whether TLS holds bytes that the session would take. */
static bool has_pending(const rtm_client *client)
{
    return client->tls != NULL && client->state == RTM_STATE_READY &&
           rtmi_tls_has_pending(client->tls) && rtmi_session_wants_read(client->session);
}

static findings look(rtm_client *client)
{
    rtmi_poll_event events[RTMI_POLL_EVENT_COUNT];
    findings found = {.is_woken = false};
    /* An error is EINTR at most, and then the next turn looks again. */
    const int n = rtmi_poller_wait(client->poller, events, 0);

    for (int i = 0; i < n; i++) {
        switch ((uint32_t)events[i].tag) {
        case CLIENT_TAG_WAKE:
            found.is_woken = true;
            break;
        case CLIENT_TAG_SOCKET:
            found.socket = events[i].what;
            break;
        case CLIENT_TAG_DIAL:
            rtmi_dial_event(&client->dial, (uint32_t)(events[i].tag >> 32));
            break;
        case CLIENT_TAG_RESOLVER:
            if (client->resolver != NULL)
                rtmi_resolver_event(client->resolver, (int)(events[i].tag >> 32), events[i].what);
            break;
        default:
            break;
        }
    }
    return found;
}

/* With TLS, bytes may wait behind a socket that has none, and a read may have to write first. */
static bool is_readable(const rtm_client *client, unsigned what)
{
    if ((what & (RTMI_POLL_READ | RTMI_POLL_FAILED)) != 0)
        return true;
    return client->tls != NULL &&
           ((what & rtmi_tls_wants(client->tls)) != 0 || has_pending(client));
}

static void turn(rtm_client *client)
{
    findings found = look(client);
    const rtmi_time now = rtmi_client_now();
    const int fd = client->socket_fd;
    const rtm_state state = client->state;

    if (found.is_woken)
        rtmi_client_run_posts(client);
    if (client->is_free_wanted)
        return;
    if (found.is_woken)
        rtmi_hub_collect(client->hub);
    rtmi_client_check_pause(client);
    if (client->socket_fd != fd || client->state != state)
        found.socket = 0; /* a posted function has closed or connected: those are old events */
    step_connection(client, found.socket, now);
    do_wanted(client, now);
    tell_changes(client);
    if (client->is_free_wanted)
        return;
    if (client->state == state && carries_packages(client, state) && client->socket_fd == fd &&
        is_readable(client, found.socket))
        receive(client, now);
    do_wanted(client, now);
    if (!client->is_free_wanted && client->state != RTM_STATE_CLOSING)
        tick(client, now);
    do_wanted(client, now);
    if (!client->is_free_wanted)
        rtmi_client_tell_ended(client);
    if (!client->is_free_wanted)
        transmit(client, (found.socket & RTMI_POLL_WRITE) != 0, now);
    if (!client->is_free_wanted)
        watch_ready(client, now);
    do_wanted(client, now);
    if (!client->is_free_wanted)
        finish_close(client, now);
    if (!client->is_free_wanted)
        tell_changes(client);
    if (!client->is_free_wanted)
        rtmi_client_check_connect_waits(client, now);
    if (!client->is_free_wanted)
        rtmi_client_run_uploads(client);
}

int rtm_client_process(rtm_client *client)
{
    const int r = rtmi_client_check(client);

    if (r < 0)
        return r;
    if (rtmi_client_is_on_worker(client) || client->is_processing)
        return RTM_E_REENTRANT;
    client->is_processing = true;
    turn(client);
    client->is_processing = false;
    if (client->is_free_wanted) {
        rtmi_client_destroy(client);
        return 1;
    }
    return 0;
}

void rtmi_client_nudge(rtm_client *client)
{
    if (!client->is_processing)
        rtm_client_wakeup(client);
}

int rtm_client_get_events(const rtm_client *client)
{
    const int r = rtmi_client_check(client);

    return r < 0 ? r : POLLIN;
}

/* Whether the next turn has something to do that neither time nor a descriptor tells. */
static bool has_work(const rtm_client *client)
{
    const rtmi_address *unused;

    if (client->change_count > 0 || client->is_close_wanted || client->is_unlistened ||
        !rtmi_list_is_empty(&client->ended))
        return true;
    if (client->state == RTM_STATE_CLOSING || has_pending(client) ||
        (client->state == RTM_STATE_SECURING && rtmi_session_is_ready(client->session)))
        return true;
    if (client->state == RTM_STATE_RESOLVING &&
        rtmi_resolver_get_result(client->resolver, &unused) != 0)
        return true;
    if (client->pause != 0 && pause_reasons(client) == 0)
        return true;
    return carries_packages(client, client->state) && !client->is_output_stuck &&
           rtmi_session_get_output(client->session).len > 0;
}

int64_t rtm_client_get_deadline(const rtm_client *client)
{
    if (rtmi_client_check(client) < 0)
        return -1;
    if (has_work(client))
        return 0;
    const int64_t now = rtmi_clock_mono_ms();
    int64_t at = rtmi_min_i64(rtmi_session_get_deadline(client->session),
                              rtmi_client_connect_waits_deadline(client));
    at = rtmi_min_i64(at, rtmi_client_uploads_deadline(client, now));
    if (client->state == RTM_STATE_RESOLVING) {
        const int64_t left = rtmi_resolver_get_timeout(client->resolver);
        at = rtmi_min_i64(at, client->attempt_deadline);
        if (left >= 0)
            at = rtmi_min_i64(at, now + left);
    } else if (client->state == RTM_STATE_CONNECTING) {
        at = rtmi_min_i64(at, client->attempt_deadline);
        at = rtmi_min_i64(at, rtmi_dial_deadline(&client->dial));
    } else if (client->state == RTM_STATE_SECURING) {
        at = rtmi_min_i64(at, client->attempt_deadline);
    } else if (client->state == RTM_STATE_BACKING_OFF) {
        at = rtmi_min_i64(at, client->backoff_deadline);
    }
    if (at == INT64_MAX)
        return -1;
    return at <= now ? 0 : at - now;
}

int rtmi_client_step(rtm_client *client, int64_t timeout_ms)
{
    int64_t wait_ms = rtm_client_get_deadline(client);

    if (wait_ms < 0 || (timeout_ms >= 0 && timeout_ms < wait_ms))
        wait_ms = timeout_ms;
    if (wait_ms != 0 && rtmi_poller_wait_one(client->poller, wait_ms) < 0)
        return RTM_E_SYSTEM;
    return rtm_client_process(client);
}

void rtm_client_stop(rtm_client *client)
{
    if (client == NULL || rtmi_client_is_forked(client))
        return;
    atomic_store(&client->is_stopped, true);
    rtm_client_wakeup(client);
}

int rtm_client_run(rtm_client *client, int64_t for_ms)
{
    int r = rtmi_client_check(client);

    if (r < 0)
        return r;
    if (atomic_load(&client->loop) != NULL || rtmi_client_is_on_worker(client) ||
        client->is_processing)
        return RTM_E_REENTRANT;
    const int64_t end =
        for_ms < 0 ? INT64_MAX : rtmi_clock_mono_ms() + rtmi_min_i64(for_ms, CLIENT_MAX_MS);
    for (bool is_first = true;; is_first = false) {
        if (atomic_exchange(&client->is_stopped, false))
            return 0;
        if (client->state == RTM_STATE_CLOSED && rtm_client_get_deadline(client) != 0)
            return RTM_E_CLOSED; /* and everybody whom that concerns has been told */
        const int64_t left = for_ms < 0 ? -1 : rtmi_max_i64(end - rtmi_clock_mono_ms(), 0);
        if (left == 0 && !is_first)
            return 0;
        r = rtmi_client_step(client, left);
        if (r == RTM_E_SYSTEM && errno == EINTR)
            return 0;
        if (r != 0)
            return r;
    }
}
