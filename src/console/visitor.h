/*
 * Who asks: from where, over what, and what that person or machine may do.
 */
#ifndef HF_CONSOLE_VISITOR_H
#define HF_CONSOLE_VISITOR_H

#include <stdbool.h>

struct hf_login;

enum { HF_ID_TEXT = 17 }; /* 64 random bits in hexadecimal */

/* Each may do what those before it may; but tokens set nothing up, nor look at what is set up. */
enum hf_access {
    HF_ACCESS_ANYONE,
    HF_ACCESS_KNOWN,    /* any of those below; only ever wanted */
    HF_ACCESS_SETUP,    /* has the setup code, while there is no password yet; nothing else */
    HF_ACCESS_VIEWER,   /* signed in, or with a token */
    HF_ACCESS_OPERATOR, /* signed in, or with an operator's token */
    HF_ACCESS_OWNER,    /* signed in */
};

bool hf_access_is_enough(enum hf_access has, enum hf_access wanted);

/* "anyone", "known", "setup", "viewer", "operator", "owner"; another name is the owner's. */
const char *hf_access_name(enum hf_access access);
enum hf_access hf_access_named(const char *name);

struct hf_visitor {
    char address[64]; /* of the client, also behind a proxy that is trusted */
    char network[64]; /* what one party can have many addresses of: a /64 of IPv6, else the address
                       */
    bool is_https;    /* the client's own connection */
    enum hf_access access;
    struct hf_login *login; /* of the cookie, or NULL */
    char id[HF_ID_TEXT];    /* of the login or the token; "": a stranger */
    bool has_csrf;          /* its header fits the login */
};

#endif
