/*
 * Changes of the repository's key slots. Each is of a job's process (hf_worker_answer).
 */
#ifndef HF_CONSOLE_KEY_WORK_H
#define HF_CONSOLE_KEY_WORK_H

#include "console/worker.h"

/* {slot?, kind, name?, passphrase? or keyfile? (Base64), accept_in_use} -> {added} and, when a slot
 * was to be replaced, {removed}. Here and below HF_REFUSED for the slot that this Holdfast opened
 * the repository with, unless that is accepted: it could not be opened by it again. */
json_t *hf_key_add_work(void *context, const json_t *question, const struct hf_events *events,
                        struct hf_error *err);

/* {slot, accept_in_use} -> {removed}. */
json_t *hf_key_remove_work(void *context, const json_t *question, const struct hf_events *events,
                           struct hf_error *err);

#endif
