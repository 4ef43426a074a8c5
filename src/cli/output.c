#include "cli/output.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"

int hf_exit_code(enum hf_code code)
{
    static const int codes[] = {
        [HF_OK] = 0,        [HF_FAILED] = 1,    [HF_NO_MEMORY] = 1,   [HF_IO] = 1,
        [HF_NO_SPACE] = 1,  [HF_NOT_FOUND] = 1, [HF_EXISTS] = 1,      [HF_USAGE] = 2,
        [HF_CONFIG] = 3,    [HF_LOCKED] = 4,    [HF_UNREACHABLE] = 5, [HF_CORRUPT] = 6,
        [HF_WRONG_KEY] = 7, [HF_STALE] = 8,     [HF_REFUSED] = 9,     [HF_UNSUPPORTED] = 1,
    };
    return codes[code];
}

void hf_print_error(FILE *out, const struct hf_error *err)
{
    char hint[HF_TYPED_HINT];
    fprintf(out, "holdfast: %s\n", err->text);
    if (err->hint[0])
        fprintf(out, "  hint: %s\n", hf_error_typed_hint(hint, err));
}

const char *hf_format_moment(char *out, size_t size, int64_t time, int64_t now)
{
    char local[48], age[32];
    snprintf(out, size, "%s (%s)", hf_time_local(local, sizeof local, time),
             hf_time_age(age, sizeof age, time, now));
    return out;
}

const char *hf_format_count(char *out, size_t size, uint64_t count, const char *thing)
{
    snprintf(out, size, "%" PRIu64 " %s%s", count, thing, count == 1 ? "" : "s");
    return out;
}

json_t *hf_json_root(const char *verb)
{
    json_t *root = hf_json_new();
    json_t *head = hf_json_object(root, "holdfast");
    hf_json_text(head, "version", HF_VERSION);
    hf_json_text(head, "verb", verb);
    return root;
}

void hf_json_error(json_t *object, const struct hf_error *err)
{
    char hint[HF_TYPED_HINT];
    json_t *error = hf_json_object(object, "error");
    hf_json_text(error, "code", hf_code_name(err->code));
    hf_json_integer(error, "exit", hf_exit_code(err->code));
    hf_json_text(error, "text", err->text);
    hf_json_text(error, "hint", err->hint[0] ? hf_error_typed_hint(hint, err) : NULL);
}

int hf_json_print(json_t *root, FILE *out, struct hf_error *err)
{
    int failed = json_dumpf(root, out, JSON_INDENT(2));
    json_decref(root);
    if (failed || fputc('\n', out) == EOF)
        return hf_error_sys(err, errno, "write", "standard output");
    return 0;
}
