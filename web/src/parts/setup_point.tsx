// Which database of a repository, and as it was when: what was looked at is what is restored.
import { useState } from "preact/hooks";
import { type ApiError, asApiError } from "../api";
import type { SetupSource } from "../api_types";
import { exactMoment } from "../format";
import { resultOf } from "../jobs";
import { t } from "../text";
import { askedTime } from "../typed_time";
import { Button } from "./button";
import { SelectField, TextField } from "./field";
import { ErrorNotice } from "./notice";
import { Time } from "./time";

function useLook(source: SetupSource, onSource: (source: SetupSource) => void) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  async function look(database: string, at: string): Promise<void> {
    setBusy(true);
    setError(null);
    try {
      onSource(await resultOf<SetupSource>("setup/sources", { source: source.source, source_database: database, ...(at ? { at } : {}) }));
    } catch (reason) {
      setError(asApiError(reason));
    } finally {
      setBusy(false);
    }
  }
  return { busy, error, look };
}

export function SetupPoint({ source, onSource }: { source: SetupSource; onSource: (source: SetupSource) => void }) {
  const names = (source.databases ?? []).flatMap(({ name, newest }) => (name !== null && newest ? [name] : []));
  const [database, setDatabase] = useState(source.database ?? names[0] ?? "");
  const [at, setAt] = useState("");
  const { busy, error, look } = useLook(source, onSource);
  function submit(event: Event): void {
    event.preventDefault();
    if (!busy) void look(database, askedTime(at, new Date()));
  }
  if (names.length === 0) return null;
  return (
    <form class="setup-point" onSubmit={submit} noValidate>
      {source.database && source.time_ms && (
        <p>{t("wizard.point_of", { database: source.database })} <Time ms={source.time_ms} shown={exactMoment(source.time_ms)} /></p>
      )}
      {names.length > 1 && (
        <SelectField label={t("wizard.which_database")} value={database} onValue={setDatabase} options={names.map((name) => ({ value: name, label: name }))} />
      )}
      <TextField label={t("wizard.at")} help={<>{t("wizard.at_help")} {t("restore.typed_help")}</>} value={at} onValue={setAt} />
      {error && <ErrorNotice error={error} means={t("wizard.nothing_written")} />}
      {busy && <p class="muted" role="status">{t("wizard.looking")}</p>}
      <Button type="submit" kind={source.database ? "plain" : "primary"} busy={busy}>{t("wizard.look")}</Button>
    </form>
  );
}
