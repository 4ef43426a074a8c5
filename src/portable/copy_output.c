#include "portable/copy_output.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "codec/gzip.h"
#include "codec/zstd_stream.h"
#include "os/file.h"

/* JSON text -> compression -> encryption -> file. A filter that is not asked for is not there. */
struct hf_copy_output {
    struct hf_age_encryption encryption;
    const struct hf_sink *own; /* the caller's */
    struct hf_new_file file;
    uint64_t written;
    struct hf_sink bottom;
    struct hf_age_writer *age;
    struct hf_sink age_sink;
    struct hf_gzip_writer *gzip;
    struct hf_zstd_writer *zstd;
    struct hf_sink packing_sink;
    const struct hf_sink *top;
};

static int write_bottom(void *context, const void *bytes, size_t length, struct hf_error *err)
{
    struct hf_copy_output *output = context;
    if (output->own ? hf_sink_write(output->own, bytes, length, err)
                    : hf_new_file_write(&output->file, bytes, length, output->written, err))
        return -1;
    output->written += length;
    return 0;
}

static int open_encryption(struct hf_copy_output *output, const struct hf_env *env,
                           const struct hf_age_encryption *how, struct hf_error *err)
{
    if (!how)
        return 0;
    output->encryption = *how;
    output->encryption.random = env->random;
    output->encryption.random_context = env->context;
    output->age = hf_age_writer_new(output->top, &output->encryption, err);
    if (!output->age)
        return -1;
    output->age_sink = hf_age_writer_sink(output->age);
    output->top = &output->age_sink;
    return 0;
}

static int open_packing(struct hf_copy_output *output, enum hf_copy_packing packing,
                        struct hf_error *err)
{
    if (packing == HF_COPY_GZIP) {
        output->gzip = hf_gzip_writer_new(output->top, err);
        if (!output->gzip)
            return -1;
        output->packing_sink = hf_gzip_writer_sink(output->gzip);
    } else if (packing == HF_COPY_ZSTD) {
        output->zstd = hf_zstd_writer_new(output->top, err);
        if (!output->zstd)
            return -1;
        output->packing_sink = hf_zstd_writer_sink(output->zstd);
    } else {
        return 0;
    }
    output->top = &output->packing_sink;
    return 0;
}

/* What is replaced should be an older copy, and is surely none when it is a database or a device.
 */
static int check_place(const char *to, const struct hf_env *env, struct hf_error *err)
{
    static const char magic[16] = "SQLite format 3";
    char head[sizeof magic];
    struct stat status;
    if (env->fs.stat(env->fs.context, to, &status))
        return 0;
    if (!S_ISREG(status.st_mode)) {
        hf_error_set(err, HF_REFUSED, "'%s' is there and no file: it would be replaced", to);
        return hf_error_hint(err, "'-' is standard output");
    }
    int fd = hf_file_open(env, to, O_RDONLY | O_CLOEXEC, 0, NULL);
    if (fd < 0)
        return 0;
    int64_t got = hf_file_read(env, fd, to, head, sizeof head, 0, NULL);
    hf_file_close(env, fd, to, NULL);
    if (got != sizeof head || memcmp(head, magic, sizeof head) != 0)
        return 0;
    hf_error_set(err, HF_REFUSED, "'%s' is a SQLite database: it would be replaced", to);
    return hf_error_hint(err, "give the copy another name");
}

static int open_file(struct hf_copy_output *output, const char *to, const struct hf_env *env,
                     struct hf_error *err)
{
    if (check_place(to, env, err) || hf_new_file_begin(&output->file, env, to, 0600, err))
        return -1;
    hf_new_file_remove_litter(&output->file, HF_LITTER_OF_FILE);
    return 0;
}

struct hf_copy_output *hf_copy_output_new(const struct hf_copy_output_options *options,
                                          const struct hf_env *env, struct hf_error *err)
{
    struct hf_copy_output *output = calloc(1, sizeof *output);
    if (!output) {
        hf_error_memory(err);
        return NULL;
    }
    output->own = options->sink;
    output->file.fd = -1;
    output->bottom = (struct hf_sink){.context = output, .write = write_bottom};
    output->top = &output->bottom;
    if ((!output->own && open_file(output, options->to, env, err)) ||
        open_encryption(output, env, options->encryption, err) ||
        open_packing(output, options->packing, err)) {
        hf_copy_output_free(output);
        return NULL;
    }
    return output;
}

const struct hf_sink *hf_copy_output_sink(const struct hf_copy_output *output)
{
    return output->top;
}

int hf_copy_output_commit(struct hf_copy_output *output, struct hf_error *err)
{
    if (((output->gzip || output->zstd) && hf_sink_finish(&output->packing_sink, err)) ||
        (output->age && hf_sink_finish(&output->age_sink, err)))
        return -1;
    if (output->own)
        return hf_sink_finish(output->own, err);
    return hf_new_file_commit(&output->file, HF_COMMIT_REPLACE, err);
}

uint64_t hf_copy_output_bytes(const struct hf_copy_output *output)
{
    return output->written;
}

void hf_copy_output_free(struct hf_copy_output *output)
{
    if (!output)
        return;
    hf_gzip_writer_free(output->gzip);
    hf_zstd_writer_free(output->zstd);
    hf_age_writer_free(output->age);
    hf_new_file_release(&output->file);
    free(output);
}
