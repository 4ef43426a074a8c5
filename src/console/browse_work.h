/*
 * What the worker of an open browser does: answers questions about one database file, confined.
 */
#ifndef HF_CONSOLE_BROWSE_WORK_H
#define HF_CONSOLE_BROWSE_WORK_H

#include "console/console_state.h"
#include "console/worker.h"
#include "sqlite/untrusted.h"

/* In a job: {"database", "point"}, restored into scratch. The answer has "file", which is for the
 * console alone. */
json_t *hf_browse_bring_out(void *context, const json_t *question, const struct hf_events *events,
                            struct hf_error *err);

/*
 * In the worker: serves until the channel ends. {"do":"open"}, "tables", "table", "rows", "cell",
 * as service/browse.h has them. `file` is looked into, `name` its database's.
 */
int hf_browse_serve(const struct hf_console *console, const struct hf_untrusted_file *file,
                    const char *name, int channel);

#endif
