/*
 * Reads one segment: proves its name, header, index root and trailer when it is opened, everything
 * else when it is read. Immutable once open but for its reference count: several threads may read
 * frames at once, each with its own scratch space.
 */
#ifndef HF_HISTORY_SEGMENT_READER_H
#define HF_HISTORY_SEGMENT_READER_H

#include "codec/compress.h"
#include "history/database.h"
#include "history/page_index.h"
#include "history/segment_format.h"

/* One object of a segment. */
struct hf_segment_object {
    const struct hf_database *database;
    char name[HF_OBJECT_NAME_TEXT];
    uint64_t length;
    uint8_t digest[HF_DIGEST_BYTES]; /* as its last bytes say */
    struct hf_segment_keys keys;
    struct hf_footer footer;
    struct hf_index_root root;
    struct hf_dictionary *dictionary; /* NULL when it has none */
    struct hf_buf tail;               /* the object's last bytes, as read to open it */
};

struct hf_segment {
    struct hf_segment_name name;
    struct hf_trailer trailer;
    uint32_t objects; /* parts in page order, the closing one last */
    struct hf_segment_object *object;
    uint64_t bytes; /* of all its objects */
    int references;
};

/* Opens a segment and its parts. Caller releases. HF_NOT_FOUND: an object of it is missing. */
struct hf_segment *hf_segment_open(const struct hf_database *database,
                                   const struct hf_segment_name *name, struct hf_error *err);

/* Another holder; thread-safe. The last release frees. */
struct hf_segment *hf_segment_hold(struct hf_segment *segment);
void hf_segment_release(struct hf_segment *segment);

/* Gives back the memory of what was read with the ends of its objects, but of those that it holds
 * whole: for who has many open. Nobody else may hold the segment. */
void hf_segment_forget_ends(struct hf_segment *segment);

/* Only the trailer, with one read of the object's end. Caller releases it. */
int hf_segment_read_trailer(const struct hf_database *database, const struct hf_segment_name *name,
                            struct hf_trailer *out, struct hf_error *err);

/* The fields of a trailer as they are: for what only a repair asks. `out` holds them. */
int hf_segment_read_trailer_fields(const struct hf_database *database,
                                   const struct hf_segment_name *name, struct hf_buf *out,
                                   struct hf_error *err);

/* Reads and opens index block `number` of an object. */
int hf_segment_read_block(const struct hf_segment_object *object, uint32_t number,
                          struct hf_index_block *out, struct hf_error *err);

/* One thread's space for reading frames. */
struct hf_frame_reader {
    struct hf_compressor *compressor; /* owned */
    struct hf_buf sealed;             /* of several frames that follow one another */
    uint64_t offset;                  /* where `sealed` begins in the object */
    struct hf_buf opened;             /* one frame, still compressed */
    const struct hf_segment_object *object;
    uint8_t *images; /* the compressor's room: HF_FRAME_BYTES */
};

struct hf_frame_reader *hf_frame_reader_new(struct hf_error *err);
void hf_frame_reader_free(struct hf_frame_reader *reader);
HF_AUTO_FREE(hf_frame_reader)

/* Reads sealed bytes of frames first .. last of a block ahead with one request, when they are few
 * enough (HF_READ_AHEAD); hf_segment_read_frame then needs none. */
enum { HF_READ_AHEAD = 1 << 20 };
int hf_frame_reader_fetch(struct hf_frame_reader *reader, const struct hf_segment_object *object,
                          const struct hf_frame_ref *first, const struct hf_frame_ref *last,
                          struct hf_error *err);

/* A reader may outlive the segment that it read from: it forgets what it holds of it. */
void hf_frame_reader_forget(struct hf_frame_reader *reader);

/* Opens and decompresses frame `frame` of a block into reader->images and proves the fingerprint of
 * each of its pages. */
int hf_segment_read_frame(struct hf_frame_reader *reader, const struct hf_segment_object *object,
                          const struct hf_index_block *block, uint32_t frame, struct hf_error *err);

/* Reads every byte of an object and compares its BLAKE2b-256. */
int hf_segment_verify_digest(const struct hf_segment_object *object, struct hf_error *err);

#endif
