/*
 * A folder for each case that needs the file of an SQLite store.
 */
#ifndef TEST_STORE_FOLDER_H
#define TEST_STORE_FOLDER_H

/** The file, in the folder; not there at first. */
extern char store_folder_log[80];

/** Make the folder, below TMPDIR: a setup of cmocka. */
int store_folder_make(void **state);

/** Remove the file, and what SQLite and the store have put beside it. */
void store_folder_clear(void);

/** Clear and remove the folder, which must hold nothing else: a teardown of cmocka. */
int store_folder_remove(void **state);

#endif
