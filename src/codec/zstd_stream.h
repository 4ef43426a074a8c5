/*
 * zstd frames (RFC 8878) as filters in a stream.
 */
#ifndef HF_CODEC_ZSTD_STREAM_H
#define HF_CODEC_ZSTD_STREAM_H

#include "base/cleanup.h"
#include "base/stream.h"

/* Compresses into `below`, which is borrowed and not finished: one frame with a check sum.
 * Single-owner; 4 MiB. */
struct hf_zstd_writer;
struct hf_zstd_writer *hf_zstd_writer_new(const struct hf_sink *below, struct hf_error *err);
struct hf_sink hf_zstd_writer_sink(struct hf_zstd_writer *writer);
void hf_zstd_writer_free(struct hf_zstd_writer *writer);
HF_AUTO_FREE(hf_zstd_writer)

/* Decompresses the frames that `below` gives. HF_CORRUPT for anything else and for an end in the
 * middle; HF_UNSUPPORTED for a window of more than 128 MiB, as zstd(1) refuses it unasked.
 * Single-owner; what zstd 3 wrote takes 3 MiB. */
struct hf_zstd_reader;
struct hf_zstd_reader *hf_zstd_reader_new(const struct hf_source *below, struct hf_error *err);
struct hf_source hf_zstd_reader_source(struct hf_zstd_reader *reader);
void hf_zstd_reader_free(struct hf_zstd_reader *reader);
HF_AUTO_FREE(hf_zstd_reader)

#endif
