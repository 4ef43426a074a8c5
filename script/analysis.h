/*
 * Included before every file that clang-tidy reads: a static analyser sees one file at a time and
 * cannot know that these always return -1, so that it would follow paths that do not exist.
 */
#include "base/error.h"
#include "sqlite/connection.h"

#define hf_error_set(...) ((hf_error_set)(__VA_ARGS__), -1)
#define hf_error_sys(...) ((hf_error_sys)(__VA_ARGS__), -1)
#define hf_error_memory(...) ((hf_error_memory)(__VA_ARGS__), -1)
#define hf_error_wrap(...) ((hf_error_wrap)(__VA_ARGS__), -1)
#define hf_error_hint(...) ((hf_error_hint)(__VA_ARGS__), -1)
#define hf_connection_error(...) ((hf_connection_error)(__VA_ARGS__), -1)
