/*
 * The stage of the fault tests: a small world (a database, a repository, files beside) that is
 * made once and set up again for each trial, an act that is played in it while something fails,
 * and the proof of what must hold whatever went wrong:
 * - every point that was acknowledged restores byte for byte;
 * - the live database is untouched, a restored one exactly the old or the new one;
 * - nothing is left beside them that does not belong there;
 * - the same act, played again without faults, succeeds, and so does a next backup.
 */
#ifndef HF_TESTS_FAULT_STAGE_H
#define HF_TESTS_FAULT_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/* after the four that it needs */
#include <cmocka.h>

#include "history/database.h"
#include "history/timeline.h"
#include "support/scratch.h"

enum { STAGE_POINTS = 80 };

/* What the program under test works with. */
struct stage_tools {
    const struct hf_env *env;
    /* Puts something around the repository's directory store, which it owns; may be NULL. */
    struct hf_store *(*wrap)(void *context, struct hf_store *inner, struct hf_error *err);
    void *context;
};

struct stage_point {
    uint64_t seq;
    char copy[320]; /* what it must restore to */
};

struct act;

struct stage {
    struct hf_scratch scratch;
    char *world;  /* everything that the program under test touches: */
    char *data;   /* its directory of databases */
    char *db;     /* the live one */
    char *target; /* another one, for restores */
    char *place;  /* the repository */
    char *desk;   /* an empty directory, for temporary files too */
    char *before; /* the world as each trial finds it */
    char *old_db; /* what the live database holds then, its log folded in */
    char *old_target;
    char *spools_before; /* TMPDIR, or NULL */
    char *proof;         /* a name for what is restored to be compared */
    const struct act *act;
    struct stage_point points[STAGE_POINTS]; /* acknowledged */
    size_t count, prepared;
    uint64_t made;       /* by the act: the newest point; 0: none */
    bool has_repository; /* before the act */
    bool scanned;        /* by the act: all of the database was read */
    char where[512];     /* what failed in this trial */
};

struct act {
    const char *name;
    void (*prepare)(struct stage *stage);
    /* As the program would do it, from opening the repository on. */
    int (*run)(struct stage *stage, const struct stage_tools *tools, struct hf_error *err);
    /* What this act promises of its own; `succeeded`: it was acknowledged. May be NULL. */
    void (*prove)(struct stage *stage, bool succeeded);
    /* May it change the live database, or bring its log into its file. */
    enum { LEAVES_DATABASE, FOLDS_LOG, REWRITES_DATABASE } manner;
    unsigned
        stride; /* every so many-th fault is enough, unless all are wanted: it repeats itself */
};

/* All acts. */
extern const struct act stage_acts[];
extern const size_t stage_act_count;

/* Runs `test` for every act whose name holds `filter`, with the act as its state, as one group of
 * cmocka's. Returns how many failed. */
int stage_play_all(const char *filter, const char *group, void (*test)(void **state));

/* The real environment, but that it does not wait for the disk: syncs do nothing. */
const struct hf_env *stage_env(void);

struct stage_tools stage_no_faults(void);

/* Makes the world as the act wants it. */
void stage_open(struct stage *stage, const struct act *act);
void stage_close(struct stage *stage);

/* Sets the world up again: as it was before the act. */
void stage_reset(struct stage *stage);

/* Plays the act. A failure must have said what it is, and no descriptor may be left open. */
int stage_play(struct stage *stage, const struct stage_tools *tools, struct hf_error *err);

/* What a fault may leave beside the databases. */
enum stage_litter { STAGE_CLEAN, STAGE_MAY_LEAVE_TEMPORARIES };

/* Proves all that must hold; ends the test when something does not. */
void stage_prove(struct stage *stage, bool succeeded, enum stage_litter litter);

/* Less: nothing is run again. */
void stage_prove_files(struct stage *stage, bool succeeded, enum stage_litter litter);

/* The repository is: nothing in it is lost or to be mended. */
void stage_prove_whole(struct stage *stage);

/* Fails the test unless it holds, saying where. */
void stage_must(const struct stage *stage, bool holds, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* True when every trial is wanted, however long that takes (HOLDFAST_FAULT_EXHAUSTIVE). */
bool stage_exhaustive(void);

/* From one fault to the next that is tried, when every `wanted`-th is enough for a test. */
unsigned stage_stride(const struct stage *stage, unsigned wanted);

/*
 * For acts.
 */
struct stage_session {
    struct hf_repository *repository;
    struct hf_database database;
    struct hf_timeline timeline;
};

struct hf_store *stage_store(const struct stage *stage, const struct stage_tools *tools,
                             struct hf_error *err);
/* Opens with the keyfile, or without any secret. */
int stage_session_open(struct stage_session *session, const struct stage *stage,
                       const struct stage_tools *tools, enum hf_database_open how,
                       struct hf_error *err);
void stage_session_release(struct stage_session *session);
HF_AUTO_RELEASE(stage_session)

const struct hf_unlock *stage_keyfile(void);

void stage_sql(const char *path, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* About so many pages of random rows in a table `film`. */
void stage_fill(const char *path, int page_size, int pages);
/* Makes the repository, as preparation. */
void stage_make_repository(struct stage *stage);
/* Takes a point of the live database, as preparation. */
void stage_backup(struct stage *stage);
int stage_run_backup(struct stage *stage, const struct stage_tools *tools, const char *label,
                     struct hf_error *err);
/* From here on this point must restore to that. */
void stage_acknowledge(struct stage *stage, uint64_t seq, const char *copy);
bool stage_same(const char *path, const char *other);
/* The database as a reader sees it: its log folded in. `copy` is made anew. */
void stage_copy_folded(const struct stage *stage, const char *path, const char *copy);
/* Restores a point without faults and compares. */
bool stage_restores_to(struct stage *stage, struct stage_session *session, uint64_t seq,
                       const char *copy, struct hf_error *err);

#endif
