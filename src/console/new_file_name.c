#include "console/new_file_name.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/databases.h"
#include "os/file.h"

/* A database, or what SQLite and Holdfast keep beside one under its name with something after it.
 */
static bool is_of_database(const struct hf_config *config, const char *name)
{
    for (size_t i = 0; i < config->database_count; i++) {
        const char *path = config->databases[i].path, *slash = strrchr(path, '/');
        const char *base = slash ? slash + 1 : path;
        size_t length = strlen(base);
        if (!strncasecmp(name, base, length) &&
            (!name[length] || name[length] == '-' || name[length] == '.'))
            return true;
    }
    return false;
}

/* Characters of no width, or that turn round what follows: U+00AD, U+061C, U+200B to U+200F, U+2028
 * to U+202E, U+2060 to U+206F, U+FEFF, in UTF-8. */
static bool looks_like_another(const char *name)
{
    for (const unsigned char *c = (const unsigned char *)name; *c; c++)
        if (*c == 0xe2 &&
            ((c[1] == 0x80 && ((c[2] >= 0x8b && c[2] <= 0x8f) || (c[2] >= 0xa8 && c[2] <= 0xae))) ||
             (c[1] == 0x81 && c[2] >= 0xa0 && c[2] <= 0xaf)))
            return true;
    return strstr(name, "\u00ad") || strstr(name, "\u061c") || strstr(name, "\ufeff");
}

/* What SQLite takes for a part of another database, and removes. */
static bool is_companion(const char *name)
{
    static const char *const endings[] = {"-wal", "-shm", "-journal"};
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (length >= strlen(endings[i]) &&
            !strcasecmp(name + length - strlen(endings[i]), endings[i]))
            return true;
    return strcasestr(name, "-mj");
}

static int no_name(struct hf_error *err)
{
    return hf_error_set(err, HF_USAGE, "'file' is the name of a new file beside the database");
}

int hf_new_file_name_check(const char *name, const struct hf_config *config,
                           const struct hf_env *env, const struct hf_config_database *beside,
                           struct hf_error *err)
{
    if (strchr(".- ", name[0]) || strpbrk(name, "/\\") || !strcmp(name, "holdfast.yml") ||
        is_of_database(config, name) || is_companion(name) || looks_like_another(name))
        return no_name(err);
    hf_auto_free char *folder = hf_path_parent(beside->path);
    if (!folder)
        return hf_error_memory(err);
    const char *pattern = hf_databases_pattern_of(config, env, folder, name);
    if (!pattern)
        return 0;
    no_name(err);
    return hf_error_hint(err, "with this name it would become a database of its own, by '%s'",
                         pattern);
}

static bool is_there(const struct hf_env *env, const struct hf_config_database *beside,
                     const char *name)
{
    struct stat status;
    hf_auto_free char *folder = hf_path_parent(beside->path);
    hf_auto_free char *path = folder ? hf_path_join(folder, name) : NULL;
    return path && !env->fs.stat(env->fs.context, path, &status);
}

char *hf_new_file_name_propose(const struct hf_config *config, const struct hf_env *env,
                               const struct hf_config_database *beside, uint64_t point,
                               struct hf_error *err)
{
    static const char *const endings[] = {"db", "sqlite", "restored"};
    enum { ENDINGS = sizeof endings / sizeof *endings, MOST_ROUNDS = 99 };
    char *name = NULL;
    for (int attempt = 0; attempt < MOST_ROUNDS * ENDINGS; attempt++) {
        int round = attempt / ENDINGS + 1;
        char again[16] = "";
        free(name);
        if (round > 1)
            snprintf(again, sizeof again, "-%d", round);
        if (asprintf(&name, "%s-%" PRIu64 "%s.%s", beside->name, point, again,
                     endings[attempt % ENDINGS]) < 0) {
            hf_error_memory(err);
            return NULL;
        }
        if (!hf_new_file_name_check(name, config, env, beside, NULL) &&
            !is_there(env, beside, name))
            break;
    }
    return name;
}
