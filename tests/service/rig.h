/*
 * A data directory with a database, and boots of it, each in a process of its own.
 */
#ifndef HF_TESTS_SERVICE_RIG_H
#define HF_TESTS_SERVICE_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/* after the four that it needs */
#include <cmocka.h>

#include "base/error.h"
#include "support/scratch.h"

enum { RIG_SETTINGS = 24, RIG_FAILED = 100 };

struct rig {
    struct hf_scratch scratch;
    char *data, *db, *repository, *schema, *log_path, *config_path;
    char settings[RIG_SETTINGS][400];          /* "HOLDFAST_READY=..."; "" ends them */
    struct hf_buf log;                         /* what the last boot said */
    int (*replicate)(void *boot, int channel); /* what boots have as replicator, or NULL */
};

/* cmocka's setup and teardown: *state is a struct rig with an empty data directory. */
int rig_setup(void **state);
int rig_teardown(void **state);

/* A setting for the boots that follow; one of the same name is replaced. */
void rig_set(struct rig *rig, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Boots with a shell script as the application (in the data directory), and returns its exit code,
 * or RIG_FAILED + the error's code when the boot failed.
 */
int rig_boot(struct rig *rig, const char *script);

/* The same, killed before the n-th system call that changes a file (from 1). False when it came to
 * its end before. */
bool rig_boot_killed(struct rig *rig, const char *script, uint64_t n);

/* A boot that must succeed. */
void rig_boots(struct rig *rig, const char *script);

/* Fails the test unless the last boot said that. */
void rig_said(const struct rig *rig, const char *text);

void rig_sql(const struct rig *rig, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The first column of the first row; fails the test on an error. -1 for NULL. */
int64_t rig_value(const struct rig *rig, const char *sql);

/* A database with so many rows in `film(id, title)`, in WAL mode. */
void rig_fill(const struct rig *rig, int rows);

/* Files of the data directory whose name holds `part`. */
int rig_files(const struct rig *rig, const char *part);

#endif
