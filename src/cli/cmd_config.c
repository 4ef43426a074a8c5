#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/output.h"
#include "cli/table.h"
#include "service/keep_settings.h"

static const struct hf_column columns[] = {
    {"SETTING", HF_LEFT}, {"VALUE", HF_LEFT}, {"FROM", HF_LEFT}, {0}};

static const char *shown(const struct hf_config *config, enum hf_setting setting)
{
    const char *text = config->values[setting].text;
    return text && hf_setting_is_secret(setting) ? "(given)" : text;
}

/* The database and its name are shown with the databases. */
static bool is_listed(enum hf_setting setting)
{
    return setting != HF_SETTING_DB && setting != HF_SETTING_NAME;
}

static void to_json(const struct hf_config *config, json_t *out)
{
    json_t *settings = hf_json_list(out, "settings");
    for (enum hf_setting i = 0; i < HF_SETTING_COUNT; i++) {
        if (!is_listed(i))
            continue;
        json_t *item = hf_json_item(settings);
        hf_json_text(item, "setting", hf_setting_title(i));
        hf_json_boolean(item, "given", config->values[i].text != NULL);
        hf_json_text(item, "value", hf_setting_is_secret(i) ? NULL : config->values[i].text);
        hf_json_text(item, "source", config->values[i].source);
    }
    json_t *databases = hf_json_list(out, "databases");
    for (size_t i = 0; i < config->database_count; i++) {
        json_t *item = hf_json_item(databases);
        hf_json_text(item, "name", config->databases[i].name);
        hf_json_text(item, "path", config->databases[i].path);
        hf_json_text(item, "source", config->databases[i].source);
    }
    json_t *generate = hf_json_list(out, "generate");
    for (size_t i = 0; i < config->generate_count; i++) {
        json_t *item = hf_json_item(generate);
        json_t *words = hf_json_list(item, "words");
        for (char *const *word = config->generate[i].words; *word; word++)
            hf_json_text_item(words, *word);
        hf_json_text(item, "source", config->generate[i].source);
    }
    json_t *notices = hf_json_list(out, "notices");
    for (size_t i = 0; i < config->notice_count; i++)
        hf_json_text_item(notices, config->notices[i]);
}

static int to_table(const struct hf_config *config, struct hf_error *err)
{
    hf_auto(hf_table) struct hf_table table;
    hf_table_init(&table, columns);
    for (enum hf_setting i = 0; i < HF_SETTING_COUNT; i++) {
        const char *value = shown(config, i);
        const char *cells[] = {hf_setting_title(i), value ? value : "-", config->values[i].source};
        if (is_listed(i) && hf_table_add(&table, cells, err))
            return -1;
    }
    for (size_t i = 0; i < config->database_count; i++) {
        const struct hf_config_database *database = &config->databases[i];
        char title[96];
        snprintf(title, sizeof title, "database %s", database->name);
        const char *cells[] = {title, database->path, database->source};
        if (hf_table_add(&table, cells, err))
            return -1;
    }
    for (size_t i = 0; i < config->generate_count; i++) {
        const struct hf_config_command *command = &config->generate[i];
        char text[256];
        const char *cells[] = {"generate", hf_config_command_text(text, sizeof text, command),
                               command->source};
        if (hf_table_add(&table, cells, err))
            return -1;
    }
    hf_table_print(&table, stdout);
    return 0;
}

static int show_keep(struct hf_config *config, const struct hf_keep_setting *keep,
                     struct hf_error *err)
{
    struct hf_value *value = &config->values[HF_SETTING_KEEP];
    char *text = strdup(keep->text), *source = strdup(keep->source);
    if (!text || !source) {
        free(text);
        free(source);
        return hf_error_memory(err);
    }
    free(value->text);
    free(value->source);
    *value = (struct hf_value){text, source};
    return 0;
}

static int run(struct hf_cli *cli, struct hf_error *err)
{
    struct hf_retention_rule rule;
    struct hf_keep_setting keep;
    /* What a rule means, and what the console has chosen, is not for the configuration to know. */
    if (hf_keep_rule(&rule, &cli->config, cli->env, err) ||
        hf_keep_setting(&keep, &cli->config, cli->env, err) || show_keep(&cli->config, &keep, err))
        return -1;
    if (!cli->json)
        return to_table(&cli->config, err);
    to_json(&cli->config, cli->json);
    return 0;
}

const struct hf_verb hf_verb_config_check = {
    .name = "config check",
    .operands = "",
    .summary = "show the settings in force and where each came from",
    .about = "Shows each setting's value, whether it came from an option, the environment, a line\n"
             "of holdfast.yml or is the default, and the databases. Secrets are never shown.",
    .run = run,
};
