/*
 * SQLite's own operations on files and locks, of which the n-th fails: as the system would (an
 * error of reading, writing, syncing), or, of a lock, as when somebody else has it.
 */
#ifndef HF_TESTS_FAULT_FAULT_VFS_H
#define HF_TESTS_FAULT_FAULT_VFS_H

#include <stdbool.h>
#include <stdint.h>

/* Becomes SQLite's default, and the base of Holdfast's own VFS: before SQLite is used. */
void fault_vfs_install(void);

/* From here on the n-th operation (from 1) fails, and with `lasting` all later ones but those on
 * locks. */
void fault_vfs_begin(uint64_t n, bool lasting);

/* From here on none fails. Returns how many did. */
uint64_t fault_vfs_end(void);

#endif
