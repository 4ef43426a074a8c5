#include "console/setup_unresolved.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/file.h"
#include "service/json_channel.h"
#include "service/json_file.h"
#include "service/json_members.h"

static char *path_of(const struct hf_console *console)
{
    return hf_path_join(console->folder, "unresolved.json");
}

void hf_unresolved_add(struct hf_unresolved *unresolved, const struct hf_profile_problem *problem)
{
    if (unresolved->total++ >= HF_MOST_UNRESOLVED)
        return;
    if (!unresolved->titles)
        unresolved->titles = json_array();
    json_t *item = hf_json_item(unresolved->titles);
    json_object_set_new(item, "user", hf_text_or_null(problem->user));
    json_object_set_new(item, "title", hf_text_or_null(problem->title));
    json_object_set_new(item, "reason", hf_text_value(problem->why));
    json_object_set_new(item, "place", hf_text_value(problem->path));
    hf_json_integer(item, "line", (int64_t)problem->line);
}

void hf_unresolved_release(struct hf_unresolved *unresolved)
{
    json_decref(unresolved->titles);
    *unresolved = (struct hf_unresolved){0};
}

static json_t *file_json(const struct hf_unresolved *unresolved, const char *database, int64_t now)
{
    json_t *out = hf_json_new();
    hf_json_text(out, "database", database);
    hf_json_time(out, "restored", now);
    hf_json_integer(out, "total", (int64_t)unresolved->total);
    json_object_set_new(out, "titles",
                        unresolved->titles ? json_incref(unresolved->titles) : json_array());
    return out;
}

int hf_unresolved_keep(const struct hf_unresolved *unresolved, const struct hf_console *console,
                       const char *database, struct hf_error *err)
{
    hf_auto_free char *path = path_of(console);
    json_t *file = file_json(unresolved, database, hf_now(console->env));
    if (path)
        return hf_json_file_write(console->env, path, file, err);
    json_decref(file);
    return hf_error_memory(err);
}

void hf_unresolved_answer(struct hf_exchange *exchange)
{
    static const struct hf_unresolved none = {0};
    hf_auto_free char *path = path_of(exchange->console);
    struct stat status;
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
    if (fd < 0) {
        hf_exchange_reply(exchange, 200, file_json(&none, NULL, 0));
        return;
    }
    if (fstat(fd, &status)) {
        close(fd);
        hf_exchange_refuse(exchange, 500, "io", "what is unresolved cannot be read");
        return;
    }
    hf_exchange_reply_file(exchange, fd, (uint64_t)status.st_size,
                           "application/json; charset=utf-8", "unresolved-titles.json");
}
