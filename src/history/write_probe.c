#include "history/write_probe.h"

#include "history/object_header.h"
#include "history/record.h"

int hf_write_probe(const struct hf_database *database, int64_t *now, struct hf_error *err)
{
    const struct hf_repository *repository = database->repository;
    hf_auto(hf_buf) struct hf_buf nothing = {0};
    char object[HF_OBJECT_NAME_TEXT];
    struct hf_stored stored;
    uint64_t name;
    if (hf_random(repository->keys.env, &name, sizeof name, err) || hf_object_finish(&nothing, err))
        return -1;
    hf_database_object(object, database, "clock/%016llx", (unsigned long long)name);
    if (hf_store_put(repository->store, object, nothing.data, nothing.length, err) ||
        hf_store_stat(repository->store, object, &stored, err) ||
        hf_store_remove(repository->store, object, err))
        return -1;
    *now = stored.received > *now ? stored.received : *now;
    return 0;
}
