#include "history/record.h"

#include "codec/digest.h"
#include "codec/seal.h"

static void record_key(struct hf_key *out, const struct hf_record_keys *keys,
                       enum hf_object_kind kind)
{
    uint8_t context[2 + HF_ID_BYTES];
    hf_put_le(context, 2, kind);
    memcpy(context + 2, keys->repository, HF_ID_BYTES);
    hf_key_derive(out, &keys->master, "holdfast record", context, sizeof context);
}

/* A record opens only with the header that it was sealed with and under its own name. */
static int associated_data(struct hf_buf *out, const uint8_t *header, size_t length,
                           const char *name, struct hf_error *err)
{
    if (hf_buf_append(out, header, length, err))
        return -1;
    return hf_buf_append(out, name, strlen(name), err);
}

int hf_record_put(struct hf_store *store, const char *name, enum hf_object_kind kind,
                  const struct hf_record_keys *keys, const struct hf_buf *body,
                  struct hf_error *err)
{
    hf_auto(hf_key) struct hf_key key;
    hf_auto(hf_buf) struct hf_buf object = {0};
    hf_auto(hf_buf) struct hf_buf extra = {0};
    uint8_t nonce[HF_NONCE_BYTES];
    record_key(&key, keys, kind);
    if (hf_random(keys->env, nonce, sizeof nonce, err) || hf_header_begin(&object, kind, err) ||
        hf_field_bytes(&object, HF_TAG_NONCE, nonce, sizeof nonce, err))
        return -1;
    hf_header_end(&object, 0);
    if (associated_data(&extra, object.data, object.length, name, err) ||
        hf_buf_reserve(&object, body->length + HF_SEAL_BYTES, err))
        return -1;
    hf_seal(object.data + object.length, &key, nonce, extra.data, extra.length, body->data,
            body->length);
    object.length += body->length + HF_SEAL_BYTES;
    if (hf_object_finish(&object, err))
        return -1;
    return hf_store_put(store, name, object.data, object.length, err);
}

int hf_record_get(struct hf_store *store, const char *name, enum hf_object_kind kind,
                  const struct hf_record_keys *keys, struct hf_buf *out, struct hf_fields *fields,
                  struct hf_error *err)
{
    hf_auto(hf_key) struct hf_key key;
    hf_auto(hf_buf) struct hf_buf object = {0};
    hf_auto(hf_buf) struct hf_buf extra = {0};
    uint8_t nonce[HF_NONCE_BYTES];
    size_t header;
    struct hf_fields head;
    record_key(&key, keys, kind);
    if (hf_object_load(store, name, &object, err))
        return -1;
    size_t end = object.length - HF_DIGEST_BYTES;
    if (hf_header_parse(object.data, end, kind, &head, &header, err) ||
        hf_fields_copy(&head, HF_TAG_NONCE, nonce, sizeof nonce, err))
        return hf_error_wrap(err, "object '%s'", name);
    if (end - header < HF_SEAL_BYTES)
        return hf_error_set(err, HF_CORRUPT, "object '%s' is cut short", name);
    if (associated_data(&extra, object.data, header, name, err) ||
        hf_buf_reserve(out, end - header, err))
        return -1;
    if (hf_open(out->data, &key, nonce, extra.data, extra.length, object.data + header,
                end - header))
        return hf_error_set(err, HF_CORRUPT,
                            "object '%s' was not written under this name with this repository's "
                            "key",
                            name);
    out->length = end - header - HF_SEAL_BYTES;
    *fields = (struct hf_fields){out->data, out->length};
    if (hf_fields_check(fields, err))
        return hf_error_wrap(err, "object '%s'", name);
    return 0;
}

int hf_object_finish(struct hf_buf *object, struct hf_error *err)
{
    uint8_t digest[HF_DIGEST_BYTES];
    hf_digest_of(digest, object->data, object->length);
    return hf_buf_append(object, digest, sizeof digest, err);
}

int hf_object_verify(const struct hf_buf *object, struct hf_error *err)
{
    uint8_t digest[HF_DIGEST_BYTES];
    if (object->length < sizeof digest)
        return hf_error_set(err, HF_CORRUPT, "cut short");
    size_t end = object->length - sizeof digest;
    hf_digest_of(digest, object->data, end);
    if (memcmp(digest, object->data + end, sizeof digest))
        return hf_error_set(err, HF_CORRUPT, "damaged: its checksum does not match");
    return 0;
}

int hf_object_load(struct hf_store *store, const char *name, struct hf_buf *out,
                   struct hf_error *err)
{
    if (hf_store_get(store, name, HF_RECORD_LIMIT, out, err))
        return -1;
    if (hf_object_verify(out, err)) {
        hf_error_wrap(err, "object '%s'", name);
        return hf_error_hint(err, "run 'holdfast check --repair' to see what can be saved");
    }
    return 0;
}
