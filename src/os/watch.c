#include "os/watch.h"

#include <stdalign.h>
#include <stddef.h>
#include <sys/inotify.h>
#include <unistd.h>

void hf_watch_open(struct hf_watch *watch)
{
    watch->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
}

void hf_watch_release(struct hf_watch *watch)
{
    if (watch->fd >= 0)
        close(watch->fd);
    watch->fd = -1;
}

int hf_watch_add(struct hf_watch *watch, const char *path, enum hf_watch_for what)
{
    static const uint32_t masks[] = {
        [HF_WATCH_WRITE] = IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF | IN_ONESHOT,
        [HF_WATCH_FATE] = IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF,
        [HF_WATCH_ENTRIES] = IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM | IN_ONLYDIR,
    };
    return watch->fd < 0 ? -1 : inotify_add_watch(watch->fd, path, masks[what]);
}

void hf_watch_remove(struct hf_watch *watch, int id)
{
    if (watch->fd >= 0 && id >= 0)
        inotify_rm_watch(watch->fd, id);
}

void hf_watch_read(struct hf_watch *watch, void (*each)(void *context, int id), void *context)
{
    alignas(struct inotify_event) char bytes[8192];
    ssize_t got;
    while (watch->fd >= 0 && (got = read(watch->fd, bytes, sizeof bytes)) > 0) {
        const struct inotify_event *event;
        for (char *at = bytes; at < bytes + got; at += sizeof *event + event->len) {
            event = (const void *)at;
            /* A watch that ended says so as well: nothing more to know. */
            if (!(event->mask & IN_IGNORED))
                each(context, event->mask & IN_Q_OVERFLOW ? -1 : event->wd);
        }
    }
}
