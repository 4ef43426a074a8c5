#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/session.h"
#include "cli/table.h"
#include "service/recovery_kit.h"

static const struct hf_option slot_options[] = {
    {"new-passphrase-file", 0, "PATH", "a file that holds the passphrase of the new slot"},
    {"new-keyfile", 0, "PATH", "the file that is the key of the new slot"},
    {"plain", 0, NULL, "a slot that opens by itself and protects nothing"},
    {"slot-name", 0, "NAME", "what to call the new slot"},
    {0}};

static const struct hf_column columns[] = {
    {"SLOT", HF_LEFT}, {"OPENS WITH", HF_LEFT}, {"NAME", HF_LEFT}, {"MADE", HF_LEFT}, {0}};

struct listing {
    struct hf_table table;
    json_t *list; /* or NULL */
};

static const char *kind_of(const struct hf_slot *slot)
{
    return slot->kind ? hf_slot_kind_name(slot->kind) : "damaged";
}

static void slot_to_json(json_t *item, const struct hf_slot *slot)
{
    hf_json_text(item, "slot", slot->id);
    hf_json_text(item, "kind", kind_of(slot));
    hf_json_text(item, "name", slot->name[0] ? slot->name : NULL);
    hf_json_time(item, "created", slot->created);
}

static int add_slot(void *arg, const struct hf_slot *slot, struct hf_error *err)
{
    struct listing *listing = arg;
    if (listing->list) {
        slot_to_json(hf_json_item(listing->list), slot);
        return 0;
    }
    char made[48] = "";
    if (slot->created)
        hf_time_local(made, sizeof made, slot->created);
    const char *cells[] = {slot->id, kind_of(slot), slot->name, made};
    return hf_table_add(&listing->table, cells, err);
}

static int run_list(struct hf_cli *cli, struct hf_error *err)
{
    hf_auto(hf_session) struct hf_session session = {0};
    if (hf_session_open(&session, cli, HF_SESSION_EXISTING, err))
        return -1;
    struct listing listing = {.list = cli->json ? hf_json_list(cli->json, "slots") : NULL};
    hf_table_init(&listing.table, columns);
    const struct hf_repository *repository = session.repository;
    int failed =
        hf_keyring_list(repository->store, repository->keys.repository, add_slot, &listing, err);
    if (!failed && !cli->json)
        hf_table_print(&listing.table, stdout);
    hf_table_release(&listing.table);
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

static int add(struct hf_slot *made, const struct hf_cli *cli,
               const struct hf_repository *repository, struct hf_error *err)
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
    return hf_keyring_add(repository->store, &repository->keys, &wanted, made, err);
}

static void tell_added(struct hf_cli *cli, const struct hf_slot *slot)
{
    if (cli->json)
        slot_to_json(hf_json_object(cli->json, "added"), slot);
    else
        printf("added slot %s, which opens with %s %s\n", slot->id,
               slot->kind == HF_SLOT_PLAIN ? "nothing:" : "the",
               slot->kind == HF_SLOT_PLAIN ? "by itself" : hf_slot_kind_name(slot->kind));
}

static int run_add(struct hf_cli *cli, struct hf_error *err)
{
    hf_auto(hf_session) struct hf_session session = {0};
    struct hf_slot made;
    if (hf_session_open(&session, cli, HF_SESSION_EXISTING, err) ||
        add(&made, cli, session.repository, err))
        return -1;
    tell_added(cli, &made);
    return 0;
}

static int need_slot(const struct hf_cli *cli, struct hf_error *err)
{
    if (cli->arguments.operand_count)
        return 0;
    hf_error_set(err, HF_USAGE, "%s needs a slot's id or name", cli->verb->name);
    return hf_error_hint(err, "'holdfast key list' shows the slots");
}

static int remove_slot(struct hf_cli *cli, const struct hf_repository *repository,
                       const char *which, struct hf_error *err)
{
    if (hf_keyring_remove(repository->store, &repository->keys, which, err))
        return -1;
    if (cli->json)
        hf_json_text(cli->json, "removed", which);
    else
        printf("removed slot %s\n", which);
    return 0;
}

static int run_remove(struct hf_cli *cli, struct hf_error *err)
{
    hf_auto(hf_session) struct hf_session session = {0};
    if (need_slot(cli, err) || hf_session_open(&session, cli, HF_SESSION_EXISTING, err))
        return -1;
    return remove_slot(cli, session.repository, cli->arguments.operands[0], err);
}

struct search {
    const char *which;
    char id[HF_SLOT_ID_TEXT];
    int found;
};

static int is_wanted(void *arg, const struct hf_slot *slot, struct hf_error *err)
{
    (void)err;
    struct search *search = arg;
    if (!strcmp(slot->id, search->which) || !strcmp(slot->name, search->which)) {
        memcpy(search->id, slot->id, sizeof search->id);
        search->found++;
    }
    return 0;
}

/* The new slot is there and proven before the old one goes. */
static int run_rotate(struct hf_cli *cli, struct hf_error *err)
{
    hf_auto(hf_session) struct hf_session session = {0};
    if (need_slot(cli, err) || hf_session_open(&session, cli, HF_SESSION_EXISTING, err))
        return -1;
    const struct hf_repository *repository = session.repository;
    struct search search = {.which = cli->arguments.operands[0]};
    if (hf_keyring_list(repository->store, repository->keys.repository, is_wanted, &search, err))
        return -1;
    if (search.found != 1) {
        hf_error_set(err, search.found ? HF_REFUSED : HF_NOT_FOUND,
                     search.found ? "several key slots are named '%s'"
                                  : "there is no key slot '%s'",
                     search.which);
        return hf_error_hint(err, "'holdfast key list' shows the slots and their ids");
    }
    struct hf_slot made;
    if (add(&made, cli, repository, err))
        return -1;
    tell_added(cli, &made);
    return remove_slot(cli, repository, search.id, err); /* the new one may have its name */
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
