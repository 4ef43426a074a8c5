/*
 * The steps of a boot, each in a file of its own, and what they know in common. Private to the
 * boot.
 */
#ifndef HF_SERVICE_BOOT_STEPS_H
#define HF_SERVICE_BOOT_STEPS_H

#include "codec/digest.h"
#include "engine/backup.h"
#include "os/identity.h"
#include "os/process.h"
#include "os/signals.h"
#include "service/access.h"
#include "service/boot.h"
#include "service/boot_log.h"
#include "service/protection.h"
#include "service/supervisor.h"

enum { HF_BOOT_BUSY_MS = 5000 };

struct hf_boot_database {
    const char *name, *path; /* borrowed */
    char *state_path;        /* or NULL */
    char *copy_path;         /* "<path>.backup_startup" */
    bool is_missing;         /* there is no file, and nothing to restore */
    bool history_is_damaged; /* points of it could not be restored */
    int lock_fd;             /* or -1 */
    bool is_alone;           /* no other `holdfast run` has it */
    bool history_is_unknown; /* the repository could not be asked: there may be points of it */
    bool is_known;           /* `history` is open */
    struct hf_database history;
    uint64_t
        point; /* the newest one that this boot took or found to be the present state; 0: none */
};

/* A restore that somebody asked for while the application runs. */
struct hf_boot_restore {
    enum {
        HF_RESTORE_IDLE,
        HF_RESTORE_ASKED,  /* the application is to be stopped for it */
        HF_RESTORE_TRYING, /* done; does the application come up with it? */
    } stage;
    hf_control_request request;
    struct hf_boot_database *database;
    uint64_t point;
    bool delta;
    uint64_t before; /* the point that holds what was there; 0: none */
    json_t *done;    /* what the client is told when all is well */
};

struct hf_boot {
    const struct hf_boot_options *options;
    const struct hf_config *config;
    const struct hf_env *env;
    struct hf_boot_log log;
    struct hf_identity identity; /* to become; only when has_identity */
    bool has_identity;
    char *data_dir;
    struct hf_session session; /* without repository when the data is unprotected */
    struct hf_boot_database *databases;
    size_t database_count;
    bool has_schema;
    uint8_t schema_digest[HF_DIGEST_BYTES]; /* of its text */
    bool schema_changed;                    /* by this boot */
    char **environment;              /* of what is started: without secrets. Entries are borrowed */
    struct hf_signals signals;       /* open while the application runs */
    struct hf_protection protection; /* likewise */
    struct hf_protected *protected;  /* its databases */
    struct hf_boot_restore restore;
    bool was_started; /* the application, once at least */
    int status;       /* its exit code */
};

/* [1/6] Is there a place to keep data, and may this user write there? Reads the secrets, and
 * becomes the user that is asked for: from here on nothing is done as root. */
int hf_boot_data_directory(struct hf_boot *boot, struct hf_error *err);

/* [2/6] Every database sound, a point of it in the repository, a plain copy beside it. */
int hf_boot_restore_points(struct hf_boot *boot, struct hf_error *err);

/*
 * Part of 2: of several `holdfast run` on one database only one boots at a time, the others wait.
 * One that works already does not keep another from booting (a web server and its worker); but
 * nothing is put in the place of a database that another one has. Best effort: where there can be
 * no lock, this one counts as alone.
 */
void hf_boot_lock(struct hf_boot *boot, struct hf_boot_database *database);
/* The boot is over: others may have theirs. */
void hf_boot_lock_share(struct hf_boot *boot);
/* Looks again, and keeps others from booting when it is alone. */
bool hf_boot_lock_alone(struct hf_boot_database *database);
/* The error that what `is` so ("is missing") is not replaced. */
int hf_boot_lock_refused(const struct hf_boot_database *database, const char *is,
                         struct hf_error *err);
void hf_boot_unlock(struct hf_boot_database *database);

/* Part of 2: a database that is missing or damaged is restored. HF_REFUSED where the settings say
 * so, HF_CORRUPT when nothing can be restored. Tells what was done. */
int hf_boot_heal(struct hf_boot *boot, struct hf_boot_database *database, struct hf_error *err);

/* Part of 2, and before anything else that rewrites the database: a point of what it is now. With a
 * label (else NULL) it gets one of its own even when nothing changed. Sets `database->point`.
 * Nothing when the data is unprotected. */
int hf_boot_take_point(struct hf_boot *boot, struct hf_boot_database *database, const char *reason,
                       const char *label, struct hf_backup_result *result, struct hf_error *err);

/* [3/6] to [5/6] work on the first database. */
int hf_boot_schema(struct hf_boot *boot, struct hf_error *err);
int hf_boot_generate(struct hf_boot *boot, struct hf_error *err);
int hf_boot_portable(struct hf_boot *boot, struct hf_error *err);

/* [6/6] Runs the application until it has ended for good, and takes a last point. */
int hf_boot_start(struct hf_boot *boot, struct hf_error *err);

/* Part of 6: what the application writes is followed from here on, and the control socket is there.
 * Without a repository nothing is. */
int hf_boot_protect(struct hf_boot *boot, struct hf_error *err);

/* Part of 6: the replicator lets go of the databases, because one is to be replaced or the end has
 * come, and takes them up again. True when all that was committed is in the repository. */
bool hf_boot_pause_capture(struct hf_boot *boot, int64_t deadline);
void hf_boot_resume_capture(struct hf_boot *boot);

/* TERM or INT, by somebody who will not wait. */
bool hf_boot_is_impatient(void *context, const struct hf_happening *happening);

/* Part of 6: somebody asks for a restore of a database that the application has (a
 * hf_control_asked). */
void hf_boot_restore_asked(void *context, hf_control_request request, const json_t *what);

/* The application is stopped for it: restores. In any case the application is to be started again;
 * true when somebody asked for the end meanwhile. */
bool hf_boot_restore_now(struct hf_boot *boot);

/* The application works with it. */
void hf_boot_restore_works(struct hf_boot *boot);

/* It does not: what was there comes back. True as with hf_boot_restore_now. */
bool hf_boot_restore_undo(struct hf_boot *boot);

/* It will not come to an end, because all of it ends. Fine when there is none. */
void hf_boot_restore_abandon(struct hf_boot *boot);

#endif
