/*
 * A running Holdfast that looks after a database, asked over its control socket.
 */
#ifndef HF_CLI_LIVE_H
#define HF_CLI_LIVE_H

#include "cli/session.h"
#include "service/control_client.h"

/* Connects. 0 with `*there` false when no Holdfast looks after the database, or it has no path. */
int hf_live_open(struct hf_control_client *client, bool *there, const struct hf_cli *cli,
                 const struct hf_choice *choice, struct hf_error *err);

/* Asks (`request` is taken over) and shows what it does meanwhile. The closing line, which the
 * caller frees; or NULL and the error that it is. `patience` as of hf_control_answer. */
json_t *hf_live_ask(struct hf_control_client *client, struct hf_cli *cli, json_t *request,
                    int64_t patience, struct hf_error *err);

#endif
