/*
 * A process that dies in the middle of a commit, or whose log cannot be synced: SQLite's own file
 * operations, with a count.
 */
#ifndef HF_TEST_SQLITE_ACTOR_FAULTS_H
#define HF_TEST_SQLITE_ACTOR_FAULTS_H

/* Becomes the default of connections that are opened later. */
void actor_faults_install(void);

/* "die 5": before its fifth write, truncation, sync or memory barrier from here on.
 * "fail-sync": the next sync of a log fails. No answer is given. */
void actor_faults_order(const char *order);

#endif
