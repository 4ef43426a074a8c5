/*
 * Slows the writers of a database in WAL mode down, for as long as it is wanted: takes the write
 * lock for some milliseconds, lets them in, and again. None of them waits for longer than that at a
 * time, and nothing is written.
 */
#ifndef HF_SQLITE_WRITE_BRAKE_H
#define HF_SQLITE_WRITE_BRAKE_H

struct hf_write_brake;

/* On a thread and a connection of its own. NULL when there is no memory for that: writers go on. */
struct hf_write_brake *hf_write_brake_start(const char *path);

/* The lock is free, and whoever waited for it has had it, or did not come within some milliseconds.
 * NULL is fine. */
void hf_write_brake_stop(struct hf_write_brake *brake);

#endif
