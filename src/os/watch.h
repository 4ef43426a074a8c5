/*
 * Waking up when files change (inotify). A hint and no proof: where it does not work (its limits,
 * some file systems) whoever waits has to look by himself now and then. Single-threaded.
 */
#ifndef HF_OS_WATCH_H
#define HF_OS_WATCH_H

#include <stdbool.h>

#include "base/cleanup.h"

struct hf_watch {
    int fd; /* to wait for being readable; -1: there is no watching */
};

/* Never fails: without inotify `fd` is -1 and nothing is ever told. */
void hf_watch_open(struct hf_watch *watch);
void hf_watch_release(struct hf_watch *watch);
HF_AUTO_RELEASE(hf_watch)

enum hf_watch_for {
    HF_WATCH_WRITE,   /* the file was written to, moved or removed; told once, then forgotten */
    HF_WATCH_FATE,    /* the file was moved, replaced, or removed */
    HF_WATCH_ENTRIES, /* something came into the directory, or went */
};

/* The watch's id, or -1 when there can be none. A file has one watch at a time: the later one
 * counts, under the same id. */
int hf_watch_add(struct hf_watch *watch, const char *path, enum hf_watch_for what);
void hf_watch_remove(struct hf_watch *watch, int id);

/* Tells what has happened since the last call: ids, one after another; -1 when something was lost,
 * so that all must be looked at. Does not wait. */
void hf_watch_read(struct hf_watch *watch, void (*each)(void *context, int id), void *context);

#endif
