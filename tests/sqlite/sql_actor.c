/*
 * Another process with a database open: executes the SQL on each line of its input and answers with
 * one line, the result code and the last row's first column. "!die 5" and "!fail-sync" are for
 * actor_faults.h. Lives until its input ends.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actor_faults.h"

static int last_value(void *context, int columns, char **values, char **names)
{
    (void)columns;
    (void)names;
    snprintf(context, 100, "%s", values[0] ? values[0] : "");
    return 0;
}

int main(int argc, char **argv)
{
    sqlite3 *db;
    char *line = NULL;
    size_t size = 0;
    const char *pending_byte = getenv("HF_TEST_PENDING_BYTE");
    if (pending_byte)
        sqlite3_test_control(SQLITE_TESTCTRL_PENDING_BYTE, atoi(pending_byte));
    actor_faults_install();
    if (argc != 2 || sqlite3_open(argv[1], &db))
        return 1;
    while (getline(&line, &size, stdin) > 0) {
        char value[100] = "";
        line[strcspn(line, "\n")] = 0;
        if (line[0] == '!') {
            actor_faults_order(line + 1);
            continue;
        }
        printf("%d %s\n", sqlite3_exec(db, line, last_value, value, NULL), value);
        fflush(stdout);
    }
    free(line);
    return sqlite3_close(db);
}
