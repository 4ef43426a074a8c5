/*
 * Release at the end of a scope: `hf_auto(hf_buf) struct hf_buf b = {0};` calls
 * hf_buf_release(&b), `hf_auto_free char *s` calls free(s), `hf_auto_ptr(hf_pool)
 * struct hf_pool *p` calls hf_pool_free(p). A type offers these by one line,
 * HF_AUTO_RELEASE(hf_buf) or HF_AUTO_FREE(hf_pool), after its functions.
 */
#ifndef HF_BASE_CLEANUP_H
#define HF_BASE_CLEANUP_H

#include <stdlib.h>

#define HF_AUTO_RELEASE(name)                                                                      \
    static inline void name##_auto_release(struct name *thing)                                     \
    {                                                                                              \
        name##_release(thing);                                                                     \
    }

#define HF_AUTO_FREE(name)                                                                         \
    static inline void name##_auto_free(struct name **thing)                                       \
    {                                                                                              \
        name##_free(*thing);                                                                       \
    }

static inline void hf_free_pointer(void *pointer)
{
    free(*(void **)pointer);
}

#define hf_auto(name) __attribute__((cleanup(name##_auto_release)))
#define hf_auto_ptr(name) __attribute__((cleanup(name##_auto_free)))
#define hf_auto_free __attribute__((cleanup(hf_free_pointer)))

#endif
