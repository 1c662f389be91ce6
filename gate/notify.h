/*
 * Telling the service manager how we are, as systemd's sd_notify(3) describes it: one datagram
 * to the socket that NOTIFY_SOCKET names. Without that variable nothing is done.
 */
#ifndef GATE_NOTIFY_H
#define GATE_NOTIFY_H

/** Lines as "READY=1". What cannot be sent is lost: nobody could be told either. */
void notify_manager(const char *lines);

#endif
