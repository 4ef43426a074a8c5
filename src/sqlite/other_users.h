/*
 * Which other process has a file open. Idle connections in a rollback-journal mode hold no lock, so
 * that only the kernel knows of them.
 */
#ifndef HF_SQLITE_OTHER_USERS_H
#define HF_SQLITE_OTHER_USERS_H

#include <stdbool.h>
#include <sys/stat.h>

struct hf_other_user {
    int pid;
    char command[32];
};

/* Looks through /proc for a process other than this one with the file (same device and inode) open;
 * processes that this one may not look at are passed over, as is a missing /proc. */
bool hf_find_other_user(const struct stat *file, struct hf_other_user *out);

#endif
