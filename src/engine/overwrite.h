/*
 * A new state for a database whose file stays: who has opened it meanwhile, and waits for its lock,
 * goes on with the new state. Were another file put in its place, such a one would go on with the
 * old file, and write a log for it that the new one's users take for theirs.
 */
#ifndef HF_ENGINE_OVERWRITE_H
#define HF_ENGINE_OVERWRITE_H

#include <stdbool.h>

#include "os/file.h"
#include "sqlite/restore_target.h"

/*
 * Makes the taken database the same as the `size` bytes of `proven`, writing only what differs. A
 * rollback journal protects that (sqlite/hot_journal.h): after a failure or a crash SQLite brings
 * the old state back when it next opens the file. HF_NO_SPACE, before anything is changed, when the
 * disk has no room for the journal and for what the file grows by. `touched`, also on a failure:
 * the file was written to, and may be in either state.
 */
int hf_overwrite(struct hf_restore_target *target, const struct hf_new_file *proven, uint64_t size,
                 bool *touched, struct hf_error *err);

#endif
