#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/log_output.h"
#include "cli/output.h"
#include "sqlite/connection.h"

extern char **environ;

const struct hf_verb *const hf_verbs[] = {&hf_verb_run,
                                          &hf_verb_replicate,
                                          &hf_verb_serve,
                                          &hf_verb_init,
                                          &hf_verb_backup,
                                          &hf_verb_list,
                                          &hf_verb_restore,
                                          &hf_verb_check,
                                          &hf_verb_test_restore,
                                          &hf_verb_follow,
                                          &hf_verb_status,
                                          &hf_verb_prune,
                                          &hf_verb_pin,
                                          &hf_verb_unpin,
                                          &hf_verb_export,
                                          &hf_verb_import,
                                          &hf_verb_schema_plan,
                                          &hf_verb_schema_apply,
                                          &hf_verb_schema_show,
                                          &hf_verb_schema_pull,
                                          &hf_verb_key_list,
                                          &hf_verb_key_add,
                                          &hf_verb_key_remove,
                                          &hf_verb_key_rotate_slot,
                                          &hf_verb_key_kit,
                                          &hf_verb_config_check,
                                          &hf_verb_console_reset_password,
                                          NULL};

enum { MOST_VERBS = 32 };

static void print_help(FILE *out)
{
    fprintf(out, "Holdfast " HF_VERSION ": backup and recovery for SQLite databases\n\n"
                 "usage: holdfast VERB [OPTION...]\n\n");
    for (const struct hf_verb *const *verb = hf_verbs; *verb; verb++)
        fprintf(out, "  %-15s  %s\n", (*verb)->name, (*verb)->summary);
    fputs("\nSettings come from options, else from HOLDFAST_DB, HOLDFAST_REPOSITORY,\n"
          "HOLDFAST_PASSPHRASE (each also with _FILE), else from holdfast.yml.\n"
          "'holdfast VERB --help' tells more; 'man holdfast' tells all.\n",
          out);
}

static void print_verb_help(const struct hf_verb *verb)
{
    printf("usage: holdfast %s [OPTION...]%s%s\n\n%s\n", verb->name, verb->operands[0] ? " " : "",
           verb->operands, verb->about ? verb->about : verb->summary);
    if (verb->options) {
        fputc('\n', stdout);
        hf_options_help(stdout, verb->options, NULL);
    }
    puts("\nCommon options:");
    hf_options_help(stdout, hf_common_options, verb->instead_of_json ? "json" : NULL);
}

/* `pair` is what was typed with the word after it. */
static int unknown_verb(const char *typed, const char *pair, struct hf_error *err)
{
    const char *names[MOST_VERBS + 1] = {NULL};
    size_t count = 0;
    for (const struct hf_verb *const *verb = hf_verbs; *verb; verb++) {
        assert(count < MOST_VERBS);
        names[count++] = (*verb)->name;
    }
    const char *nearest = hf_nearest(pair, names);
    nearest = nearest ? nearest : hf_nearest(typed, names);
    hf_error_set(err, HF_USAGE, "there is no verb '%s'", typed);
    return nearest ? hf_error_hint(err, "did you mean 'holdfast %s'?", nearest)
                   : hf_error_hint(err, "holdfast --help names them");
}

/* "key" of "key list": says what may follow. */
static int half_verb(const char *typed, struct hf_error *err)
{
    char all[256] = "";
    size_t length = strlen(typed);
    for (const struct hf_verb *const *verb = hf_verbs; *verb; verb++) {
        size_t used = strlen(all);
        if (!strncmp((*verb)->name, typed, length) && (*verb)->name[length] == ' ')
            snprintf(all + used, sizeof all - used, "%s'%s'", used ? ", " : "", (*verb)->name);
    }
    hf_error_set(err, HF_USAGE, "'%s' is half a verb", typed);
    return hf_error_hint(err, "say %s", all);
}

/* A verb is one word or two. Returns how many words it took, or -1. */
static int find_verb(const struct hf_verb **found, int argc, char **argv, struct hf_error *err)
{
    const char *second = argc > 2 && argv[2][0] != '-' ? argv[2] : NULL;
    char pair[64];
    snprintf(pair, sizeof pair, "%s%s%s", argv[1], second ? " " : "", second ? second : "");
    size_t first = strlen(argv[1]);
    bool half = false;
    for (const struct hf_verb *const *verb = hf_verbs; *verb; verb++) {
        bool two = strchr((*verb)->name, ' ');
        half |= two && !strncmp((*verb)->name, argv[1], first) && (*verb)->name[first] == ' ';
        if (strcmp((*verb)->name, two ? pair : argv[1]))
            continue;
        *found = *verb;
        return two ? 2 : 1;
    }
    if (half && !second)
        return half_verb(argv[1], err);
    return unknown_verb(half ? pair : argv[1], pair, err);
}

static int load_config(struct hf_cli *cli, struct hf_error *err)
{
    struct hf_config_input input = {.environment = (const char *const *)environ,
                                    .local_file = "holdfast.yml",
                                    .system_file = "/etc/holdfast/holdfast.yml"};
    const char *own = cli->verb->own_flag;
    for (enum hf_setting i = 0; i < HF_SETTING_COUNT; i++)
        if (!own || strcmp(own, hf_setting_flag(i) + 2) != 0)
            input.flags[i] = hf_option_if_known(&cli->arguments, hf_setting_flag(i) + 2);
    if (hf_config_load(&cli->config, &input, cli->env, err))
        return -1;
    hf_log_choose(cli);
    for (size_t i = 0; i < cli->config.notice_count; i++)
        hf_notice(&cli->progress.events, "%s", cli->config.notices[i]);
    return 0;
}

static int run_verb(struct hf_cli *cli, int words, int argc, char **argv, struct hf_error *err)
{
    const struct hf_verb *verb = cli->verb;
    assert(verb);
    if (hf_options_parse(&cli->arguments, verb->name, verb->options, verb->most_operands, argc,
                         argv, 1 + words, err))
        return -1;
    if (hf_option_given(&cli->arguments, "help")) {
        print_verb_help(verb);
        return 0;
    }
    if (hf_option_given(&cli->arguments, "json"))
        cli->json = hf_json_root(verb->name);
    if (cli->json && verb->instead_of_json) {
        hf_error_set(err, HF_USAGE, "--json tells what came of a verb, and '%s' goes on",
                     verb->name);
        return hf_error_hint(err, "%s", verb->instead_of_json);
    }
    hf_progress_line_init(&cli->progress, stderr,
                          hf_option_given(&cli->arguments, "quiet") ? HF_PROGRESS_QUIET
                                                                    : HF_PROGRESS_AUTO);
    if (load_config(cli, err))
        return -1;
    int failed = verb->run(cli, err);
    hf_progress_line_clear(&cli->progress);
    return failed;
}

/* A command line that could not be read may still have asked for JSON. */
static bool asks_for_json(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--"); i++) {
        if (!strcmp(argv[i], "--json"))
            return true;
    }
    return false;
}

static int dispatch(struct hf_cli *cli, int argc, char **argv, struct hf_error *err)
{
    if (argc < 2) {
        print_help(stderr);
        hf_error_set(err, HF_USAGE, "no verb is given");
        return hf_error_hint(err, "a first step: holdfast backup --db app.db -r /srv/backups");
    }
    if (!strcmp(argv[1], "--version")) {
        puts("holdfast " HF_VERSION);
        return 0;
    }
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
        print_help(stdout);
        return 0;
    }
    int words = find_verb(&cli->verb, argc, argv, err);
    cli->log_is_json = hf_log_seems_json(cli->verb, argc, argv);
    int failed = words < 0 ? -1 : run_verb(cli, words, argc, argv, err);
    if (failed && !cli->json && asks_for_json(argc, argv))
        cli->json = hf_json_root(cli->verb ? cli->verb->name : "");
    return failed;
}

/* A descriptor that was closed by whoever started the program would be given to the next file that
 * is opened: a message must never be written into a database. */
static void reserve_descriptors(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd > STDERR_FILENO)
        close(fd);
}

int main(int argc, char **argv)
{
    reserve_descriptors();
    hf_connections_begin_small();
    /* A reader that goes away, or a file that may grow no more, is an error of one call and no
     * reason to end a restore in its middle. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    struct hf_cli cli = {.env = hf_env_system()};
    struct hf_error err = {0}, output = {0};
    int failed = dispatch(&cli, argc, argv, &err);
    if (failed && cli.json)
        hf_json_error(cli.json, &err);
    if (failed && !cli.error_is_told)
        hf_log_error(&cli, &err);
    int status = cli.status ? cli.status : failed ? hf_exit_code(err.code) : 0;
    int unwritten = cli.json ? hf_json_print(cli.json, stdout, &output) : 0;
    if (!unwritten && fflush(stdout))
        unwritten = hf_error_sys(&output, errno, "write", "standard output");
    if (unwritten) {
        hf_print_error(stderr, &output);
        status = status ? status : hf_exit_code(output.code);
    }
    hf_config_release(&cli.config);
    return status;
}
