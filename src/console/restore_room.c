#include "console/restore_room.h"

#include <stdio.h>
#include <sys/statvfs.h>

#include "base/text.h"
#include "engine/restore.h"
#include "os/file.h"

struct place {
    char *folder;
    int64_t room;
};

static void place_release(struct place *place)
{
    free(place->folder);
}
HF_AUTO_RELEASE(place)

static void look_at(struct place *out, const char *path)
{
    struct statvfs space;
    *out = (struct place){.folder = hf_path_parent(path), .room = -1};
    if (out->folder && !statvfs(out->folder, &space))
        out->room = (int64_t)space.f_bavail * (int64_t)space.f_frsize;
}

static bool is_enough(const struct place *place, uint64_t needed)
{
    return place->room < 0 || (uint64_t)place->room >= needed;
}

static int too_little(const struct place *scratch, const struct place *target, uint64_t needed,
                      struct hf_error *err)
{
    char wanted[16], here[16], there[16], also[512] = "";
    if (!is_enough(target, needed))
        snprintf(also, sizeof also, "; where it is restored to, '%s', has %s left", target->folder,
                 hf_format_bytes(there, sizeof there, (uint64_t)target->room));
    hf_error_set(err, HF_NO_SPACE,
                 "a restore is tried out first, which needs %s: the disk of '%s' has %s left%s",
                 hf_format_bytes(wanted, sizeof wanted, needed), scratch->folder,
                 hf_format_bytes(here, sizeof here, (uint64_t)scratch->room), also);
    return hf_error_hint(err, "make room there, or restore with 'holdfast restore', which tries "
                              "nothing out");
}

int hf_restore_room_look(struct hf_restore_room *out, const struct hf_work *work, uint64_t seq,
                         const char *scratch, struct hf_error *err)
{
    struct hf_restore_result wanted;
    hf_auto(place) struct place trial = {0}, target = {0};
    if (hf_restore_preview(&work->database, &work->timeline, seq, &wanted, err))
        return -1;
    look_at(&trial, scratch);
    look_at(&target, work->configured->path);
    if (!is_enough(&trial, wanted.size))
        return too_little(&trial, &target, wanted.size, err);
    *out = (struct hf_restore_room){.needed = wanted.size,
                                    .at_target = target.room,
                                    .is_enough = is_enough(&target, wanted.size)};
    return 0;
}
