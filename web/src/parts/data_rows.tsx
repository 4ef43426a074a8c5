// The rows of a table, page by page.
import { useEffect, useRef, useState } from "preact/hooks";
import { api, part } from "../api";
import type { Condition, RowsPage } from "../api_browse";
import { number } from "../format";
import { useResource } from "../resource";
import { t } from "../text";
import { Button } from "./button";
import { Cell } from "./data_cell";
import { DataFilter } from "./data_filter";
import { Icon } from "./icon";
import { Empty, ErrorNotice, Loading, Notice } from "./notice";

/** Where a page is: the query that asks for it. "" is the first. */
type Place = string;

interface Moves {
  first: () => void;
  last: (() => void) | null;
  previous: (() => void) | null;
  next: (() => void) | null;
}

function Grid({ name, page, table, moves }: { name: string; page: RowsPage; table: string; moves: Moves }) {
  const region = useRef<HTMLDivElement>(null);
  useEffect(() => region.current?.scrollTo({ top: 0 }), [page]);
  /** The keys scroll; where there is nothing more to scroll they turn the page. */
  function key(event: KeyboardEvent): void {
    const { scrollTop, scrollHeight, clientHeight } = event.currentTarget as HTMLElement;
    const isAtEnd = scrollTop + clientHeight >= scrollHeight - 1;
    const move = event.key === "PageDown" && isAtEnd ? moves.next
      : event.key === "PageUp" && scrollTop <= 0 ? moves.previous
      : event.ctrlKey && event.key === "Home" ? moves.first
      : event.ctrlKey && event.key === "End" ? moves.last
      : null;
    if (!move) return;
    event.preventDefault();
    move();
  }
  return (
    <div class="data-grid" tabIndex={0} role="region" aria-label={t("data.rows_of", { table: name })} ref={region} onKeyDown={key}>
      <table>
        <caption class="unseen">{t("data.rows_of", { table: name })}</caption>
        <thead>
          <tr>
            {page.columns.map((column) => (
              <th key={column.name} scope="col">
                {column.primary_key > 0 && <><Icon name="key-round" size={13} /><span class="unseen">{t("data.primary_key")} </span></>}
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {page.rows.map((row) => (
            <tr key={row.key}>
              {row.cells.map((value, at) => (
                <td key={page.columns[at]!.name} class={typeof value === "number" ? "numeric" : ""}>
                  <Cell value={value} table={table} rowKey={row.key} column={page.columns[at]!.name} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Turning({ moves, count }: { moves: Moves; count: number }) {
  return (
    <nav class="data-turning" aria-label={t("data.pages")}>
      <Button small icon="chevron-first" disabled={!moves.previous} onClick={moves.first}>{t("data.first")}</Button>
      <Button small icon="chevron-left" disabled={!moves.previous} onClick={() => moves.previous?.()}>{t("data.previous")}</Button>
      <Button small icon="chevron-right" disabled={!moves.next} onClick={() => moves.next?.()}>{t("data.next")}</Button>
      {moves.last && <Button small icon="chevron-last" disabled={!moves.next} onClick={moves.last}>{t("data.last")}</Button>}
      <span class="muted small" role="status">{t("data.shown", { n: count })}</span>
    </nav>
  );
}

/** `table`: its path in the API. */
export function DataRows({ name, table }: { name: string; table: string }) {
  const [conditions, setConditions] = useState<Condition[]>([]);
  const [place, setPlace] = useState<Place>("");
  const [kept, setKept] = useState<RowsPage | null>(null);
  /** Pages that are counted through have no way back but the one that was come by. */
  const [behind, setBehind] = useState<Place[]>([]);
  const filter = conditions.length ? `&filter=${part(JSON.stringify(conditions))}` : "";
  const { data, error, reload } = useResource(
    (signal) => api.get<RowsPage>(`${table}/rows?limit=50${place}${filter}`, signal), [table, place, filter]);
  useEffect(() => {
    if (data) setKept(data);
  }, [data]);
  const page = data ?? kept;

  function to(next: Place, before: Place[] = []): void {
    setBehind(before);
    setPlace(next);
  }
  const byKey = page?.paging === "key";
  const { previous, next } = page ?? { previous: null, next: null };
  const moves: Moves = {
    first: () => to(""),
    last: byKey ? () => to("&last=1") : null,
    previous: byKey ? (previous ? () => to(`&before=${part(previous)}`) : null)
      : behind.length ? () => to(behind[behind.length - 1]!, behind.slice(0, -1)) : null,
    next: next ? () => to(`&after=${part(next)}`, byKey ? [] : [...behind, place]) : null,
  };
  const goOn = page?.interrupted ? (place.startsWith("&before") || place.startsWith("&last") ? moves.previous : moves.next) : null;
  return (
    <div class="data-rows" aria-busy={!data && !error}>
      {page && <DataFilter columns={page.columns} conditions={conditions}
        onConditions={(wanted) => { setConditions(wanted); to(""); }} />}
      {error && <ErrorNotice error={error} retry={reload} />}
      {!page && !error && <Loading lines={6} />}
      {data?.interrupted && (
        <Notice tone="attention" title={t("data.interrupted", { n: data.scanned })}
          actions={goOn && <Button small onClick={goOn}>{t("data.go_on")}</Button>}>
          {t("data.interrupted_means")}
        </Notice>
      )}
      {page && page.rows.length === 0 && !page.interrupted && (
        <Empty icon="table-2" title={conditions.length ? t("data.none_found") : t("data.no_rows")} />
      )}
      {page && page.rows.length > 0 && <Grid name={name} page={page} table={table} moves={moves} />}
      {page && (page.rows.length > 0 || moves.previous) && <Turning moves={moves} count={page.rows.length} />}
      {page?.paging === "offset" && <p class="muted small">{t("data.offset")}</p>}
      {page && page.columns.some((column) => column.masked) && (
        <p class="muted small"><Icon name="lock" size={13} /> {t("data.masked_means")} ({number(page.columns.filter((column) => column.masked).length)})</p>
      )}
    </div>
  );
}
