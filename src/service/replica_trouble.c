#include "service/replica_trouble.h"

#include <stdio.h>
#include <string.h>

#include "os/signals.h"

enum { FIRST_PAUSE = 500, SOON_AGAIN = 5000 };

bool hf_trouble_note(struct hf_trouble *self, const struct hf_error *err, int64_t now)
{
    bool is_first = !self->since;
    if (is_first)
        self->since = now;
    snprintf(self->text, sizeof self->text, "%.*s", (int)sizeof self->text - 1, err->text);
    return is_first;
}

static bool began_just_now(const struct hf_trouble *self)
{
    return hf_monotonic() - self->begun_at < SOON_AGAIN;
}

bool hf_trouble_end(struct hf_trouble *self)
{
    bool failed = self->since != 0;
    self->since = 0;
    self->retry_at = 0;
    /* A beginning that is doubted at once is none that ends the pauses. */
    if (!began_just_now(self))
        self->retry_pause = 0;
    return failed;
}

void hf_trouble_retry_later(struct hf_trouble *self, int64_t longest)
{
    self->retry_pause = self->retry_pause ? 2 * self->retry_pause : FIRST_PAUSE;
    if (self->retry_pause > longest)
        self->retry_pause = longest;
    self->retry_at = hf_monotonic() + self->retry_pause;
}

void hf_trouble_doubt(struct hf_trouble *self)
{
    if (began_just_now(self))
        hf_trouble_retry_later(self, HF_LONGEST_PAUSE);
}

bool hf_trouble_may_pass(const struct hf_error *err)
{
    return err->code == HF_UNREACHABLE || err->code == HF_IO || err->code == HF_NO_SPACE ||
           err->code == HF_NO_MEMORY;
}

bool hf_trouble_is_absence(const struct hf_error *err)
{
    return err->code == HF_NOT_FOUND || strstr(err->text, "holds no database");
}
