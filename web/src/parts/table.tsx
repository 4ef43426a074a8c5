import type { ComponentChildren } from "preact";

export interface Column<R> {
  label: string;
  cell: (row: R) => ComponentChildren;
  /** Numbers are set to the right, so that their digits stand below each other. */
  numeric?: boolean;
}

/** A table of data: its caption is read out, shown when `caption` should be seen. */
export function Table<R>({ caption, captionShown = false, columns, rows, rowKey }: {
  caption: string;
  captionShown?: boolean;
  columns: Column<R>[];
  rows: R[];
  rowKey: (row: R) => string | number;
}) {
  return (
    <div class="table-scroll" tabIndex={0} role="region" aria-label={caption}>
      <table>
        <caption class={captionShown ? "" : "unseen"}>{caption}</caption>
        <thead>
          <tr>{columns.map(({ label, numeric }) => <th key={label} scope="col" class={numeric ? "numeric" : ""}>{label}</th>)}</tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)}>
              {columns.map(({ label, cell, numeric }) => <td key={label} class={numeric ? "numeric" : ""}>{cell(row)}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
