/*
 * librtm: listen to and monitor a project of the real-time messaging service RTM from C.
 * Includes everything; see client.h for how a client runs.
 */
#ifndef RTM_RTM_H
#define RTM_RTM_H

#include <rtm/call.h>
#include <rtm/calls.h>
#include <rtm/client.h>
#include <rtm/delivery.h>
#include <rtm/error.h>
#include <rtm/file.h>
#include <rtm/history.h>
#include <rtm/keys.h>
#include <rtm/listen.h>
#include <rtm/loop.h>
#include <rtm/message.h>
#include <rtm/monitor.h>
#include <rtm/value.h>
#include <rtm/version.h>

#endif
