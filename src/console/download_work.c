#include "console/download_work.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "console/scratch.h"
#include "console/work.h"
#include "os/file.h"
#include "portable/copy_output.h"
#include "service/copy_keys.h"
#include "service/exporting.h"
#include "service/json_members.h"
#include "sqlite/state_copy.h"

enum { PIECE = 256 << 10, BUSY_MS = 5000 };

/* What is made, and how. */
struct making {
    struct hf_work work;
    struct hf_copy_keys keys;
    struct hf_age_encryption encryption;
    uint64_t point; /* 0: now */
    int64_t time;   /* of the state, ms */
    bool is_encrypted, is_portable;
    enum hf_copy_packing packing;
    char *restored, *made; /* the state as a file; what is sent */
};

static void making_release(struct making *making)
{
    hf_scratch_free(making->restored);
    hf_scratch_free(making->made);
    hf_copy_keys_release(&making->keys);
    hf_work_release(&making->work);
}
HF_AUTO_RELEASE(making)

static int take_keys(struct making *making, const json_t *question, struct hf_error *err)
{
    const char *passphrase = hf_member_text(question, "passphrase", "");
    const char *recipient = hf_member_text(question, "recipient", "");
    if ((*passphrase && hf_copy_keys_take_passphrase(&making->keys, passphrase, err)) ||
        (*recipient && hf_copy_keys_take_recipients(&making->keys, recipient, err)))
        return -1;
    making->is_encrypted = *passphrase || *recipient;
    making->encryption = (struct hf_age_encryption){.recipients = making->keys.recipients,
                                                    .recipient_count = making->keys.recipient_count,
                                                    .passphrase = making->keys.passphrase};
    return 0;
}

/* Brings the point's state out, or (0) the one of now, for which no repository is needed. */
static int bring_out(struct making *making, const struct hf_console *console,
                     const json_t *question, const struct hf_events *events, struct hf_error *err)
{
    struct hf_work *work = &making->work;
    struct hf_restore_result result;
    const char *database = hf_member_text(question, "database", "");
    uint64_t point = (uint64_t)hf_member_integer(question, "point", 0);
    if (point ? hf_work_begin(work, console, database, HF_DATABASE_EXISTING, err) ||
                    hf_work_timeline(work, err) || hf_work_point(work, point, &making->point, err)
              : hf_work_choose(work, console, database, err))
        return -1;
    const struct hf_timeline_entry *entry =
        point ? hf_timeline_at(&work->timeline, making->point) : NULL;
    making->time = entry ? entry->name.time : hf_now(console->env);
    making->restored = hf_scratch_name(console, err);
    if (!making->restored)
        return -1;
    return point ? hf_work_restore(work, making->point, making->restored, events, &result, err)
                 : hf_state_copy(console->env, work->configured->path, making->restored, BUSY_MS,
                                 events, err);
}

static struct hf_copy_output_options output_of(const struct making *making)
{
    return (struct hf_copy_output_options){.to = making->made,
                                           .packing = making->packing,
                                           .encryption =
                                               making->is_encrypted ? &making->encryption : NULL};
}

static int export(struct making *making, const struct hf_events *events, struct hf_error *err)
{
    const struct hf_console *console = making->work.console;
    hf_auto(hf_exporting_result) struct hf_exporting_result result = {0};
    const struct hf_exporting_options options = {.config = console->config,
                                                 .env = console->env,
                                                 .copy = {.path = making->restored,
                                                          .name = making->work.configured->name,
                                                          .program = console->options->version,
                                                          .output = output_of(making),
                                                          .untrusted = true,
                                                          .users = HF_USED_BY_NOBODY,
                                                          .events = events}};
    return hf_exporting(&options, &result, err);
}

/* The file itself, through the same filters as a portable copy. */
static int pass_file(struct making *making, const struct hf_events *events, struct hf_error *err)
{
    const struct hf_env *env = making->work.console->env;
    const struct hf_copy_output_options options = output_of(making);
    hf_auto_ptr(hf_copy_output) struct hf_copy_output *output =
        hf_copy_output_new(&options, env, err);
    hf_auto_free uint8_t *piece = malloc(PIECE);
    int fd = output && piece ? hf_file_open(env, making->restored, O_RDONLY, 0, err) : -1;
    int64_t got = fd < 0 ? -1 : 1;
    for (uint64_t done = 0; got > 0; done += (uint64_t)got) {
        hf_progress(events, "encrypt", done, 0);
        got = hf_file_read(env, fd, making->restored, piece, PIECE, done, err);
        if (got > 0 && hf_sink_write(hf_copy_output_sink(output), piece, (size_t)got, err))
            got = -1;
    }
    if (fd >= 0)
        close(fd);
    return got < 0 ? -1 : hf_copy_output_commit(output, err);
}

static int make(struct making *making, const struct hf_events *events, struct hf_error *err)
{
    bool is_as_it_is = !making->is_portable && !making->is_encrypted && !making->packing;
    if (is_as_it_is) {
        making->made = making->restored;
        making->restored = NULL;
        return 0;
    }
    making->made = hf_scratch_name(making->work.console, err);
    if (!making->made)
        return -1;
    return making->is_portable ? export(making, events, err) : pass_file(making, events, err);
}

static void name_of(char *out, size_t size, const struct making *making)
{
    static const char *const packings[] = {"", ".gz", ".zst"};
    time_t seconds = (time_t)(making->time / 1000);
    struct tm parts;
    char moment[32] = "";
    if (gmtime_r(&seconds, &parts))
        strftime(moment, sizeof moment, "%Y-%m-%dT%H-%M-%SZ", &parts);
    snprintf(out, size, "%s-%s.%s%s%s", making->work.configured->name, moment,
             making->is_portable ? "json" : "db", packings[making->packing],
             making->is_encrypted ? ".age" : "");
}

static enum hf_copy_packing packing_of(const char *text)
{
    return !strcmp(text, "gzip")   ? HF_COPY_GZIP
           : !strcmp(text, "zstd") ? HF_COPY_ZSTD
                                   : HF_COPY_PLAIN;
}

json_t *hf_make_download(void *context, const json_t *question, const struct hf_events *events,
                         struct hf_error *err)
{
    hf_auto(making) struct making making = {
        .is_portable = !strcmp(hf_member_text(question, "what", ""), "portable"),
        .packing = packing_of(hf_member_text(question, "compression", ""))};
    char name[160];
    struct stat status;
    if (take_keys(&making, question, err) || bring_out(&making, context, question, events, err) ||
        make(&making, events, err))
        return NULL;
    name_of(name, sizeof name, &making);
    json_t *out = hf_json_new();
    hf_json_text(out, "path", making.made);
    hf_json_text(out, "name", name);
    hf_json_sequence(out, "point", making.point);
    hf_json_integer(out, "bytes", stat(making.made, &status) ? 0 : (int64_t)status.st_size);
    free(making.made); /* the file is the console's */
    making.made = NULL;
    return out;
}
