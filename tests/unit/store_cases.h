/*
 * What every kind of store must do: one list of cases, run by the test program of each kind.
 */
#ifndef TEST_STORE_CASES_H
#define TEST_STORE_CASES_H

/** Given by the program: *state becomes an empty, open store, with a room of 256 MiB. */
int store_case_setup(void **state);
int store_case_teardown(void **state);

/** Close the store and open it again; one that lives in RAM stays as it is. 0 or -1. */
int store_case_reopen(void **state);

/** Run the cases; the number of those that failed. */
int store_cases_run(void);

/** Parts of it. */
int store_cases_run_entries(void);
int store_cases_run_index(void);
int store_cases_run_model(void);

#endif
