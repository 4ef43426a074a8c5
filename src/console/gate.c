#include "console/gate.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "console/console_state.h"
#include "console/entrance.h"
#include "console/microhttpd_library.h"
#include "console/origin.h"
#include "console/route.h"

static const char secure_cookie[] = "__Host-holdfast", plain_cookie[] = "holdfast";

static void address_text(char out[64], const struct sockaddr *address)
{
    const void *bytes = address->sa_family == AF_INET6
                            ? (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr
                            : (const void *)&((const struct sockaddr_in *)address)->sin_addr;
    if (address->sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)bytes))
        inet_ntop(AF_INET, (const char *)bytes + 12, out, 64);
    else if (!inet_ntop(address->sa_family, bytes, out, 64))
        out[0] = '\0';
}

/* The last address in "client, proxy, proxy" that is no trusted proxy. */
static void forwarded_for(char out[64], const char *header, const char *proxies)
{
    const char *end = header + strlen(header);
    while (end > header) {
        const char *begin = end;
        char one[64];
        while (begin > header && begin[-1] != ',')
            begin--;
        const char *from = begin + strspn(begin, " ");
        size_t length = (size_t)(end - from);
        while (length && from[length - 1] == ' ')
            length--;
        if (!length || length >= sizeof one)
            return;
        snprintf(one, sizeof one, "%.*s", (int)length, from);
        snprintf(out, 64, "%s", one);
        if (!hf_address_is_in(one, proxies))
            return;
        end = begin > header ? begin - 1 : begin;
    }
}

static void see_network(struct hf_visitor *visitor)
{
    struct in6_addr address;
    snprintf(visitor->network, sizeof visitor->network, "%s", visitor->address);
    if (inet_pton(AF_INET6, visitor->address, &address) != 1)
        return;
    memset(&address.s6_addr[8], 0, 8);
    inet_ntop(AF_INET6, &address, visitor->network, sizeof visitor->network);
}

static enum MHD_Result add_line(void *context, enum MHD_ValueKind kind, const char *name,
                                const char *value)
{
    struct hf_buf *lines = context;
    (void)kind;
    if (value && !strcasecmp(name, "X-Forwarded-For"))
        hf_buf_print(lines, NULL, "%s%s", lines->length ? ", " : "", value);
    return MHD_YES;
}

/* All lines are one list: a proxy may add its own below what came with the request. */
static void see_forwarded(struct hf_exchange *exchange, const char *proxies)
{
    hf_auto(hf_buf) struct hf_buf lines = {0};
    hf_microhttpd.get_connection_values(exchange->connection, MHD_HEADER_KIND, add_line, &lines);
    if (lines.length)
        forwarded_for(exchange->visitor.address, (const char *)lines.data, proxies);
}

/* Where the client is, and over what it came: as a proxy says, where that is trusted. */
static void see(struct hf_exchange *exchange)
{
    struct hf_visitor *visitor = &exchange->visitor;
    const char *proxies = exchange->console->config->values[HF_SETTING_TRUSTED_PROXIES].text;
    const union MHD_ConnectionInfo *info =
        hf_microhttpd.get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (info && info->client_addr)
        address_text(visitor->address, info->client_addr);
    if (hf_address_is_in(visitor->address, proxies)) {
        const char *scheme = hf_exchange_header(exchange, "X-Forwarded-Proto");
        visitor->is_https = scheme && !strcasecmp(scheme, "https");
        see_forwarded(exchange, proxies);
    }
    see_network(visitor);
}

static void recognise_login(struct hf_exchange *exchange)
{
    struct hf_visitor *visitor = &exchange->visitor;
    struct hf_credentials *credentials = &exchange->console->credentials;
    const char *cookie =
        hf_exchange_cookie(exchange, visitor->is_https ? secure_cookie : plain_cookie);
    const char *csrf = hf_exchange_header(exchange, "X-Holdfast-CSRF");
    struct hf_login *login = cookie ? hf_login_find(credentials, cookie) : NULL;
    /* The setup ends when there is a password. */
    if (!login || (login->is_setup && credentials->password[0]))
        return;
    visitor->login = login;
    memcpy(visitor->id, login->id, sizeof visitor->id);
    visitor->access = login->is_setup ? HF_ACCESS_SETUP : HF_ACCESS_OWNER;
    visitor->has_csrf = csrf && !strcmp(csrf, login->csrf);
}

/* A machine sends no cookie and no origin, and needs no CSRF token. */
static void recognise_token(struct hf_exchange *exchange, const char *authorization)
{
    struct hf_visitor *visitor = &exchange->visitor;
    if (strncasecmp(authorization, "Bearer ", 7))
        return;
    const struct hf_token *token =
        hf_token_find(&exchange->console->credentials, authorization + 7);
    if (token) {
        visitor->access = token->access;
        memcpy(visitor->id, token->id, sizeof visitor->id);
        visitor->has_csrf = true;
    }
}

/* Is it asked by a page of ours, or by no page at all? */
static bool is_same_site(const struct hf_exchange *exchange)
{
    const char *url = hf_console_url(exchange->console);
    const char *site = hf_exchange_header(exchange, "Sec-Fetch-Site");
    const char *origin = hf_exchange_header(exchange, "Origin");
    if (site && strcmp(site, "same-origin") && strcmp(site, "none"))
        return false;
    return !origin || hf_origin_is_ours(origin, hf_exchange_header(exchange, "Host"), url);
}

static void refuse_access(struct hf_exchange *exchange)
{
    enum hf_access has = exchange->visitor.access;
    if (has == HF_ACCESS_VIEWER || has == HF_ACCESS_OPERATOR)
        hf_exchange_refuse(exchange, 403, "refused", "this token may not do that");
    else
        hf_exchange_refuse(exchange, 401, "unauthenticated",
                           exchange->route->access == HF_ACCESS_SETUP
                               ? "the setup code is needed first"
                               : "sign in first");
}

/* The base path is a prefix of everything. */
static bool strip_base(struct hf_exchange *exchange)
{
    const char *base = exchange->console->base;
    size_t length = strlen(base);
    if (strncmp(exchange->path, base, length) || (length && exchange->path[length] != '/'))
        return false;
    memmove((char *)(uintptr_t)exchange->path, exchange->path + length,
            strlen(exchange->path + length) + 1);
    return true;
}

void hf_gate_admit(struct hf_exchange *exchange)
{
    char allowed[64] = "";
    const char *authorization = hf_exchange_header(exchange, "Authorization");
    hf_entrance_refresh(exchange->console);
    see(exchange);
    if (!hf_host_is_ours(hf_exchange_header(exchange, "Host"), hf_console_url(exchange->console))) {
        hf_exchange_refuse(exchange, 421, "refused",
                           "this name is not the console's: set HOLDFAST_URL to the address that "
                           "you use");
        return;
    }
    if (!strip_base(exchange) || !exchange->path ||
        !(exchange->route = hf_route_find(exchange, allowed))) {
        bool is_known = exchange->path && allowed[0];
        hf_exchange_refuse(exchange, is_known ? 405 : 404, is_known ? "usage" : "not_found",
                           is_known ? "not with this method" : "there is nothing here");
        if (is_known)
            hf_exchange_add_header(exchange, "Allow", allowed);
        return;
    }
    if (authorization)
        recognise_token(exchange, authorization);
    else
        recognise_login(exchange);
    bool changes = hf_route_changes(exchange->route);
    if (changes && !is_same_site(exchange))
        hf_exchange_refuse(exchange, 403, "refused", "asked from a page of another site");
    else if (!hf_access_is_enough(exchange->visitor.access, exchange->route->access))
        refuse_access(exchange);
    else if (changes && exchange->route->access != HF_ACCESS_ANYONE && !exchange->visitor.has_csrf)
        hf_exchange_refuse(exchange, 403, "refused", "the page is too old: load it again");
}

bool hf_gate_is_still_in(struct hf_exchange *exchange)
{
    const struct hf_login *before = exchange->visitor.login;
    hf_entrance_refresh(exchange->console);
    exchange->visitor.login = NULL;
    exchange->visitor.access = HF_ACCESS_ANYONE;
    recognise_login(exchange);
    return before && exchange->visitor.login == before &&
           exchange->visitor.access == HF_ACCESS_OWNER;
}

bool hf_gate_require_still_in(struct hf_exchange *exchange)
{
    if (hf_gate_is_still_in(exchange))
        return true;
    hf_exchange_refuse(exchange, 401, "unauthenticated", "sign in first");
    return false;
}

void hf_gate_set_cookie(struct hf_exchange *exchange, const char *cookie)
{
    char header[256];
    bool is_https = exchange->visitor.is_https;
    const char *base = exchange->console->base;
    /* A __Host- cookie must be for the whole host. */
    snprintf(header, sizeof header, "%s=%s; Path=%s; HttpOnly; SameSite=Strict%s%s",
             is_https ? secure_cookie : plain_cookie, cookie ? cookie : "",
             is_https || !*base ? "/" : base, is_https ? "; Secure" : "",
             cookie ? "; Max-Age=2592000" : "; Max-Age=0");
    hf_exchange_add_header(exchange, "Set-Cookie", header);
}
