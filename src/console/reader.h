/*
 * The worker that reads the repository for everybody: overview and points of all databases. It
 * keeps what it read for a moment, so that many viewers cost no more than one.
 *
 *   {"do":"overview", "kit_saved":ms}           the answer of GET /api/v1/overview
 *   {"do":"points", "database":..., "before":N, "limit":N}
 *   {"do":"moments", "database":..., "after":N, "limit":N}
 *   {"do":"point", "database":..., "point":N}
 *   {"do":"keys"}                               the repository's key slots
 *   {"do":"pin", "database":..., "point":N, "pinned":...}
 *   {"do":"kit"}                                the answer of POST /api/v1/kit, a secret
 *
 * "fresh":true has the repository read again, as something was changed.
 */
#ifndef HF_CONSOLE_READER_H
#define HF_CONSOLE_READER_H

#include "console/console.h"

/* In a forked process: serves until the channel ends. */
int hf_reader_run(const struct hf_console_options *options, int channel);

#endif
