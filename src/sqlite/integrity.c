#include "sqlite/integrity.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sqlite/connection.h"
#include "sqlite/untrusted.h"

enum { MOST_PROBLEMS = 100 };

static void note_problem(struct hf_integrity *out, const char *line, int length)
{
    if (out->problems >= MOST_PROBLEMS)
        return;
    if (!out->problems++)
        snprintf(out->first_problem, sizeof out->first_problem, "%.*s", length, line);
}

struct page_check {
    struct hf_integrity *out;
    int refused; /* why a page could not be had, when that is no damage */
};

/* integrity_check takes a page that it has no memory for, or that the system does not give, for a
 * problem of the database: "Page 7: unable to get the page. error code=7". */
static int reason_for_no_page(const char *line, int length)
{
    static const char reason[] = "error code=";
    const char *found = memmem(line, (size_t)length, reason, sizeof reason - 1);
    int rc = found ? atoi(found + sizeof reason - 1) : SQLITE_OK;
    return (rc & 0xff) == SQLITE_CORRUPT || (rc & 0xff) == SQLITE_NOTADB ? SQLITE_OK : rc;
}

/* A row may hold several lines; those with "***" only say which database is meant. */
static int take_problem_row(void *context, int columns, char **values, char **names)
{
    (void)columns;
    (void)names;
    struct page_check *check = context;
    for (const char *line = values[0]; line && *line;) {
        int length = (int)strcspn(line, "\n");
        if (!check->refused)
            check->refused = reason_for_no_page(line, length);
        if (strncmp(line, "***", 3) && strcmp(line, "ok"))
            note_problem(check->out, line, length);
        line += length + (line[length] == '\n');
    }
    return 0;
}

/* Columns: table, rowid (NULL without one), parent table, number of the constraint. */
static int take_orphan_row(void *context, int columns, char **values, char **names)
{
    (void)columns;
    (void)names;
    struct hf_integrity *out = context;
    if (!out->orphans++)
        snprintf(out->first_orphan, sizeof out->first_orphan,
                 "table '%s' row %s refers to a missing row of '%s'", values[0],
                 values[1] ? values[1] : "(no number)", values[2]);
    return 0;
}

/* Damage is a finding; anything else keeps from finding out. */
static int check_pages(sqlite3 *db, const char *path, struct hf_integrity *out,
                       struct hf_error *err)
{
    struct page_check check = {.out = out};
    int rc = sqlite3_exec(db, "PRAGMA integrity_check", take_problem_row, &check, NULL);
    if (rc == SQLITE_OK && check.refused)
        return hf_connection_error(NULL, check.refused, path, err);
    switch (rc & 0xff) {
    case SQLITE_OK:
        return 0;
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        note_problem(out, sqlite3_errmsg(db), (int)strlen(sqlite3_errmsg(db)));
        return 0;
    case SQLITE_ERROR:
        hf_error_set(err, HF_UNSUPPORTED, "'%s' cannot be checked: %s", path, sqlite3_errmsg(db));
        return hf_error_hint(err, "its schema uses what only its application has: check it there");
    default:
        return hf_connection_error(db, rc, path, err);
    }
}

static int check_references(sqlite3 *db, const char *path, struct hf_integrity *out,
                            struct hf_error *err)
{
    int rc = sqlite3_exec(db, "PRAGMA foreign_key_check", take_orphan_row, out, NULL);
    switch (rc & 0xff) {
    case SQLITE_OK:
        return 0;
    case SQLITE_ERROR: /* a reference that is declared wrongly */
        if (!out->orphans++)
            snprintf(out->first_orphan, sizeof out->first_orphan, "%s", sqlite3_errmsg(db));
        return 0;
    default:
        return hf_connection_error(db, rc, path, err);
    }
}

int hf_integrity_check(const char *path, struct hf_integrity *out, struct hf_error *err)
{
    struct hf_integrity found = {0};
    sqlite3 *db = hf_untrusted_open(path, HF_USED_BY_NOBODY, 0, err);
    int failed = !db || check_pages(db, path, &found, err) ||
                 (!found.problems && check_references(db, path, &found, err));
    sqlite3_close(db);
    if (failed)
        return -1;
    *out = found;
    return 0;
}
