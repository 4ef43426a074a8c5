#include "store/conformance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "store/kinds.h"
#include "support/fault_store.h"

static struct hf_store *open_directory(const struct hf_scratch *scratch)
{
    hf_auto_free char *path = hf_scratch_path(scratch, "some/repository");
    return hf_store_directory_new(hf_env_system(), path, NULL);
}

static struct hf_store *open_memory(const struct hf_scratch *scratch)
{
    (void)scratch;
    return hf_store_memory_new(hf_env_system(), NULL);
}

static struct hf_store *open_replacing_memory(const struct hf_scratch *scratch)
{
    (void)scratch;
    return hf_store_memory_replacing_new(hf_env_system(), NULL);
}

static int do_not_wait(void *context, int64_t milliseconds)
{
    (void)context, (void)milliseconds;
    return 0;
}

/* One in ten operations fails, half of these after they took effect. */
static struct hf_store *unreliable(struct hf_store *inner)
{
    static uint64_t seed = 1;
    struct hf_store *faulty = hf_fault_store_new(inner, NULL);
    if (!faulty)
        return NULL;
    hf_fault_store_set(faulty, &(struct hf_store_faults){
                                   .percent = 10, .seed = seed++, .moment = HF_FAULT_EITHER});
    const struct hf_retry_options options = {
        .attempts = 100, .first_wait = 10, .longest_wait = 1000, .wait = do_not_wait};
    return hf_store_retry_new(faulty, hf_env_system(), &options, NULL);
}

static struct hf_store *open_retry_over_directory(const struct hf_scratch *scratch)
{
    struct hf_store *inner = open_directory(scratch);
    return inner ? unreliable(inner) : NULL;
}

static struct hf_store *open_retry_over_memory(const struct hf_scratch *scratch)
{
    struct hf_store *inner = open_memory(scratch);
    return inner ? unreliable(inner) : NULL;
}

/* Counting changes nothing. */
static struct hf_store *open_counted_directory(const struct hf_scratch *scratch)
{
    struct hf_store *inner = open_directory(scratch);
    return inner ? hf_store_counting_new(inner, NULL) : NULL;
}

static struct hf_store *open_counted_replacing_memory(const struct hf_scratch *scratch)
{
    struct hf_store *inner = open_replacing_memory(scratch);
    return inner ? hf_store_counting_new(inner, NULL) : NULL;
}

int main(void)
{
    static const struct hf_conformance kinds[] = {
        {"directory store", open_directory, true, false},
        {"memory store", open_memory, false, false},
        {"memory store without put-if-absent", open_replacing_memory, false, false},
        {"retry over faults over directory", open_retry_over_directory, true, true},
        {"retry over faults over memory", open_retry_over_memory, false, true},
        {"counting over directory", open_counted_directory, true, false},
        {"counting over memory without put-if-absent", open_counted_replacing_memory, false, false},
    };
    int failed = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        failed += hf_conformance_run(&kinds[i]);
    return failed != 0;
}
