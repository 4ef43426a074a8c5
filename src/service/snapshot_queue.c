#include "service/snapshot_queue.h"

#include <stdlib.h>
#include <string.h>

#include "service/replica_status.h"

void hf_snapshot_queue_add(struct hf_snapshot_queue *self, const struct hf_snapshot *snapshot)
{
    struct hf_snapshot *grown = realloc(self->waiting, (self->count + 1) * sizeof *grown);
    if (!grown) {
        struct hf_error err = {0};
        hf_error_memory(&err);
        hf_driver_post_answer(self->post, snapshot->request, hf_json_failed(&err));
        return;
    }
    self->waiting = grown;
    grown[self->count++] = *snapshot;
}

void hf_snapshot_queue_give(const struct hf_snapshot_queue *self, struct hf_replica *replica)
{
    if (!replica->snapshot.request && self->count)
        replica->snapshot = self->waiting[0];
}

static json_t *point_answer(const struct hf_point_result *point)
{
    json_t *answer = hf_point_json(point);
    if (answer) {
        json_object_set_new(answer, "event", json_string("done"));
        json_object_set_new(answer, "new", json_boolean(point->is_new));
    }
    return answer;
}

void hf_snapshot_queue_answer(struct hf_snapshot_queue *self, struct hf_replica *replica,
                              const struct hf_error *err)
{
    if (!replica->snapshot.request)
        return;
    hf_driver_post_answer(self->post, replica->snapshot.request,
                          err ? hf_json_failed(err) : point_answer(&replica->point));
    replica->snapshot = (struct hf_snapshot){0};
    memmove(self->waiting, self->waiting + 1, --self->count * sizeof *self->waiting);
}

void hf_snapshot_queue_refuse(struct hf_snapshot_queue *self, struct hf_replica *replica,
                              const struct hf_error *err)
{
    while (self->count) {
        hf_snapshot_queue_give(self, replica);
        hf_snapshot_queue_answer(self, replica, err);
    }
}

void hf_snapshot_queue_release(struct hf_snapshot_queue *self)
{
    free(self->waiting);
    self->waiting = NULL;
    self->count = 0;
}
