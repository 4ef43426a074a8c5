// What lies between two states of a database: rows by table, and the schema.
import type { ComparedTable, Comparison as Data } from "../api_types";
import { number } from "../format";
import { known, t } from "../text";
import { Badge } from "./badge";
import { Table } from "./table";

function counted(count: number | null, sign = ""): string {
  return count === null ? t("comparison.unknown") : `${count ? sign : ""}${number(count)}`;
}

function Reason({ table }: { table: ComparedTable }) {
  if (!table.reason) return null;
  return (
    <span class="muted small block">
      {known("comparison_reason", table.reason, table.reason)}{table.said && <> <code lang="en">{table.said}</code></>}
    </span>
  );
}

/** Whether it may differ: one that was only counted always may. */
function differs({ how, added, removed, changed }: ComparedTable): boolean {
  return how === "counted" || Boolean(added || removed || changed);
}

export function Comparison({ comparison, from, to }: {
  comparison: Data;
  /** Headings of the two counts of rows. */
  from: string;
  to: string;
}) {
  const changed = comparison.tables.filter(differs);
  const skipped = comparison.tables.filter(({ how }) => how === "skipped");
  const same = comparison.tables.length - changed.length - skipped.length;
  return (
    <>
      {changed.length > 0 && (
        <Table caption={t("comparison.caption")} rows={changed} rowKey={(table) => table.name}
          columns={[
            { label: t("comparison.table"), cell: (table) => <><code>{table.name}</code><Reason table={table} /></> },
            { label: from, numeric: true, cell: (table) => counted(table.rows_from) },
            { label: to, numeric: true, cell: (table) => counted(table.rows_to) },
            { label: t("comparison.added"), numeric: true, cell: (table) => counted(table.added, "+") },
            { label: t("comparison.removed"), numeric: true, cell: (table) => counted(table.removed, "−") },
            { label: t("comparison.changed"), numeric: true, cell: (table) => counted(table.changed) },
          ]} />
      )}
      {changed.length === 0 && same > 0 && <p>{t("comparison.no_rows")}</p>}
      {changed.length > 0 && same > 0 && <p class="muted small">{t("comparison.same", { n: same })}</p>}
      {skipped.length > 0 && (
        <ul class="schema-changes" aria-label={t("comparison.skipped")}>
          {skipped.map((table) => (
            <li key={table.name}><Badge>{t("comparison.skipped")}</Badge> <code>{table.name}</code><Reason table={table} /></li>
          ))}
        </ul>
      )}
      {comparison.schema.length > 0 && (
        <ul class="schema-changes" aria-label={t("comparison.schema")}>
          {comparison.schema.map(({ what, name, change }) => (
            <li key={`${what} ${name}`}>
              <Badge tone={change === "removed" ? "attention" : "neutral"}>{t(`comparison.${change}_thing`)}</Badge> {t(`thing.${what}`)} <code>{name}</code>
            </li>
          ))}
        </ul>
      )}
      {comparison.schema.length === 0 && comparison.tables.length > 0 && <p class="muted small">{t("comparison.same_schema")}</p>}
    </>
  );
}
