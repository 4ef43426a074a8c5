#include "base/events.h"

#include <stdarg.h>
#include <stdio.h>

void hf_notice(const struct hf_events *events, const char *format, ...)
{
    if (!events || !events->notice)
        return;
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    events->notice(events->context, text);
}

void hf_progress(const struct hf_events *events, const char *stage, uint64_t done, uint64_t total)
{
    if (events && events->progress)
        events->progress(events->context, stage, done, total);
}
