/*
 * The streams of a server. A client that went away is noticed when something is sent to it, which a
 * beat does now and then.
 */
#ifndef HF_CONSOLE_SERVER_STREAMS_H
#define HF_CONSOLE_SERVER_STREAMS_H

struct hf_credentials;
struct hf_stream;

struct hf_streams {
    struct hf_stream *first;
};

/* Sends each a comment, so that proxies keep it open and dead ones are noticed. */
void hf_streams_beat(struct hf_streams *streams);

/* Ends each, and tells whoever sends to it. */
void hf_streams_end(struct hf_streams *streams);

/* Ends the one that was begun first, if there is one. */
void hf_streams_end_oldest(struct hf_streams *streams);

/* Ends those of whoever is signed out by now, or whose token is gone. */
void hf_streams_expire(struct hf_streams *streams, const struct hf_credentials *credentials);

#endif
