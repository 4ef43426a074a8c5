#include <assert.h>
#include <string.h>
#include <strings.h>

#include "schema/prisma/family.h"
#include "schema/prisma/pulled.h"

/* Foreign keys and join tables as fields of both their models. */

struct relation {
    struct hf_pulled_table *from, *to;
    const struct hf_foreign_key *key; /* NULL: many to many */
    const char *join;                 /* the name of such a relation */
    bool named;                       /* told apart by its name */
    struct relation *next;
};

struct relations {
    struct relation *first, **tail;
};

static bool is_set_null(const char *action)
{
    return !strcasecmp(action, "SET NULL");
}

/* Why Prisma could not have this foreign key, or NULL. */
static const char *obstacle(const struct hf_pulled_table *from, const struct hf_pulled_table *to,
                            const struct hf_foreign_key *key)
{
    bool required = false;
    if (!to || to->join || to->refused)
        return "it refers to no model";
    for (size_t i = 0; i < key->count; i++) {
        int mine = hf_pull_column(from, key->from[i]), theirs = hf_pull_column(to, key->to[i]);
        if (mine < 0 || theirs < 0)
            return "it is about columns that are not there";
        required |= hf_pull_is_required(from, mine);
        if (!hf_family_same(from->table->columns[mine].type, to->table->columns[theirs].type))
            return "its columns are of another type than those it refers to";
    }
    if (!hf_pull_is_unique(to, key->to, key->count, true))
        return "what it refers to is not unique";
    if (required && (is_set_null(key->on_delete) || is_set_null(key->on_update)))
        return "it sets columns to NULL that are NOT NULL";
    return NULL;
}

static int add_relation(struct hf_pull *pull, struct relations *list, struct relation relation)
{
    *list->tail = hf_heap_alloc(&pull->heap, sizeof relation, pull->err);
    if (!*list->tail)
        return -1;
    **list->tail = relation;
    list->tail = &(*list->tail)->next;
    return 0;
}

static int refuse(struct hf_pull *pull, struct hf_pulled_table *table,
                  const struct hf_foreign_key *key, const char *why)
{
    const char *columns = "";
    for (size_t i = 0; columns && i < key->count; i++)
        columns =
            hf_heap_print(&pull->heap, pull->err, "%s%s%s", columns, i ? ", " : "", key->from[i]);
    return columns
               ? hf_pull_add_note(pull, table, "Not expressed: FOREIGN KEY (%s) REFERENCES %s: %s",
                                  columns, key->parent, why)
               : -1;
}

static int find_inline(struct hf_pull *pull, struct relations *list)
{
    for (size_t i = 0; i < pull->count; i++) {
        struct hf_pulled_table *table = &pull->tables[i];
        for (size_t j = table->table->key_count; j-- > 0 && !table->join && !table->refused;) {
            const struct hf_foreign_key *key = &table->table->keys[j];
            struct hf_pulled_table *to = hf_pull_find(pull, key->parent);
            const char *why = obstacle(table, to, key);
            if (why ? refuse(pull, table, key, why)
                    : add_relation(pull, list,
                                   (struct relation){.from = table, .to = to, .key = key}))
                return -1;
        }
    }
    return 0;
}

static int find_joins(struct hf_pull *pull, struct relations *list)
{
    for (size_t i = 0; i < pull->count; i++) {
        const struct hf_table *table = pull->tables[i].table;
        if (!pull->tables[i].join)
            continue;
        bool swapped = strcmp(table->keys[0].from[0], "A") != 0;
        struct relation relation = {
            .from = hf_pull_find(pull, table->keys[swapped].parent),
            .to = hf_pull_find(pull, table->keys[!swapped].parent),
            .join = table->name + 1,
        };
        if (add_relation(pull, list, relation))
            return -1;
    }
    return 0;
}

/* Relations of a model to itself, and several between the same two, have names. */
static void name_relations(const struct relations *list)
{
    for (struct relation *one = list->first; one; one = one->next) {
        one->named = one->named || one->from == one->to;
        for (struct relation *two = one->next; two; two = two->next)
            if ((one->from == two->from && one->to == two->to) ||
                (one->from == two->to && one->to == two->from))
                one->named = two->named = true;
    }
}

static bool is_only_self(const struct relations *list, const struct relation *relation)
{
    for (const struct relation *each = list->first; each; each = each->next)
        if (each != relation && each->from == relation->from && each->to == relation->to)
            return false;
    return relation->from == relation->to;
}

/* "Post_authorIdToUser", or, the only one of a model to itself, "UserToUser". */
static const char *relation_name(struct hf_pull *pull, const struct relations *list,
                                 const struct relation *relation)
{
    if (relation->join)
        return relation->join;
    if (is_only_self(list, relation))
        return hf_heap_print(&pull->heap, pull->err, "%sTo%s", relation->from->name,
                             relation->to->name);
    assert(relation->key);
    const char *fields =
        hf_pull_field_list(pull, relation->from, relation->key->from, relation->key->count, "_");
    return fields ? hf_heap_print(&pull->heap, pull->err, "%s_%sTo%s", relation->from->name, fields,
                                  relation->to->name)
                  : NULL;
}

static const char *action_name(const char *action)
{
    static const char *const names[][2] = {{"CASCADE", "Cascade"},
                                           {"RESTRICT", "Restrict"},
                                           {"SET NULL", "SetNull"},
                                           {"SET DEFAULT", "SetDefault"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcasecmp(names[i][0], action))
            return names[i][1];
    return "NoAction";
}

static const char *arguments(struct hf_pull *pull, const struct relation *relation)
{
    const struct hf_foreign_key *key = relation->key;
    assert(key);
    const char *from = hf_pull_field_list(pull, relation->from, key->from, key->count, ", ");
    const char *to = hf_pull_field_list(pull, relation->to, key->to, key->count, ", ");
    bool required = false;
    for (size_t i = 0; i < key->count; i++)
        required |=
            hf_pull_is_required(relation->from, hf_pull_column(relation->from, key->from[i]));
    const char *on_delete = action_name(key->on_delete), *on_update = action_name(key->on_update);
    bool usual_delete = !strcmp(on_delete, required ? "Restrict" : "SetNull");
    bool usual_update = !strcmp(on_update, "Cascade");
    if (!from || !to)
        return NULL;
    return hf_heap_print(&pull->heap, pull->err, "fields: [%s], references: [%s]%s%s%s%s", from, to,
                         usual_delete ? "" : ", onDelete: ", usual_delete ? "" : on_delete,
                         usual_update ? "" : ", onUpdate: ", usual_update ? "" : on_update);
}

/* The arity of the side with the key: optional when any of its columns is. */
static const char *forward_mark(const struct relation *relation)
{
    for (size_t i = 0; i < relation->key->count; i++)
        if (!hf_pull_is_required(relation->from,
                                 hf_pull_column(relation->from, relation->key->from[i])))
            return "?";
    return "";
}

static int add_field(struct hf_pull *pull, struct hf_pulled_table *table, const char *name,
                     const struct hf_pulled_table *other, const char *mark, const char *attribute)
{
    const char *unique = name ? hf_pull_unique_name(pull, table, name) : NULL;
    const char *type = hf_heap_print(&pull->heap, pull->err, "%s%s", other->name, mark);
    bool ignored = other->ignored && !table->ignored;
    if (!unique || !type || !attribute)
        return -1;
    if (ignored)
        attribute =
            hf_heap_print(&pull->heap, pull->err, "%s%s@ignore", attribute, *attribute ? " " : "");
    return attribute ? hf_pull_add_line(pull, &table->lines, unique, type, attribute) : -1;
}

static int add_inline(struct hf_pull *pull, const struct relations *list,
                      const struct relation *relation)
{
    const char *name = relation_name(pull, list, relation);
    const char *given = arguments(pull, relation);
    const char *quoted = name ? hf_pull_quote(pull, name) : NULL;
    if (!quoted || !given)
        return -1;
    bool self = relation->from == relation->to, plain = is_only_self(list, relation);
    const char *forward = relation->to->name, *back = relation->from->name;
    const char *forward_attribute, *back_attribute = "";
    if (relation->named) {
        if (!plain) {
            forward = hf_heap_print(&pull->heap, pull->err, "%s_%s", forward, name);
            back = hf_heap_print(&pull->heap, pull->err, "%s_%s", back, name);
        }
        if (self && back)
            back = hf_heap_print(&pull->heap, pull->err, "other_%s", back);
        forward_attribute =
            hf_heap_print(&pull->heap, pull->err, "@relation(%s, %s)", quoted, given);
        back_attribute = hf_heap_print(&pull->heap, pull->err, "@relation(%s)", quoted);
    } else {
        forward_attribute = hf_heap_print(&pull->heap, pull->err, "@relation(%s)", given);
    }
    assert(relation->key);
    bool single =
        hf_pull_is_unique(relation->from, relation->key->from, relation->key->count, false);
    if (add_field(pull, relation->from, forward, relation->to, forward_mark(relation),
                  forward_attribute))
        return -1;
    return add_field(pull, relation->to, back, relation->from, single ? "?" : "[]", back_attribute);
}

static int add_join(struct hf_pull *pull, const struct relations *list,
                    const struct relation *relation)
{
    const char *usual =
        hf_heap_print(&pull->heap, pull->err, "%sTo%s", relation->from->name, relation->to->name);
    const char *quoted = hf_pull_quote(pull, relation->join);
    if (!usual || !quoted)
        return -1;
    const char *attribute = "";
    if (relation->named || strcmp(usual, relation->join) != 0)
        attribute = hf_heap_print(&pull->heap, pull->err, "@relation(%s)", quoted);
    for (int side = 0; side < 2; side++) {
        struct hf_pulled_table *mine = side ? relation->to : relation->from;
        const struct hf_pulled_table *other = side ? relation->from : relation->to;
        const char *name = other->name;
        if (relation->named && !is_only_self(list, relation))
            name = hf_heap_print(&pull->heap, pull->err, "%s_%s", name, relation->join);
        if (name && relation->from == relation->to)
            name = hf_heap_print(&pull->heap, pull->err, "%s_%s", name, side ? "B" : "A");
        if (add_field(pull, mine, name, other, "[]", attribute))
            return -1;
    }
    return 0;
}

int hf_pull_relations(struct hf_pull *pull)
{
    struct relations list = {0};
    list.tail = &list.first;
    if (find_inline(pull, &list) || find_joins(pull, &list))
        return -1;
    name_relations(&list);
    for (const struct relation *each = list.first; each; each = each->next)
        if (each->join ? add_join(pull, &list, each) : add_inline(pull, &list, each))
            return -1;
    return 0;
}
