/*
 * JSON objects between two processes, one a line, over a stream socket. Nothing here waits: what
 * cannot be read or written yet is left for the next time that os/signals.h tells of the
 * descriptor. Bounded on both sides, so that neither a peer that floods nor one that does not read
 * costs more than that. Single-owner.
 */
#ifndef HF_SERVICE_JSON_CHANNEL_H
#define HF_SERVICE_JSON_CHANNEL_H

#include <jansson.h>
#include <stdbool.h>

#include "base/bytes.h"
#include "base/error.h"

struct hf_json_channel {
    int fd;              /* owned; -1: none */
    size_t longest_line; /* that is taken from the other side */
    size_t most_waiting; /* bytes that wait for a slow reader */
    struct hf_buf in, out;
    size_t taken, sent; /* of them */
    bool ended;         /* nothing more can come */
    bool broken;        /* the other side sent too long a line, or does not read: give it up */
};

/* Takes `fd` over. */
void hf_json_channel_init(struct hf_json_channel *channel, int fd, size_t longest_line,
                          size_t most_waiting);
void hf_json_channel_release(struct hf_json_channel *channel);
HF_AUTO_RELEASE(hf_json_channel)

/* Takes what is there to be read, at most 64 KiB at once; to be called when the descriptor is
 * readable. True when something came; sets `ended` or `broken` when nothing more can. */
bool hf_json_channel_receive(struct hf_json_channel *channel);

/*
 * The next object that came in. NULL: none is there yet. A line that is no JSON object is skipped,
 * and told by `*garbage` (a count, added to; may be NULL). The caller has a reference.
 */
json_t *hf_json_channel_next(struct hf_json_channel *channel, unsigned *garbage);

/* Queues the object (whose reference it takes; NULL counts as no memory) and writes what can be
 * written. What does not fit breaks the channel. False when the channel is no good any more. */
bool hf_json_channel_send(struct hf_json_channel *channel, json_t *object);

/* Writes what can be written; to be called when the descriptor is writable. */
void hf_json_channel_flush(struct hf_json_channel *channel);

/* Whether something waits to be written. */
bool hf_json_channel_is_waiting(const struct hf_json_channel *channel);

/* An object's member, or what stands for one that is not there or of another type. */
const char *hf_member_text(const json_t *object, const char *key, const char *otherwise);
int64_t hf_member_integer(const json_t *object, const char *key, int64_t otherwise);
bool hf_member_true(const json_t *object, const char *key);

/* A string; text that is no UTF-8 (a path) must not cost the line, and has '?' in such places. */
json_t *hf_text_value(const char *text);
json_t *hf_text_or_null(const char *text); /* null for NULL */

/* Appends `item`, whose reference it takes; NULL counts as no memory. -1 on failure. */
int hf_json_append(json_t *list, json_t *item);

/* {"event":"failed","code":...,"text":...,"hint":...,"typed":...} and back; a code may be a
 * number there. */
json_t *hf_json_failed(const struct hf_error *error);
int hf_json_failure(const json_t *failed, struct hf_error *err); /* fills err; -1 */

#endif
