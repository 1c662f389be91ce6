/*
 * A doubly linked list through a member of the things it links: no memory of its own, removal
 * without search.
 */
#ifndef RTMI_BASE_LIST_H
#define RTMI_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

typedef struct rtmi_link {
    struct rtmi_link *prev;
    struct rtmi_link *next;
} rtmi_link;

/** The head is a link too; an empty list links to itself. */
typedef rtmi_link rtmi_list;

/** The struct around a link. */
#define RTMI_CONTAINER(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

static inline void rtmi_list_init(rtmi_list *list)
{
    list->prev = list->next = list;
}

static inline bool rtmi_list_is_empty(const rtmi_list *list)
{
    return list->next == list;
}

static inline void rtmi_list_push(rtmi_list *list, rtmi_link *link)
{
    link->prev = list->prev;
    link->next = list;
    list->prev->next = link;
    list->prev = link;
}

/** Unlink; also right for a link that is in no list, if it was nulled. */
static inline void rtmi_list_remove(rtmi_link *link)
{
    if (link->next == NULL)
        return;
    link->prev->next = link->next;
    link->next->prev = link->prev;
    link->prev = link->next = NULL;
}

static inline bool rtmi_list_holds(const rtmi_link *link)
{
    return link->next != NULL;
}

/** The first link, or NULL. */
static inline rtmi_link *rtmi_list_first(const rtmi_list *list)
{
    return list->next == list ? NULL : list->next;
}

/** The link behind, or NULL at the end. */
static inline rtmi_link *rtmi_list_next(const rtmi_list *list, const rtmi_link *link)
{
    return link->next == list ? NULL : link->next;
}

#endif
