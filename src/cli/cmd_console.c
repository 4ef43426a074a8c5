#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "codec/key.h"
#include "codec/password.h"
#include "console/console.h"
#include "console/credentials.h"
#include "console/sign_in.h"
#include "os/file.h"

static const struct hf_option reset_options[] = {
    {"password-file", 0, "PATH", "a file that holds the new password"},
    {"keep-tokens", 0, NULL, "machines may go on using their tokens"},
    {0}};

/* Without the newline at its end. */
static int read_password(struct hf_buf *out, const char *path, const struct hf_env *env,
                         struct hf_error *err)
{
    if (hf_file_read_all(env, path, HF_LONGEST_PASSWORD + 2, out, err))
        return -1;
    while (out->length && strchr("\r\n", out->data[out->length - 1]))
        out->length--;
    if (out->length < HF_LEAST_PASSWORD || memchr(out->data, 0, out->length))
        return hf_error_set(err, HF_USAGE, "'%s': a password has %d characters or more", path,
                            HF_LEAST_PASSWORD);
    return hf_buf_append(out, "", 1, err);
}

static int hash_of(char out[HF_PASSWORD_TEXT], const char *path, const struct hf_env *env,
                   struct hf_error *err)
{
    hf_auto(hf_buf) struct hf_buf password = {0};
    *out = 0;
    if (!path)
        return 0;
    int failed = read_password(&password, path, env, err) ||
                 hf_password_hash(out, (const char *)password.data, err);
    if (password.data)
        hf_wipe(password.data, password.length);
    return failed ? -1 : 0;
}

static int require_console(const char *folder, const struct hf_env *env, struct hf_error *err)
{
    struct stat status;
    if (!env->fs.stat(env->fs.context, folder, &status))
        return 0;
    if (errno != ENOENT)
        return hf_error_sys(err, errno, "look at", folder);
    hf_error_set(err, HF_NOT_FOUND, "no console has been here: there is no '%s'", folder);
    return hf_error_hint(err, "is it the right database?");
}

static void tell_tokens(const struct hf_credentials_reset *done, enum hf_tokens_fate fate)
{
    if (fate == HF_TOKENS_REVOKED)
        printf("tokens for machines: %zu revoked%s\n", done->tokens,
               done->tokens ? "; --keep-tokens would have left them" : "");
    else if (done->tokens)
        printf("tokens for machines: %zu kept; whoever knows one may still use it\n", done->tokens);
}

static void tell(struct hf_cli *cli, const char *path, bool is_set, enum hf_tokens_fate fate,
                 const struct hf_credentials_reset *done)
{
    if (cli->json) {
        hf_json_text(cli->json, "file", path);
        hf_json_text(cli->json, "password", is_set ? "set" : "cleared");
        hf_json_boolean(cli->json, "was_damaged", done->was_damaged);
        hf_json_integer(cli->json, fate == HF_TOKENS_KEPT ? "tokens_kept" : "tokens_revoked",
                        (int64_t)done->tokens);
        return;
    }
    if (done->was_damaged)
        printf("'%s' was damaged and is made anew: tokens are gone\n", path);
    puts(is_set ? "the console has a new password, and everybody is signed out"
                : "the console has no password, and everybody is signed out: its log has a setup "
                  "code for a new one");
    if (!done->was_damaged)
        tell_tokens(done, fate);
}

static int run(struct hf_cli *cli, struct hf_error *err)
{
    hf_auto_free char *folder = NULL, *path = NULL;
    char hash[HF_PASSWORD_TEXT];
    struct hf_credentials_reset done;
    enum hf_tokens_fate fate =
        hf_option_given(&cli->arguments, "keep-tokens") ? HF_TOKENS_KEPT : HF_TOKENS_REVOKED;
    if (hf_codec_init(err) || hf_console_folder(&folder, &cli->config, cli->env, err) ||
        hash_of(hash, hf_option(&cli->arguments, "password-file"), cli->env, err) ||
        require_console(folder, cli->env, err))
        return -1;
    path = hf_path_join(folder, "credentials.json");
    if (!path)
        return hf_error_memory(err);
    if (hf_credentials_reset(&done, cli->env, path, hash, fate, err))
        return -1;
    tell(cli, path, hash[0], fate, &done);
    return 0;
}

const struct hf_verb hf_verb_console_reset_password = {
    .name = "console reset-password",
    .operands = "",
    .summary = "let a forgotten password of the console be chosen anew",
    .about =
        "Takes the console's password away, so that it asks for a setup code (in its log) and a\n"
        "new password; or sets the one of a file. Everybody is signed out, and tokens for\n"
        "machines are revoked. The console may be running, and its file may be damaged.",
    .options = reset_options,
    .run = run,
};
