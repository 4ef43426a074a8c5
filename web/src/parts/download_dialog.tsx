// A restore point as a file to take away: the SQLite file or a portable copy, plain or encrypted.
import { useState } from "preact/hooks";
import { api, fileUrl, part } from "../api";
import type { JobStarted, Point } from "../api_types";
import { moment } from "../format";
import { runTask } from "../tasks";
import { t } from "../text";
import { Button } from "./button";
import { Dialog } from "./dialog";
import { PasswordField, SelectField, TextField } from "./field";

type What = "database" | "portable";
type Encryption = "none" | "passphrase" | "recipient";

interface Result {
  download: string;
}

/** The address works once, for a minute: it is fetched at once. */
function fetchFile(address: string): void {
  const link = document.createElement("a");
  link.href = fileUrl(address);
  link.download = "";
  link.click();
}

export function DownloadDialog({ database, point, onClose }: { database: string; point: Point; onClose: () => void }) {
  const [what, setWhat] = useState<What>("database");
  const [encryption, setEncryption] = useState<Encryption>("none");
  const [secret, setSecret] = useState("");
  const [tried, setTried] = useState(false);
  const missing = encryption !== "none" && !secret.trim();

  function submit(event: Event): void {
    event.preventDefault();
    setTried(true);
    if (missing) return;
    const key = encryption === "none" ? {} : { [encryption]: encryption === "recipient" ? secret.trim() : secret };
    void runTask({
      label: t("points.download"),
      start: () => api.post<JobStarted>(`databases/${part(database)}/points/${point.point}/downloads`, { what, ...key }),
      done: t("download.done"),
    }).then((job) => job?.state === "done" && fetchFile((job.result as Result).download));
    onClose();
  }

  return (
    <Dialog title={t("points.download")} lead={t("download.lead", { database, time: moment(point.time_ms) })} onClose={onClose}>
      <form onSubmit={submit} noValidate>
        <SelectField<What> label={t("download.what")} value={what} onValue={setWhat}
          help={what === "database" ? t("download.database_help") : t("download.portable_help")}
          options={[{ value: "database", label: t("download.database") }, { value: "portable", label: t("download.portable") }]} />
        <SelectField<Encryption> label={t("download.encryption")} value={encryption} help={encryption === "none" ? t("download.none_help") : undefined}
          onValue={(value) => { setEncryption(value); setSecret(""); setTried(false); }}
          options={[
            { value: "none", label: t("download.none") },
            { value: "passphrase", label: t("download.passphrase") },
            { value: "recipient", label: t("download.recipient") },
          ]} />
        {encryption === "passphrase" && (
          <PasswordField label={t("download.passphrase")} help={t("download.passphrase_help")} autoComplete="new-password" value={secret}
            onValue={setSecret} error={tried && missing ? t("common.required") : null} />
        )}
        {encryption === "recipient" && (
          <TextField label={t("download.recipient")} help="age1…" spellcheck={false} value={secret} onValue={setSecret}
            error={tried && missing ? t("common.required") : null} />
        )}
        <div class="buttons">
          <Button kind="quiet" onClick={onClose}>{t("common.cancel")}</Button>
          <Button kind="primary" type="submit" icon="download">{t("points.download")}</Button>
        </div>
      </form>
    </Dialog>
  );
}
