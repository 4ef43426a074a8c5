/*
 * A value of SQLite as JSON that a page can show: what JSON cannot say, or what is long, becomes an
 * object that tells what it is.
 *
 *   null, numbers, short texts       as they are
 *   {"type":"integer","text":"..."}  beyond 2^53, where JavaScript's numbers end
 *   {"type":"real","text":"Inf"}     what JSON has no number for
 *   {"type":"text","text":"...","length":N,"cut":true,"altered":true}
 *                                    the first bytes of N; altered: not all of it was UTF-8
 *   {"type":"blob","length":N,"hex":"...","cut":true}
 *   {"type":"masked"}                a secret, which was not read
 */
#ifndef HF_SERVICE_BROWSE_VALUE_H
#define HF_SERVICE_BROWSE_VALUE_H

#include <jansson.h>
#include <stddef.h>

#include "sqlite/look.h"

struct hf_browse_lengths {
    size_t text, blob; /* bytes that are shown */
};

/* `shown` grows by about what it takes. NULL: no memory. */
json_t *hf_browse_value(sqlite3_stmt *row, int column, const struct hf_browse_lengths *most,
                        size_t *shown);
json_t *hf_browse_masked(void);

/* A text that is all shown: what is no UTF-8 in it, and NUL, becomes U+FFFD. NULL gives null. */
json_t *hf_browse_text(const char *text, size_t length);

#endif
