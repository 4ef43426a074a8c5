/*
 * A copy of a database that is kept up to date by nothing but what a hold gives. What goes wrong
 * fails the test.
 */
#ifndef HF_TEST_SQLITE_MIRROR_H
#define HF_TEST_SQLITE_MIRROR_H

#include "sqlite/log_hold.h"
#include "sqlite/scene.h"

struct mirror {
    struct hf_log_hold *hold;
    uint8_t *pages;
    uint32_t page_size, count, room, lowest;
    uint8_t *given; /* one byte a page: given in this reading */
    bool fails;     /* the next frame is refused */
};

/* A database in WAL mode with `t(id, a)` and an index. */
void make_wal(const struct scene *scene, int page_size);

struct mirror mirror_begin(const char *path);
void mirror_end(struct mirror *mirror);

/* An hf_log_visit of a mirror. */
int mirror_take(void *context, const struct hf_log_frame *frame, struct hf_error *err);

void read_log(struct mirror *mirror);
enum hf_rotation rotate(struct mirror *mirror, uint32_t force);
struct hf_log_look look(struct mirror *mirror);

/* Reads what is new; the mirror is then what a reader of the database sees. */
void assert_mirrors(struct mirror *mirror, const char *path);

#endif
