// Looking into a database, as it is now or as it was at a restore point. Nothing is changed.
import { useContext, useState } from "preact/hooks";
import { api, part } from "../api";
import type { Browser, BrowserTable } from "../api_browse";
import type { Points } from "../api_types";
import { useBrowsing } from "../browsing";
import { number, shortDay, timeOfDay } from "../format";
import { Badge } from "../parts/badge";
import { Button } from "../parts/button";
import { DataRows } from "../parts/data_rows";
import { DataSchema } from "../parts/data_schema";
import { SelectField } from "../parts/field";
import { JobProgress } from "../parts/job_progress";
import { Empty, ErrorNotice, Loading, Notice } from "../parts/notice";
import { Page } from "../parts/page";
import { Tabs } from "../parts/tabs";
import type { PageProps } from "../pages";
import { useResource } from "../resource";
import { go } from "../router";
import { SessionContext } from "../session";
import { known, t } from "../text";

interface Choice {
  database: string;
  point: number | null;
  table: string | null;
}

function address({ database, point, table }: Choice): string {
  const query = [`database=${part(database)}`, point !== null && `point=${point}`, table !== null && `table=${part(table)}`];
  return `/data?${query.filter(Boolean).join("&")}`;
}

/** Database and moment. */
function Choosing({ choice, databases }: { choice: Choice; databases: string[] }) {
  const { data } = useResource(
    (signal) => api.get<Points>(`databases/${part(choice.database)}/points?limit=200`, signal), [choice.database]);
  const whole = (data?.points ?? []).filter((point) => !point.damaged);
  const moments = [
    { value: "", label: t("data.now") },
    ...whole.map(({ point, time_ms, label }) => ({
      value: String(point),
      label: [`${shortDay(time_ms)} ${timeOfDay(time_ms, true)}`, label].filter(Boolean).join(" · "),
    })),
  ];
  const chosen = choice.point === null ? "" : String(choice.point);
  if (!moments.some(({ value }) => value === chosen)) moments.push({ value: chosen, label: t("data.point", { point: chosen }) });
  return (
    <div class="data-choosing">
      {databases.length > 1 && (
        <SelectField label={t("common.database")} value={choice.database} options={databases.map((name) => ({ value: name, label: name }))}
          onValue={(database) => go(address({ database, point: null, table: null }))} />
      )}
      <SelectField label={t("data.moment")} value={chosen} options={moments}
        onValue={(point) => go(address({ ...choice, point: point ? Number(point) : null }), true)} />
    </div>
  );
}

function countOf({ rows, rows_exact: exact }: BrowserTable): string {
  if (rows === null) return "";
  return exact ? number(rows) : t("data.about", { n: rows });
}

interface TableListProps {
  tables: BrowserTable[];
  /** How many more there are that keep the data of virtual ones. */
  insides: number;
  chosen: string;
  onChoose: (name: string) => void;
}

function TableList({ tables, insides, chosen, onChoose }: TableListProps) {
  const note = insides > 0 && <p class="muted small data-insides">{t("data.insides", { n: insides })}</p>;
  return (
    <>
      <nav class="data-tables" aria-label={t("data.tables")}>
        <ul>
          {tables.map((table) => (
            <li key={table.name}>
              <button type="button" aria-current={table.name === chosen ? "true" : undefined} onClick={() => onChoose(table.name)}>
                <span class="data-table-name">{table.name}</span>
                {table.kind !== "table" && <Badge>{known("data.kind", table.kind, table.kind)}</Badge>}
                <span class="muted small data-count">{countOf(table)}</span>
              </button>
            </li>
          ))}
        </ul>
        {note}
      </nav>
      <div class="data-tables-select">
        <SelectField label={t("data.table")} value={chosen} onValue={onChoose}
          options={tables.map((table) => ({ value: table.name, label: `${table.name} ${countOf(table) && `(${countOf(table)})`}` }))} />
        {note}
      </div>
    </>
  );
}

function Opened({ browser, choice, openAgain }: { browser: Browser; choice: Choice; openAgain: () => void }) {
  const own = `browsers/${part(browser.browser)}`;
  const [view, setView] = useState<"rows" | "schema">("rows");
  const { data, error, reload } = useResource((signal) => api.get<{ tables: BrowserTable[] }>(`${own}/tables`, signal), [own]);
  const all = data?.tables ?? [];
  const tables = all.filter(({ kind }) => kind !== "shadow");
  const table = tables.find(({ name }) => name === choice.table) ?? tables.find(({ kind }) => kind === "table") ?? tables[0];
  if (error) return <ErrorNotice error={error} retry={error.status === 404 ? openAgain : reload} />;
  if (!data) return <Loading lines={6} />;
  if (!table) return <Empty icon="table-2" title={t("data.no_tables")} />;
  const path = `${own}/tables/${part(table.name)}`;
  return (
    <div class="data-panes">
      <TableList tables={tables} insides={all.length - tables.length} chosen={table.name} onChoose={(name) => go(address({ ...choice, table: name }), true)} />
      <section class="card data-card" aria-label={table.name}>
        <header class="card-head">
          <h2>{table.name}</h2>
          {table.rows !== null && <span class="muted small">{table.rows_exact
            ? t("data.rows", { n: table.rows }) : t("data.rows_about", { n: table.rows })}</span>}
        </header>
        {table.problem && <Notice tone="attention" title={table.problem} />}
        <Tabs label={t("data.view")} value={view} onValue={setView}
          tabs={[{ value: "rows", label: t("data.rows_tab") }, { value: "schema", label: t("data.schema_tab") }]}>
          {view === "rows" ? <DataRows key={path} name={table.name} table={path} /> : <DataSchema table={path} />}
        </Tabs>
      </section>
    </div>
  );
}

function Looking({ choice }: { choice: Choice }) {
  const { browser, job, error, openAgain } = useBrowsing(choice.database, choice.point);
  if (error) return <ErrorNotice error={error} retry={openAgain} />;
  if (job) return <JobProgress title={t("data.bringing_out")} job={job} />;
  if (!browser) return <Loading lines={6} />;
  return (
    <>
      {choice.point !== null && (
        <Notice tone="accent" title={t("data.as_then")}
          actions={<Button small icon="rotate-ccw" onClick={() => go(`/restore?database=${part(choice.database)}&point=${choice.point}`)}>{t("data.restore")}</Button>}>
          {t("data.as_then_means")}
        </Notice>
      )}
      <Opened browser={browser} choice={choice} openAgain={openAgain} />
    </>
  );
}

export default function Data({ query }: PageProps) {
  const { session } = useContext(SessionContext);
  const asked = query.get("database");
  const database = session.databases.find((name) => name === asked) ?? session.databases[0] ?? "";
  const point = Number(query.get("point") ?? "");
  const choice: Choice = { database, point: Number.isSafeInteger(point) && point > 0 ? point : null, table: query.get("table") };
  return (
    <Page title={t("data.title")} lead={t("data.lead")}>
      {database ? <><Choosing choice={choice} databases={session.databases} /><Looking choice={choice} /></>
        : <Empty icon="table-2" title={t("data.no_database")} />}
    </Page>
  );
}
