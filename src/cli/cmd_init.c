#include <stdio.h>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/session.h"

static int run(struct hf_cli *cli, struct hf_error *err)
{
    hf_auto(hf_session) struct hf_session session = {0};
    if (hf_session_open(&session, cli, HF_SESSION_CREATE, err))
        return -1;
    enum hf_slot_kind kind = session.secrets.kind;
    char key_id[2 * HF_ID_BYTES + 1];
    hf_hex_encode(key_id, session.repository->key_id, HF_ID_BYTES);
    if (cli->json) {
        hf_json_text(cli->json, "repository", hf_session_place(cli));
        hf_json_text(cli->json, "key_id", key_id);
        hf_json_text(cli->json, "slot", hf_slot_kind_name(kind));
        hf_json_boolean(cli->json, "encrypted", kind != HF_SLOT_PLAIN);
        return 0;
    }
    printf("made repository %s\n", hf_session_place(cli));
    if (kind == HF_SLOT_PLAIN)
        puts("It opens by itself: whoever can read the folder can read the data.\n"
             "To change that: holdfast key rotate-slot plain --new-passphrase-file PATH");
    else
        printf("It opens with the %s. Without it nobody can restore: print the recovery kit\n"
               "(holdfast key kit) and keep it elsewhere.\n",
               hf_slot_kind_name(kind));
    return 0;
}

const struct hf_verb hf_verb_init = {
    .name = "init",
    .operands = "",
    .summary = "make a repository",
    .about = "Makes a repository that opens with the given passphrase or keyfile; with neither,\n"
             "one that opens by itself. The first backup does so too, but not where points of its\n"
             "database were stored before: a disk may not be mounted.",
    .run = run,
};
