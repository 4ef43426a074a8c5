#include "console/microhttpd_library.h"

#include <dlfcn.h>
#include <stddef.h>

static const char library[] = "libmicrohttpd.so.12";

#define SYMBOL(name)                                                                               \
    {                                                                                              \
        "MHD_" #name, offsetof(struct hf_microhttpd_functions, name)                               \
    }

static const struct {
    const char *name;
    size_t place;
} symbols[] = {
    SYMBOL(start_daemon),
    SYMBOL(stop_daemon),
    SYMBOL(run),
    SYMBOL(get_timeout),
    SYMBOL(get_daemon_info),
    SYMBOL(get_connection_info),
    SYMBOL(lookup_connection_value),
    SYMBOL(get_connection_values),
    SYMBOL(create_response_from_buffer),
    SYMBOL(create_response_from_callback),
    SYMBOL(create_response_from_fd),
    SYMBOL(add_response_header),
    SYMBOL(queue_response),
    SYMBOL(destroy_response),
    SYMBOL(suspend_connection),
    SYMBOL(resume_connection),
};

struct hf_microhttpd_functions hf_microhttpd;

int hf_microhttpd_load(struct hf_error *err)
{
    void *loaded = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    for (size_t i = 0; loaded && i < sizeof symbols / sizeof *symbols; i++) {
        /* POSIX lets a function's address be read as an object's here. */
        void **place = (void **)((char *)&hf_microhttpd + symbols[i].place);
        *place = dlsym(loaded, symbols[i].name);
        if (!*place)
            loaded = NULL;
    }
    if (loaded)
        return 0;
    hf_error_set(err, HF_UNSUPPORTED, "there can be no console: %s", dlerror());
    return hf_error_hint(err, "install libmicrohttpd (Debian: libmicrohttpd12)");
}
