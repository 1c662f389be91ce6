/*
 * The version of the headers, and that of the library which is linked.
 */
#ifndef RTM_VERSION_H
#define RTM_VERSION_H

#include <rtm/export.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RTMKIT_VERSION_MAJOR 0
#define RTMKIT_VERSION_MINOR 1
#define RTMKIT_VERSION_PATCH 0
#define RTMKIT_VERSION_TEXT "0.1.0"

/**
 * The version of the linked library, as "MAJOR.MINOR.PATCH".
 *
 * The text is static: never freed.
 *
 * Thread: any. Inside a callback: allowed. Since: 0.1
 */
RTM_API const char *rtm_version(void);

#ifdef __cplusplus
}
#endif

#endif
