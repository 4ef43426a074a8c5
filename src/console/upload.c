#include "console/upload.h"

#include "console/console_state.h"
#include "console/question.h"

static const struct hf_setup_file *find(const struct hf_exchange *exchange, const char *id,
                                        struct hf_error *err)
{
    struct hf_console *console = exchange->console;
    return hf_setup_file_find(&console->setup_sources, exchange->visitor.login->id, id,
                              console->env, err);
}

int hf_upload_put(const struct hf_exchange *exchange, json_t **question, struct hf_error *err)
{
    const char *id;
    const struct hf_setup_file *upload =
        hf_exchange_text(exchange, "upload", HF_SECRET_TEXT - 1, &id, err)
            ? NULL
            : find(exchange, id, err);
    if (!upload)
        return -1;
    hf_question_text(question, "upload", upload->id);
    hf_question_text(question, "path", upload->path);
    return *question ? 0 : hf_error_memory(err);
}

int hf_upload_check(const struct hf_exchange *exchange, const json_t *question,
                    struct hf_error *err)
{
    const char *id = hf_member_text(question, "upload", NULL);
    return !id || find(exchange, id, err) ? 0 : -1;
}
