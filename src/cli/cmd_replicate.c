#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/session.h"
#include "service/replicator.h"

static const struct hf_option options[] = {
    {"sync-interval", 0, "DURATION", "how old what is in the repository may be (1s)"},
    {"capture", 0, "HOW", "wal: follow the log; scan: look through the database"},
    {"gentle", 0, NULL, "never take the write lock, not even for a moment"},
    {"take-over", 0, NULL, "go on with a history that another host was writing"},
    {"log", 0, "FORMAT", "text or json"},
    {0}};

static int run(struct hf_cli *cli, struct hf_error *err)
{
    hf_auto(hf_session) struct hf_session session = {0};
    if (hf_session_open(&session, cli, HF_SESSION_OR_CREATE, err))
        return -1;
    const struct hf_replicator_options wanted = {
        .config = &cli->config,
        .env = cli->env,
        .repository = session.repository,
        .names = cli->arguments.operands,
        .take_over = hf_option_given(&cli->arguments, "take-over"),
    };
    int pair[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    if (!fork()) {
        char b[4096];
        ssize_t n;
        signal(SIGINT, SIG_IGN);
        signal(SIGTERM, SIG_IGN);
        close(pair[0]);
        while ((n = read(pair[1], b, sizeof b)) > 0)
            if (write(2, b, (size_t)n) < 0)
                break;
        _exit(0);
    }
    close(pair[1]);
    return hf_replicator_run(&wanted, pair[0], err);
}

const struct hf_verb hf_verb_replicate = {
    .name = "replicate",
    .operands = "[DATABASE...]",
    .summary = "protect databases continuously, beside their application",
    .most_operands = HF_MOST_OPERANDS,
    .options = options,
    .run = run,
};
