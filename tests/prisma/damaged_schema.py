"""Damage to the text of a valid schema, of the kinds that people and merges do. What comes out may
still be valid."""
import random
import re

FIELD_ATTRIBUTES = """
@id|@unique|@updatedAt|@default(1)|@default("x")|@default(now())|@default(autoincrement())
@default(uuid())|@default(cuid(3))|@default(true)|@default(RED)|@default([])|@default(dbgenerated())
@default()|@default(foo())|@map("zz")|@map("")|@map|@ignore|@db.Text|@nope|@relation|@relation("x")
@unique(sort: Desc)|@unique(map: "")|@id(map: "pk")|@default(1.5)|@default(-1)|@default(99999999999)
@default(value: 3)|@default(uuid(4))|@default(uuid(7))|@default(uuid(5))|@default(nanoid(1))
@default(nanoid(300))|@default(now)|@unique @unique|@default(1) @default(2)|@default(cuid(2))
@default(ulid(1))|@default(autoincrement(1))|@default(now(1))|@default(dbgenerated(""))
@default(dbgenerated(1))|@map(name: "zz")|@id(sort: Desc)|@id(clustered: true)|@updatedAt(1)
@default("a", map: "d")|@ignore(1)|@relation(onDelete: Cascade)|@relation(map: "fk")
""".replace("\n", "|").strip("|").split("|")

BLOCK_ATTRIBUTES = """
@@id([id])|@@unique([id, id])|@@unique([nope])|@@index([])|@@index([id], map: "dup")
@@index([id], name: "n")|@@unique([id], name: "n")|@@map("x")|@@ignore|@@fulltext([id])
@@schema("x")|@@nope|@@index(id)|@@index([id(sort: Up)])|@@index([id(length: 3)])
@@index(fields: [id])|@@unique(fields: [id], map: "m x")|@@index([id], type: Hash)|@@id([])
@@index([id, nope])|@@map(name: "q")|@@unique|@@index([id], foo: 1)|@@id([id, id])|@@map("")
@@unique([alpha, beta], name: "ab")|@@unique([alpha], map: "dup")|@@index([alpha], map: "dup")
@@id([alpha, beta])|@@index([alpha(ops: raw("x"))])|@@ignore @@map("y")|@@index([to1])
@@unique([to1Id, to1])|@@id([alpha], name: "k")|@@index([alpha], clustered: true)|@@id(alpha)
""".replace("\n", "|").strip("|").split("|")

STRAYS = """
enum E { }~enum Color {\n  A\n}~type T {\n  a Int\n}~view V {\n  a Int\n}~model M {\n}
model M {\n  a Int\n}~garbage~generator g {\n  provider = "x"\n}~generator g {\n}
datasource db2 {\n  provider = "sqlite"\n}~model M {\n  id Int @id @unique\n}
enum E {\n  A\n  A\n}~enum E {\n A @map("x")\n B @map("x")\n}~// comment~/// doc
model M {\n  id Int? @id\n}~model M {\n id Json @id\n}~model M {\n id Bytes @id\n}
model M {\n id Float @unique\n}~model M {\n a Int? @unique\n}~model M {\n a Int? @unique\n b Int @unique\n}
model M {\n id Int @id\n x User\n}~model M {\n id Int @id\n x User?\n}~model M {\n id Int @id\n x M?\n}
model M {\n id Int @id\n x M[]\n}~model M {\n id Int @id\n f E0[]\n}\nenum E0 {\n A\n}
model M {\n id Int @id\n a M? @relation("x", fields: [b], references: [id])\n b Int?\n c M[] @relation("x")\n}
model M {\n id Int @id\n a M @relation("x", fields: [b], references: [id])\n b Int\n c M? @relation("x")\n}
model M {\n id Int @id\n a M? @relation("x", fields: [b], references: [id])\n b Int? @unique\n c M? @relation("x")\n}
model M {\n id Int @id\n n N\n}\nmodel N {\n id Int @id\n m M\n}
model M {\n id Int @id\n n N[]\n}\nmodel N {\n id Int @id\n m M[] @relation(fields: [k], references: [id])\n k Int\n}
model M {\n id Int @id\n n N[]\n o N[]\n}\nmodel N {\n id Int @id\n m M[]\n p M[]\n}
model M {\n id Int @id\n n N[] @relation("q")\n}\nmodel N {\n id Int @id\n m M[]\n}
model M {\n a Int\n b Int\n n N[]\n @@id([a, b])\n}\nmodel N {\n id Int @id\n m M[]\n}
model M {\n a Int\n b Int\n n N[]\n @@id([a, b])\n}\nmodel N {\n id Int @id\n a Int\n b Int\n m M @relation(fields: [a, b], references: [b, a])\n}
model M {\n id Int @id\n u Int @unique\n n N[]\n}\nmodel N {\n id Int @id\n a Int\n m M @relation(fields: [a], references: [u])\n}
model M {\n id Int @id\n u String\n n N[]\n}\nmodel N {\n id Int @id\n a String\n m M @relation(fields: [a], references: [u])\n}
model M {\n id Int @id\n n N?\n}\nmodel N {\n id Int @id\n a Int\n m M @relation(fields: [a], references: [id])\n}
model M {\n id Int @id\n n N[]\n}\nmodel N {\n id Int @id\n a Int?\n m M @relation(fields: [a], references: [id])\n}
model M {\n id Int @id\n n N[]\n}\nmodel N {\n id Int @id\n a Int\n m M? @relation(fields: [a], references: [id])\n}
model M {\n id Int @id\n n N[]\n}\nmodel N {\n id Int @id\n a Int\n m M @relation(fields: [a], references: [id], onDelete: SetNull)\n}
model M {\n id Int @id\n x Unsupported("point")\n y Unsupported("box")? @default(dbgenerated("z"))\n}
model M {\n id Int @id\n x Unsupported("point") @unique\n}~model M {\n x Unsupported("point") @id\n}
datasource db {\n  provider = "sqlite"\n}~enum E {\n  A B\n}~enum E {\n  1a\n}~enum E {\n A\n @@map("e")\n @@ignore\n}
model M {\n id Int @id\n}\nmodel M2 {\n id Int @id\n @@map("M")\n}~model M {\n id Int @id\n a Int @map("id")\n}
model M {\n id Int @id\n _a Int\n}~model M {\n id Int @id @@map("x")\n}~model M { id Int @id }
model M\n{\n id Int @id\n}~model M {\n id Int @id // c\n /// d\n a Int? /// e\n}~type T = Int @id
model M {\n id Int @id(map: "x")\n a String @default("a\\nb\\u0041\\x")\n}~model M {\n id Int @id @default(1)\n}
model M {\n id String @id @default(autoincrement())\n}~model M {\n id Int\n a Int @default(autoincrement())\n @@id([id])\n}
model M {\n id Int\n a Int @default(autoincrement())\n @@id([id, a])\n}~model M {\n a Int @default(autoincrement()) @unique\n}
""".strip().replace("\n", "~").replace("\\n", "\n").split("~")

DATASOURCES = """
provider = "sqlite"\n  relationMode = "prisma"~provider = "sqlite"\n  relationMode = "foreignKeys"
provider = "sqlite"\n  relationMode = "x"~provider = "sqlite"\n  nope = 1~provider = "postgresql"
provider = ["sqlite"]~provider = sqlite~provider = "sqlite3"~provider = "sqlite"\n  extensions = [x]
provider = "sqlite"\n  schemas = ["a"]~provider = env("P")~provider = "sqlite"\n  provider = "sqlite"
referentialIntegrity = "prisma"\n  provider = "sqlite"
""".strip().replace("\n", "~").replace("\\n", "\n").split("~")


def replacing(pattern, *choices):
    """Puts one of the choices where the pattern is in a field's line."""
    def damage(pick, lines, at):
        lines[at] = re.sub(pattern, lambda match: match.expand(pick.choice(choices)), lines[at])
    return damage


def appending(choices):
    def damage(pick, lines, at):
        lines[at] = lines[at].rstrip() + " " + pick.choice(choices)
    return damage


def stray_line(choices, indent):
    def damage(pick, lines, _):
        starts = [at for at, line in enumerate(lines) if line.startswith("model ")]
        at = pick.choice(starts) + 2 if indent else pick.randrange(len(lines))
        lines.insert(at, indent + pick.choice(choices))
    return damage


def stray_tail(pick, lines, _):
    at = pick.randrange(len(lines))
    lines[at] += pick.choice([" }", " {", " )", " // c", " /// d", ' "', " ,", " @@", " =", " /* c */"])


def other_model_name(pick, lines, _):
    at = pick.choice([at for at, line in enumerate(lines) if line.startswith("model ")])
    lines[at] = re.sub(r"model \w+", "model " + pick.choice(
        ["User", "Post", "String", "Color", "type", "1x", "Select", "PrismaClient", "async", "Ä", "a-b"]),
        lines[at])


def other_datasource(pick, lines, _):
    lines[:] = "\n".join(lines).replace('provider = "sqlite"', pick.choice(DATASOURCES), 1).split("\n")


def stray_character(pick, lines, at):
    place = pick.randrange(len(lines[at]) + 1)
    character = pick.choice("@[](){}?\"',.:;#$%&*-+=/\\|~`x1 ")
    lines[at] = lines[at][:place] + character + lines[at][place:]


def missing_character(pick, lines, at):
    place = pick.randrange(len(lines[at]))
    lines[at] = lines[at][:place] + lines[at][place + 1:]


DAMAGES = [
    lambda pick, lines, at: lines.pop(at),
    lambda pick, lines, at: lines.insert(at, lines[at]),
    *3 * [appending(FIELD_ATTRIBUTES)],
    *2 * [stray_line(BLOCK_ATTRIBUTES, "  ")],
    *2 * [stray_line(STRAYS, "")],
    replacing(r"^(  \w+) \w+", *(r"\1 " + type for type in (
        "Nope", "int", "Int", "String", "User", "Post", "Json", 'Unsupported("x")', "Color", "Bytes",
        "Float", "DateTime", "Boolean", "Decimal", "BigInt"))),
    replacing(r"^(  \w+ \w+)(\[\]|\?)?", r"\1", r"\1?", r"\1[]", r"\1[]?", r"\1!", r"\1[", r"\1 ?"),
    replacing(r", fields: \[\w+\]", "", ", fields: []", ", fields: [nope]", ", fields: [id]",
              ", fields: id", ", fields: [id, alpha]", ', fields: ["id"]'),
    replacing(r", references: \[\w+\]", "", ", references: []", ", references: [nope]",
              ", references: [id, id]", ", references: [beta]", ", references: id"),
    replacing(r'@relation\("R\d+"', '@relation(""', '@relation(name: "Q"', '@relation("R1"',
              '@relation(foo: "x"', "@relation(R1", '@relation("R1", "R2"'),
    replacing(r"^  \w+", "  id", "  1bad", "  a-b", "  _x", "  ä", "  alpha", "  model", "  type"),
    replacing(r"on(Delete|Update): \w+", r"on\1: Cascade", r"on\1: SetNull", r"on\1: SetDefault",
              r"on\1: Nope", r'on\1: "Cascade"', r"on\1: NoAction"),
    replacing(r"@default\(.*?\)( |$)", *("@default(%s)" % value for value in (
        "1", '"1"', "true", "now()", "null", "-1.5", "RED", '"2020-01-01"', '"{"', '"not base64!"',
        "uuid", "autoincrement()", "[1]", "1, 2", "99999999999999999999", '"1e5"', "1e5"))),
    replacing(r"@map\(.*?\)", '@map("id")', '@map("alpha")', "@map(1)", '@map(name: "x")',
              '@map("a", "b")', "@map(x)"),
    stray_tail, other_model_name, other_datasource, stray_character, missing_character,
]


def damaged(text, seed):
    pick = random.Random(seed)
    lines = text.split("\n")
    for _ in range(pick.choice([1, 1, 1, 2])):
        fields = [at for at, line in enumerate(lines) if re.match(r"  \w+ \w", line) and "=" not in line]
        if fields:
            pick.choice(DAMAGES)(pick, lines, pick.choice(fields))
    return "\n".join(lines)
