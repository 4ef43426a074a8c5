#include "cli/log_output.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "cli/output.h"
#include "service/json_channel.h"

static bool has_log(const struct hf_verb *verb)
{
    for (const struct hf_option *option = verb ? verb->options : NULL; option && option->name;
         option++) {
        if (!strcmp(option->name, "log"))
            return true;
    }
    return false;
}

bool hf_log_seems_json(const struct hf_verb *verb, int argc, char **argv)
{
    const char *format = getenv(hf_setting_variable(HF_SETTING_LOG));
    if (!has_log(verb))
        return false;
    for (int i = 1; i < argc && strcmp(argv[i], "--"); i++) {
        if (!strcmp(argv[i], "--log") && i + 1 < argc)
            format = argv[i + 1];
        else if (!strncmp(argv[i], "--log=", strlen("--log=")))
            format = argv[i] + strlen("--log=");
    }
    return format && !strcmp(format, "json");
}

/* One write for a line: other processes write to the same place. */
static void put(const struct hf_cli *cli, const char *event, const char *text, json_t *fields)
{
    char time[40];
    hf_time_iso(time, sizeof time, hf_now(cli->env));
    json_t *line = json_pack("{s:s, s:s, s:n, s:o, s:o}", "time", time, "event", event, "database",
                             "text", hf_text_value(text), "fields", fields ? fields : json_null());
    char *dump = line ? json_dumps(line, JSON_COMPACT) : NULL;
    if (dump)
        fprintf(stderr, "%s\n", dump);
    free(dump);
    json_decref(line);
}

static void take_notice(void *context, const char *text)
{
    put(context, "notice", text, NULL);
}

void hf_log_choose(struct hf_cli *cli)
{
    cli->log_is_json = has_log(cli->verb) &&
                       hf_config_choice(&cli->config, HF_SETTING_LOG) == HF_LOG_JSON &&
                       !hf_option_if_known(&cli->arguments, "once");
    if (cli->log_is_json && cli->progress.events.notice)
        cli->progress.events = (struct hf_events){.context = cli, .notice = take_notice};
}

void hf_log_error(const struct hf_cli *cli, const struct hf_error *err)
{
    if (!cli->log_is_json) {
        hf_print_error(stderr, err);
        return;
    }
    char hint[HF_TYPED_HINT];
    hf_error_typed_hint(hint, err);
    put(cli, "error", err->text,
        json_pack("{s:s, s:i, s:o}", "code", hf_code_name(err->code), "exit",
                  hf_exit_code(err->code), "hint", *hint ? hf_text_value(hint) : json_null()));
}
