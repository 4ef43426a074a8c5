#include "console/console.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "console/browsers.h"
#include "console/console_state.h"
#include "console/entrance.h"
#include "console/gate.h"
#include "console/job.h"
#include "console/origin.h"
#include "console/overview.h"
#include "console/reader_client.h"
#include "console/route.h"
#include "console/scratch.h"
#include "console/server_streams.h"
#include "console/sign_in.h"
#include "os/file.h"
#include "service/json_channel.h"

enum {
    BEAT = 3000,
    LONGEST_LINE = 64 << 10,
    MOST_WAITING = 1 << 20,
};

static const uint64_t LARGEST_UPLOAD = 4ULL << 30;

static void handle(struct hf_exchange *exchange)
{
    exchange->route->handle(exchange);
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
    const struct hf_server_options options = {.listen = hf_entrance_listen(console),
                                              .uploads = console->uploads,
                                              .console = console,
                                              .admit = hf_gate_admit,
                                              .handle = handle,
                                              .largest_upload = LARGEST_UPLOAD,
                                              .room = hf_console_room};
    console->server = hf_server_open(&console->signals, &options, err);
    if (!console->server)
        return -1;
    hf_entrance_tell(console);
    return 0;
}

static int open_console(struct hf_console *console, struct hf_error *err)
{
    if (hf_codec_init(err) || hf_signals_open(&console->signals, err) || open_files(console, err))
        return -1;
    if (!console->credentials.password[0] && hf_entrance_make_code(console, err))
        return -1;
    if (!(console->sign_in = hf_sign_in_new(console, err)) ||
        !(console->reader = hf_reader_client_new(console, err)) ||
        !(console->overview = hf_overview_new(console, err)) ||
        !(console->jobs = hf_jobs_new(console, err)) ||
        !(console->browsers = hf_browsers_new(console, HF_BROWSER_IDLE, err)))
        return -1;
    hf_scratch_clear(console, hf_job_goes_on);
    if (open_server(console, err))
        return -1;
    hf_overview_last(console->overview); /* so that who asks whether it is ready soon hears it */
    return 0;
}

static void close_console(struct hf_console *console)
{
    hf_server_quiesce(console->server);
    /* Who waits for these is answered, while there is a connection to do so. */
    hf_sign_in_free(console->sign_in);
    hf_reader_client_free(console->reader);
    hf_browsers_free(console->browsers);
    hf_server_free(console->server); /* its streams refer to the rest */
    hf_jobs_free(console->jobs);
    hf_overview_free(console->overview);
    hf_shown_plans_release(&console->plans);
    hf_setup_forget(&console->setup_sources, NULL);
    hf_downloads_release(&console->downloads);
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
        if (hf_asks_for_end(&happening) || parent_wants_end(console, &happening))
            return 0;
        hf_reader_client_take(console->reader, &happening);
        hf_overview_tick(console->overview);
        hf_jobs_take(console->jobs, &happening);
        hf_browsers_take(console->browsers, &happening);
        hf_sign_in_take(console->sign_in, &happening);
        hf_entrance_refresh(console);
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
