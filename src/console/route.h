/*
 * The table of everything that can be asked. What is not in it is refused: nothing is served by
 * accident.
 */
#ifndef HF_CONSOLE_ROUTE_H
#define HF_CONSOLE_ROUTE_H

#include "console/exchange.h"

/* What the body of a request is: a JSON object of at most 64 KiB with these members
 * (console/body_shape.h), or one of these. */
#define HF_BODY_NONE NULL
extern const char HF_BODY_FILE[]; /* streamed to disk under a name of the server's */

struct hf_route {
    const char *method; /* NULL ends a table */
    const char *path;   /* "/api/v1/databases/{database}/points" */
    enum hf_access access;
    const char *body;
    void (*handle)(struct hf_exchange *exchange);
};

/* The tables, each where its handlers are; ends with NULL. */
extern const struct hf_route *const hf_route_tables[];

/* What fits the exchange's method and path; fills its parameters. NULL when nothing does; `allowed`
 * then holds the methods that the path knows ("GET, POST"), or "". */
const struct hf_route *hf_route_find(struct hf_exchange *exchange, char allowed[64]);

/* Whether a request that changes something needs the session's CSRF token and an origin of ours. */
bool hf_route_changes(const struct hf_route *route);

#endif
