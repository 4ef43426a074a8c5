#include "console/console_state.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/statvfs.h>

static const uint64_t ROOM_KEPT = 64ULL << 20;

void hf_console_notice(struct hf_console *console, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (console->parent.fd >= 0)
        hf_json_channel_send(&console->parent, json_pack("{s:s, s:o}", "event", "notice", "text",
                                                         hf_text_value(text)));
    else
        fprintf(stderr, "holdfast: %s\n", text);
}

const char *hf_console_url(const struct hf_console *console)
{
    return console->config->values[HF_SETTING_URL].text;
}

const struct hf_config_database *hf_console_database(struct hf_exchange *exchange, const char *name)
{
    const struct hf_config_database *found =
        hf_config_database_find(exchange->console->config, name);
    if (!found)
        hf_exchange_refuse(exchange, 404, "not_found", "there is no such database");
    return found;
}

uint64_t hf_console_room(const struct hf_console *console)
{
    struct statvfs space;
    if (statvfs(console->folder, &space))
        return 0;
    uint64_t left = (uint64_t)space.f_bavail * space.f_frsize;
    return left > ROOM_KEPT ? left - ROOM_KEPT : 0;
}
