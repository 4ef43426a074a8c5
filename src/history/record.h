/*
 * Small objects that are read and written whole: header, body, BLAKE2b-256 of both
 * (docs/format.md, "Records"). The body of all but key slots is sealed, bound to its header and to
 * the name that it is stored under.
 */
#ifndef HF_HISTORY_RECORD_H
#define HF_HISTORY_RECORD_H

#include "codec/key.h"
#include "history/object_header.h"
#include "os/env.h"
#include "store/store.h"

enum { HF_RECORD_LIMIT = 64 << 20, HF_ID_BYTES = 16 };

/* What opens and seals the records of one repository. */
struct hf_record_keys {
    const struct hf_env *env;
    uint8_t repository[HF_ID_BYTES];
    struct hf_key master;
};

/* Seals `body` (a list of fields) and puts it under `name`. HF_EXISTS as hf_store_put. */
int hf_record_put(struct hf_store *store, const char *name, enum hf_object_kind kind,
                  const struct hf_record_keys *keys, const struct hf_buf *body,
                  struct hf_error *err);

/* Reads, proves and opens a record; `out` then holds its body, `fields` points into it. HF_CORRUPT
 * when it is damaged or was not written for this name in this repository. */
int hf_record_get(struct hf_store *store, const char *name, enum hf_object_kind kind,
                  const struct hf_record_keys *keys, struct hf_buf *out, struct hf_fields *fields,
                  struct hf_error *err);

/* Appends BLAKE2b-256 of what `object` holds so far: the end of every object. */
int hf_object_finish(struct hf_buf *object, struct hf_error *err);

/* HF_CORRUPT unless `object` ends in the BLAKE2b-256 of what is before. */
int hf_object_verify(const struct hf_buf *object, struct hf_error *err);

/* Reads a whole object and verifies it; errors name it. */
int hf_object_load(struct hf_store *store, const char *name, struct hf_buf *out,
                   struct hf_error *err);

#endif
