// The last step before a restore: where to, the database's name and the password; a download asks for neither.
import { useState } from "preact/hooks";
import { api, type ApiError, asApiError, part } from "../api";
import type { JobStarted, RestorePreview } from "../api_types";
import { t } from "../text";
import { Button } from "./button";
import { Card } from "./card";
import { DownloadDialog } from "./download_dialog";
import { CheckField, PasswordField, TextField } from "./field";
import { ErrorNotice, Notice } from "./notice";
import { ServerWords } from "./server_words";

type Scope = "in_place" | "file" | "download";

const download = { scope: "download" as const, possible: true, reason: null, runner: null };

function Scopes({ preview, value, onValue }: { preview: RestorePreview; value: Scope; onValue: (scope: Scope) => void }) {
  return (
    <fieldset class="scopes">
      <legend>{t("confirm.scope")}</legend>
      {[...preview.scopes, download].map(({ scope, possible, runner, reason }) => (
        <label key={scope} class={value === scope ? "scope chosen" : "scope"}>
          <input type="radio" name="scope" value={scope} checked={value === scope} disabled={!possible} onChange={() => onValue(scope)} />
          <span>
            <strong>{t(`confirm.${scope}`)}</strong>
            <span class="muted small block">
              {reason ? <ServerWords said={[reason]} /> : scope === "in_place" && runner === "run" ? t("confirm.in_place_run") : t(`confirm.${scope}_help`)}
            </span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

export function RestoreConfirm({ database, preview, onStarted }: {
  database: string;
  preview: RestorePreview;
  onStarted: (job: string) => void;
}) {
  const first = preview.scopes.find(({ possible }) => possible)?.scope ?? "file";
  const [scope, setScope] = useState<Scope>(first);
  const [file, setFile] = useState(preview.scopes.find(({ file: name }) => name)?.file ?? "");
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [accept, setAccept] = useState(false);
  const [busy, setBusy] = useState(false);
  const [downloads, setDownloads] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const blocked = !preview.preflight.sound || !preview.preflight.enough_room;

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    if (scope === "download") return setDownloads(true);
    setBusy(true);
    setError(null);
    try {
      const { job } = await api.post<JobStarted>(`databases/${part(database)}/restores`, {
        plan: preview.plan, scope, name, password, accept_changes: accept, ...(scope === "file" ? { file } : {}),
      });
      onStarted(job);
    } catch (reason) {
      setError(asApiError(reason));
    } finally {
      setBusy(false);
      setPassword("");
    }
  }
  return (
    <Card title={t("confirm.title")}>
      <form onSubmit={(event) => void submit(event)}>
        {blocked && <Notice tone="attention" title={t("confirm.blocked")}>{t("confirm.blocked_means")}</Notice>}
        <Scopes preview={preview} value={scope} onValue={setScope} />
        {scope === "file" && <TextField label={t("confirm.file_name")} help={t("confirm.file_help_name")} value={file} onValue={setFile} />}
        {scope !== "download" && (
          <>
            <TextField label={t("confirm.name", { database })} value={name} onValue={setName} />
            <PasswordField label={t("signin.password")} value={password} onValue={setPassword} />
          </>
        )}
        {scope === "in_place" && <CheckField label={t("confirm.accept")} help={t("confirm.accept_help")} checked={accept} onChecked={setAccept} />}
        {error && <ErrorNotice error={error} means={t("restore.nothing_changed")} />}
        <Button kind={scope === "in_place" ? "danger" : "primary"} type="submit" icon="rotate-ccw" busy={busy}
          disabled={scope !== "download" && (name !== database || !password)}>
          {scope === "in_place" ? t("confirm.restore", { database }) : t(`confirm.restore_${scope}`)}
        </Button>
      </form>
      {downloads && <DownloadDialog database={database} point={preview.point} onClose={() => setDownloads(false)} />}
    </Card>
  );
}
