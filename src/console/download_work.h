/*
 * Makes the file of a download, in a worker's process.
 */
#ifndef HF_CONSOLE_DOWNLOAD_WORK_H
#define HF_CONSOLE_DOWNLOAD_WORK_H

#include "console/worker.h"

/* {"database", "point" (0: as it is now), "what":"database"|"portable",
 * "compression":"gzip"|"zstd"|null, "passphrase" or "recipient" or neither}: {"path", "name",
 * "bytes", ...}. The file is the console's from there on. */
json_t *hf_make_download(void *context, const json_t *question, const struct hf_events *events,
                         struct hf_error *err);

#endif
