// What lies between two states of a database: rows by table, and the schema.
import type { Comparison as Data } from "../api_types";
import { number } from "../format";
import { t } from "../text";
import { Badge } from "./badge";
import { Table } from "./table";

function signed(count: number, sign: string): string {
  return count ? `${sign}${number(count)}` : number(0);
}

export function Comparison({ comparison, from, to }: {
  comparison: Data;
  /** Headings of the two counts of rows. */
  from: string;
  to: string;
}) {
  const changed = comparison.tables.filter(({ added, removed, changed }) => added || removed || changed);
  const same = comparison.tables.length - changed.length;
  return (
    <>
      {changed.length > 0 && (
        <Table caption={t("comparison.caption")} rows={changed} rowKey={(table) => table.name}
          columns={[
            { label: t("comparison.table"), cell: (table) => <><code>{table.name}</code>{table.reason && <span class="muted small block">{table.reason}</span>}</> },
            { label: from, numeric: true, cell: (table) => number(table.rows_from) },
            { label: to, numeric: true, cell: (table) => number(table.rows_to) },
            { label: t("comparison.added"), numeric: true, cell: (table) => signed(table.added, "+") },
            { label: t("comparison.removed"), numeric: true, cell: (table) => signed(table.removed, "−") },
            { label: t("comparison.changed"), numeric: true, cell: (table) => number(table.changed) },
          ]} />
      )}
      {changed.length === 0 && comparison.tables.length > 0 && <p>{t("comparison.no_rows")}</p>}
      {changed.length > 0 && same > 0 && <p class="muted small">{t("comparison.same", { n: same })}</p>}
      {comparison.schema.length > 0 && (
        <ul class="schema-changes" aria-label={t("comparison.schema")}>
          {comparison.schema.map(({ what, name, change }) => (
            <li key={`${what} ${name}`}>
              <Badge tone={change === "removed" ? "attention" : "neutral"}>{t(`comparison.${change}_thing`)}</Badge> {t(`comparison.${what}`)} <code>{name}</code>
            </li>
          ))}
        </ul>
      )}
      {comparison.schema.length === 0 && comparison.tables.length > 0 && <p class="muted small">{t("comparison.same_schema")}</p>}
    </>
  );
}
