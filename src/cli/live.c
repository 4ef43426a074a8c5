#include "cli/live.h"

#include "engine/state_file.h"

int hf_live_open(struct hf_control_client *client, bool *there, const struct hf_cli *cli,
                 const struct hf_choice *choice, struct hf_error *err)
{
    hf_auto_free char *wanted = NULL, *path = NULL;
    struct hf_error local = {0};
    *there = false;
    if (!choice->path)
        return 0;
    if (hf_state_path(&wanted, cli, choice, err))
        return -1;
    path = hf_state_file_path(choice->path, wanted);
    if (!path)
        return hf_error_memory(err);
    if (hf_control_client_open(client, path, &local))
        return local.code == HF_NOT_FOUND ? 0 : hf_error_pass(err, &local);
    *there = true;
    return 0;
}

json_t *hf_live_ask(struct hf_control_client *client, struct hf_cli *cli, json_t *request,
                    int64_t patience, struct hf_error *err)
{
    json_t *answer = hf_control_do(client, request, &cli->progress.events, patience, err);
    hf_progress_line_clear(&cli->progress);
    return answer;
}
