/*
 * A file that is complete and proven becomes the database at a path that was taken for it.
 */
#ifndef HF_ENGINE_PUT_IN_PLACE_H
#define HF_ENGINE_PUT_IN_PLACE_H

#include "os/file.h"
#include "sqlite/restore_target.h"

enum { HF_KEPT_PATH = 4096 };

/*
 * A database that is there gets the file's `size` bytes (engine/overwrite.h); with `keeps` it is
 * kept as "<path>.replaced-<milliseconds>". Anything else there is kept so in any case, and the
 * file put in its place. `kept` becomes the name, or "".
 */
int hf_put_in_place(struct hf_restore_target *target, struct hf_new_file *proven, uint64_t size,
                    bool keeps, char kept[HF_KEPT_PATH], struct hf_error *err);

#endif
