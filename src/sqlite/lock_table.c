#include "sqlite/lock_table.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { FIRST_LOCK_BYTE = 120, PIECE = 16 << 10 };

/* "1: POSIX  ADVISORY  READ 812 fe:01:6031 123 123" */
struct row {
    char kind[8], access[8];
    long pid;
    unsigned major, minor;
    uint64_t inode;
    int64_t first, last;
};

void hf_lock_table_load(struct hf_lock_table *table)
{
    table->text.length = 0;
    int fd = open("/proc/locks", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    ssize_t got = -1;
    while (!hf_buf_reserve(&table->text, PIECE + 1, NULL) &&
           (got = read(fd, table->text.data + table->text.length, PIECE)) > 0)
        table->text.length += (size_t)got;
    close(fd);
    if (got)
        table->text.length = 0;
    else if (table->text.length)
        table->text.data[table->text.length] = 0;
}

/* Lines of who waits for a lock have an arrow in the place of the kind. */
static bool parse_row(struct row *row, const char *line)
{
    char end[24];
    if (sscanf(line, "%*[0-9]: %7s %*s %7s %ld %x:%x:%" SCNu64 " %" SCNd64 " %23s", row->kind,
               row->access, &row->pid, &row->major, &row->minor, &row->inode, &row->first,
               end) != 8)
        return false;
    row->last = INT64_MAX;
    return !strcmp(end, "EOF") || sscanf(end, "%" SCNd64, &row->last) == 1;
}

/* Calls `each` for every row of this lock until it returns true. */
static bool find(const struct hf_lock_table *table, const struct stat *shm, int lock,
                 bool (*each)(void *context, const struct row *row), void *context)
{
    struct row row;
    char inode[32];
    if (!table->text.length)
        return false;
    snprintf(inode, sizeof inode, ":%" PRIu64 " ", (uint64_t)shm->st_ino);
    const char *at = (const char *)table->text.data;
    while ((at = strstr(at, inode))) {
        const char *line = at;
        while (line > (const char *)table->text.data && line[-1] != '\n')
            line--;
        at++;
        if (parse_row(&row, line) && !strcmp(row.kind, "POSIX") && row.inode == shm->st_ino &&
            row.major == major(shm->st_dev) && row.minor == minor(shm->st_dev) &&
            row.first <= FIRST_LOCK_BYTE + lock && row.last >= FIRST_LOCK_BYTE + lock &&
            each(context, &row))
            return true;
    }
    return false;
}

static bool is_exclusive(void *context, const struct row *row)
{
    if (strcmp(row->access, "WRITE"))
        return false;
    *(pid_t *)context = (pid_t)row->pid;
    return true;
}

pid_t hf_lock_table_holder(const struct hf_lock_table *table, const struct stat *shm, int lock)
{
    pid_t pid = 0;
    find(table, shm, lock, is_exclusive, &pid);
    return pid;
}

static bool is_of(void *context, const struct row *row)
{
    return row->pid == *(const pid_t *)context;
}

bool hf_lock_table_has(const struct hf_lock_table *table, const struct stat *shm, int lock,
                       pid_t pid)
{
    return find(table, shm, lock, is_of, &pid);
}
