/*
 * Questions to a store, and records for them, for tests.
 */
#ifndef TEST_STORE_QUESTIONS_H
#define TEST_STORE_QUESTIONS_H

#include "gate/store/store.h"

/** Ask and wait: the result, with its text in test_text. The answer is the caller's to end. */
int test_ask(store *tested, store_ask *ask);

/** A batch that is being made: records with the bytes they need. All zero is an empty one. */
typedef struct test_records {
    store_record *records;
    size_t count;
    size_t cap;
    uint8_t *bytes;
    size_t byte_count;
    size_t byte_cap;
    store_change *changes;
    size_t change_count;
    size_t change_cap;
    uint8_t *change_bytes;
    size_t change_byte_count;
    size_t change_byte_cap;
} test_records;

/** Add a record; its message and attributes are copied. */
void test_records_add(test_records *self, store_record record, const void *msg, size_t msg_len,
                      const void *attrs, size_t attrs_len);

/** Add a change of the directory: value NULL removes. */
void test_records_change(test_records *self, const void *key, size_t key_len, const void *value,
                         size_t value_len);

/** Append, wait and empty it: the result, with its text in test_text. */
int test_records_append(test_records *self, store *tested, int32_t pid, uint64_t epoch);

/**
 * Compare the index with the log: each message of the log is found by its mid, with its content.
 * For logs without deletions and the like, and with no mid twice. The count, or -1.
 */
int64_t test_check_index(store *tested, int32_t pid);

void test_records_deinit(test_records *self);

#endif
