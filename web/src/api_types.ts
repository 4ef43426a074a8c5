// The shapes of /api/v1, as docs/openapi.yml has them.

export type FactState = "good" | "attention" | "bad" | "unknown";
export type OverallState = "protected" | "attention" | "unprotected" | "unknown";

export interface ErrorBody {
  code: string;
  text: string;
  hint: string | null;
  /** Of `untested`. */
  tests?: Untested[];
}

export interface Untested {
  test: string;
  label: string;
  /** Of the test's result, or "not_run". */
  reason: string;
}

export interface Session {
  state: "setup" | "signed_out" | "signed_in";
  csrf: string | null;
  version: string | null;
  application: string | null;
  needs_code: boolean;
  databases: string[];
}

export interface Point {
  point: number;
  time: string;
  time_ms: number;
  label: string | null;
  reason: string | null;
  pinned: boolean;
  full: boolean;
  damaged: boolean;
  bytes_added: number;
  bytes_restored: number | null;
  page_size: number | null;
  pages_stored: number | null;
  proof: { result: "passed" | "failed" | null; time_ms: number | null; duration_ms: number | null } | null;
}

export interface ListedPoint extends Point {
  /** From when on the rule keeps it no more, where that is known. */
  drop_ms: number | null;
}

export interface Points {
  points: ListedPoint[];
  more: boolean;
}

interface FactBase {
  state: FactState;
  /** Why it is not good: a key for translation, and the same in English. */
  cause?: { key: string; text: string } | null;
  /** The one thing to do about it. */
  action?: string | null;
}

export type Fact = FactBase &
  (
    | { fact: "newest_point"; time_ms: number | null; lag_ms: number | null }
    | { fact: "snapshot"; time_ms: number | null }
    | { fact: "test_restore"; time_ms: number | null; duration_ms: number | null; result: "passed" | "failed" | null }
    | { fact: "repository"; reachable: boolean | null; text: string | null }
    | { fact: "recovery_key"; saved_ms: number | null; needed: boolean }
  );

export interface Bucket {
  time_ms: number;
  count: number;
  bytes: number;
}

/** A point that somebody or something asked for. */
export interface Activity {
  time: string;
  time_ms: number;
  point: number;
  reason: string;
  label: string | null;
}

export interface Live {
  replicator: string | null;
  capture: string | null;
  lag_ms: number;
  bytes_today: number;
}

export interface DatabaseOverview {
  name: string;
  path: string;
  state: OverallState;
  could_lose_ms: number | null;
  facts: Fact[];
  live: Live | null;
  newest: Point | null;
  newest_proven: Point | null;
  /** null: the repository cannot be read. */
  points: number | null;
  bytes: number | null;
  timeline: Bucket[];
  next: { what: string; time_ms: number }[];
  activity: Activity[];
}

export interface Overview {
  state: OverallState;
  databases: DatabaseOverview[];
  repository: { place: string; encrypted: boolean; reachable: boolean | null };
}

export type JobState = "running" | "done" | "failed" | "interrupted";

export interface Job {
  id: string;
  kind: string;
  database: string | null;
  state: JobState;
  stages: { name: string; state: string }[];
  stage: string | null;
  done: number;
  total: number;
  eta_ms: number | null;
  text: string | null;
  result: unknown;
  error: ErrorBody | null;
  started_ms: number;
  ended_ms: number | null;
}

export interface JobStarted {
  job: string;
}

export interface ComparedTable {
  name: string;
  virtual: boolean;
  how: "rows" | "content" | "counted" | "skipped";
  /** Why not row by row. */
  reason: string | null;
  said: string | null;
  /** Null where it is not known. */
  rows_from: number | null;
  rows_to: number | null;
  added: number | null;
  removed: number | null;
  changed: number | null;
}

export interface Comparison {
  tables: ComparedTable[];
  schema: { what: "table" | "index" | "view" | "trigger" | "column"; name: string; change: "added" | "removed" | "changed" }[];
}

interface SchemaVersion {
  user_version: number;
  migration: string | null;
}

export interface RestorePreview extends Comparison {
  point: Point;
  /** The moment that was asked for; the point is the newest at or before it. */
  asked_ms: number | null;
  plan: string;
  expires_ms: number;
  not_compared?: string;
  scopes: { scope: "in_place" | "file"; possible: boolean; runner?: string | null; reason: string | null; file?: string }[];
  preflight: {
    bytes_restored: number;
    restore_ms: number;
    sound: boolean;
    first_problem: string | null;
    orphans: number;
    /** Free bytes where it would be restored to, before anything was tried out. */
    room: number | null;
    room_needed: number;
    enough_room: boolean;
    schema_then: SchemaVersion | null;
    schema_now: SchemaVersion | null;
  };
}

export interface Restored {
  target: string;
  scope: "in_place" | "file";
  point: number;
  time_ms: number | null;
  process: number | null;
  point_before: number | null;
  /** Where what was there is, that could not become a point. */
  kept: string | null;
  undo: boolean;
}

export interface Candidate {
  id: string;
  name: string;
  kind: string;
  size: number;
  time_ms: number;
}

export interface SetupField {
  name: string;
  label: string;
  kind: "text" | "url" | "secret" | "boolean";
  secret: boolean;
  set: boolean;
  /** It differs from what the database has now. */
  changed: boolean;
  value?: string | boolean | null;
}

/** As in json.md, "setup source". */
export interface SetupSource {
  source: string | null;
  kind: "application_copy" | "table_copy" | "database" | "repository";
  application?: string | null;
  version?: string | null;
  exported_at?: string | null;
  lists?: { name: string; label: string }[];
  users?: { user: string | null; items: Record<string, number> }[];
  fields?: SetupField[];
  missing?: { name: string; label: string }[];
  tables?: { name: string; rows: number }[];
  databases?: { name: string | null; points: number; newest: { time_ms: number } | null }[];
  /** Of a repository: which database was looked into, and as it was when. None: it has to be chosen. */
  database?: string;
  point?: number;
  time_ms?: number;
  problem_total?: number;
  tests?: { name: string; label: string; fields: string[] }[];
}

/** What a page goes on with after a reload. */
export interface SetupChoice {
  source: string | null;
  look: string | null;
  asked: { upload?: string; candidate?: string; repository?: string };
  looked: SetupSource | null;
  restore: string | null;
  has_settings: boolean;
  fields: Record<string, string>;
  /** Secrets that were entered. */
  entered: string[];
  tests: Record<string, ConnectionResult>;
}

export interface Setup {
  restore: string | null;
  most_upload: number;
  choice: SetupChoice | null;
}

export interface Unresolved {
  database: string | null;
  restored_ms: number | null;
  total: number;
  titles: { user: string | null; title: string | null; reason: string; place: string }[];
}

export interface ConnectionResult {
  ok: boolean;
  reason: string;
  text: string;
  hint: string | null;
}

export interface SetupRestored {
  point_before: number | null;
  import: {
    users?: { user: string | null; imported: number; skipped: number; unresolved: number; errors: number }[];
  } | null;
  restore: unknown;
}

export interface Setting {
  setting: string;
  secret: boolean;
  set: boolean;
  value: string | null;
  source: string;
  source_kind: "flag" | "variable" | "file" | "console" | "default";
  locked: boolean;
}

export interface Retention {
  rule: string | null;
  problem: string | null;
  source: string | null;
  locked: boolean;
  zone: string;
  presets: { name: string; rule: string }[];
}

export interface Settings {
  settings: Setting[];
  retention: Retention;
  repository: { place: string | null; source: string };
  kit_saved_ms: number | null;
}

/** Sums over all databases. */
export interface PruneResult {
  points: number;
  kept: number;
  bytes_freed: number;
  bytes_merged: number;
}

export interface CheckResult {
  whole: boolean;
  objects: number;
  points: number;
  findings_total: number;
  findings: { severity: "loss" | "note"; object: string; problem: string; consequence: string | null }[];
}

/** Something that opens the repository. */
export interface KeySlot {
  slot: string;
  kind: "plain" | "passphrase" | "keyfile" | "damaged";
  name: string | null;
  created_ms: number | null;
  in_use: boolean;
}

export interface RepositoryTest {
  ok: boolean;
  checks: { check: "reachable" | "key" | "writable"; ok: boolean; text: string | null; hint: string | null }[];
}

export interface Login {
  session: string;
  address: string;
  agent: string;
  created_ms: number;
  seen_ms: number;
  is_current: boolean;
}

export interface Token {
  token: string;
  name: string;
  access: "viewer" | "operator";
  created_ms: number;
  seen_ms: number | null;
  /** Told once, when it is made. */
  text?: string;
}

export interface Kit {
  repository: string;
  key_id: string;
  recovery_key: string;
  page: string;
}
