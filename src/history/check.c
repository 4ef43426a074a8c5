#include "history/check.h"

#include <stdio.h>

#include "base/text.h"
#include "history/check_report.h"
#include "history/segment_reader.h"
#include "history/timeline.h"
#include "history/writer_claim.h"

/* Parts without a closing part belong to a backup that was interrupted, or to one that runs now. */
static const int64_t unfinished_for = INT64_C(24) * 3600 * 1000;

static int check_slot(void *arg, const struct hf_slot *slot, struct hf_error *err)
{
    static const struct hf_finding damaged = {HF_CHECK_LOSS,
                                              HF_REMEDY_REMOVE,
                                              "",
                                              "",
                                              "key slot is damaged",
                                              "its passphrase or keyfile no longer opens the "
                                              "repository: add it again"};
    static const struct hf_finding newer = {HF_CHECK_NOTE,
                                            HF_REMEDY_NONE,
                                            "",
                                            "",
                                            "key slot of a newer Holdfast",
                                            "nothing is lost: it does not open here"};
    struct hf_finding finding = slot->newer ? newer : damaged;
    if (slot->kind)
        return 0;
    snprintf(finding.object, sizeof finding.object, "keys/%s", slot->id);
    return hf_check_tell(arg, &finding, err);
}

/* "databases/<id>/<kind>/<rest>": where kind and rest begin; false for any other key. */
static bool split_key(const char *key, const char **kind, const char **rest)
{
    static const char prefix[] = "databases/";
    uint8_t id[HF_ID_BYTES];
    char text[2 * HF_ID_BYTES + 1];
    if (strncmp(key, prefix, sizeof prefix - 1))
        return false;
    snprintf(text, sizeof text, "%s", key + sizeof prefix - 1);
    if (!hf_hex_decode(id, sizeof id, text) || key[sizeof prefix - 1 + 2 * HF_ID_BYTES] != '/')
        return false;
    *kind = key + sizeof prefix + 2 * HF_ID_BYTES;
    const char *slash = strchr(*kind, '/');
    if (!slash)
        return false;
    *rest = slash + 1;
    return true;
}

static const struct record_kind {
    const char *prefix;
    enum hf_object_kind kind;
    enum hf_check_severity severity;
    enum hf_remedy remedy;
    const char *consequence;
} record_kinds[] = {
    {"about/", HF_OBJECT_ABOUT, HF_CHECK_LOSS, HF_REMEDY_REWRITE,
     "no point of this database can be proven or restored before it is written again"},
    {"writers/", HF_OBJECT_WRITER, HF_CHECK_LOSS, HF_REMEDY_NONE,
     "no restore point is lost; the next backup has to take over"},
    {"points/", HF_OBJECT_POINT, HF_CHECK_LOSS, HF_REMEDY_REMOVE,
     "a label, a pin or a proof of a restore point is lost"},
    {"catalog/", HF_OBJECT_CATALOG, HF_CHECK_NOTE, HF_REMEDY_REMOVE,
     "nothing is lost; listing takes longer"},
};

/* An `about` that a later one has taken the place of. */
static int is_superseded(const struct hf_repository *repository, const char *key, bool *superseded,
                         struct hf_error *err)
{
    struct hf_database database = {.repository = repository};
    char newest[HF_OBJECT_NAME_TEXT];
    snprintf(database.id_text, sizeof database.id_text, "%s", strchr(key, '/') + 1);
    if (hf_database_newest_about(newest, &database, err))
        return -1;
    *superseded = strcmp(key, newest) < 0;
    return 0;
}

struct later_claims {
    uint32_t epoch;
    bool found;
};

static int note_later(void *arg, const struct hf_stored *object, struct hf_error *err)
{
    struct later_claims *later = arg;
    uint32_t epoch;
    (void)err;
    later->found |=
        hf_writer_claim_parse(strrchr(object->key, '/') + 1, &epoch) && epoch > later->epoch;
    return 0;
}

/* Only the highest epoch's claims are ever read. */
static int is_superseded_claim(const struct hf_repository *repository, const char *key,
                               bool *superseded, struct hf_error *err)
{
    char prefix[HF_OBJECT_NAME_TEXT];
    struct later_claims later = {0};
    const char *name = strrchr(key, '/') + 1;
    snprintf(prefix, sizeof prefix, "%.*s", (int)(name - key), key);
    if (!hf_writer_claim_parse(name, &later.epoch))
        return 0;
    if (hf_store_list(repository->store, prefix, key, note_later, &later, err))
        return -1;
    *superseded = later.found;
    return 0;
}

static int check_record(struct hf_checking *checking, const char *key,
                        const struct record_kind *kind, struct hf_error *err)
{
    const struct hf_repository *repository = checking->repository;
    hf_auto(hf_buf) struct hf_buf body = {0};
    struct hf_fields fields;
    struct hf_error found = {0};
    if (!hf_record_get(repository->store, key, kind->kind, &repository->keys, &body, &fields,
                       &found)) {
        checking->result->bytes_read += body.length;
        return 0;
    }
    if (!hf_is_damage(&found)) {
        return hf_error_pass(err, &found);
    }
    if (found.code == HF_NOT_FOUND)
        return 0; /* a prune took it away after it was listed */
    struct hf_finding finding = {kind->severity, kind->remedy, "", "", "", ""};
    bool superseded = false;
    if (kind->kind == HF_OBJECT_ABOUT && is_superseded(repository, key, &superseded, err))
        return -1;
    if (kind->kind == HF_OBJECT_WRITER && is_superseded_claim(repository, key, &superseded, err))
        return -1;
    if (superseded) {
        finding.severity = HF_CHECK_NOTE;
        finding.remedy = HF_REMEDY_REMOVE;
    }
    if (found.code == HF_UNSUPPORTED)
        finding.remedy = HF_REMEDY_NONE; /* a newer Holdfast knows what it is for */
    snprintf(finding.object, sizeof finding.object, "%s", key);
    snprintf(finding.problem, sizeof finding.problem, "%s", found.text);
    snprintf(finding.consequence, sizeof finding.consequence, "%s",
             superseded ? "nothing is lost: a later one counts" : kind->consequence);
    return hf_check_tell(checking, &finding, err);
}

/* A part is only of use with the closing part that lists it. */
static int check_part(struct hf_checking *checking, const struct hf_stored *object,
                      struct hf_error *err)
{
    const struct hf_repository *repository = checking->repository;
    struct hf_stored closing;
    struct hf_error found = {0};
    char name[HF_OBJECT_NAME_TEXT];
    snprintf(name, sizeof name, "%s", object->key);
    *strrchr(name, '.') = 0;
    if (!hf_store_stat(repository->store, name, &closing, &found))
        return 0;
    if (found.code != HF_NOT_FOUND) {
        return hf_error_pass(err, &found);
    }
    bool old = hf_now(repository->keys.env) - object->received > unfinished_for;
    struct hf_finding finding = {.remedy = old ? HF_REMEDY_REMOVE : HF_REMEDY_NONE};
    snprintf(finding.object, sizeof finding.object, "%s", object->key);
    snprintf(finding.problem, sizeof finding.problem,
             old ? "part of a backup that was never finished"
                 : "part of a backup that is running or was interrupted");
    snprintf(finding.consequence, sizeof finding.consequence, "nothing is lost");
    return hf_check_tell(checking, &finding, err);
}

static int tell_unknown(struct hf_checking *checking, const char *key, struct hf_error *err)
{
    struct hf_finding finding = {.problem = "not an object of a Holdfast repository",
                                 .consequence = "nothing is lost; it is left alone"};
    snprintf(finding.object, sizeof finding.object, "%s", key);
    return hf_check_tell(checking, &finding, err);
}

/* Everything but segments, which are checked in the order of their timeline. */
static int check_object(void *arg, const struct hf_stored *object, struct hf_error *err)
{
    struct hf_checking *checking = arg;
    const char *kind, *rest;
    uint64_t number;
    checking->result->objects++;
    checking->bytes_total += object->size;
    if (!strcmp(object->key, "holdfast.json") ||
        (!strncmp(object->key, "keys/", 5) && strlen(object->key) == 13 &&
         hf_hex_number(object->key + 5, 8, &number)))
        return 0;
    if (!split_key(object->key, &kind, &rest))
        return tell_unknown(checking, object->key, err);
    for (size_t i = 0; i < sizeof record_kinds / sizeof *record_kinds; i++)
        if (!strncmp(kind, record_kinds[i].prefix, strlen(record_kinds[i].prefix)))
            return check_record(checking, object->key, &record_kinds[i], err);
    if (!strncmp(kind, "clock/", 6) && strlen(rest) == 16 && hf_hex_number(rest, 16, &number))
        return 0; /* what a prune asked the store's time with */
    struct hf_segment_name name;
    if (strncmp(kind, "segments/", 9) || !hf_segment_name_parse(&name, rest))
        return tell_unknown(checking, object->key, err);
    return name.part ? check_part(checking, object, err) : 0;
}

static int check_database(void *arg, const struct hf_database *database,
                          const struct hf_error *damaged, struct hf_error *err)
{
    struct hf_checking *checking = arg;
    if (!damaged)
        return hf_check_segments(checking, database, err);
    /* A damaged `about` has been told as the record that it is. */
    if (damaged->code != HF_NOT_FOUND)
        return 0;
    struct hf_finding finding = {HF_CHECK_LOSS,
                                 HF_REMEDY_REWRITE,
                                 "",
                                 "",
                                 "",
                                 "its segments could not be checked, nor restored before 'about' "
                                 "is written again"};
    hf_database_object(finding.object, database, "about");
    snprintf(finding.problem, sizeof finding.problem, "%s", damaged->text);
    return hf_check_tell(checking, &finding, err);
}

int hf_check(const struct hf_repository *repository, const struct hf_check_options *options,
             int (*each)(void *arg, const struct hf_finding *finding, struct hf_error *err),
             void *arg, struct hf_check_result *result, struct hf_error *err)
{
    struct hf_check_result found = {0};
    struct hf_checking checking = {repository, options, each, arg, &found, 0};
    if (hf_store_list(repository->store, "", "", check_object, &checking, err) ||
        hf_keyring_list(repository->store, repository->keys.repository, check_slot, &checking,
                        err) ||
        hf_repository_databases(repository, check_database, &checking, err))
        return -1;
    *result = found;
    return 0;
}

struct about_repair {
    const char *object; /* begins with the id of the database that is meant */
    bool done;
};

/* The newest full segment that can be read says what `about` held. */
static int rewrite_about(void *arg, const struct hf_database *database,
                         const struct hf_error *damaged, struct hf_error *err)
{
    struct about_repair *repair = arg;
    char prefix[HF_OBJECT_NAME_TEXT];
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    hf_database_object(prefix, database, "about");
    if (!damaged || repair->done || strncmp(repair->object, prefix, strlen(prefix)))
        return 0;
    if (hf_timeline_load(&timeline, database, err))
        return -1;
    for (size_t i = timeline.count; i-- && !repair->done;) {
        hf_auto(hf_buf) struct hf_buf trailer = {0};
        struct hf_error local = {0};
        if (timeline.entries[i].name.from > 1 ||
            hf_segment_read_trailer_fields(database, &timeline.entries[i].name, &trailer, NULL))
            continue;
        struct hf_fields fields = {trailer.data, trailer.length};
        repair->done =
            !hf_fields_check(&fields, NULL) && !hf_database_repair_about(database, &fields, &local);
        if (!repair->done && local.code && local.code != HF_CORRUPT) {
            return hf_error_pass(err, &local);
        }
    }
    if (!repair->done)
        return hf_error_set(err, HF_CORRUPT,
                            "'%s' cannot be written again: no full segment is "
                            "whole",
                            prefix);
    return 0;
}

static int remove_key(void *arg, const struct hf_stored *object, struct hf_error *err)
{
    return hf_store_remove(arg, object->key, err);
}

int hf_check_apply(const struct hf_repository *repository, const struct hf_finding *finding,
                   struct hf_error *err)
{
    char parts[sizeof finding->object + 3];
    switch (finding->remedy) {
    case HF_REMEDY_NONE:
        return 0;
    case HF_REMEDY_REWRITE: {
        struct about_repair repair = {finding->object, false};
        return hf_repository_databases(repository, rewrite_about, &repair, err);
    }
    case HF_REMEDY_REMOVE:
        break;
    }
    /* What refers to parts goes before them. */
    snprintf(parts, sizeof parts, "%s.p", finding->object);
    if (hf_store_remove(repository->store, finding->object, err))
        return -1;
    return hf_store_list(repository->store, parts, "", remove_key, repository->store, err);
}
