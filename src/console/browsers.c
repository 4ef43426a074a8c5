#include "console/browsers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "console/browse_work.h"
#include "console/console_state.h"
#include "console/scratch.h"
#include "console/worker.h"
#include "service/json_members.h"

enum {
    MOST_BROWSERS = 4,
    MOST_WAITING = 8,
    LONGEST_ANSWER = 5000,
};

struct browser;

struct waiting {
    struct browser *browser;
    struct hf_exchange *exchange; /* NULL: free */
    int64_t due;
    bool is_opening; /* what it answers is the browser itself */
};

struct browser {
    struct hf_browsers *browsers;
    char id[HF_ID_TEXT]; /* "": free */
    char login[HF_ID_TEXT];
    char database[HF_DATABASE_NAME_TEXT];
    int64_t point; /* 0: now */
    char *scratch; /* or NULL */
    struct hf_guard *guard;
    struct waiting waiting[MOST_WAITING];
    int64_t used; /* of hf_monotonic */
    bool is_ending, is_overdue;
};

struct hf_browsers {
    struct hf_console *console;
    int64_t idle;
    struct browser list[MOST_BROWSERS];
};

struct hf_browsers *hf_browsers_new(struct hf_console *console, int64_t idle, struct hf_error *err)
{
    struct hf_browsers *browsers = calloc(1, sizeof *browsers);
    if (browsers)
        *browsers = (struct hf_browsers){.console = console, .idle = idle};
    else
        hf_error_memory(err);
    return browsers;
}

/* Whoever waits for it is answered. */
static void release(struct browser *browser)
{
    hf_guard_free(browser->guard);
    hf_scratch_free(browser->scratch);
    *browser = (struct browser){0};
}

void hf_browsers_free(struct hf_browsers *browsers)
{
    if (!browsers)
        return;
    for (size_t i = 0; i < MOST_BROWSERS; i++) {
        struct browser *browser = &browsers->list[i];
        /* The exchanges are gone by now. */
        for (size_t j = 0; browser->guard && j < MOST_WAITING; j++)
            hf_guard_forget(browser->guard, &browser->waiting[j]);
        release(browser);
    }
    free(browsers);
}

static bool is_asked(const struct browser *browser)
{
    for (size_t i = 0; i < MOST_WAITING; i++)
        if (browser->waiting[i].exchange)
            return true;
    return false;
}

int64_t hf_browser_expires(const struct hf_browsers *browsers)
{
    return hf_now(browsers->console->env) + browsers->idle;
}

/* In its process. */
static int work(void *context, int channel)
{
    const struct browser *browser = context;
    const struct hf_console *console = browser->browsers->console;
    const struct hf_config *config = console->config;
    const struct hf_config_database *live = hf_config_database_find(config, browser->database);
    struct hf_untrusted_file file = {browser->scratch, HF_USED_BY_NOBODY};
    if (!file.path && live)
        file = (struct hf_untrusted_file){live->path, HF_USED_BY_OTHERS};
    return file.path ? hf_browse_serve(console, &file, browser->database, channel) : 1;
}

/* What it says of itself is in its answers. */
static void hear_notice(void *context, const char *text)
{
    (void)context;
    (void)text;
}

/* A free place, else that of the one which is idle longest. */
static struct browser *make_room(struct hf_browsers *browsers, struct hf_error *err)
{
    struct browser *oldest = NULL;
    for (size_t i = 0; i < MOST_BROWSERS; i++) {
        struct browser *browser = &browsers->list[i];
        if (!browser->id[0])
            return browser;
        if (!is_asked(browser) && (!oldest || browser->used < oldest->used))
            oldest = browser;
    }
    if (oldest)
        release(oldest);
    else
        hf_error_set(err, HF_LOCKED, "%d databases are being looked into already", MOST_BROWSERS);
    return oldest;
}

/* `scratch` stays the caller's when it fails. */
static struct browser *start(struct hf_browsers *browsers, const char *login, const char *database,
                             char *scratch, struct hf_error *err)
{
    struct browser *browser = make_room(browsers, err);
    const struct hf_guard_options options = {.name = "looking into the database",
                                             .task = work,
                                             .notice = hear_notice,
                                             .context = browser,
                                             .once = true};
    if (!browser || hf_secret_make(browser->id, (HF_ID_TEXT - 1) / 2, browsers->console->env, err))
        return NULL;
    browser->browsers = browsers;
    browser->used = hf_monotonic();
    snprintf(browser->login, sizeof browser->login, "%s", login);
    snprintf(browser->database, sizeof browser->database, "%s", database);
    browser->scratch = scratch;
    browser->guard = hf_guard_new(&browsers->console->signals, &options, err);
    if (browser->guard && !hf_guard_start(browser->guard, err))
        return browser;
    browser->scratch = NULL;
    release(browser);
    return NULL;
}

static json_t *opened_json(const struct browser *browser)
{
    json_t *answer = hf_json_new();
    hf_json_text(answer, "browser", browser->id);
    hf_json_text(answer, "database", browser->database);
    hf_json_sequence(answer, "point", (uint64_t)browser->point);
    hf_json_time(answer, "expires", hf_browser_expires(browser->browsers));
    return answer;
}

static void fail(const struct browser *browser, struct hf_exchange *exchange, struct hf_error *err)
{
    if (browser->is_overdue) {
        *err = (struct hf_error){0};
        hf_error_set(err, HF_FAILED, "looking into '%s' took too long and was stopped",
                     browser->database);
        hf_error_hint(err, "open it again; what was asked for last is too much at once");
    } else if (err->code == HF_UNREACHABLE) {
        hf_error_set(err, HF_FAILED, "looking into '%s' needed more than it may have",
                     browser->database);
        hf_error_hint(err, "open it again; the file may be damaged, or made to do harm");
    }
    hf_exchange_fail(exchange, err);
}

static void take_answer(void *context, const json_t *answer)
{
    struct waiting *waiting = context;
    struct browser *browser = waiting->browser;
    struct hf_exchange *exchange = waiting->exchange;
    bool is_opening = waiting->is_opening;
    *waiting = (struct waiting){0};
    browser->used = hf_monotonic();
    struct hf_error err = {0};
    json_t *result = hf_worker_result(answer, &err);
    if (!result) {
        browser->is_ending |= is_opening;
        fail(browser, exchange, &err);
    } else if (is_opening) {
        json_decref(result);
        hf_exchange_reply(exchange, 200, opened_json(browser));
    } else {
        hf_exchange_reply(exchange, 200, result);
    }
}

static struct waiting *free_place(struct browser *browser, struct hf_error *err)
{
    for (size_t i = 0; i < MOST_WAITING; i++)
        if (!browser->waiting[i].exchange)
            return &browser->waiting[i];
    hf_error_set(err, HF_LOCKED, "too much is asked at once");
    return NULL;
}

static void refuse_closed(struct hf_exchange *exchange)
{
    hf_exchange_refuse(exchange, 404, "not_found",
                       "this is not open any more: it is closed after five minutes without use");
}

static void ask(struct browser *browser, struct hf_exchange *exchange, json_t *question,
                bool is_opening)
{
    struct hf_error err = {0};
    struct waiting *waiting = free_place(browser, &err);
    if (!waiting) {
        json_decref(question);
        hf_exchange_fail(exchange, &err);
        return;
    }
    /* One at a time: what is asked before it has its time first. */
    int64_t begins = hf_monotonic();
    for (size_t i = 0; i < MOST_WAITING; i++)
        if (browser->waiting[i].exchange && browser->waiting[i].due > begins)
            begins = browser->waiting[i].due;
    *waiting = (struct waiting){browser, exchange, begins + LONGEST_ANSWER, is_opening};
    browser->used = hf_monotonic();
    hf_exchange_wait(exchange);
    if (!hf_guard_ask(browser->guard, question, take_answer, waiting, &err))
        return;
    *waiting = (struct waiting){0};
    browser->is_ending = true;
    if (is_opening)
        hf_exchange_fail(exchange, &err);
    else
        refuse_closed(exchange);
}

void hf_browser_open(struct hf_browsers *browsers, struct hf_exchange *exchange,
                     const char *database)
{
    struct hf_error err = {0};
    struct browser *browser = start(browsers, exchange->visitor.login->id, database, NULL, &err);
    if (browser)
        ask(browser, exchange, json_pack("{s:s}", "do", "open"), true);
    else
        hf_exchange_fail(exchange, &err);
}

const char *hf_browser_open_scratch(struct hf_browsers *browsers, const char *login,
                                    const char *database, int64_t point, char *scratch,
                                    struct hf_error *err)
{
    struct browser *browser = start(browsers, login, database, scratch, err);
    if (!browser) {
        hf_scratch_free(scratch);
        return NULL;
    }
    browser->point = point;
    return browser->id;
}

/* Nobody learns whether another's is there. NULL: the exchange has been answered. */
static struct browser *find(struct hf_browsers *browsers, struct hf_exchange *exchange)
{
    const char *id = exchange->parameters[0];
    for (size_t i = 0; i < MOST_BROWSERS; i++) {
        struct browser *browser = &browsers->list[i];
        if (*id && !browser->is_ending && !strcmp(browser->id, id) &&
            !strcmp(browser->login, exchange->visitor.login->id))
            return browser;
    }
    refuse_closed(exchange);
    return NULL;
}

void hf_browser_ask(struct hf_browsers *browsers, struct hf_exchange *exchange, json_t *question)
{
    struct browser *browser = find(browsers, exchange);
    if (browser)
        ask(browser, exchange, question, false);
    else
        json_decref(question);
}

void hf_browser_close(struct hf_browsers *browsers, struct hf_exchange *exchange)
{
    struct browser *browser = find(browsers, exchange);
    if (!browser)
        return;
    release(browser);
    hf_exchange_reply_empty(exchange, 204);
}

void hf_browsers_expire(struct hf_browsers *browsers, const struct hf_credentials *credentials)
{
    for (size_t i = 0; i < MOST_BROWSERS; i++)
        if (browsers->list[i].id[0] && !hf_login_is_there(credentials, browsers->list[i].login))
            release(&browsers->list[i]);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return !a || (b && b < a) ? b : a;
}

int64_t hf_browsers_deadline(const struct hf_browsers *browsers)
{
    int64_t next = 0;
    for (size_t i = 0; i < MOST_BROWSERS; i++) {
        const struct browser *browser = &browsers->list[i];
        if (!browser->id[0])
            continue;
        next = earlier(next, hf_guard_deadline(browser->guard));
        next = earlier(next, browser->is_ending ? 1 : browser->used + browsers->idle);
        for (size_t j = 0; j < MOST_WAITING; j++)
            next = earlier(next, browser->waiting[j].exchange ? browser->waiting[j].due : 0);
    }
    return next;
}

static bool is_overdue(const struct browser *browser, int64_t now)
{
    for (size_t i = 0; i < MOST_WAITING; i++)
        if (browser->waiting[i].exchange && browser->waiting[i].due <= now)
            return true;
    return false;
}

void hf_browsers_take(struct hf_browsers *browsers, const struct hf_happening *happening)
{
    for (size_t i = 0; i < MOST_BROWSERS; i++) {
        struct browser *browser = &browsers->list[i];
        if (!browser->id[0])
            continue;
        hf_guard_take(browser->guard, happening);
        int64_t now = hf_monotonic();
        browser->is_overdue = is_overdue(browser, now);
        bool has_ended = hf_guard_state(browser->guard) != HF_GUARD_RUNNING;
        bool is_idle = !is_asked(browser) && browser->used + browsers->idle <= now;
        if (browser->is_overdue || browser->is_ending || has_ended || is_idle)
            release(browser);
    }
}
