/*
 * libcurl, loaded when something is first asked over HTTP. Most runs of the program ask nothing,
 * and libcurl with the libraries that it needs (some thirty) would be most of their start.
 */
#ifndef HF_SERVICE_CURL_LIBRARY_H
#define HF_SERVICE_CURL_LIBRARY_H

#include <curl/curl.h>

#include "base/error.h"

/* Its functions, each as curl/curl.h declares it; there once hf_curl_load has returned 0. */
extern struct hf_curl_functions {
    __typeof__(curl_global_init) *global_init;
    __typeof__(curl_easy_init) *easy_init;
    __typeof__(curl_easy_reset) *easy_reset;
    __typeof__(curl_easy_setopt) *easy_setopt;
    __typeof__(curl_easy_perform) *easy_perform;
    __typeof__(curl_easy_getinfo) *easy_getinfo;
    __typeof__(curl_easy_strerror) *easy_strerror;
    __typeof__(curl_easy_cleanup) *easy_cleanup;
    __typeof__(curl_slist_append) *slist_append;
    __typeof__(curl_slist_free_all) *slist_free_all;
    __typeof__(curl_url) *url;
    __typeof__(curl_url_set) *url_set;
    __typeof__(curl_url_get) *url_get;
    __typeof__(curl_url_cleanup) *url_cleanup;
    __typeof__(curl_free) *free;
} hf_curl;

/* Loads and initialises it, once. HF_UNSUPPORTED when it is not installed, or is too old. May be
 * called from several threads. */
int hf_curl_load(struct hf_error *err);

#endif
