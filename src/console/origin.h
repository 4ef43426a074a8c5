/*
 * Which requests come from the console's own pages, by the names that it goes by. Pure.
 *
 * Against DNS rebinding: a page of another site whose name was made to point here sends that name
 * as Host. Against requests across sites: Origin and Sec-Fetch-Site (Fetch standard,
 * "Sec-Fetch-*").
 */
#ifndef HF_CONSOLE_ORIGIN_H
#define HF_CONSOLE_ORIGIN_H

#include <stdbool.h>

/* A Host header that may be answered: an address literal, localhost, or the host of `url` (which
 * may be NULL); any port. */
bool hf_host_is_ours(const char *host, const char *url);

/* An Origin header ("https://host:port") for a request with that Host, over that scheme. Behind a
 * proxy that ends TLS the scheme of `url` counts. */
bool hf_origin_is_ours(const char *origin, const char *host, const char *url);

/* "/hold" of "https://example.org/hold/"; "" when it has no path, or `url` is NULL. Caller frees;
 * NULL: no memory. */
char *hf_base_path(const char *url);

/* Is `address` in the list "127.0.0.1, 10.0.0.0/8, ::1"? */
bool hf_address_is_in(const char *address, const char *list);

#endif
