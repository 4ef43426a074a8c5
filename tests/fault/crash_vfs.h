/*
 * SQLite's changes of files for crash_env.h: a database, its log and its journal lose power as all
 * else does. The -shm file is not recorded: nobody expects it to outlive the machine.
 */
#ifndef HF_TESTS_FAULT_CRASH_VFS_H
#define HF_TESTS_FAULT_CRASH_VFS_H

#include "support/crash_env.h"

/* Becomes SQLite's default, and the base of Holdfast's own VFS: before SQLite is used. */
void crash_vfs_install(void);

/* Records there, from files that are opened from here on; NULL: nowhere. */
void crash_vfs_record(struct hf_crash_env *crash);

#endif
