#include "portable/copy_input.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "codec/gzip.h"
#include "codec/zstd_stream.h"
#include "os/file.h"

enum { MOST_LAYERS = 4, PEEKED = 22, SPOOL_STEP = 64 << 10 };

_Static_assert(sizeof HF_AGE_MAGIC - 1 == PEEKED, "the longest magic");

/* A filter, and what it reads from: the layer below, whose first bytes were looked at. */
struct layer {
    const struct hf_source *below;
    struct hf_source peeking;
    uint8_t peeked[PEEKED];
    size_t peeked_length, given;
    struct hf_gzip_reader *gzip;
    struct hf_zstd_reader *zstd;
    struct hf_age_reader *age;
    struct hf_source text; /* what the filter gives */
};

struct hf_copy_input {
    const struct hf_env *env;
    const char *path;
    struct hf_age_decryption keys;
    struct hf_new_file spool; /* without a name, while its descriptor lives */
    int fd;
    uint64_t size;
    uint64_t offset;
    struct hf_source bottom;
    struct layer layers[MOST_LAYERS + 1];
    int layer_count;
    uint64_t most_text, given_text;
    struct hf_source limited; /* what the last layer gives, up to that */
};

static int64_t read_bottom(void *context, void *out, size_t capacity, struct hf_error *err)
{
    struct hf_copy_input *input = context;
    int64_t got =
        hf_file_read(input->env, input->fd, input->path, out, capacity, input->offset, err);
    if (got > 0)
        input->offset += (uint64_t)got;
    return got;
}

static int spool_stream(struct hf_copy_input *input, const struct hf_copy_input_options *options,
                        struct hf_error *err)
{
    hf_auto_free char *parent = hf_path_parent(options->spool_beside);
    hf_auto_free char *name = parent ? hf_path_join(parent, "import") : NULL;
    hf_auto_free uint8_t *room = malloc(SPOOL_STEP);
    if (!name || !room)
        return hf_error_memory(err);
    if (hf_new_file_begin(&input->spool, input->env, name, 0600, err))
        return -1;
    input->fd = input->spool.fd;
    input->env->fs.unlink(input->env->fs.context, input->spool.temporary);
    int64_t got;
    while ((got = hf_source_read(options->stream, room, SPOOL_STEP, err)) > 0) {
        if (hf_new_file_write(&input->spool, room, (size_t)got, input->size, err))
            return -1;
        input->size += (uint64_t)got;
    }
    return got < 0 ? -1 : 0;
}

static int open_file(struct hf_copy_input *input, struct hf_error *err)
{
    struct stat status;
    const struct hf_fs *fs = &input->env->fs;
    if (!fs->stat(fs->context, input->path, &status) && !S_ISREG(status.st_mode)) {
        hf_error_set(err, HF_USAGE, "'%s' is no file", input->path);
        return hf_error_hint(err, "'-' takes a copy from standard input");
    }
    input->fd = hf_file_open(input->env, input->path, O_RDONLY, 0, err);
    input->size = input->fd < 0 ? 0 : (uint64_t)status.st_size;
    return input->fd < 0 ? -1 : 0;
}

struct hf_copy_input *hf_copy_input_new(const struct hf_copy_input_options *options,
                                        const struct hf_env *env, struct hf_error *err)
{
    struct hf_copy_input *input = calloc(1, sizeof *input);
    if (!input) {
        hf_error_memory(err);
        return NULL;
    }
    input->env = env;
    input->path = options->path;
    input->keys = options->keys;
    input->most_text = options->most_text;
    input->fd = input->spool.fd = -1;
    input->bottom = (struct hf_source){.context = input, .read = read_bottom};
    if (options->stream ? spool_stream(input, options, err) : open_file(input, err)) {
        hf_copy_input_free(input);
        return NULL;
    }
    return input;
}

static void close_layers(struct hf_copy_input *input)
{
    while (input->layer_count) {
        struct layer *layer = &input->layers[--input->layer_count];
        hf_gzip_reader_free(layer->gzip);
        hf_zstd_reader_free(layer->zstd);
        hf_age_reader_free(layer->age);
    }
}

void hf_copy_input_free(struct hf_copy_input *input)
{
    if (!input)
        return;
    close_layers(input);
    if (input->spool.path)
        hf_new_file_release(&input->spool);
    else if (input->fd >= 0)
        hf_file_close(input->env, input->fd, input->path, NULL);
    free(input);
}

static int64_t read_peeking(void *context, void *out, size_t capacity, struct hf_error *err)
{
    struct layer *layer = context;
    size_t left = layer->peeked_length - layer->given, step = left < capacity ? left : capacity;
    if (!left)
        return hf_source_read(layer->below, out, capacity, err);
    memcpy(out, layer->peeked + layer->given, step);
    layer->given += step;
    return (int64_t)step;
}

static int peek(struct layer *layer, const struct hf_source *below, struct hf_error *err)
{
    *layer = (struct layer){.below = below, .peeking = {.context = layer, .read = read_peeking}};
    while (layer->peeked_length < PEEKED) {
        int64_t got = hf_source_read(below, layer->peeked + layer->peeked_length,
                                     PEEKED - layer->peeked_length, err);
        if (got <= 0)
            return (int)got;
        layer->peeked_length += (size_t)got;
    }
    return 0;
}

static bool begins(const struct layer *layer, const char *magic, size_t length)
{
    return layer->peeked_length >= length && !memcmp(layer->peeked, magic, length);
}

static int hint_for_age(const struct hf_copy_input *input, struct hf_error *err)
{
    if (err && err->code == HF_WRONG_KEY)
        hf_error_hint_typed(
            err, "HOLDFAST_COPY_PASSPHRASE_FILE, --copy-passphrase-file, --identity FILE",
            "give its passphrase, or the key that it was encrypted for");
    return hf_error_wrap(err, "'%s'", input->path);
}

/* Returns 1 for a filter, 0 when these bytes are the text. */
static int open_layer(struct hf_copy_input *input, struct layer *layer, struct hf_error *err)
{
    if (begins(layer, HF_AGE_MAGIC, PEEKED)) {
        layer->age = hf_age_reader_new(&layer->peeking, &input->keys, err);
        if (!layer->age)
            return hint_for_age(input, err);
        layer->text = hf_age_reader_source(layer->age);
    } else if (begins(layer, "\x1f\x8b", 2)) {
        layer->gzip = hf_gzip_reader_new(&layer->peeking, err);
        if (!layer->gzip)
            return -1;
        layer->text = hf_gzip_reader_source(layer->gzip);
    } else if (begins(layer, "\x28\xb5\x2f\xfd", 4)) {
        layer->zstd = hf_zstd_reader_new(&layer->peeking, err);
        if (!layer->zstd)
            return -1;
        layer->text = hf_zstd_reader_source(layer->zstd);
    } else if (begins(layer, "-----BEGIN AGE", 14)) {
        hf_error_set(err, HF_UNSUPPORTED, "'%s' is an age file in its text form", input->path);
        return hf_error_hint_typed(err, "age -d FILE | holdfast import -", "open it first");
    } else {
        return 0;
    }
    return 1;
}

/* A small file may unpack to more than any disk holds. */
static int64_t read_limited(void *context, void *out, size_t capacity, struct hf_error *err)
{
    struct hf_copy_input *input = context;
    int64_t got =
        hf_source_read(&input->layers[input->layer_count - 1].peeking, out, capacity, err);
    if (got <= 0)
        return got;
    input->given_text += (uint64_t)got;
    if (input->most_text && input->given_text > input->most_text)
        return hf_error_set(err, HF_REFUSED, "'%s' unpacks to more than %llu bytes", input->path,
                            (unsigned long long)input->most_text);
    return got;
}

const struct hf_source *hf_copy_input_text(struct hf_copy_input *input, struct hf_error *err)
{
    close_layers(input);
    input->offset = input->given_text = 0;
    input->limited = (struct hf_source){.context = input, .read = read_limited};
    const struct hf_source *below = &input->bottom;
    for (;;) {
        struct layer *layer = &input->layers[input->layer_count++];
        int opened = peek(layer, below, err) ? -1 : open_layer(input, layer, err);
        if (opened <= 0)
            return opened ? NULL : &input->limited;
        if (input->layer_count > MOST_LAYERS) {
            hf_error_set(err, HF_UNSUPPORTED, "'%s' is packed more than %d times", input->path,
                         MOST_LAYERS);
            return NULL;
        }
        below = &layer->text;
    }
}

const char *hf_copy_input_name(const struct hf_copy_input *input)
{
    return input->path;
}

uint64_t hf_copy_input_done(const struct hf_copy_input *input)
{
    return input->offset;
}

uint64_t hf_copy_input_size(const struct hf_copy_input *input)
{
    return input->size;
}
