#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "codec/gzip.h"
#include "codec/pipe.h"
#include "codec/zstd_stream.h"
#include "support/seeded.h"

static const size_t sizes[] = {0, 1, 100, 65536, 300000};
enum { SIZES = sizeof sizes / sizeof *sizes };

/* Half of it repeats, half does not. */
static void fill(struct hf_buf *out, size_t length)
{
    uint64_t seed = 3;
    hf_buf_append(out, NULL, length, NULL);
    hf_seeded_fill(&seed, out->data, length / 2);
}

struct kind {
    int (*pack)(struct hf_buf *out, const struct hf_buf *in);
    int (*unpack)(struct hf_buf *out, const struct hf_buf *in, size_t step, struct hf_error *err);
};

static int put_in_pieces(const struct hf_sink *sink, const struct hf_buf *in)
{
    for (size_t done = 0, step = 1; done < in->length; done += step, step = step * 3 + 1) {
        step = step < in->length - done ? step : in->length - done;
        if (hf_sink_write(sink, in->data + done, step, NULL))
            return -1;
    }
    return hf_sink_finish(sink, NULL);
}

static int gzip_pack(struct hf_buf *out, const struct hf_buf *in)
{
    struct hf_sink below = {.context = out, .write = buf_write};
    hf_auto_ptr(hf_gzip_writer) struct hf_gzip_writer *writer = hf_gzip_writer_new(&below, NULL);
    struct hf_sink sink = hf_gzip_writer_sink(writer);
    return put_in_pieces(&sink, in);
}

static int gzip_unpack(struct hf_buf *out, const struct hf_buf *in, size_t step,
                       struct hf_error *err)
{
    struct memory_source memory = {in->data, in->length, step};
    struct hf_source below = {.context = &memory, .read = memory_read};
    hf_auto_ptr(hf_gzip_reader) struct hf_gzip_reader *reader = hf_gzip_reader_new(&below, NULL);
    struct hf_source source = hf_gzip_reader_source(reader);
    return drain(out, &source, step, err);
}

static int zstd_pack(struct hf_buf *out, const struct hf_buf *in)
{
    struct hf_sink below = {.context = out, .write = buf_write};
    hf_auto_ptr(hf_zstd_writer) struct hf_zstd_writer *writer = hf_zstd_writer_new(&below, NULL);
    struct hf_sink sink = hf_zstd_writer_sink(writer);
    return put_in_pieces(&sink, in);
}

static int zstd_unpack(struct hf_buf *out, const struct hf_buf *in, size_t step,
                       struct hf_error *err)
{
    struct memory_source memory = {in->data, in->length, step};
    struct hf_source below = {.context = &memory, .read = memory_read};
    hf_auto_ptr(hf_zstd_reader) struct hf_zstd_reader *reader = hf_zstd_reader_new(&below, NULL);
    struct hf_source source = hf_zstd_reader_source(reader);
    return drain(out, &source, step, err);
}

static const struct kind kinds[] = {{gzip_pack, gzip_unpack}, {zstd_pack, zstd_unpack}};
enum { KINDS = sizeof kinds / sizeof *kinds };

static void what_goes_in_comes_out(void **state)
{
    (void)state;
    for (int k = 0; k < KINDS; k++) {
        for (int i = 0; i < SIZES; i++) {
            hf_auto(hf_buf) struct hf_buf in = {0}, packed = {0}, out = {0};
            fill(&in, sizes[i]);
            assert_int_equal(kinds[k].pack(&packed, &in), 0);
            for (size_t step = 1; step < 100000; step = step * 50 + 3) {
                out.length = 0;
                assert_int_equal(kinds[k].unpack(&out, &packed, step, NULL), 0);
                assert_int_equal(out.length, in.length);
                if (in.length)
                    assert_memory_equal(out.data, in.data, in.length);
            }
        }
    }
}

static void files_put_together_are_read_as_one(void **state)
{
    (void)state;
    for (int k = 0; k < KINDS; k++) {
        hf_auto(hf_buf) struct hf_buf in = {0}, packed = {0}, out = {0};
        fill(&in, 1000);
        kinds[k].pack(&packed, &in);
        kinds[k].pack(&packed, &in);
        assert_int_equal(kinds[k].unpack(&out, &packed, 7, NULL), 0);
        assert_int_equal(out.length, 2 * in.length);
    }
}

static void a_cut_is_an_error_wherever_it_is(void **state)
{
    (void)state;
    for (int k = 0; k < KINDS; k++) {
        hf_auto(hf_buf) struct hf_buf in = {0}, packed = {0};
        fill(&in, 2000);
        kinds[k].pack(&packed, &in);
        while (packed.length--) {
            hf_auto(hf_buf) struct hf_buf out = {0};
            struct hf_error err = {0};
            assert_int_equal(kinds[k].unpack(&out, &packed, 4096, &err), -1);
            assert_int_equal(err.code, HF_CORRUPT);
        }
    }
}

static void what_follows_is_an_error(void **state)
{
    (void)state;
    for (int k = 0; k < KINDS; k++) {
        hf_auto(hf_buf) struct hf_buf in = {0}, packed = {0}, out = {0};
        struct hf_error err = {0};
        fill(&in, 2000);
        kinds[k].pack(&packed, &in);
        hf_buf_append(&packed, "more", 4, NULL);
        assert_int_equal(kinds[k].unpack(&out, &packed, 4096, &err), -1);
        assert_int_equal(err.code, HF_CORRUPT);
    }
}

/* gzip's header says nothing of the content in a few bits: time, system, flags. */
static void a_flipped_bit_is_an_error_or_changes_nothing(void **state)
{
    (void)state;
    for (int k = 0; k < KINDS; k++) {
        hf_auto(hf_buf) struct hf_buf in = {0}, packed = {0};
        int refused = 0;
        fill(&in, 600);
        kinds[k].pack(&packed, &in);
        for (size_t bit = 0; bit < 8 * packed.length; bit++) {
            hf_auto(hf_buf) struct hf_buf out = {0};
            struct hf_error err = {0};
            packed.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
            if (kinds[k].unpack(&out, &packed, 4096, &err)) {
                assert_true(err.code == HF_CORRUPT || err.code == HF_UNSUPPORTED);
                refused++;
            } else {
                assert_int_equal(out.length, in.length);
                assert_memory_equal(out.data, in.data, in.length);
            }
            packed.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        assert_true(refused > 7 * (int)packed.length);
    }
}

static int refuse(void *context, const void *bytes, size_t length, struct hf_error *err)
{
    (void)context, (void)bytes, (void)length;
    return hf_error_set(err, HF_NO_SPACE, "full");
}

static void a_sink_that_fails_below_is_told(void **state)
{
    (void)state;
    struct hf_sink below = {.write = refuse};
    struct hf_error err = {0};
    hf_auto_ptr(hf_gzip_writer) struct hf_gzip_writer *gzip = hf_gzip_writer_new(&below, NULL);
    struct hf_sink sink = hf_gzip_writer_sink(gzip);
    hf_sink_write(&sink, "a", 1, NULL);
    assert_int_equal(hf_sink_finish(&sink, &err), -1);
    assert_int_equal(err.code, HF_NO_SPACE);
    hf_auto_ptr(hf_zstd_writer) struct hf_zstd_writer *zstd = hf_zstd_writer_new(&below, NULL);
    sink = hf_zstd_writer_sink(zstd);
    hf_sink_write(&sink, "a", 1, NULL);
    assert_int_equal(hf_sink_finish(&sink, &err), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_in_comes_out),
        cmocka_unit_test(files_put_together_are_read_as_one),
        cmocka_unit_test(a_cut_is_an_error_wherever_it_is),
        cmocka_unit_test(what_follows_is_an_error),
        cmocka_unit_test(a_flipped_bit_is_an_error_or_changes_nothing),
        cmocka_unit_test(a_sink_that_fails_below_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
