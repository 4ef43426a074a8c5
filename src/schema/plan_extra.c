/*
 * What the schema does not name: other tools' tables are theirs, the rest goes only when asked.
 */
#include <string.h>
#include <strings.h>

#include "schema/planner.h"

/* Tables by which other programs remember what they did to this database. A * stands for the rest.
 */
static const char *const others[] = {"_prisma_migrations",
                                     "_litestream_*",
                                     "_cf_*",
                                     "d1_migrations",
                                     "__drizzle_migrations",
                                     "knex_migrations*",
                                     "SequelizeMeta",
                                     "SequelizeData",
                                     "schema_migrations",
                                     "ar_internal_metadata",
                                     "goose_db_version*",
                                     "alembic_version",
                                     "django_migrations",
                                     "gorp_migrations",
                                     "flyway_schema_history",
                                     "DATABASECHANGELOG*",
                                     "__EFMigrationsHistory",
                                     "__EFMigrationsLock",
                                     "__diesel_schema_migrations",
                                     "_sqlx_migrations",
                                     "refinery_schema_history",
                                     "doctrine_migration_versions",
                                     "phinxlog",
                                     "kysely_migration*",
                                     "mikro_orm_migrations",
                                     "typeorm_metadata",
                                     "umzug_migrations",
                                     "sqlean_define",
                                     "crsql_*",
                                     "__crsql_*",
                                     "_rqlite_*",
                                     "libsql_wasm_func_table",
                                     "geometry_columns*",
                                     "spatial_ref_sys*",
                                     "sqlite_*",
                                     "holdfast*",
                                     NULL};

bool hf_table_is_anothers(const char *name)
{
    for (const char *const *other = others; *other; other++) {
        size_t length = strlen(*other);
        if ((*other)[length - 1] == '*' ? !strncasecmp(name, *other, length - 1)
                                        : !strcasecmp(name, *other))
            return true;
    }
    return false;
}

/* A table that stays and refers to it would not take rows any more. */
static const struct hf_table *referrer(const struct hf_planner *planner,
                                       const struct hf_table *table)
{
    for (size_t i = 0; i < planner->now->table_count; i++) {
        const struct hf_table *other = &planner->now->tables[i];
        for (size_t j = 0; j < other->key_count; j++) {
            if (!strcasecmp(other->keys[j].parent, table->name) &&
                hf_table_is_anothers(other->name))
                return other;
        }
    }
    return NULL;
}

static int drop_table(struct hf_planner *planner, const struct hf_table *table, int64_t rows)
{
    if (!hf_plan_step(planner, rows ? HF_RISK_DATA_LOSS : HF_RISK_NONE, table->name,
                      "drop table '%s', which the schema does not name", table->name) ||
        (rows && hf_plan_advise(planner, rows,
                                "its rows are lost; a rename hint (@renamed-from "
                                "%s) on a new table keeps them",
                                table->name)) ||
        hf_plan_sql(planner, "DROP TABLE \"%w\"", table->name))
        return -1;
    planner->plan->foreign_keys_off = true;
    planner->columns_go = true;
    return hf_plan_name(planner, &planner->dropped, &planner->dropped_count, table->name);
}

int hf_plan_extra_tables(struct hf_planner *planner)
{
    for (size_t i = 0; i < planner->now->table_count; i++) {
        const struct hf_table *table = &planner->now->tables[i];
        if (table->kind != HF_TABLE_PLAIN || table->maybe_shadow || table->gone ||
            hf_table_is_anothers(table->name) || hf_model_table(&planner->wanted, table->name))
            continue;
        int64_t rows;
        if (hf_plan_rows(planner, &rows, table))
            return -1;
        const struct hf_table *other = referrer(planner, table);
        bool drop = planner->options && planner->options->drop_extra_tables && !other;
        if (drop && drop_table(planner, table, rows))
            return -1;
        if (drop)
            continue;
        struct hf_sync_step *step = hf_plan_step(
            planner, HF_RISK_NOTE, table->name, "table '%s' is not in the schema: left alone%s%s",
            table->name, other ? ", another tool refers to it: " : "", other ? other->name : "");
        if (!step)
            return -1;
        step->rows = rows;
    }
    return 0;
}

static int count_strangers(struct hf_planner *planner, const struct hf_enum_column *column,
                           int64_t *rows)
{
    const struct hf_table *wanted = hf_model_table(&planner->wanted, column->table);
    const char *value = wanted ? hf_plan_live_value(planner, wanted, column->column, "") : NULL;
    sqlite3_str *list = sqlite3_str_new(NULL);
    for (char **allowed = column->values; *allowed; allowed++)
        sqlite3_str_appendf(list, "%s%Q", allowed == column->values ? "" : ", ", *allowed);
    const char *values = hf_heap_finish(planner->heap, list, planner->err);
    if (!wanted || !values)
        return wanted ? -1 : 0;
    return value ? hf_plan_count(planner, rows,
                                 hf_heap_print(planner->heap, planner->err,
                                               "SELECT count(*) FROM \"%w\" WHERE %s NOT IN (%s)",
                                               hf_plan_live_table(planner, column->table), value,
                                               values))
                 : -1;
}

/* SQLite does not check an enum: the schema can be had, but the application will stumble. */
int hf_plan_enums(struct hf_planner *planner)
{
    for (size_t i = 0; i < planner->schema->enum_count; i++) {
        const struct hf_enum_column *column = &planner->schema->enums[i];
        int64_t rows = 0;
        if (!hf_plan_has_column(planner, column->table, column->column))
            continue;
        if (count_strangers(planner, column, &rows))
            return -1;
        if (rows &&
            (!hf_plan_step(planner, HF_RISK_NOTE, column->table,
                           "column '%s' of '%s' holds values that its enum does not have",
                           column->column, column->table) ||
             hf_plan_advise(planner, rows, "the application may fail when it reads these rows")))
            return -1;
    }
    return 0;
}
