#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "os/file.h"
#include "service/boot_steps.h"

enum { HEX = 2 * HF_DIGEST_BYTES, LARGEST_FILE = 1 << 20 };

/* What was generated is in the container, the memory of it in a volume that outlives it: a new
 * container has to generate anew. */
static void add_place(struct hf_digest *digest)
{
    char host[256] = "", folder[4096] = "";
    struct stat status = {0};
    gethostname(host, sizeof host - 1);
    hf_digest_update(digest, host, sizeof host);
    if (!getcwd(folder, sizeof folder))
        folder[0] = 0;
    hf_digest_update(digest, folder, strlen(folder) + 1);
    static const char *const places[] = {"/", "/.dockerenv", "/run/.containerenv"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        uint64_t identity[2] = {0};
        if (!stat(places[i], &status)) {
            identity[0] = status.st_dev;
            identity[1] = status.st_ino;
        }
        hf_digest_update(digest, identity, sizeof identity);
    }
}

/* What the success of a command is remembered by. */
static void fingerprint(char out[HEX + 1], const struct hf_boot *boot,
                        const struct hf_config_command *command)
{
    struct hf_digest digest;
    uint8_t bytes[HF_DIGEST_BYTES];
    hf_digest_init(&digest);
    add_place(&digest);
    hf_digest_update(&digest, boot->schema_digest, sizeof boot->schema_digest);
    for (char *const *word = command->words; *word; word++)
        hf_digest_update(&digest, *word, strlen(*word) + 1);
    hf_digest_final(&digest, bytes);
    hf_hex_encode(out, bytes, sizeof bytes);
}

static int run_command(struct hf_boot *boot, const struct hf_config_command *command,
                       struct hf_error *err)
{
    const struct hf_child_options options = {
        .argv = command->words, .environment = boot->environment, .group = HF_CHILD_SAME_GROUP};
    pid_t pid;
    int status;
    char text[256];
    hf_config_command_text(text, sizeof text, command);
    hf_boot_log_begin(&boot->log, "generate: %s", text);
    if (hf_child_start(&pid, &options, err) || hf_child_wait(pid, &status, err))
        return hf_error_wrap(err, "%s: generate", command->source);
    if (!status)
        return 0;
    hf_error_set(err, HF_FAILED,
                 "%s: generate '%s' ended with %d: the application is not "
                 "started",
                 command->source, text, hf_exit_status(status));
    return hf_error_hint(err, "its own messages are above");
}

/* A file that is lost or damaged only costs running the commands once more. */
static void remember(struct hf_boot *boot, const char *path, const struct hf_buf *done)
{
    struct hf_error err = {0};
    if (hf_file_write_durable(boot->env, path, done->data, done->length, 0600, HF_COMMIT_REPLACE,
                              &err))
        hf_boot_log_notice(&boot->log, "%s. The next start will generate again", err.text);
}

/* The lines of the file that still count. */
static int recall(struct hf_boot *boot, const char *path, struct hf_buf *out, struct hf_error *err)
{
    const struct hf_config *config = boot->config;
    hf_auto(hf_buf) struct hf_buf before = {0};
    if (hf_file_read_all(boot->env, path, LARGEST_FILE, &before, NULL))
        before.length = 0;
    if (hf_buf_append(&before, "", 1, err) || hf_buf_print(out, err, "%s", ""))
        return -1;
    for (size_t i = 0; i < config->generate_count; i++) {
        char line[HEX + 1];
        fingerprint(line, boot, &config->generate[i]);
        if (strstr((const char *)before.data, line) && hf_buf_print(out, err, "%s\n", line))
            return -1;
    }
    return 0;
}

static int run_changed(struct hf_boot *boot, const char *path, size_t *ran, struct hf_error *err)
{
    const struct hf_config *config = boot->config;
    hf_auto(hf_buf) struct hf_buf done = {0};
    if (recall(boot, path, &done, err))
        return -1;
    for (size_t i = 0; i < config->generate_count; i++) {
        char line[HEX + 1];
        fingerprint(line, boot, &config->generate[i]);
        if (strstr((const char *)done.data, line))
            continue;
        if (run_command(boot, &config->generate[i], err) || hf_buf_print(&done, err, "%s\n", line))
            return -1;
        remember(boot, path, &done);
        ++*ran;
    }
    return 0;
}

int hf_boot_generate(struct hf_boot *boot, struct hf_error *err)
{
    size_t count = boot->config->generate_count, ran = 0;
    if (!count) {
        hf_boot_log_skipped(&boot->log, "no generator is configured");
        return 0;
    }
    const char *folder = boot->config->values[HF_SETTING_STATE_DIR].text;
    hf_auto_free char *path = hf_path_join(folder ? folder : boot->data_dir, ".holdfast-generated");
    if (!path)
        return hf_error_memory(err);
    if (run_changed(boot, path, &ran, err))
        return -1;
    if (ran)
        hf_boot_log_done(&boot->log, NULL, "ran %zu of %zu generators", ran, count);
    else
        hf_boot_log_skipped(&boot->log, "nothing changed since it was last generated");
    return 0;
}
