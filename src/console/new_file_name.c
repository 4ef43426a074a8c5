#include "console/new_file_name.h"

#include <stdlib.h>
#include <string.h>

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
        if (!strncmp(name, base, length) &&
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

static int no_name(struct hf_error *err)
{
    return hf_error_set(err, HF_USAGE, "'file' is the name of a new file beside the database");
}

int hf_new_file_name_check(const char *name, const struct hf_config *config,
                           const struct hf_config_database *beside, struct hf_error *err)
{
    if (strchr(".- ", name[0]) || strpbrk(name, "/\\") || !strcmp(name, "holdfast.yml") ||
        is_of_database(config, name) || looks_like_another(name))
        return no_name(err);
    hf_auto_free char *folder = hf_path_parent(beside->path);
    hf_auto_free char *path = folder ? hf_path_join(folder, name) : NULL;
    if (!path)
        return hf_error_memory(err);
    const char *pattern = hf_databases_pattern_of(config, path);
    if (!pattern)
        return 0;
    no_name(err);
    return hf_error_hint(err, "with this name it would become a database of its own, by '%s'",
                         pattern);
}
