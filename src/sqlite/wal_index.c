#include "sqlite/wal_index.h"

#include <sched.h>
#include <stddef.h>
#include <string.h>

/* As SQLite keeps it, in the machine's byte order: two copies, then the checkpoint's facts. */
struct header {
    uint32_t version;
    uint32_t unused;
    uint32_t change;
    uint8_t initialised;
    uint8_t big_endian_checksum;
    uint16_t page_size; /* 1 means 65536 */
    uint32_t max_frame;
    uint32_t page_count;
    uint32_t frame_checksum[2];
    uint8_t salt[8];
    uint32_t checksum[2]; /* of the 40 bytes before */
};
_Static_assert(sizeof(struct header) == 48, "the wal-index header has 48 bytes");

struct shared {
    struct header copies[2];
    uint32_t backfilled;
    uint32_t marks[HF_READ_SLOTS];
};

enum { VERSION = 3007000, REGION_BYTES = 32768, ATTEMPTS = 1000 };

static inline uint32_t word_at(const uint8_t *bytes, bool swap)
{
    uint32_t word;
    memcpy(&word, bytes, sizeof word);
    return swap ? __builtin_bswap32(word) : word;
}

void hf_wal_checksum(bool big_endian, const uint8_t *bytes, size_t length, uint32_t sum[2])
{
    const bool swap = big_endian != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
    uint32_t a = sum[0], b = sum[1];
    for (size_t i = 0; i < length; i += 8) {
        a += word_at(bytes + i, swap) + b;
        b += word_at(bytes + i + 4, swap) + a;
    }
    sum[0] = a;
    sum[1] = b;
}

/* Other processes write here at any time: each word is fetched once. */
static void copy_header(struct header *out, const struct header *in)
{
    const volatile uint32_t *words = (const volatile uint32_t *)(const void *)in;
    uint32_t copy[sizeof *in / sizeof *words] = {0};
    for (size_t i = 0; i < sizeof copy / sizeof *copy; i++)
        copy[i] = words[i];
    memcpy(out, copy, sizeof copy);
}

static bool is_whole(const struct header *header)
{
    uint32_t sum[2] = {0, 0};
    hf_wal_checksum(__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__, (const uint8_t *)header,
                    offsetof(struct header, checksum), sum);
    return header->initialised && sum[0] == header->checksum[0] && sum[1] == header->checksum[1];
}

/* The writer fills the second copy first (https://www.sqlite.org/walformat.html, "the WAL-index
 * header"), so that both being equal means that neither is half written. */
static bool read_header(sqlite3_file *file, const struct shared *shared, struct header *out)
{
    struct header second;
    for (int i = 0; i < ATTEMPTS; i++) {
        copy_header(out, &shared->copies[0]);
        file->pMethods->xShmBarrier(file);
        copy_header(&second, &shared->copies[1]);
        if (!memcmp(out, &second, sizeof second) && is_whole(out))
            return true;
        sched_yield();
    }
    return false;
}

static const struct shared *map(sqlite3_file *file, struct hf_error *err)
{
    void volatile *region = NULL;
    int rc = file->pMethods->xShmMap(file, 0, REGION_BYTES, 0, &region);
    /* Read-only mappings come with SQLITE_READONLY. With _CANTINIT the connection has a private
     * index of its own instead, because it may not write to the -shm file and nobody else has it
     * open. */
    if (rc == SQLITE_READONLY_CANTINIT || !region) {
        hf_error_set(err, HF_IO, "the -shm file beside the database cannot be used: %s",
                     sqlite3_errstr(rc));
        hf_error_hint(err, "run as the owner of the database");
        return NULL;
    }
    return (const struct shared *)(uintptr_t)region;
}

enum hf_wal_index_read hf_wal_index_read(sqlite3_file *file, struct hf_wal_index *out,
                                         struct hf_error *err)
{
    const struct shared *shared = map(file, err);
    if (!shared)
        return HF_WAL_INDEX_FAILED;
    struct header header;
    if (!read_header(file, shared, &header))
        return HF_WAL_INDEX_TORN;
    if (header.version != VERSION) {
        hf_error_set(err, HF_UNSUPPORTED, "the database's log is shared in version %u, not %d",
                     header.version, VERSION);
        return HF_WAL_INDEX_FAILED;
    }
    uint32_t page_size = header.page_size == 1 ? 65536 : header.page_size;
    if (header.max_frame && (page_size < 512 || (page_size & (page_size - 1)))) {
        hf_error_set(err, HF_CORRUPT, "the database's -shm file has a page size of %u", page_size);
        return HF_WAL_INDEX_FAILED;
    }
    file->pMethods->xShmBarrier(file);
    *out = (struct hf_wal_index){
        .page_size = page_size,
        .max_frame = header.max_frame,
        .page_count = header.page_count,
        .big_endian = header.big_endian_checksum,
        .checksum = {header.frame_checksum[0], header.frame_checksum[1]},
        .backfilled = *(const volatile uint32_t *)&shared->backfilled,
    };
    for (size_t i = 0; i < HF_READ_SLOTS; i++)
        out->marks[i] = *(const volatile uint32_t *)&shared->marks[i];
    memcpy(out->salt, header.salt, sizeof out->salt);
    return HF_WAL_INDEX_READ;
}
