/*
 * The embedded pages. Every path of a page is the same document, which shows what its address says.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "console/api.h"
#include "console/assets.h"
#include "console/console_state.h"

static const struct hf_asset *find(const char *path)
{
    for (size_t i = 0; i < hf_console_assets_count; i++)
        if (!strcmp(hf_console_assets[i].path, path))
            return &hf_console_assets[i];
    return NULL;
}

/* Does a list like "gzip, br;q=0.5" have this coding, and not with q=0? */
static bool accepts(const char *list, const char *coding)
{
    size_t length = strlen(coding);
    while (list && *list) {
        list += strspn(list, ", ");
        size_t name = strcspn(list, ",; ");
        const char *end = list + strcspn(list, ",");
        if (name == length && !strncmp(list, coding, length)) {
            const char *q = strstr(list, "q=0");
            bool is_none = q && q < end && strspn(q + 2, "0.") == (size_t)(end - (q + 2));
            return !is_none;
        }
        list = end;
    }
    return false;
}

static void reply(struct hf_exchange *exchange, const struct hf_asset *asset)
{
    const char *accepted = hf_exchange_header(exchange, "Accept-Encoding");
    bool brotli = asset->brotli.bytes && accepts(accepted, "br");
    const struct hf_asset_form *form = brotli ? &asset->brotli : &asset->gzip;
    if (!brotli && !accepts(accepted, "gzip"))
        hf_exchange_refuse(exchange, 406, "unsupported", "this needs a browser that takes gzip");
    else
        hf_exchange_reply_static(exchange, asset->type, form->bytes, form->length,
                                 brotli ? "br" : "gzip", asset->immutable);
}

/* With the base path in the places that the page has for it. */
static void reply_page(struct hf_exchange *exchange, const struct hf_asset *asset)
{
    static const char place[] = "{{base}}";
    hf_auto(hf_buf) struct hf_buf page = {0};
    const char *at = (const char *)asset->plain.bytes, *end = at + asset->plain.length;
    while (at < end) {
        const char *found = memmem(at, (size_t)(end - at), place, sizeof place - 1);
        const char *stop = found ? found : end;
        if (hf_buf_append(&page, at, (size_t)(stop - at), NULL) ||
            (found &&
             hf_buf_append(&page, exchange->console->base, strlen(exchange->console->base), NULL)))
            break;
        at = found ? found + sizeof place - 1 : end;
    }
    if (at < end || hf_buf_append(&page, "", 1, NULL))
        hf_exchange_refuse(exchange, 500, "no_memory", "out of memory");
    else
        hf_exchange_reply_text(exchange, asset->type, (const char *)page.data);
}

static void get_page(struct hf_exchange *exchange)
{
    reply_page(exchange, find("/index.html"));
}

/* An address that a person mistyped: the page says so. */
static void get_missing(struct hf_exchange *exchange)
{
    const char *accepted = hf_exchange_header(exchange, "Accept");
    if (accepted && strstr(accepted, "text/html"))
        get_page(exchange);
    else
        hf_exchange_refuse(exchange, 404, "not_found", "there is nothing here");
}

static void get_asset(struct hf_exchange *exchange)
{
    const struct hf_asset *asset = find(exchange->path);
    if (asset && !asset->plain.bytes)
        reply(exchange, asset);
    else
        hf_exchange_refuse(exchange, 404, "not_found", "there is nothing here");
}

const struct hf_route hf_page_routes[] = {
    {"GET", "/assets/{name}", HF_ACCESS_ANYONE, HF_BODY_NONE, get_asset},
    {"GET", "/", HF_ACCESS_ANYONE, HF_BODY_NONE, get_page},
    {"GET", "/setup", HF_ACCESS_ANYONE, HF_BODY_NONE, get_page},
    {"GET", "/points", HF_ACCESS_ANYONE, HF_BODY_NONE, get_page},
    {"GET", "/restore", HF_ACCESS_ANYONE, HF_BODY_NONE, get_page},
    {"GET", "/data", HF_ACCESS_ANYONE, HF_BODY_NONE, get_page},
    {"GET", "/settings", HF_ACCESS_ANYONE, HF_BODY_NONE, get_page},
    {"GET", "/{page}", HF_ACCESS_ANYONE, HF_BODY_NONE, get_missing},
    {0}};
