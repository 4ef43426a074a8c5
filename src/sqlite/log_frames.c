#include "sqlite/log_frames.h"

#include <string.h>

#include "base/bytes.h"

enum { CHUNK_BYTES = 256 << 10, VERSION = 3007000 };

static const uint32_t magic = 0x377f0682; /* the lowest bit: checksums of big-endian words */

static int damaged(struct hf_error *err, const char *what, uint32_t frame)
{
    hf_error_set(err, HF_CORRUPT, "the log (-wal) is damaged: %s in frame %u", what, frame);
    return hf_error_hint(err,
                         "committed changes may be lost; stop the application, keep a copy of the "
                         "database with its -wal file, and check its disk");
}

static int read_log(sqlite3_file *log, void *out, size_t length, sqlite3_int64 offset,
                    struct hf_error *err)
{
    int rc = log->pMethods->xRead(log, out, (int)length, offset);
    if (rc == SQLITE_OK)
        return 0;
    if (rc == SQLITE_IOERR_NOMEM)
        return hf_error_memory(err);
    if (rc == SQLITE_IOERR_SHORT_READ) {
        hf_error_set(err, HF_CORRUPT, "the log (-wal) is shorter than its published frames");
        return hf_error_hint(err, "something other than SQLite has cut it");
    }
    return hf_error_set(err, HF_IO, "cannot read the log (-wal): %s", sqlite3_errstr(rc));
}

/* Checks the log's header against what is published; `sum` starts the checksum chain. */
static int read_header(sqlite3_file *log, const struct hf_wal_index *index, uint32_t sum[2],
                       struct hf_error *err)
{
    uint8_t header[HF_LOG_HEADER_BYTES];
    if (read_log(log, header, sizeof header, 0, err))
        return -1;
    sum[0] = sum[1] = 0;
    hf_wal_checksum(index->big_endian, header, 24, sum);
    if (hf_get_be32(header) != (magic | index->big_endian) || hf_get_be32(header + 4) != VERSION ||
        hf_get_be32(header + 8) != index->page_size ||
        memcmp(header + 16, index->salt, sizeof index->salt) ||
        hf_get_be32(header + 24) != sum[0] || hf_get_be32(header + 28) != sum[1])
        return damaged(err, "its header is wrong", 0);
    return 0;
}

static int prove(const uint8_t *frame, uint32_t number, const struct hf_wal_index *index,
                 uint32_t sum[2], struct hf_error *err)
{
    if (memcmp(frame + 8, index->salt, sizeof index->salt))
        return damaged(err, "a foreign salt", number);
    hf_wal_checksum(index->big_endian, frame, 8, sum);
    hf_wal_checksum(index->big_endian, frame + HF_FRAME_HEADER_BYTES, index->page_size, sum);
    if (hf_get_be32(frame + 16) != sum[0] || hf_get_be32(frame + 20) != sum[1])
        return damaged(err, "a wrong checksum", number);
    if (!hf_get_be32(frame))
        return damaged(err, "no page number", number);
    return 0;
}

/* Where the reading goes on: at the log's beginning, or behind what was read before. */
static int start(sqlite3_file *log, const struct hf_wal_index *index,
                 const struct hf_log_position *at, uint32_t sum[2], struct hf_error *err)
{
    if (!at->frame)
        return read_header(log, index, sum, err);
    if (memcmp(at->salt, index->salt, sizeof index->salt))
        return damaged(err, "it was begun anew", at->frame);
    if (at->frame > index->max_frame)
        return damaged(err, "it lost what was published", at->frame);
    sum[0] = at->checksum[0];
    sum[1] = at->checksum[1];
    return 0;
}

int hf_log_frames_visit(sqlite3_file *log, const struct hf_wal_index *index,
                        struct hf_log_position *at, hf_log_visit *visit, void *context,
                        struct hf_error *err)
{
    if (!index->max_frame)
        return 0;
    const size_t frame_bytes = HF_FRAME_HEADER_BYTES + index->page_size;
    uint32_t done = at->frame, at_once = (uint32_t)(CHUNK_BYTES / frame_bytes), sum[2];
    if (start(log, index, at, sum, err))
        return -1;
    if (index->max_frame - done < at_once)
        at_once = index->max_frame - done;
    hf_auto_free uint8_t *chunk = malloc(at_once * frame_bytes + 1);
    if (!chunk)
        return hf_error_memory(err);
    while (done < index->max_frame) {
        uint32_t count = index->max_frame - done < at_once ? index->max_frame - done : at_once;
        if (read_log(log, chunk, count * frame_bytes,
                     HF_LOG_HEADER_BYTES + (sqlite3_int64)done * (sqlite3_int64)frame_bytes, err))
            return -1;
        for (const uint8_t *in = chunk; in < chunk + count * frame_bytes; in += frame_bytes) {
            done++;
            struct hf_log_frame frame = {done, hf_get_be32(in), index->page_size,
                                         hf_get_be32(in + 4), in + HF_FRAME_HEADER_BYTES};
            if (prove(in, done, index, sum, err) || (visit && visit(context, &frame, err)))
                return -1;
        }
    }
    if (sum[0] != index->checksum[0] || sum[1] != index->checksum[1])
        return damaged(err, "not the published checksum", index->max_frame);
    *at = (struct hf_log_position){.frame = done, .checksum = {sum[0], sum[1]}};
    memcpy(at->salt, index->salt, sizeof at->salt);
    return 0;
}
