#include "console/browse_work.h"

#include <string.h>

#include "console/scratch.h"
#include "console/work.h"
#include "engine/restore.h"
#include "os/confine.h"
#include "service/browse.h"
#include "service/json_members.h"

enum {
    MOST_MEMORY = 256 << 20,     /* of the process, beyond what it is forked with */
    MOST_FOR_SQLITE = 128 << 20, /* so that it says so first */
    PROCESSOR_SECONDS = 10,      /* for a question */
};

struct browsing {
    const struct hf_console *console;
    const struct hf_untrusted_file *file;
    const char *name;
    struct hf_profiles profiles;
    bool has_profiles;
    struct hf_browse *browse;
    struct stat opened; /* which file that is: a restore may put another there */
};

json_t *hf_browse_bring_out(void *context, const json_t *question, const struct hf_events *events,
                            struct hf_error *err)
{
    hf_auto(hf_work) struct hf_work work = {0};
    struct hf_restore_result result = {0};
    uint64_t seq;
    hf_progress(events, "find", 0, 0);
    if (hf_work_begin(&work, context, hf_member_text(question, "database", ""),
                      HF_DATABASE_EXISTING, err) ||
        hf_work_timeline(&work, err) ||
        hf_work_point(&work, (uint64_t)hf_member_integer(question, "point", 0), &seq, err))
        return NULL;
    char *scratch = hf_scratch_name(context, err);
    if (!scratch)
        return NULL;
    if (hf_work_restore(&work, seq, scratch, events, &result, err)) {
        hf_scratch_free(scratch);
        return NULL;
    }
    json_t *answer = hf_json_new();
    hf_json_text(answer, "file", scratch);
    hf_json_integer(answer, "point", (int64_t)seq);
    free(scratch);
    return answer;
}

static int load_profiles(struct browsing *browsing, struct hf_error *err)
{
    const char *folder = browsing->console->config->values[HF_SETTING_PROFILES_DIR].text;
    if (browsing->has_profiles)
        return 0;
    if (hf_profiles_load(&browsing->profiles, folder, browsing->console->env, err))
        return -1;
    browsing->has_profiles = true;
    return 0;
}

/* Opens the file, also again when another stands in its place. */
static int open_file(struct browsing *browsing, struct hf_error *err)
{
    const struct hf_env *env = browsing->console->env;
    struct stat status;
    if (env->fs.stat(env->fs.context, browsing->file->path, &status)) {
        hf_error_set(err, HF_NOT_FOUND, "the database '%s' is not there", browsing->name);
        return hf_error_hint(err, "look at it as it was at a restore point");
    }
    if (browsing->browse && status.st_ino == browsing->opened.st_ino &&
        status.st_dev == browsing->opened.st_dev)
        return 0;
    hf_browse_free(browsing->browse);
    browsing->browse = NULL;
    browsing->opened = status;
    if (load_profiles(browsing, err))
        return -1;
    browsing->browse = hf_browse_open(browsing->file->path, browsing->file->users, browsing->name,
                                      &browsing->profiles, err);
    return browsing->browse ? 0 : -1;
}

static json_t *answer(void *context, const json_t *question, const struct hf_events *events,
                      struct hf_error *err)
{
    struct browsing *browsing = context;
    const char *wish = hf_member_text(question, "do", "");
    (void)events;
    if (hf_confine_time(PROCESSOR_SECONDS, err) || open_file(browsing, err))
        return NULL;
    if (!strcmp(wish, "open"))
        return hf_json_new();
    if (!strcmp(wish, "tables"))
        return hf_browse_tables(browsing->browse, err);
    if (!strcmp(wish, "table"))
        return hf_browse_table(browsing->browse, hf_member_text(question, "table", ""), err);
    if (!strcmp(wish, "rows"))
        return hf_browse_rows(browsing->browse, question, err);
    return hf_browse_cell(browsing->browse, question, err);
}

int hf_browse_serve(const struct hf_console *console, const struct hf_untrusted_file *file,
                    const char *name, int channel)
{
    struct browsing browsing = {.console = console, .file = file, .name = name};
    if (hf_confine(MOST_MEMORY, NULL))
        return 1;
    hf_look_limit_memory(MOST_FOR_SQLITE);
    int code = hf_worker_serve(channel, answer, &browsing);
    hf_browse_free(browsing.browse);
    if (browsing.has_profiles)
        hf_profiles_release(&browsing.profiles);
    return code;
}
