/*
 * A restore point that somebody asks for now: by the replicator that follows the database already,
 * else by a backup of one's own.
 */
#ifndef HF_SERVICE_SNAPSHOT_H
#define HF_SERVICE_SNAPSHOT_H

#include <jansson.h>

#include "engine/backup.h"

/*
 * As hf_backup. A running Holdfast is asked with label, pin and reason; what it tells meanwhile
 * goes to `wanted->events`. When it has no replicator the backup is made here.
 */
int hf_snapshot_take(const struct hf_database *database, const struct hf_backup_options *wanted,
                     struct hf_backup_result *result, struct hf_error *err);

/* The fields of docs/json.md, "backup", into `item`. */
void hf_snapshot_json(json_t *item, const struct hf_backup_result *result);

#endif
