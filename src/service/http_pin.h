/*
 * The host of an address, looked up once, checked, and held to for one request: a name that is
 * another machine's when it is asked for again (DNS rebinding) leads nowhere.
 */
#ifndef HF_SERVICE_HTTP_PIN_H
#define HF_SERVICE_HTTP_PIN_H

#include "service/curl_library.h"

enum hf_pin_result {
    HF_PIN_GOOD,
    HF_PIN_NO_HOST,   /* the name is nobody's */
    HF_PIN_FORBIDDEN, /* service/forbidden_address.h */
    HF_PIN_FAILED,    /* not an address, or no memory */
};

/* Sets what holds `curl` to the addresses that `url`'s host has now, none of them forbidden: no
 * second look-up, no proxy, no connection of an earlier request, no redirect. `*list` is for as
 * long as the request runs, and for hf_curl.slist_free_all then. */
enum hf_pin_result hf_http_pin(CURL *curl, const char *url, struct curl_slist **list);

#endif
