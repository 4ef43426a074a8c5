#ifndef HF_CONSOLE_ASSETS_H
#define HF_CONSOLE_ASSETS_H

#include <stdbool.h>
#include <stddef.h>

/* The console's pages, embedded: web/ is their source, script/build-web makes the definitions. */

struct hf_asset_form {
    const unsigned char *bytes; /* NULL: there is no such form */
    size_t length;
};

struct hf_asset {
    const char *path; /* below the base path: "/assets/app-MOK4T7QX.js" */
    const char *type; /* the Content-Type */
    bool immutable;   /* its name changes with its content: may be cached for ever */
    /* A page has only the plain form, with each "{{base}}" to be replaced by the base path ("" or
     * "/holdfast", escaped for an attribute); anything else only the compressed ones. */
    struct hf_asset_form plain;
    struct hf_asset_form gzip;
    struct hf_asset_form brotli;
};

/* In order of the path. "/index.html" is the answer to every path of a page. */
extern const struct hf_asset hf_console_assets[];
extern const size_t hf_console_assets_count;

#endif
