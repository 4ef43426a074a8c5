#include "service/replica_thinning.h"

#include "os/signals.h"

enum { FIRST = 60000, EVERY = 300000 };

void hf_thinning_init(struct hf_thinning *self)
{
    self->at = hf_monotonic() + FIRST;
}

void hf_thinning_note_point(struct hf_thinning *self)
{
    if (!self->at)
        self->at = hf_monotonic() + EVERY;
}

int64_t hf_thinning_due(const struct hf_thinning *self, const struct hf_env *env)
{
    return self->at ? hf_now(env) + self->at - hf_monotonic() : 0;
}

bool hf_thinning_is_due(const struct hf_thinning *self)
{
    return self->at && hf_monotonic() >= self->at;
}

void hf_thinning_begun(struct hf_thinning *self)
{
    self->at = 0;
}

static void tell(const struct hf_replica *replica, struct hf_driver_post *post)
{
    const struct hf_prune_result *pruned = &replica->pruned;
    hf_driver_post_tell(post, "pruned", replica->name,
                        json_pack("{s:I, s:I, s:I, s:I, s:I}", "merges", (json_int_t)pruned->merges,
                                  "bytes_written", (json_int_t)pruned->bytes_written,
                                  "objects_removed", (json_int_t)pruned->deleted.objects,
                                  "bytes_freed", (json_int_t)pruned->deleted.bytes, "points",
                                  (json_int_t)pruned->kept));
}

void hf_thinning_ended(struct hf_thinning *self, const struct hf_replica *replica,
                       struct hf_driver_post *post)
{
    const struct hf_prune_result *pruned = &replica->pruned;
    const struct hf_error *err = &replica->prune_outcome.err;
    if (err->code && !self->failing)
        hf_driver_post_notice(post, replica->name, err->text);
    self->failing = err->code != HF_OK;
    /* With nothing added since, there is nothing to thin but what waits for its time. */
    if (pruned->more || err->code)
        self->at = hf_monotonic() + FIRST;
    else if (pruned->waits.objects)
        self->at = hf_monotonic() + EVERY;
    if (pruned->merges || pruned->deleted.objects)
        tell(replica, post);
}
