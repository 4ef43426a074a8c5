#include "config/databases.h"

#include <errno.h>
#include <fnmatch.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/file.h"

enum { LONGEST_NAME = 64 };

static bool name_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

bool hf_database_name_ok(const char *name)
{
    size_t length = strlen(name);
    if (!length || length > LONGEST_NAME || strchr(".-_", name[0]))
        return false;
    for (size_t i = 0; i < length; i++) {
        if (!name_character(name[i]))
            return false;
    }
    return true;
}

/* A name near `name` that would do, for a hint. */
static void propose(char out[LONGEST_NAME + 1], const char *name)
{
    size_t used = 0;
    for (; *name && used < LONGEST_NAME; name++) {
        bool good = name_character(*name) && (used || !strchr(".-_", *name));
        if (good)
            out[used++] = *name;
        else if (used && out[used - 1] != '-')
            out[used++] = '-';
    }
    while (used && out[used - 1] == '-')
        used--;
    out[used] = 0;
    if (!used)
        snprintf(out, LONGEST_NAME + 1, "main");
}

char *hf_database_name_of(const char *path, struct hf_error *err)
{
    const char *slash = strrchr(path, '/');
    const char *file = slash ? slash + 1 : path;
    const char *dot = strrchr(file, '.');
    char *name = strndup(file, dot && dot != file ? (size_t)(dot - file) : strlen(file));
    if (!name) {
        hf_error_memory(err);
        return NULL;
    }
    if (hf_database_name_ok(name))
        return name;
    char proposed[LONGEST_NAME + 1];
    propose(proposed, name);
    hf_error_set(err, HF_CONFIG, "'%s' cannot be a database's name: 1 to 64 of A-Z a-z 0-9 . _ -",
                 name);
    hf_error_hint(err, "give the database a name: '--name %s', or 'name: %s' in holdfast.yml",
                  proposed, proposed);
    free(name);
    return NULL;
}

static int check_unique(const struct hf_config *config, const char *name, const char *path,
                        const char *source, struct hf_error *err)
{
    for (size_t i = 0; i < config->database_count; i++) {
        const struct hf_config_database *other = &config->databases[i];
        if (strcmp(other->name, name))
            continue;
        hf_error_set(err, HF_CONFIG, "%s: '%s' and '%s' (%s) would both be named '%s'", source,
                     path, other->path, other->source, name);
        return hf_error_hint(err, "a name stands for one history: give one of them another with "
                                  "'name:'");
    }
    return 0;
}

/* Prisma and others write a database as an address. */
static int refuse_address(const char *path, const char *source, struct hf_error *err)
{
    static const char scheme[] = "file:";
    if (strncmp(path, scheme, strlen(scheme)))
        return 0;
    const char *plain = path + strlen(scheme);
    plain += strncmp(plain, "//", 2) ? 0 : 2;
    hf_error_set(err, HF_CONFIG, "%s: '%s' is an address, not a path", source, path);
    return hf_error_hint(err, "write %.*s", (int)strcspn(plain, "?"), plain);
}

static int add(struct hf_config *config, const char *path, const char *name, const char *source,
               struct hf_error *err)
{
    if (refuse_address(path, source, err))
        return -1;
    struct hf_config_database *grown =
        realloc(config->databases, (config->database_count + 1) * sizeof *grown);
    if (!grown)
        return hf_error_memory(err);
    config->databases = grown;
    struct hf_config_database database = {.name =
                                              name ? strdup(name) : hf_database_name_of(path, err)};
    if (!database.name)
        return name ? hf_error_memory(err) : hf_error_wrap(err, "%s", source);
    int failed = check_unique(config, database.name, path, source, err);
    database.path = strdup(path);
    database.source = strdup(source);
    if (!failed && (!database.path || !database.source))
        failed = hf_error_memory(err);
    if (failed) {
        free(database.name);
        free(database.path);
        free(database.source);
        return -1;
    }
    grown[config->database_count++] = database;
    return 0;
}

int hf_databases_add_one(struct hf_config *config, const struct hf_value *path,
                         const struct hf_value *name, struct hf_error *err)
{
    if (name->text && !hf_database_name_ok(name->text)) {
        hf_error_set(err, HF_CONFIG, "%s: '%s' cannot be a database's name", name->source,
                     name->text);
        return hf_error_hint(err, "use 1 to 64 of A-Z a-z 0-9 . _ -");
    }
    return add(config, path->text, name->text, path->source, err);
}

static int add_notice(struct hf_config *config, char *text, struct hf_error *err)
{
    char **grown =
        text ? realloc(config->notices, (config->notice_count + 1) * sizeof *grown) : NULL;
    if (!grown) {
        free(text);
        return hf_error_memory(err);
    }
    config->notices = grown;
    grown[config->notice_count++] = text;
    return 0;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && !strcmp(text + length - tail, end);
}

/* What SQLite and Holdfast keep beside a database. A copy that counted as a database would get a
 * copy of its own at the next start. */
static bool is_companion(const char *path)
{
    static const char *const ends[] = {"-wal",
                                       "-shm",
                                       "-journal",
                                       "-holdfast",
                                       ".backup_startup",
                                       ".holdfast-lock",
                                       ".holdfast-restored"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        if (ends_with(path, ends[i]))
            return true;
    }
    const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;
    return strstr(file, ".corrupt-") || strstr(file, ".replaced-");
}

static int notice_no_match(struct hf_config *config, const struct hf_yaml_database *entry,
                           struct hf_error *err)
{
    char *notice = NULL;
    if (asprintf(&notice, "%s: '%s' matches no file", entry->source, entry->path) < 0)
        notice = NULL;
    return add_notice(config, notice, err);
}

static bool is_pattern(const struct hf_env *env, const char *path)
{
    struct stat status;
    return strpbrk(path, "*?[") && env->fs.stat(env->fs.context, path, &status);
}

/* A folder that is not there holds no match; one that cannot be read might. */
static int unreadable(const char *path, int sys)
{
    (void)path;
    return sys != ENOENT && sys != ENOTDIR;
}

/* Gives every file that the pattern matches and that can be a database to `each`. */
static int each_match(const struct hf_config_pattern *pattern,
                      int (*each)(struct hf_config *config, const char *path, const char *source,
                                  struct hf_error *err),
                      struct hf_config *config, struct hf_error *err)
{
    glob_t found = {0};
    /* GLOB_MARK: directories end with a slash, and are no databases. */
    int outcome = glob(pattern->path, GLOB_MARK, unreadable, &found);
    int failed = 0;
    if (outcome == GLOB_NOSPACE)
        failed = hf_error_memory(err);
    else if (outcome && outcome != GLOB_NOMATCH)
        failed = hf_error_set(err, HF_CONFIG, "%s: the folders of '%s' cannot all be read",
                              pattern->source, pattern->path);
    for (size_t i = 0; !failed && i < found.gl_pathc; i++)
        if (!is_companion(found.gl_pathv[i]) && !ends_with(found.gl_pathv[i], "/"))
            failed = each(config, found.gl_pathv[i], pattern->source, err);
    globfree(&found);
    return failed;
}

static int add_match(struct hf_config *config, const char *path, const char *source,
                     struct hf_error *err)
{
    return add(config, path, NULL, source, err);
}

static int remember_pattern(struct hf_config *config, const struct hf_yaml_database *entry,
                            struct hf_error *err)
{
    struct hf_config_pattern *grown =
        realloc(config->patterns, (config->pattern_count + 1) * sizeof *grown);
    if (!grown)
        return hf_error_memory(err);
    config->patterns = grown;
    grown[config->pattern_count] =
        (struct hf_config_pattern){strdup(entry->path), strdup(entry->source)};
    const struct hf_config_pattern *added = &grown[config->pattern_count++];
    return added->path && added->source ? 0 : hf_error_memory(err);
}

int hf_databases_add_entry(struct hf_config *config, const struct hf_yaml_database *entry,
                           const struct hf_env *env, struct hf_error *err)
{
    if (!is_pattern(env, entry->path))
        return add(config, entry->path, entry->name, entry->source, err);
    if (entry->name) {
        hf_error_set(err, HF_CONFIG, "%s: '%s' may match several files, which cannot all be '%s'",
                     entry->source, entry->path, entry->name);
        return hf_error_hint(err, "leave out 'name': each is named after its file");
    }
    size_t before = config->database_count;
    if (remember_pattern(config, entry, err) ||
        each_match(&config->patterns[config->pattern_count - 1], add_match, config, err))
        return -1;
    return config->database_count > before ? 0 : notice_no_match(config, entry, err);
}

/* What cannot be added is kept aside: it must not keep the others out. */
static int add_new_match(struct hf_config *config, const char *path, const char *source,
                         struct hf_error *err)
{
    struct hf_error cause = {0};
    for (size_t i = 0; i < config->database_count; i++)
        if (!strcmp(config->databases[i].path, path))
            return 0;
    if (add(config, path, NULL, source, &cause))
        hf_error_pass(err, &cause);
    return 0;
}

int hf_databases_expand(struct hf_config *config, struct hf_error *err)
{
    struct hf_error passed_over = {0};
    for (size_t i = 0; i < config->pattern_count; i++)
        if (each_match(&config->patterns[i], add_new_match, config, &passed_over))
            break;
    return passed_over.code ? hf_error_pass(err, &passed_over) : 0;
}

/* Whether the pattern looks into the folder, by whatever name. */
static bool looks_into(const char *pattern, const struct hf_env *env, const char *folder)
{
    glob_t found = {0};
    bool looks = false;
    hf_auto_free char *folders = hf_path_parent(pattern);
    if (folders && !glob(folders, 0, NULL, &found))
        for (size_t i = 0; !looks && i < found.gl_pathc; i++)
            looks = hf_path_same(env, found.gl_pathv[i], folder);
    globfree(&found);
    return looks;
}

const char *hf_databases_pattern_of(const struct hf_config *config, const struct hf_env *env,
                                    const char *folder, const char *name)
{
    for (size_t i = 0; i < config->pattern_count && !is_companion(name); i++) {
        const char *pattern = config->patterns[i].path, *slash = strrchr(pattern, '/');
        if (!fnmatch(slash ? slash + 1 : pattern, name, FNM_PERIOD) &&
            looks_into(pattern, env, folder))
            return pattern;
    }
    return NULL;
}

const struct hf_config_database *hf_config_database_find(const struct hf_config *config,
                                                         const char *name)
{
    for (size_t i = 0; i < config->database_count; i++)
        if (!strcmp(config->databases[i].name, name))
            return &config->databases[i];
    return NULL;
}
