#include "history/segment_name.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

void hf_segment_name_format(char out[HF_SEGMENT_NAME_TEXT], const struct hf_segment_name *name)
{
    int used = snprintf(out, HF_SEGMENT_NAME_TEXT,
                        "%u/%016" PRIx64 "-%016" PRIx64 ".%08" PRIx32 ".%013" PRId64, name->level,
                        name->from, name->to, name->epoch, name->time);
    if (name->part)
        snprintf(out + used, HF_SEGMENT_NAME_TEXT - (size_t)used, ".p%u", name->part);
}

/* As "%0<width>" prints it, so that no two texts are the same number. */
static bool decimal(const char **text, int width, uint64_t limit, uint64_t *value)
{
    uint64_t number = 0;
    const char *c = *text;
    for (; *c >= '0' && *c <= '9' && number <= limit; c++)
        number = number * 10 + (uint64_t)(*c - '0');
    if (c - *text < width || (c - *text > width && **text == '0') || number > limit)
        return false;
    *text = c;
    *value = number;
    return true;
}

bool hf_segment_name_parse(struct hf_segment_name *out, const char *text)
{
    struct hf_segment_name name = {0};
    uint64_t level, epoch, time, part = 0;
    const char *at = text;
    if (!decimal(&at, 1, UINT8_MAX, &level) || *at++ != '/' || !hf_hex_number(at, 16, &name.from) ||
        at[16] != '-' || !hf_hex_number(at + 17, 16, &name.to) || at[33] != '.' ||
        !hf_hex_number(at + 34, 8, &epoch) || at[42] != '.')
        return false;
    at += 43;
    if (!decimal(&at, 13, INT64_MAX / 16, &time))
        return false;
    if (*at && (strncmp(at, ".p", 2) || (at += 2, !decimal(&at, 1, UINT16_MAX, &part)) || !part))
        return false;
    if (*at || !name.from || name.from > name.to)
        return false;
    name.level = (uint8_t)level;
    name.epoch = (uint32_t)epoch;
    name.time = (int64_t)time;
    name.part = (uint16_t)part;
    *out = name;
    return true;
}

bool hf_segment_name_same(const struct hf_segment_name *a, const struct hf_segment_name *b)
{
    return a->level == b->level && a->epoch == b->epoch && a->from == b->from && a->to == b->to &&
           a->time == b->time;
}

bool hf_segment_name_same_point(const struct hf_segment_name *a, const struct hf_segment_name *b)
{
    return a->to == b->to && a->time == b->time && a->epoch == b->epoch;
}
