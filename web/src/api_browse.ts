// What the API says of a database that is looked into (docs/openapi.yml).
export interface Browser {
  browser: string;
  database: string;
  point: number | null;
  expires_ms: number;
}

export type TableKind = "table" | "view" | "virtual" | "shadow";

export interface BrowserTable {
  name: string;
  kind: TableKind;
  rows: number | null;
  rows_exact: boolean;
  problem: string | null;
}

export type CellValue =
  | null
  | number
  | string
  | { type: "integer" | "real"; text: string }
  | { type: "text"; text: string; length: number; cut: boolean; altered: boolean }
  | { type: "blob"; length: number; hex: string; cut: boolean }
  | { type: "masked" };

export interface RowsColumn {
  name: string;
  masked: boolean;
  primary_key: number;
}

export interface RowsPage {
  columns: RowsColumn[];
  paging: "key" | "offset";
  rows: { key: string; cells: CellValue[] }[];
  previous: string | null;
  next: string | null;
  /** The filter had no time to look at all rows. */
  interrupted: boolean;
  scanned: number;
}

export interface TableSchema extends BrowserTable {
  without_rowid: boolean;
  columns: {
    name: string;
    type: string;
    not_null: boolean;
    default: string | null;
    primary_key: number;
    generated: boolean;
    masked: boolean;
  }[];
  indexes: { name: string; unique: boolean; partial: boolean; origin: string; columns: string | null; sql: CellValue }[];
  foreign_keys: { table: string; columns: string; to_columns: string | null; on_update: string; on_delete: string }[];
  triggers: { name: string; sql: CellValue }[];
  sql: CellValue;
}

export const operators = ["=", "!=", "<", "<=", ">", ">=", "contains", "starts with", "is null", "is not null"] as const;
export type Operator = (typeof operators)[number];
export type Condition = [column: string, operator: Operator, value: string];

export function comparesNothing(operator: Operator): boolean {
  return operator === "is null" || operator === "is not null";
}
