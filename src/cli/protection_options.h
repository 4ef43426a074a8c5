/*
 * The options that `run` and `replicate` have alike.
 */
#ifndef HF_CLI_PROTECTION_OPTIONS_H
#define HF_CLI_PROTECTION_OPTIONS_H

/* Rows of a table of struct hf_option: a macro, as C takes no row from another table. */
/* clang-format off */
#define HF_PROTECTION_OPTIONS                                                                      \
    {"sync-interval", 0, "TIME", "commits are in the repository within it (1s)"},                  \
    {"gentle", 0, NULL, "never take the write lock, not even for a moment"},                   \
    {"stop-timeout", 0, "TIME", "how long stopping may take altogether (9s)"},                  \
    {"keep", 0, "RULE", "what is kept of the past: light, standard, long, or a rule"},             \
    {"keep-zone", 0, "ZONE", "whose days the rule means: utc (default) or local"}
/* clang-format on */

#endif
