#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "base/time.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/session.h"
#include "cli/table.h"
#include "service/key_slots.h"
#include "service/recovery_kit.h"

static const struct hf_option slot_options[] = {
    {"new-passphrase-file", 0, "PATH", "a file that holds the passphrase of the new slot"},
    {"new-keyfile", 0, "PATH", "the file that is the key of the new slot"},
    {"plain", 0, NULL, "a slot that opens by itself and protects nothing"},
    {"slot-name", 0, "NAME", "what to call the new slot"},
    {0}};

static const struct hf_column columns[] = {
    {"SLOT", HF_LEFT}, {"OPENS WITH", HF_LEFT}, {"NAME", HF_LEFT}, {"MADE", HF_LEFT}, {0}};

static int add_row(void *table, const struct hf_slot *slot, struct hf_error *err)
{
    char made[48] = "";
    if (slot->created)
        hf_time_local(made, sizeof made, slot->created);
    const char *cells[] = {slot->id, hf_slot_kind_name(slot->kind), slot->name, made};
    return hf_table_add(table, cells, err);
}

static int run_list(struct hf_cli *cli, struct hf_error *err)
{
    hf_auto(hf_session) struct hf_session session = {0};
    struct hf_table table;
    if (hf_session_open(&session, cli, HF_SESSION_EXISTING, err))
        return -1;
    const struct hf_repository *repository = session.repository;
    if (cli->json)
        return hf_key_slots_json(hf_json_list(cli->json, "slots"), repository, err);
    hf_table_init(&table, columns);
    int failed =
        hf_keyring_list(repository->store, repository->keys.repository, add_row, &table, err);
    if (!failed)
        hf_table_print(&table, stdout);
    hf_table_release(&table);
    return failed;
}

/* The new slot's secret comes from options of its own, read as the settings of the same kind are.
 */
static int read_new_secret(struct hf_secrets *out, struct hf_config *config,
                           const struct hf_cli *cli, struct hf_error *err)
{
    const char *passphrase = hf_option(&cli->arguments, "new-passphrase-file");
    const char *keyfile = hf_option(&cli->arguments, "new-keyfile");
    bool plain = hf_option_given(&cli->arguments, "plain");
    if ((passphrase != NULL) + (keyfile != NULL) + plain != 1) {
        hf_error_set(err, HF_USAGE, "%s needs one of --new-passphrase-file, --new-keyfile, --plain",
                     cli->verb->name);
        return hf_error_hint(err, "holdfast %s --help", cli->verb->name);
    }
    struct hf_config_input input = {.local_file = "", .system_file = ""};
    input.flags[HF_SETTING_PASSPHRASE] = passphrase;
    input.flags[HF_SETTING_KEYFILE] = keyfile;
    return hf_config_load(config, &input, cli->env, err) ||
           hf_secrets_read(out, config, cli->env, err);
}

/* Adds the slot that the options describe, in the place of `old` unless that is NULL. */
static int add(struct hf_slot *made, const struct hf_cli *cli,
               const struct hf_repository *repository, const char *old, struct hf_error *err)
{
    hf_auto(hf_config) struct hf_config config = {0};
    hf_auto(hf_secrets) struct hf_secrets secrets = {0};
    if (read_new_secret(&secrets, &config, cli, err))
        return -1;
    struct hf_new_slot wanted = {
        .kind = secrets.kind,
        .name = hf_option(&cli->arguments, "slot-name"),
        .secret = &secrets.unlock,
    };
    return old ? hf_key_slot_rotate(repository, old, &wanted, made, err)
               : hf_keyring_add(repository->store, &repository->keys, &wanted, made, err);
}

static void tell_added(struct hf_cli *cli, const struct hf_repository *repository,
                       const struct hf_slot *slot)
{
    if (cli->json)
        hf_key_slot_json(hf_json_object(cli->json, "added"), slot, repository);
    else
        printf("added slot %s, which opens with %s %s\n", slot->id,
               slot->kind == HF_SLOT_PLAIN ? "nothing:" : "the",
               slot->kind == HF_SLOT_PLAIN ? "by itself" : hf_slot_kind_name(slot->kind));
}

static void tell_removed(struct hf_cli *cli, const char *which)
{
    if (cli->json)
        hf_json_text(cli->json, "removed", which);
    else
        printf("removed slot %s\n", which);
}

static int run_add(struct hf_cli *cli, struct hf_error *err)
{
    hf_auto(hf_session) struct hf_session session = {0};
    struct hf_slot made;
    if (hf_session_open(&session, cli, HF_SESSION_EXISTING, err) ||
        add(&made, cli, session.repository, NULL, err))
        return -1;
    tell_added(cli, session.repository, &made);
    return 0;
}

static int need_slot(const struct hf_cli *cli, struct hf_error *err)
{
    if (cli->arguments.operand_count)
        return 0;
    hf_error_set(err, HF_USAGE, "%s needs a slot's id or name", cli->verb->name);
    return hf_error_hint(err, "'holdfast key list' shows the slots");
}

static int run_remove(struct hf_cli *cli, struct hf_error *err)
{
    hf_auto(hf_session) struct hf_session session = {0};
    if (need_slot(cli, err) || hf_session_open(&session, cli, HF_SESSION_EXISTING, err))
        return -1;
    const struct hf_repository *repository = session.repository;
    const char *which = cli->arguments.operands[0];
    if (hf_keyring_remove(repository->store, &repository->keys, which, err))
        return -1;
    tell_removed(cli, which);
    return 0;
}

static int run_rotate(struct hf_cli *cli, struct hf_error *err)
{
    hf_auto(hf_session) struct hf_session session = {0};
    struct hf_slot made;
    if (need_slot(cli, err) || hf_session_open(&session, cli, HF_SESSION_EXISTING, err) ||
        add(&made, cli, session.repository, cli->arguments.operands[0], err))
        return -1;
    tell_added(cli, session.repository, &made);
    tell_removed(cli, cli->arguments.operands[0]);
    return 0;
}

static int run_kit(struct hf_cli *cli, struct hf_error *err)
{
    hf_auto(hf_session) struct hf_session session = {0};
    hf_auto(hf_recovery_kit) struct hf_recovery_kit kit = {0};
    if (hf_session_open(&session, cli, HF_SESSION_EXISTING, err) ||
        hf_recovery_kit_make(&kit, session.repository, hf_session_place(cli), err))
        return -1;
    if (cli->json) {
        hf_json_text(cli->json, "repository", kit.place);
        hf_json_text(cli->json, "key_id", kit.key_id);
        hf_json_text(cli->json, "recovery_key", kit.key);
    } else {
        fputs(kit.page, stdout);
    }
    return 0;
}

const struct hf_verb hf_verb_key_list = {
    .name = "key list",
    .operands = "",
    .summary = "show the key slots: what opens the repository",
    .about = "Shows each key slot: its id and kind, when it was made, and its name.",
    .run = run_list,
};

const struct hf_verb hf_verb_key_add = {
    .name = "key add",
    .operands = "",
    .summary = "add a key slot",
    .about = "Adds another way to open the repository. What it holds is not touched.",
    .options = slot_options,
    .run = run_add,
};

const struct hf_verb hf_verb_key_remove = {
    .name = "key remove",
    .operands = "SLOT",
    .summary = "remove a key slot",
    .about = "Removes a slot by its id or name; the last one is never removed. Somebody who has\n"
             "opened the repository may have copied the master key: this does not change it.",
    .most_operands = 1,
    .run = run_remove,
};

const struct hf_verb hf_verb_key_rotate_slot = {
    .name = "key rotate-slot",
    .operands = "SLOT",
    .summary = "replace a key slot, adding before removing",
    .about = "Adds a new slot, proves that it opens, and only then removes SLOT.",
    .most_operands = 1,
    .options = slot_options,
    .run = run_rotate,
};

const struct hf_verb hf_verb_key_kit = {
    .name = "key kit",
    .operands = "",
    .summary = "print the recovery kit, the page to keep elsewhere",
    .about =
        "Prints the recovery key, its id, the repository's address and the command to restore.",
    .run = run_kit,
};
