/*
 * A row's place among the rows of its table: the values of what they are ordered by, or a number
 * where they can only be counted through. As a text it goes into addresses.
 */
#ifndef HF_SQLITE_LOOK_PLACE_H
#define HF_SQLITE_LOOK_PLACE_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sqlite/look_table.h"

struct hf_look_place {
    sqlite3_value *values[HF_LOOK_MOST_KEYS]; /* owned */
    size_t count;                             /* 0: the offset */
    int64_t offset;
};

void hf_look_place_release(struct hf_look_place *place);
HF_AUTO_RELEASE(hf_look_place)

/* Takes copies of `count` values. What was there is released. */
int hf_look_place_take(struct hf_look_place *place, sqlite3_value *const *values, size_t count,
                       struct hf_error *err);

/*
 * "i-7", "r0x1.8p+1", "t616263", "b00ff", "n", joined by '.'; "o200" is an offset. Caller frees.
 * NULL: HF_NO_MEMORY, or HF_UNSUPPORTED for a key that is too long for an address.
 */
char *hf_look_place_text(const struct hf_look_place *place, struct hf_error *err);

/* HF_USAGE for a text that is none of this table's places. `look` lends its values. */
int hf_look_place_parse(struct hf_look_place *out, struct hf_look *look,
                        const struct hf_look_table *table, const char *text, struct hf_error *err);

#endif
