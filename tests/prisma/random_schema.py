"""Random Prisma schemas, and random changes to them. The same seed gives the same schema."""
import copy
import random

SCALARS = ["Int", "BigInt", "Float", "Decimal", "Boolean", "DateTime", "Bytes", "Json", "String"]
FIELDS = ["alpha", "beta", "gamma", "delta", "eps", "zeta", "eta", "theta", "iota", "kappa"]
MODELS = ["User", "Post", "Tag", "Comment", "order", "Group", "Select", "Item", "Zed", "media_item"]
ACTIONS = ["Cascade", "Restrict", "NoAction", "SetNull", "SetDefault"]
DEFAULTS = {
    "Int": ["0", "1", "-5", "2147483647"],
    "BigInt": ["0", "9007199254740993", "-1"],
    "Float": ["0", "1.5", "-0.25", "100"],
    "Decimal": ["0.1", "12", '"3.50"'],
    "Boolean": ["true", "false"],
    "DateTime": ["now()", '"2020-01-01T00:00:00Z"', '"2021-05-06T07:08:09.123+02:00"'],
    "Bytes": ['"AAEC"'],
    "Json": ['"{}"', '"[]"', '"{\\"a\\": 1}"'],
    "String": ['""', '"x"', '"it\'s"', "uuid()", "cuid()", "nanoid()", "ulid()", '"a\\"b"',
               "dbgenerated(\"('q')\")", '"ünï"'],
}


class Field:
    def __init__(self, name, type, suffix="", **attributes):
        self.name, self.type, self.suffix = name, type, suffix
        self.attributes = {"@" + key: value for key, value in attributes.items()}

    @property
    def changeable(self):
        """Neither part of a key nor of a relation."""
        return (self.name.rstrip("0123456789N") in FIELDS and "@id" not in self.attributes
                and "@relation" not in self.attributes)

    def __str__(self):
        attributes = "".join(f" {name}{value}" for name, value in self.attributes.items())
        return f"  {self.name} {self.type}{self.suffix}{attributes}"


class Model:
    def __init__(self, name):
        self.name, self.fields, self.block, self.key = name, [], [], None

    def __str__(self):
        lines = [str(field) for field in self.fields] + ["  " + line for line in self.block]
        return "model %s {\n%s\n}\n" % (self.name, "\n".join(lines))


class Schema:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.enums = {name: ["RED", "GREEN", "BLUE"][:self.random.randint(1, 3)]
                      for name in ["Color", "Role"][:self.random.randint(0, 2)]}
        self.mapped = {(name, value) for name, values in self.enums.items() for value in values
                       if self.chance(.2)}
        names = self.random.sample(MODELS, self.random.randint(1, 5))
        self.models = {name: self.make_model(name) for name in names}
        self.relations = 0
        for one in self.models.values():
            for other in self.models.values():
                if self.chance(.25):
                    self.relate(one, other)

    def chance(self, probability):
        return self.random.random() < probability

    def default(self, type):
        return "(%s)" % self.random.choice(self.enums.get(type) or DEFAULTS[type])

    def make_field(self, name):
        type = self.random.choice(SCALARS + list(self.enums))
        field = Field(name, type, self.random.choice(["", "", "?"]))
        if self.chance(.3):
            field.attributes["@default"] = self.default(type)
        if type == "DateTime" and self.chance(.2):
            field.attributes["@updatedAt"] = ""
        if type != "Json" and self.chance(.12):
            field.attributes["@unique"] = self.random.choice(
                ["", "", '(map: "u_%s_%d")' % (name, self.random.randrange(1000))])
        if self.chance(.12):
            field.attributes["@map"] = '("%s")' % (
                name + self.random.choice(["_col", "Col", " x", "-y"]))
        if self.chance(.04):
            field.attributes["@ignore"] = ""
        return field

    def make_key(self, model):
        kind, place = self.random.random(), self.random.randrange(len(model.fields) + 1)
        if kind < .5:
            key = Field("id", "Int", id="", default="(autoincrement())")
        elif kind < .6:
            key = Field("id", "Int", id="")
        elif kind < .85:
            key = Field("id", "String", id="",
                        default=self.random.choice(["(cuid())", "(uuid())", "(nanoid(10))"]))
        elif kind < .9:
            key = Field("id", "BigInt", id="")
        else:
            model.fields[:0] = [Field("keyA", "Int"), Field("keyB", "String")]
            model.block.append("@@id([%s])" % self.random.choice(["keyA, keyB", "keyB, keyA"]))
            return
        model.fields.insert(place, key)
        model.key = key

    def make_model(self, name):
        model = Model(name)
        model.fields = [self.make_field(field)
                        for field in self.random.sample(FIELDS, self.random.randint(1, 6))]
        self.make_key(model)
        indexable = [field.name for field in model.fields if field.type != "Json"]
        if self.chance(.3) and len(indexable) > 1:
            model.block.append("@@unique([%s])" % ", ".join(self.random.sample(indexable, 2)))
        if self.chance(.4):
            columns = self.random.sample(indexable, self.random.randint(1, min(2, len(indexable))))
            columns = [column + self.random.choice(["", "", "(sort: Desc)"]) for column in columns]
            mapped = ', map: "ix_%s_%d"' % (name, self.random.randrange(999))
            model.block.append("@@index([%s]%s)" % (
                ", ".join(columns), self.random.choice(["", "", mapped])))
        if self.chance(.2):
            model.block.append('@@map("%s")' % (
                name.lower() + self.random.choice(["s", "_tbl", "-t"])))
        return model

    def relate(self, one, other):
        self.relations += 1
        number = self.relations
        if self.chance(.7):
            if other.key:
                self.relate_by_key(one, other, number)
        elif one.key and other.key:
            one.fields.append(Field(f"many{number}a", other.name, "[]", relation=f'("R{number}")'))
            other.fields.append(Field(f"many{number}b", one.name, "[]", relation=f'("R{number}")'))

    def relate_by_key(self, one, other, number):
        suffix, single = self.random.choice(["", "?"]), self.chance(.2)
        allowed = ACTIONS if suffix else [action for action in ACTIONS if action != "SetNull"]
        actions = "".join(f", {when}: {self.random.choice(allowed)}"
                          for when in ("onDelete", "onUpdate") if self.chance(.3))
        key = Field(f"to{number}Id", other.key.type, suffix)
        if single:
            key.attributes["@unique"] = ""
        elif self.chance(.2):
            key.attributes["@map"] = f'("fk_{number}")'
        one.fields += [key, Field(
            f"to{number}", other.name, suffix,
            relation=f'("R{number}", fields: [{key.name}], references: [{other.key.name}]{actions})')]
        other.fields.append(Field(f"from{number}", one.name, "?" if single else "[]",
                                  relation=f'("R{number}")'))

    def __str__(self):
        parts = ['datasource db {\n  provider = "sqlite"\n  url = "file:x"\n}\n']
        for name, values in self.enums.items():
            lines = [f"  {value}" + (f' @map("{value.lower()}")' if (name, value) in self.mapped else "")
                     for value in values]
            parts.append("enum %s {\n%s\n}\n" % (name, "\n".join(lines)))
        return "\n".join(parts + [str(model) for model in self.models.values()])


def changed(schema, seed):
    """A later version of the schema: one to four changes."""
    after = copy.deepcopy(schema)
    after.random = random.Random(seed)
    for _ in range(after.random.randint(1, 4)):
        change(after)
    return after


def change(schema):
    pick = schema.random
    model = pick.choice(list(schema.models.values()))
    fields = [field for field in model.fields if field.changeable]
    field = pick.choice(fields) if fields else None
    kind = pick.random()
    if kind < .35 or not field:
        model.fields.append(schema.make_field(f"{pick.choice(FIELDS)}N{pick.randrange(999)}"))
    elif kind < .5:
        if not any(field.name in line for line in model.block):
            model.fields.remove(field)
    elif kind < .6:
        field.suffix = "" if field.suffix else "?"
    elif kind < .68:
        field.type = pick.choice(SCALARS)
        field.attributes.pop("@default", None)
        field.attributes.pop("@updatedAt", None)
    elif kind < .76:
        if not field.attributes.pop("@default", None):
            field.attributes["@default"] = schema.default(field.type)
    elif kind < .82:
        if field.attributes.pop("@unique", None) is None:
            field.attributes["@unique"] = ""
    elif kind < .9:
        model.block.append('@@index([%s], map: "late%d")' % (field.name, pick.randrange(9999)))
    elif kind < .95:
        late = Model(f"Late{pick.randrange(999)}")
        late.fields = [Field("id", "Int", id=""), schema.make_field("alpha")]
        schema.models.setdefault(late.name, late)
    elif len(schema.models) > 1 and not any("relation" in str(field) for field in model.fields):
        del schema.models[model.name]
