"""What transactions do. Each deed changes tables and keeps the book's sums true to them."""

import string

from ledger import quoted

LETTERS = string.ascii_letters + string.digits + " äöŁ漢"
FEWEST, MOST_TABLES = 2, 8
LEDGER_ROWS = 1500


def text(rng, most):
    length = rng.randrange(most + 1)
    piece = "".join(rng.choices(LETTERS, k=min(length, 24)))
    return (piece * (length // 24 + 1))[:length]


def value(rng):
    kind = rng.randrange(10)
    if kind < 3:
        return rng.randrange(-1 << 40, 1 << 40)
    if kind < 7:
        return text(rng, 80)
    if kind < 8:
        return rng.randbytes(rng.randrange(200))
    if kind < 9:
        return None
    return rng.randbytes(rng.choice((400, 3000, 12000)))  # overflow pages


def columns(database, table):
    return [row[1] for row in database.execute(f"pragma table_info({quoted(table)})")]


def any_table(rng, book):
    return rng.choice(sorted(book.tables)) if book.tables else None


def some_rows(rng, database, table, most):
    """Up to so many rows after a random id."""
    (low, high) = database.execute(f"select min(id), max(id) from {quoted(table)}").fetchone()
    if low is None:
        return []
    return database.execute(f"select * from {quoted(table)} where id >= ? order by id limit ?",
                            (rng.randint(low, high), rng.randint(1, most))).fetchall()


def insert_rows(rng, database, book, table, count, one=value):
    names = columns(database, table)
    (high,) = database.execute(f"select max(id) from {quoted(table)}").fetchone()
    marks = ",".join("?" * len(names))
    for number in range(count):
        row = [(high or 0) + number + 1, book.n + 1, *(one(rng) for _ in names[2:])]
        database.execute(f"insert into {quoted(table)} values({marks})", row)
        book.add(table, row)


def insert(rng, database, book):
    if table := any_table(rng, book):
        insert_rows(rng, database, book, table, rng.randint(1, 6))


def insert_many(rng, database, book):
    """More than a small cache holds: dirty pages reach the log before the commit."""
    if table := any_table(rng, book):
        insert_rows(rng, database, book, table, rng.randint(200, 2500), lambda r: text(r, 150))


def update(rng, database, book, most=5):
    if table := any_table(rng, book):
        names = columns(database, table)
        for row in some_rows(rng, database, table, most):
            changed = list(row)
            changed[1] = book.n + 1
            at = rng.randrange(1, len(names))
            if at > 1:
                changed[at] = value(rng)
            database.execute(f"update {quoted(table)} set {quoted(names[1])}=?, "
                             f"{quoted(names[at])}=? where id=?",
                             (changed[1], changed[at], row[0]))
            book.drop(table, row)
            book.add(table, changed)


def update_many(rng, database, book):
    update(rng, database, book, 400)


def delete(rng, database, book, most=8):
    if table := any_table(rng, book):
        for row in some_rows(rng, database, table, most):
            database.execute(f"delete from {quoted(table)} where id=?", (row[0],))
            book.drop(table, row)


def delete_many(rng, database, book):
    delete(rng, database, book, 3000)


def empty_table(rng, database, book):
    """SQLite frees the pages without looking at them, and does not log what was on them."""
    if table := any_table(rng, book):
        database.execute(f"delete from {quoted(table)}")
        book.tables[table] = [0, 0]


def new_name(rng, book, letter):
    while (name := f"{letter}{rng.randrange(1000)}") in book.tables:
        pass
    return name


def create_table(rng, database, book):
    if len(book.tables) < MOST_TABLES:
        name = new_name(rng, book, "t")
        more = "".join(f", v{i}" for i in range(rng.randint(1, 5)))
        rowid = rng.choice(("", "", " without rowid"))
        database.execute(f"create table {name}(id integer primary key, n integer{more}){rowid}")
        book.tables[name] = [0, 0]
        insert_rows(rng, database, book, name, rng.randint(0, 40))
        book.schema_changed()


def drop_table(rng, database, book):
    if len(book.tables) > FEWEST:
        table = any_table(rng, book)
        database.execute(f"drop table {quoted(table)}")
        del book.tables[table]
        book.schema_changed()


def create_index(rng, database, book):
    if table := any_table(rng, book):
        column = rng.choice(columns(database, table)[1:])
        name = f"i_{table}_{column}"
        database.execute(f"create index if not exists {quoted(name)} "
                         f"on {quoted(table)}({quoted(column)})")
        book.schema_changed()


def drop_index(rng, database, book):
    names = [row[0] for row in database.execute(
        "select name from sqlite_master where type='index' and name glob 'i_*' order by name")]
    if names:
        database.execute(f"drop index {quoted(rng.choice(names))}")
        book.schema_changed()


def add_column(rng, database, book):
    if (table := any_table(rng, book)) and len(columns(database, table)) < 12:
        name = f"a{rng.randrange(10 ** 6)}"
        if rng.random() < 0.5:
            database.execute(f"alter table {quoted(table)} add column {name}")
        else:
            database.execute(f"alter table {quoted(table)} add column {name} default {rng.randrange(99)}")
            book.count_again(table)
        book.schema_changed()


def rename_table(rng, database, book):
    if table := any_table(rng, book):
        name = new_name(rng, book, "r")
        database.execute(f"alter table {quoted(table)} rename to {name}")
        book.tables[name] = book.tables.pop(table)
        book.schema_changed()


def set_version(rng, database, book):
    book.version = rng.randrange(1 << 30)
    database.execute(f"pragma user_version={book.version}")


def shorten_ledger(_, database, book):
    database.execute("delete from ledger where n < ?", (book.n - LEDGER_ROWS,))


def give_pages_back(rng, database, _):
    database.execute(f"pragma incremental_vacuum({rng.randint(1, 200)})").fetchall()


SMALL = ((insert, 30), (update, 30), (delete, 12), (set_version, 3), (shorten_ledger, 4),
         (give_pages_back, 3))
SCHEMA_CHANGES = ((create_table, 4), (drop_table, 2), (create_index, 3), (drop_index, 2),
                  (add_column, 2), (rename_table, 1), (empty_table, 1))
LARGE = ((insert_many, 3), (update_many, 2), (delete_many, 3))
SHRINKING = ((delete_many, 6), (empty_table, 2), (drop_table, 1), (shorten_ledger, 2))


def choose(rng, table):
    return rng.choices([deed for deed, _ in table], [weight for _, weight in table])[0]


def do_some(rng, database, book, too_large):
    """A random transaction's changes. `too_large`: the file has reached the size that is enough."""
    if not book.tables:
        create_table(rng, database, book)
    draw = rng.random()
    if too_large and draw < 0.3:
        return choose(rng, SHRINKING)(rng, database, book)
    if draw < 0.05:
        return choose(rng, SCHEMA_CHANGES)(rng, database, book)
    if draw < 0.08 and not too_large:
        return choose(rng, LARGE)(rng, database, book)
    for _ in range(rng.randint(1, 4)):
        choose(rng, SMALL)(rng, database, book)
    return None
