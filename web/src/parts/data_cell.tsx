// A value of a database as it stands in a table, and all of it in a dialog.
import { useState } from "preact/hooks";
import { api, part } from "../api";
import type { CellValue } from "../api_browse";
import { bytes } from "../format";
import { useResource } from "../resource";
import { t } from "../text";
import { Badge } from "./badge";
import { Dialog } from "./dialog";
import { ErrorNotice, Loading } from "./notice";

/** Two digits a byte, sixteen bytes a line. */
function hexLines(hex: string): string {
  return (hex.match(/.{1,32}/g) ?? []).map((line) => (line.match(/../g) ?? []).join(" ")).join("\n");
}

export function Masked() {
  return <Badge icon="lock" title={t("data.masked_means")}>{t("data.masked")}</Badge>;
}

function Whole({ value }: { value: CellValue }) {
  if (value === null || typeof value !== "object") return <pre class="cell-whole" tabIndex={0}>{String(value)}</pre>;
  if (value.type === "masked") return <Masked />;
  if (value.type === "blob") {
    return (
      <>
        <pre class="cell-whole" tabIndex={0}>{hexLines(value.hex)}</pre>
        {value.cut && <p class="muted small">{t("data.cut", { shown: bytes(value.hex.length / 2), length: bytes(value.length) })}</p>}
      </>
    );
  }
  return (
    <>
      <pre class="cell-whole" tabIndex={0}>{value.text}</pre>
      {value.type === "text" && value.cut && <p class="muted small">{t("data.cut_text", { length: bytes(value.length) })}</p>}
      {value.type === "text" && value.altered && <p class="muted small">{t("data.altered")}</p>}
    </>
  );
}

function CellDialog({ address, column, onClose }: { address: string; column: string; onClose: () => void }) {
  const { data, error, reload } = useResource((signal) => api.get<{ value: CellValue }>(address, signal), [address]);
  return (
    <Dialog title={column} onClose={onClose}>
      {error && <ErrorNotice error={error} retry={reload} />}
      {!data && !error && <Loading />}
      {data && <Whole value={data.value} />}
    </Dialog>
  );
}

/** `table`: the table's path in the API. */
export function Cell({ value, table, rowKey, column }: { value: CellValue; table: string; rowKey: string; column: string }) {
  const [open, setOpen] = useState(false);
  if (value === null) return <span class="muted">NULL</span>;
  if (typeof value === "number") return <>{value}</>;
  if (typeof value === "string") return value.length > 60 || value.includes("\n") ? <span class="cell-text">{value}</span> : <>{value}</>;
  if (value.type === "masked") return <Masked />;
  if (!("length" in value)) return <>{value.text}</>;
  if (value.type === "text" && !value.cut) return <span title={t("data.altered")}>{value.text}</span>;
  const shown = value.type === "blob" ? t("data.blob", { length: bytes(value.length) }) : value.text.slice(0, 60);
  return (
    <>
      <button type="button" class="cell-open" onClick={() => setOpen(true)} title={t("data.show_all")}>
        {shown}{value.type === "text" && "…"}<span class="unseen"> {t("data.all_of", { column, n: value.length })}</span>
      </button>
      {open && <CellDialog column={column} onClose={() => setOpen(false)}
        address={`${table}/cell?key=${part(rowKey)}&column=${part(column)}`} />}
    </>
  );
}
