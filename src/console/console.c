#include "console/console.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "console/browsers.h"
#include "console/console_state.h"
#include "console/gate.h"
#include "console/job.h"
#include "console/origin.h"
#include "console/overview.h"
#include "console/reader_client.h"
#include "console/route.h"
#include "console/scratch.h"
#include "console/server_streams.h"
#include "console/sign_in.h"
#include "engine/state_file.h"
#include "os/file.h"
#include "service/json_channel.h"

enum {
    BEAT = 3000,
    LONGEST_LINE = 64 << 10,
    MOST_WAITING = 1 << 20,
};

static const uint64_t LARGEST_UPLOAD = 4ULL << 30, ROOM_KEPT = 64ULL << 20;

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

static void handle(struct hf_exchange *exchange)
{
    exchange->route->handle(exchange);
}

uint64_t hf_console_room(const struct hf_console *console)
{
    struct statvfs space;
    if (statvfs(console->folder, &space))
        return 0;
    uint64_t left = (uint64_t)space.f_bavail * space.f_frsize;
    return left > ROOM_KEPT ? left - ROOM_KEPT : 0;
}

/* Eight characters of Crockford's Base32: 40 bits, guessed at a bounded rate. */
static int make_setup_code(struct hf_console *console, struct hf_error *err)
{
    static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    const char *given = console->config->values[HF_SETTING_SETUP_CODE].text;
    uint8_t random[8];
    char *code = console->setup_code;
    if (given && *given) {
        if (strlen(given) < 8 || strlen(given) >= HF_SETUP_CODE_TEXT)
            return hf_error_set(err, HF_CONFIG, "%s: a setup code has 8 to %d characters",
                                console->config->values[HF_SETTING_SETUP_CODE].source,
                                HF_SETUP_CODE_TEXT - 1);
        snprintf(code, HF_SETUP_CODE_TEXT, "%s", given);
        return 0;
    }
    if (hf_random(console->env, random, sizeof random, err))
        return -1;
    for (size_t i = 0; i < sizeof random; i++)
        random[i] = (uint8_t)digits[random[i] % 32];
    snprintf(code, HF_SETUP_CODE_TEXT, "%.4s-%.4s", (char *)random, (char *)random + 4);
    return 0;
}

static const char *listen_address(const struct hf_console *console)
{
    const char *wanted = console->config->values[HF_SETTING_CONSOLE].text;
    return wanted && strcmp(wanted, "off") ? wanted : HF_CONSOLE_LISTEN;
}

/* What somebody needs to open it. A code that was given is known to who gave it. */
static void tell_where(struct hf_console *console)
{
    const char *listen = listen_address(console);
    const char *url = hf_console_url(console);
    const char *given = console->config->values[HF_SETTING_SETUP_CODE].text;
    const char *colon = strrchr(listen, ':');
    char own[128];
    snprintf(own, sizeof own, "http://%.*s:%d/", colon ? (int)(colon - listen) : 9,
             colon ? listen : "127.0.0.1", hf_server_port(console->server));
    if (console->credentials.password[0])
        hf_console_notice(console, "the console is at %s", url ? url : own);
    else if (given && *given)
        hf_console_notice(console, "the console is at %s: set it up with the setup code of %s",
                          url ? url : own, console->config->values[HF_SETTING_SETUP_CODE].source);
    else
        hf_console_notice(console, "the console is at %s: set it up with the setup code %s",
                          url ? url : own, console->setup_code);
}

void hf_console_refresh(struct hf_console *console)
{
    struct hf_error err = {0};
    hf_credentials_keep(&console->credentials, false);
    if (!hf_credentials_refresh(&console->credentials))
        return;
    hf_server_end_streams(console->server);
    *console->setup_code = 0;
    if (!console->credentials.password[0] && make_setup_code(console, &err))
        hf_console_notice(console, "no setup code: %s", err.text);
    else
        tell_where(console);
}

/* Two consoles would clear each other's files away. The lock is this process's alone: what it forks
 * and what outlives it does not hold it. */
static int take_folder(struct hf_console *console, struct hf_error *err)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    hf_auto_free char *path = hf_path_join(console->folder, "lock");
    if (!path)
        return hf_error_memory(err);
    console->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (console->lock_fd < 0)
        return hf_error_sys(err, errno, "open", path);
    if (!fcntl(console->lock_fd, F_SETLK, &whole) || (errno != EAGAIN && errno != EACCES))
        return 0; /* where there are no locks it is as good as it can be */
    fcntl(console->lock_fd, F_GETLK, &whole);
    hf_error_set(err, HF_LOCKED, "process %d has a console with the files of '%s'",
                 (int)whole.l_pid, console->folder);
    return hf_error_hint(err, "use that one, or end it first");
}

static int open_files(struct hf_console *console, struct hf_error *err)
{
    hf_auto_free char *path = NULL;
    if (hf_console_folder(&console->folder, console->config, console->env, err))
        return -1;
    console->uploads = hf_path_join(console->folder, "uploads");
    path = hf_path_join(console->folder, "credentials.json");
    console->base = hf_base_path(hf_console_url(console));
    if (!console->uploads || !path || !console->base)
        return hf_error_memory(err);
    return hf_make_directories(console->env, console->uploads, 0700, err) ||
                   take_folder(console, err) ||
                   hf_credentials_open(&console->credentials, console->env, path, err)
               ? -1
               : 0;
}

static int open_server(struct hf_console *console, struct hf_error *err)
{
    const struct hf_server_options options = {.listen = listen_address(console),
                                              .uploads = console->uploads,
                                              .console = console,
                                              .admit = hf_gate_admit,
                                              .handle = handle,
                                              .largest_upload = LARGEST_UPLOAD,
                                              .room = hf_console_room};
    console->server = hf_server_open(&console->signals, &options, err);
    if (!console->server)
        return -1;
    tell_where(console);
    return 0;
}

static int open_console(struct hf_console *console, struct hf_error *err)
{
    if (hf_codec_init(err) || hf_signals_open(&console->signals, err) || open_files(console, err))
        return -1;
    if (!console->credentials.password[0] && make_setup_code(console, err))
        return -1;
    if (!(console->sign_in = hf_sign_in_new(console, err)) ||
        !(console->reader = hf_reader_client_new(console, err)) ||
        !(console->overview = hf_overview_new(console, err)) ||
        !(console->jobs = hf_jobs_new(console, err)) ||
        !(console->browsers = hf_browsers_new(console, HF_BROWSER_IDLE, err)))
        return -1;
    hf_scratch_clear(console);
    if (open_server(console, err))
        return -1;
    hf_overview_last(console->overview); /* so that who asks whether it is ready soon hears it */
    return 0;
}

static void close_console(struct hf_console *console)
{
    hf_server_free(console->server); /* first: its connections refer to the rest */
    hf_jobs_free(console->jobs);
    hf_shown_plans_release(&console->plans);
    hf_setup_forget(&console->setup_sources, NULL);
    hf_downloads_release(&console->downloads);
    hf_browsers_free(console->browsers);
    hf_overview_free(console->overview);
    hf_reader_client_free(console->reader);
    hf_sign_in_free(console->sign_in);
    hf_credentials_keep(&console->credentials, true);
    hf_credentials_release(&console->credentials);
    hf_wipe(console->setup_code, sizeof console->setup_code);
    if (console->lock_fd >= 0)
        close(console->lock_fd);
    free(console->uploads);
    free(console->folder);
    free(console->base);
    if (console->parent.fd >= 0)
        hf_signals_forget(&console->signals, console->parent.fd);
    hf_json_channel_release(&console->parent);
    hf_signals_release(&console->signals);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return !a || (b && b < a) ? b : a;
}

static int64_t next_deadline(const struct hf_console *console)
{
    int64_t next = hf_server_deadline(console->server);
    next = earlier(next, console->parent.fd >= 0 ? console->beat_at : 0);
    next = earlier(next, hf_reader_client_deadline(console->reader));
    next = earlier(next, hf_overview_deadline(console->overview));
    next = earlier(next, hf_jobs_deadline(console->jobs));
    next = earlier(next, hf_browsers_deadline(console->browsers));
    return earlier(next, hf_sign_in_deadline(console->sign_in));
}

/* What the guard says is only ever "stop". */
static bool parent_wants_end(struct hf_console *console, const struct hf_happening *happening)
{
    struct hf_json_channel *channel = &console->parent;
    if (channel->fd < 0)
        return false;
    int64_t now = hf_monotonic();
    if (console->beat_at <= now) {
        console->beat_at = now + BEAT;
        hf_json_channel_send(channel, json_pack("{s:s}", "event", "alive"));
    }
    if (happening->kind != HF_READABLE || happening->fd != channel->fd)
        return false;
    hf_json_channel_receive(channel);
    json_t *said = hf_json_channel_next(channel, NULL);
    bool ends =
        channel->ended || channel->broken || !strcmp(hf_member_text(said, "do", ""), "stop");
    json_decref(said);
    return ends;
}

static bool is_asked_to_end(const struct hf_happening *happening)
{
    return happening->kind == HF_SIGNALLED &&
           (happening->signal == SIGTERM || happening->signal == SIGINT);
}

/* After all that may have signed somebody out. */
static void forget_what_is_over(struct hf_console *console)
{
    hf_downloads_expire(&console->downloads, console->env);
    hf_shown_plans_expire(&console->plans, &console->credentials);
    hf_setup_expire(&console->setup_sources, &console->credentials);
    hf_browsers_expire(console->browsers, &console->credentials);
    hf_streams_expire(hf_server_streams(console->server), &console->credentials);
}

static int serve(struct hf_console *console, struct hf_error *err)
{
    for (;;) {
        struct hf_happening happening;
        if (hf_signals_wait(&console->signals, next_deadline(console), &happening, err))
            return -1;
        if (is_asked_to_end(&happening) || parent_wants_end(console, &happening))
            return 0;
        hf_reader_client_take(console->reader, &happening);
        hf_overview_tick(console->overview);
        hf_jobs_take(console->jobs, &happening);
        hf_browsers_take(console->browsers, &happening);
        hf_sign_in_take(console->sign_in, &happening);
        hf_console_refresh(console);
        hf_server_take(console->server, &happening);
        forget_what_is_over(console);
    }
}

int hf_console_run(const struct hf_console_options *options, int channel, struct hf_error *err)
{
    struct hf_console console = {
        .options = options,
        .config = options->config,
        .env = options->env,
        .signals.fd = -1,
        .parent.fd = -1,
        .lock_fd = -1,
        .attempts = {.burst = 5, .interval = 12000, .all_burst = 30, .all_interval = 2000},
        .confirmations = {.burst = 5, .interval = 12000, .all_burst = 30, .all_interval = 2000},
    };
    if (channel >= 0)
        hf_json_channel_init(&console.parent, channel, LONGEST_LINE, MOST_WAITING);
    int failed = open_console(&console, err);
    if (!failed && channel >= 0)
        failed = hf_signals_watch(&console.signals, channel, HF_TO_READ, err);
    if (!failed)
        failed = serve(&console, err);
    close_console(&console);
    return failed;
}
