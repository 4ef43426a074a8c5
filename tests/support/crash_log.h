/*
 * What crash_env.c records and crash_image.c rebuilds from. Private to these two.
 *
 * Files are numbers ("inodes"), since one file can have several names and a name several files
 * over time. Directories are known by their paths, relative to the root, which is "".
 */
#ifndef HF_TESTS_SUPPORT_CRASH_LOG_H
#define HF_TESTS_SUPPORT_CRASH_LOG_H

#include <pthread.h>
#include <stdbool.h>

#include "support/crash_env.h"

enum change_kind {
    CHANGE_CREATE,   /* inode gets the name path */
    CHANGE_LINK,     /* inode, named path, also gets the name to */
    CHANGE_RENAME,   /* inode loses the name path for the name to */
    CHANGE_UNLINK,   /* path names nothing */
    CHANGE_MKDIR,    /* path names a directory */
    CHANGE_SYNC_DIR, /* of path */
    CHANGE_WRITE,    /* bytes into inode */
    CHANGE_TRUNCATE, /* inode to offset bytes */
    CHANGE_SYNC,     /* of inode */
};

struct change {
    enum change_kind kind;
    size_t synced_at; /* the change that made this one durable; 0: was so from the beginning */
    int inode;
    char *path, *to;
    uint64_t offset;
    size_t length;
    uint8_t *bytes;
};

static inline bool is_about_data(enum change_kind kind)
{
    return kind == CHANGE_WRITE || kind == CHANGE_TRUNCATE;
}

static inline bool is_sync(enum change_kind kind)
{
    return kind == CHANGE_SYNC || kind == CHANGE_SYNC_DIR;
}

struct name {
    char *path;
    int inode;
};

struct hf_crash_env {
    struct hf_env env;
    const struct hf_env *inner;
    char *root;
    pthread_mutex_t lock; /* all below */
    struct change *changes;
    size_t count, capacity;
    size_t base; /* the changes before it make what was there at first */
    int inodes;
    struct name *names; /* of files, as they are now */
    size_t name_count;
    int *inode_of_fd; /* -1: not ours */
    size_t fd_count;
};

#endif
