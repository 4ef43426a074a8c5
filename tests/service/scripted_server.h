/*
 * A server on loopback with one scripted answer to each connection, in a process of its own.
 */
#ifndef HF_TESTS_SCRIPTED_SERVER_H
#define HF_TESTS_SCRIPTED_SERVER_H

#include <stddef.h>
#include <sys/types.h>

struct hf_scripted_server {
    int port;
    pid_t pid;
    int requests; /* a pipe with all that was asked */
};

/* `answers` ends with NULL. */
void hf_scripted_server_start(struct hf_scripted_server *server, const char *const *answers);
/* All that was asked, once the server has answered everything. */
void hf_scripted_server_finish(struct hf_scripted_server *server, char *asked, size_t size);

#endif
