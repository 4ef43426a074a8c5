// What a table is made of.
import { api } from "../api";
import type { CellValue, TableSchema } from "../api_browse";
import { useResource } from "../resource";
import { t } from "../text";
import { Badge } from "./badge";
import { Masked } from "./data_cell";
import { ErrorNotice, Loading } from "./notice";
import { Table } from "./table";

function textOf(value: CellValue): string {
  if (value === null) return "";
  return typeof value === "object" ? ("text" in value ? value.text : "") : String(value);
}

function Columns({ schema }: { schema: TableSchema }) {
  return (
    <Table caption={t("data.columns")} captionShown rows={schema.columns} rowKey={({ name }) => name}
      columns={[
        { label: t("data.column"), cell: ({ name }) => <code>{name}</code> },
        { label: t("data.type"), cell: ({ type }) => type },
        { label: t("data.default"), cell: (column) => column.default && <code>{column.default}</code> },
        {
          label: t("data.properties"),
          cell: (column) => (
            <span class="badges">
              {column.primary_key > 0 && <Badge tone="accent" icon="key-round">{t("data.primary_key")}</Badge>}
              {column.not_null && <Badge>NOT NULL</Badge>}
              {column.generated && <Badge>{t("data.generated")}</Badge>}
              {column.masked && <Masked />}
            </span>
          ),
        },
      ]} />
  );
}

function Create({ title, sql }: { title: string; sql: CellValue }) {
  const text = textOf(sql);
  return text ? <pre class="cell-whole" tabIndex={0} role="region" aria-label={title}>{text}</pre> : null;
}

export function DataSchema({ table }: { table: string }) {
  const { data, error, reload } = useResource((signal) => api.get<TableSchema>(table, signal), [table]);
  if (error) return <ErrorNotice error={error} retry={reload} />;
  if (!data) return <Loading lines={6} />;
  return (
    <div class="data-schema">
      <Columns schema={data} />
      {data.indexes.length > 0 && (
        <Table caption={t("data.indexes")} captionShown rows={data.indexes} rowKey={({ name }) => name}
          columns={[
            { label: t("data.index"), cell: ({ name }) => <code>{name}</code> },
            { label: t("data.columns"), cell: ({ columns }) => columns },
            { label: t("data.properties"), cell: ({ unique, partial }) => (
              <span class="badges">{unique && <Badge>UNIQUE</Badge>}{partial && <Badge>{t("data.partial")}</Badge>}</span>
            ) },
          ]} />
      )}
      {data.foreign_keys.length > 0 && (
        <Table caption={t("data.foreign_keys")} captionShown rows={data.foreign_keys} rowKey={({ columns, table: to }) => `${columns} ${to}`}
          columns={[
            { label: t("data.columns"), cell: ({ columns }) => <code>{columns}</code> },
            { label: t("data.refers_to"), cell: (key) => <code>{key.table}{key.to_columns && ` (${key.to_columns})`}</code> },
            { label: t("data.on_delete"), cell: ({ on_delete: action }) => action },
          ]} />
      )}
      <div class="data-create">
        <p class="small muted">{t("data.create_text")}</p>
        <Create title={t("data.create_text")} sql={data.sql} />
        {data.indexes.map((index) => <Create key={index.name} title={index.name} sql={index.sql} />)}
        {data.triggers.map((trigger) => <Create key={trigger.name} title={trigger.name} sql={trigger.sql} />)}
      </div>
    </div>
  );
}
