/*
 * What went wrong, where, and what to do about it.
 *
 * A function that can fail returns 0/-1 (or NULL) and takes `struct hf_error *err`
 * last. It is filled where the failure is detected and wrapped only with what the
 * callee could not know, so that `text` reads "outer: inner: cause". Callers branch on
 * `code`, never on `text`. A successful call leaves it untouched. Nothing here allocates.
 * `err` may be NULL where a caller does not care.
 */
#ifndef HF_BASE_ERROR_H
#define HF_BASE_ERROR_H

enum hf_code {
    HF_OK = 0,
    HF_FAILED, /* anything without a code of its own */
    HF_NO_MEMORY,
    HF_IO,       /* the system refused: see `sys` */
    HF_NO_SPACE, /* disk full, quota, file size limit */
    HF_NOT_FOUND,
    HF_EXISTS,      /* put-if-absent found something */
    HF_USAGE,       /* wrong command line */
    HF_CONFIG,      /* wrong setting */
    HF_LOCKED,      /* somebody else holds what is needed */
    HF_UNREACHABLE, /* the repository cannot be talked to */
    HF_CORRUPT,     /* bytes are not what they were: verification failed */
    HF_WRONG_KEY,
    HF_STALE,       /* protection is older than it should be */
    HF_REFUSED,     /* possible, but would harm; the hint says how to insist */
    HF_UNSUPPORTED, /* newer format, feature not known here */
};

/* "wrong_key": the code as JSON, scripts and other processes see it. */
const char *hf_code_name(enum hf_code code);

/* HF_FAILED for a name that is none. */
enum hf_code hf_code_of_name(const char *name);

struct hf_error {
    enum hf_code code;
    int sys;           /* errno, or 0 */
    char op[32];       /* the operation: "open", "fsync" */
    char subject[256]; /* path, key, table; shortened in the middle when longer */
    char text[1024];   /* one line, control characters escaped */
    char hint[384];    /* what to do, or "" */
    char typed[96];    /* what does it on a command line, or "": no part of the hint */
};

/* Fills `err` and returns -1, so that a failure is `return hf_error_set(...)`. */
int hf_error_set(struct hf_error *err, enum hf_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A failed system call: code from `sys` (ENOSPC, EDQUOT, EFBIG: no space; ENOENT, ENOTDIR:
 * not found; EEXIST: exists; ENOMEM; else I/O), text "<op> '<subject>': <strerror>". Returns -1. */
int hf_error_sys(struct hf_error *err, int sys, const char *op, const char *subject);

/* Hands on an error that was kept aside to look at its code. Returns -1. */
int hf_error_pass(struct hf_error *err, const struct hf_error *found);

/* Out of memory. Returns -1. */
int hf_error_memory(struct hf_error *err);

/* Puts "<outer>: " before the text; the code stays. Returns -1. */
int hf_error_wrap(struct hf_error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Says what to do; the innermost hint wins. Returns -1. */
int hf_error_hint(struct hf_error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same, with what does it on a command line ("--to, --overwrite"), which nobody can type in a
 * browser: the hint makes sense without it. */
int hf_error_hint_typed(struct hf_error *err, const char *typed, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The hint for who has a command line: "make room, or restore to another disk (--to)". */
enum { HF_TYPED_HINT = 512 };
const char *hf_error_typed_hint(char out[HF_TYPED_HINT], const struct hf_error *err);

#endif
