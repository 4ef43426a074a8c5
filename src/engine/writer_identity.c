#include "engine/writer_identity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void hf_writer_describe(struct hf_writer *out, const struct hf_state_file *state,
                        const struct hf_database *database, const char *path)
{
    char *real = realpath(path, NULL);
    memset(out, 0, sizeof *out);
    memcpy(out->id, state->writer, HF_ID_BYTES);
    if (hf_known_state_is_of(&state->known, database))
        out->epoch = state->known.segment.epoch;
    gethostname(out->host, sizeof out->host - 1);
    snprintf(out->path, sizeof out->path, "%s", real ? real : path);
    free(real);
}
