#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/file.h"
#include "schema/compile.h"
#include "schema/sync_apply.h"
#include "service/boot_steps.h"
#include "sqlite/connection.h"

/* Paths as well: a generator may go by them. */
static void digest_of(const struct hf_schema_sources *sources, uint8_t out[HF_DIGEST_BYTES])
{
    struct hf_digest digest;
    hf_digest_init(&digest);
    for (size_t i = 0; i < sources->count; i++) {
        const struct hf_schema_source *source = &sources->list[i];
        hf_digest_update(&digest, source->path, strlen(source->path) + 1);
        hf_digest_update(&digest, source->text, source->length + 1);
    }
    hf_digest_final(&digest, out);
}

static int compile(struct hf_boot *boot, const struct hf_schema_sources *sources,
                   struct hf_wanted *wanted, struct hf_error *err)
{
    hf_auto(hf_diagnostics) struct hf_diagnostics diagnostics = {0};
    hf_auto(hf_buf) struct hf_buf text = {0};
    if (!hf_schema_compile(wanted, sources, &diagnostics, err))
        return 0;
    /* The error says the first of it; here is all, with carets. */
    if (diagnostics.count && !hf_diagnostics_print(&text, &diagnostics, NULL) &&
        !hf_buf_append(&text, "", 1, NULL))
        hf_boot_log_block(&boot->log, (const char *)text.data);
    return -1;
}

static int load(struct hf_boot *boot, struct hf_wanted *wanted, struct hf_error *err)
{
    const struct hf_value *schema = &boot->config->values[HF_SETTING_SCHEMA];
    hf_auto(hf_schema_sources) struct hf_schema_sources sources = {0};
    if (hf_schema_sources_load(&sources, boot->env, schema->text, err)) {
        if (err->code == HF_NOT_FOUND || err->code == HF_IO)
            err->code = HF_CONFIG;
        return hf_error_wrap(err, "%s", schema->source);
    }
    digest_of(&sources, boot->schema_digest);
    boot->has_schema = true;
    return compile(boot, &sources, wanted, err);
}

/* One that a person finds by its name, though it is the same state as that of the start. */
static int take_point_before(void *context, const struct hf_sync_plan *plan, struct hf_error *err)
{
    struct hf_boot *boot = context;
    struct hf_boot_database *database = &boot->databases[0];
    struct hf_backup_result result;
    (void)plan;
    return database->is_missing
               ? 0
               : hf_boot_take_point(boot, database, "schema", "before schema change", &result, err);
}

static void tell(struct hf_boot *boot, const struct hf_sync_plan *plan)
{
    const char *schema = boot->config->values[HF_SETTING_SCHEMA].text;
    size_t changes = 0;
    json_t *texts = json_array();
    for (size_t i = 0; i < plan->count; i++) {
        const struct hf_sync_step *step = &plan->steps[i];
        if (step->risk == HF_RISK_NOTE)
            continue;
        hf_boot_log_begin(&boot->log, "  %s", step->text);
        json_array_append_new(texts, json_string(step->text));
        changes++;
    }
    json_t *fields = json_pack("{s:o}", "changes", texts);
    if (changes)
        hf_boot_log_done(&boot->log, fields, "schema %s: %zu change%s", schema, changes,
                         changes == 1 ? "" : "s");
    else
        hf_boot_log_done(&boot->log, fields, "schema %s: the database has it", schema);
}

static int synchronize(struct hf_boot *boot, const struct hf_wanted *wanted, struct hf_error *err)
{
    struct hf_boot_database *database = &boot->databases[0];
    bool accept = hf_config_switch(boot->config, HF_SETTING_ACCEPT_DATA_LOSS);
    const struct hf_sync_apply_options options = {
        .data_loss = accept ? HF_DATA_LOSS_ACCEPTED : HF_DATA_LOSS_REFUSED,
        .before = take_point_before,
        .context = boot,
        .events = &boot->log.events,
    };
    hf_auto(hf_sync_plan) struct hf_sync_plan done = {0};
    sqlite3 *live = hf_connection_open(database->path, NULL, HF_BOOT_BUSY_MS, err);
    if (!live)
        return -1;
    int failed = hf_sync_apply(live, wanted, &options, &done, err);
    if (!failed && !hf_sync_plan_is_empty(&done))
        hf_connection_fold_log(live);
    sqlite3_close(live);
    if (failed)
        return -1;
    boot->schema_changed = !hf_sync_plan_is_empty(&done) && !database->is_missing;
    tell(boot, &done);
    return 0;
}

/* SQLite takes a file of no bytes for an empty database. When its schema cannot be made it is
 * removed again: nobody shall take it for data. */
static int create(struct hf_boot *boot, const struct hf_wanted *wanted, struct hf_error *err)
{
    struct hf_boot_database *database = &boot->databases[0];
    struct hf_backup_result result;
    struct stat status;
    hf_auto_free char *folder = hf_path_parent(database->path);
    if (!folder)
        return hf_error_memory(err);
    int fd = hf_file_open(boot->env, database->path, O_RDWR | O_CREAT, 0644, err);
    if (fd < 0 || hf_file_close(boot->env, fd, database->path, err))
        return -1;
    if (!stat(folder, &status) && hf_identity_give_like(&status, database->path, err))
        return -1;
    if (synchronize(boot, wanted, err)) {
        if (!boot->env->fs.stat(boot->env->fs.context, database->path, &status) && !status.st_size)
            hf_file_remove(boot->env, database->path, NULL);
        return -1;
    }
    if (hf_sync_parent(boot->env, database->path, err))
        return -1;
    database->is_missing = false;
    return hf_boot_take_point(boot, database, "startup", NULL, &result, err);
}

int hf_boot_schema(struct hf_boot *boot, struct hf_error *err)
{
    hf_auto(hf_wanted) struct hf_wanted wanted = {0};
    if (!boot->config->values[HF_SETTING_SCHEMA].text) {
        hf_boot_log_skipped(&boot->log, "no schema is configured");
        return 0;
    }
    if (load(boot, &wanted, err))
        return -1;
    return boot->databases[0].is_missing ? create(boot, &wanted, err)
                                         : synchronize(boot, &wanted, err);
}
