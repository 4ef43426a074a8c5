/*
 * Memory that runs out when the test wants it: every allocation of Holdfast's own code (by the
 * linker's --wrap; what it gives to Jansson too) and of SQLite counts. What other libraries
 * allocate inside does not.
 */
#ifndef HF_TESTS_FAULT_FAILING_MEMORY_H
#define HF_TESTS_FAULT_FAILING_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

/* Before the first use of SQLite. */
void failing_memory_install(void);

/* From here on the n-th allocation (from 1) fails, and with `lasting` all later ones. */
void failing_memory_begin(uint64_t n, bool lasting);

/* From here on none fails. Returns how many did. */
uint64_t failing_memory_end(void);

#endif
