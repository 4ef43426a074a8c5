/*
 * Names of segment objects: segments/<L>/<from>-<to>.<epoch>.<time>[.p<k>] (docs/format.md,
 * "Names"). Pure.
 */
#ifndef HF_HISTORY_SEGMENT_NAME_H
#define HF_HISTORY_SEGMENT_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HF_SEGMENT_NAME_TEXT = 80 };

struct hf_segment_name {
    uint8_t level;
    uint32_t epoch;
    uint64_t from, to; /* sequence numbers, from 1 */
    int64_t time;      /* ms */
    uint16_t part;     /* 0: the closing part, which makes the point */
};

/* "0/0000000000000001-0000000000000001.00000001.1795000000000" */
void hf_segment_name_format(char out[HF_SEGMENT_NAME_TEXT], const struct hf_segment_name *name);

/* Takes exactly what format gives; false for anything else. */
bool hf_segment_name_parse(struct hf_segment_name *out, const char *text);

/* The same segment, whatever the part. */
bool hf_segment_name_same(const struct hf_segment_name *a, const struct hf_segment_name *b);

/* Both end at the same restore point: one is the other, or was merged from it. */
bool hf_segment_name_same_point(const struct hf_segment_name *a, const struct hf_segment_name *b);

#endif
