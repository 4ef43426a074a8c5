#include "service/curl_library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>

static const char library[] = "libcurl.so.4";

static const struct {
    const char *name;
    size_t place;
} symbols[] = {
    {"curl_global_init", offsetof(struct hf_curl_functions, global_init)},
    {"curl_easy_init", offsetof(struct hf_curl_functions, easy_init)},
    {"curl_easy_reset", offsetof(struct hf_curl_functions, easy_reset)},
    {"curl_easy_setopt", offsetof(struct hf_curl_functions, easy_setopt)},
    {"curl_easy_perform", offsetof(struct hf_curl_functions, easy_perform)},
    {"curl_easy_getinfo", offsetof(struct hf_curl_functions, easy_getinfo)},
    {"curl_easy_strerror", offsetof(struct hf_curl_functions, easy_strerror)},
    {"curl_easy_cleanup", offsetof(struct hf_curl_functions, easy_cleanup)},
    {"curl_slist_append", offsetof(struct hf_curl_functions, slist_append)},
    {"curl_slist_free_all", offsetof(struct hf_curl_functions, slist_free_all)},
    {"curl_url", offsetof(struct hf_curl_functions, url)},
    {"curl_url_set", offsetof(struct hf_curl_functions, url_set)},
    {"curl_url_get", offsetof(struct hf_curl_functions, url_get)},
    {"curl_url_cleanup", offsetof(struct hf_curl_functions, url_cleanup)},
    {"curl_free", offsetof(struct hf_curl_functions, free)},
};

struct hf_curl_functions hf_curl;

static char failure[256]; /* why it could not be loaded, or "" */

static void load(void)
{
    void *loaded = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    for (size_t i = 0; loaded && i < sizeof symbols / sizeof *symbols; i++) {
        /* POSIX lets a function's address be read as an object's here. */
        void **place = (void **)((char *)&hf_curl + symbols[i].place);
        *place = dlsym(loaded, symbols[i].name);
        if (!*place)
            loaded = NULL;
    }
    if (!loaded)
        snprintf(failure, sizeof failure, "%s", dlerror());
    else if (hf_curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        snprintf(failure, sizeof failure, "%s does not start", library);
}

int hf_curl_load(struct hf_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    if (!failure[0])
        return 0;
    hf_error_set(err, HF_UNSUPPORTED, "nothing can be asked over HTTP: %s", failure);
    return hf_error_hint(err, "install libcurl (Debian: libcurl4)");
}
