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

static bool decimal(const char **text, uint64_t limit, uint64_t *value)
{
    uint64_t number = 0;
    const char *c = *text;
    for (; *c >= '0' && *c <= '9' && number <= limit; c++)
        number = number * 10 + (uint64_t)(*c - '0');
    if (c == *text || number > limit)
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
    if (!decimal(&at, UINT8_MAX, &level) || *at++ != '/' || !hf_hex_number(at, 16, &name.from) ||
        at[16] != '-' || !hf_hex_number(at + 17, 16, &name.to) || at[33] != '.' ||
        !hf_hex_number(at + 34, 8, &epoch) || at[42] != '.')
        return false;
    at += 43;
    if (!decimal(&at, INT64_MAX / 16, &time))
        return false;
    if (*at && (strncmp(at, ".p", 2) || (at += 2, !decimal(&at, UINT16_MAX, &part)) || !part))
        return false;
    name.level = (uint8_t)level;
    name.epoch = (uint32_t)epoch;
    name.time = (int64_t)time;
    name.part = (uint16_t)part;
    char again[HF_SEGMENT_NAME_TEXT];
    hf_segment_name_format(again, &name);
    if (strcmp(again, text) || !name.from || name.from > name.to)
        return false;
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
