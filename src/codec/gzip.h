/*
 * gzip (RFC 1952) as filters in a stream.
 */
#ifndef HF_CODEC_GZIP_H
#define HF_CODEC_GZIP_H

#include "base/cleanup.h"
#include "base/stream.h"

/* Compresses into `below`, which is borrowed and not finished. Single-owner; 0.3 MiB. */
struct hf_gzip_writer;
struct hf_gzip_writer *hf_gzip_writer_new(const struct hf_sink *below, struct hf_error *err);
struct hf_sink hf_gzip_writer_sink(struct hf_gzip_writer *writer);
void hf_gzip_writer_free(struct hf_gzip_writer *writer);
HF_AUTO_FREE(hf_gzip_writer)

/* Decompresses what `below` gives: one member or several, as gzip(1) reads them. HF_CORRUPT for
 * anything else, for a wrong check sum, and for an end in the middle. Single-owner; 0.1 MiB. */
struct hf_gzip_reader;
struct hf_gzip_reader *hf_gzip_reader_new(const struct hf_source *below, struct hf_error *err);
struct hf_source hf_gzip_reader_source(struct hf_gzip_reader *reader);
void hf_gzip_reader_free(struct hf_gzip_reader *reader);
HF_AUTO_FREE(hf_gzip_reader)

#endif
