/*
 * What makes a symbol part of librtm's binary interface. Everything else is hidden.
 */
#ifndef RTM_EXPORT_H
#define RTM_EXPORT_H

#if defined(__GNUC__)
#define RTM_API __attribute__((visibility("default")))
#else
#define RTM_API
#endif

#endif
