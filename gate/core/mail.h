/*
 * What shards send each other over the bus.
 */
#ifndef GATE_CORE_MAIL_H
#define GATE_CORE_MAIL_H

#include "gate/core/log.h"
#include "gate/core/owner.h"

enum {
    MAIL_APPEND,      /* to an owner: requests of one turn for one project */
    MAIL_COMMITTED,   /* from the store to the owner: a batch is on disk, or failed */
    MAIL_FEED,        /* from an owner to every shard: a batch of the feed */
    MAIL_SESSION_END, /* to an owner: the connection of a session has ended */
    MAIL_ANSWERED,    /* from the store to the owner: a question has its answer */
    MAIL_REFUSED,     /* a MAIL_APPEND on its way back: some of its requests could not be taken */
    MAIL_ASK_REFUSED, /* the same of a question */
    MAIL_FILE,        /* to an owner: a file that was sent, or that is stored */
    /* See reload.h; numbered apart from the kinds that carry messages. */
    MAIL_CONFIG = 32,
    MAIL_CONFIG_OPEN,
    MAIL_WHO /* from shard to shard: see who.h */
};

/** One request inside a MAIL_APPEND; positions count from its bytes and targets. */
typedef struct mail_request {
    log_sender sender;
    int64_t from;
    int64_t mid;
    size_t target_at;
    size_t target_count;
    size_t msg_at;
    size_t msg_len;
    size_t attrs_at;
    size_t attrs_len;
    const rtmi_method *method; /* of a quest that its owner is to run; NULL: a message */
    int refused;               /* on the way back: with this code; 0: it was taken */
    uint8_t kind;
    uint8_t mtype;
    bool is_binary;
    bool is_client;
} mail_request;

/** Requests of one turn of one shard for one project. */
typedef struct append_mail {
    bus_item item;
    size_t project;
    rtmi_buf requests; /* mail_request */
    rtmi_buf targets;  /* int64_t */
    rtmi_buf bytes;
} append_mail;

append_mail *append_mail_new(size_t project);
void append_mail_free(append_mail *mail);

/** Copy a message in. False: out of memory, or over the limit; nothing was added. */
bool append_mail_add(append_mail *mail, const log_request *request);

/** The same for a quest that its owner is to run. */
bool append_mail_add_quest(append_mail *mail, const owner_quest *quest);

/**
 * The request at `at`, as a view of the mail: a message, or a quest when its `method` is not
 * NULL. False behind the last.
 */
bool append_mail_get(const append_mail *mail, size_t at, log_request *ret_message,
                     owner_quest *ret_quest);

/** The owner cannot take the request at `at`: the mail has to go back. */
void append_mail_refuse(append_mail *mail, size_t at, int code);

/** Make it small for the way back. */
void append_mail_return(append_mail *mail);

/** With which code the request at `at` was refused, 0 if it was not; -1 behind the last. */
int append_mail_get_refused(const append_mail *mail, size_t at, log_sender *ret_sender);

/** Free any item: for mailboxes that are left over at the end. */
void mail_drop(bus_item *item);

#endif
