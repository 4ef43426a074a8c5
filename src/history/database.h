/*
 * One database's place in a repository: its id, its name and the key of its fingerprints
 * (docs/format.md, "Databases"). Immutable once open.
 */
#ifndef HF_HISTORY_DATABASE_H
#define HF_HISTORY_DATABASE_H

#include "codec/fingerprint.h"
#include "history/repository.h"

enum { HF_DATABASE_NAME_TEXT = 65, HF_OBJECT_NAME_TEXT = 192 };

struct hf_database {
    const struct hf_repository *repository; /* borrowed */
    uint8_t id[HF_ID_BYTES];
    char id_text[2 * HF_ID_BYTES + 1];
    char name[HF_DATABASE_NAME_TEXT];
    struct hf_fingerprint_key fingerprints;
};

enum hf_database_open {
    HF_DATABASE_EXISTING, /* HF_NOT_FOUND when the repository does not know the name */
    HF_DATABASE_CREATE,   /* makes its `about` when it is not there */
};

/* The id is keyed by the repository's master key: two first runs meet, a lookup costs nothing. */
int hf_database_open(struct hf_database *database, const struct hf_repository *repository,
                     const char *name, enum hf_database_open how, struct hf_error *err);

/* Calls `each` with every database of the repository, by id. One whose `about` is damaged is given
 * with name "" (`damaged` says why). */
int hf_repository_databases(const struct hf_repository *repository,
                            int (*each)(void *arg, const struct hf_database *database,
                                        const struct hf_error *damaged, struct hf_error *err),
                            void *arg, struct hf_error *err);

/*
 * Writes `about` again for a database whose own is damaged or missing, from what the trailer of a
 * full segment holds (`fields`). HF_CORRUPT when that does not belong to this database.
 */
int hf_database_repair_about(const struct hf_database *database, const struct hf_fields *fields,
                             struct hf_error *err);

/* The name of the `about` that counts, "" when there is none. */
int hf_database_newest_about(char out[HF_OBJECT_NAME_TEXT], const struct hf_database *database,
                             struct hf_error *err);

/* "databases/<id>/<rest>" into `out`. */
void hf_database_object(char out[HF_OBJECT_NAME_TEXT], const struct hf_database *database,
                        const char *format, ...) __attribute__((format(printf, 3, 4)));

/* True for 1 to 64 of [A-Za-z0-9._-], the first a letter or a digit. */
bool hf_database_name_valid(const char *name);

#endif
