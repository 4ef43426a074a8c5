// Which backup: a file that is sent, one that lies in the data directory, or a repository with its key.
import { useEffect, useRef, useState } from "preact/hooks";
import { api, ApiError } from "../api";
import type { Candidate, Job, JobStarted, SetupSource } from "../api_types";
import { bytes, moment } from "../format";
import { watchJob } from "../jobs";
import { t } from "../text";
import { Button } from "./button";
import { PasswordField, TextField } from "./field";
import { Icon } from "./icon";
import { errorText, Notice } from "./notice";
import { Tabs } from "./tabs";

/** What the server is told of a source: an id of its own, or a repository's place. */
export type Place = { upload: string } | { candidate: string } | { repository: string };
interface Keys { passphrase?: string; identity?: string; recovery_key?: string; user?: string }

/** Runs a job to its end. */
export function finished(path: string, body: unknown): Promise<Job> {
  return api.post<JobStarted>(path, body).then(({ job }) => new Promise<Job>((resolve, reject) => {
    watchJob(job, (now) => now.state !== "running" && resolve(now), reject);
  }));
}

function DropZone({ busy, onFile }: { busy: boolean; onFile: (file: File) => void }) {
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  function drop(event: DragEvent): void {
    event.preventDefault();
    setOver(false);
    const file = event.dataTransfer?.files[0];
    if (file) onFile(file);
  }
  return (
    <div class={over ? "drop over" : "drop"} onDragOver={(event) => { event.preventDefault(); setOver(true); }}
      onDragLeave={() => setOver(false)} onDrop={drop}>
      <Icon name="archive-restore" size={24} />
      <p>{t("wizard.drop")}</p>
      <input ref={input} id="backup" class="unseen" type="file" aria-label={t("wizard.file")}
        onChange={(event) => { const file = event.currentTarget.files?.[0]; if (file) onFile(file); }} />
      <Button busy={busy} onClick={() => input.current?.click()}>{t("wizard.choose_file")}</Button>
      <p class="muted small">{t("wizard.file_help")}</p>
    </div>
  );
}

function Candidates({ busy, onChosen }: { busy: boolean; onChosen: (id: string) => void }) {
  const [found, setFound] = useState<Candidate[] | null>(null);
  useEffect(() => {
    void finished("setup/candidates", {}).then((job) => setFound((job.result as { candidates: Candidate[] } | null)?.candidates ?? []), () => setFound([]));
  }, []);
  if (!found) return <p class="muted">{t("app.loading")}</p>;
  if (found.length === 0) return <p class="muted">{t("wizard.no_candidates")}</p>;
  return (
    <ul class="candidates">
      {found.map(({ id, name, size, time_ms }) => (
        <li key={id}>
          <button type="button" class="candidate" aria-disabled={busy} onClick={() => !busy && onChosen(id)}>
            <code>{name}</code><span class="muted small">{bytes(size)} · {moment(time_ms)}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function Repository({ busy, onPlace }: { busy: boolean; onPlace: (place: Place, keys: Keys) => void }) {
  const [where, setWhere] = useState("");
  const [key, setKey] = useState("");
  function submit(event: Event): void {
    event.preventDefault();
    onPlace({ repository: where.trim() }, key.trim() ? { recovery_key: key.trim() } : {});
  }
  return (
    <form onSubmit={submit}>
      <TextField label={t("wizard.repository")} help={t("wizard.repository_help")} value={where} onValue={setWhere} />
      <PasswordField label={t("wizard.recovery_key")} help={t("wizard.recovery_key_help")} autoComplete="off" value={key} onValue={setKey} />
      <Button kind="primary" type="submit" busy={busy} disabled={!where.trim()}>{t("wizard.look")}</Button>
    </form>
  );
}

/** What is missing to open it. */
function Missing({ code, busy, onKeys }: { code: string; busy: boolean; onKeys: (keys: Keys) => void }) {
  const [text, setText] = useState("");
  const isUser = code === "usage";
  function submit(event: Event): void {
    event.preventDefault();
    const value = text.trim();
    onKeys(isUser ? { user: value } : value.startsWith("AGE-SECRET-KEY") ? { identity: value } : { passphrase: text });
  }
  return (
    <form onSubmit={submit}>
      {isUser
        ? <TextField label={t("wizard.user")} help={t("wizard.user_help")} value={text} onValue={setText} />
        : <PasswordField label={t("wizard.key")} help={t("wizard.key_help")} autoComplete="off" value={text} onValue={setText} />}
      <Button kind="primary" type="submit" busy={busy} disabled={!text.trim()}>{t("wizard.look")}</Button>
    </form>
  );
}

export function SetupChoose({ onSource, onBack }: { onSource: (source: SetupSource) => void; onBack: () => void }) {
  const [tab, setTab] = useState<"file" | "here" | "repository">("file");
  const [busy, setBusy] = useState(false);
  const [place, setPlace] = useState<Place | null>(null);
  const [trouble, setTrouble] = useState<{ code: string; title: string; text: string | null } | null>(null);

  async function look(next: Place, keys: Keys = {}): Promise<void> {
    setBusy(true);
    setPlace(next);
    setTrouble(null);
    try {
      const job = await finished("setup/sources", { ...next, ...keys });
      if (job.state === "done") onSource(job.result as SetupSource);
      else setTrouble({ code: job.error?.code ?? "failed", title: job.error?.text ?? t("job.failed"), text: job.error?.hint ?? null });
    } catch (reason) {
      failed(reason);
    } finally {
      setBusy(false);
    }
  }
  function failed(reason: unknown): void {
    const known = reason instanceof ApiError ? reason : new ApiError(0, "failed", String(reason), null);
    setTrouble({ code: known.code, ...errorText(known) });
  }
  async function send(file: File): Promise<void> {
    setBusy(true);
    setTrouble(null);
    try {
      const { upload } = await api.post<{ upload: string }>("setup/uploads", file);
      await look({ upload });
    } catch (reason) {
      failed(reason);
      setBusy(false);
    }
  }
  const asks = trouble && place && (trouble.code === "wrong_key" || trouble.code === "usage") && !("repository" in place);
  return (
    <>
      <p>{t("wizard.choose_lead")}</p>
      {trouble && <Notice tone={asks ? "attention" : "bad"} title={asks ? t(trouble.code === "usage" ? "wizard.asks_user" : "wizard.asks_key") : trouble.title}>
        {asks ? null : <>{trouble.text} {t("wizard.nothing_written")}</>}
      </Notice>}
      {asks && <Missing key={trouble.code} code={trouble.code} busy={busy} onKeys={(keys) => void look(place, keys)} />}
      <Tabs label={t("wizard.where")} value={tab} onValue={setTab} tabs={[
        { value: "file", label: t("wizard.tab_file") },
        { value: "here", label: t("wizard.tab_here") },
        { value: "repository", label: t("wizard.tab_repository") },
      ]}>
        {tab === "file" && <DropZone busy={busy} onFile={(file) => void send(file)} />}
        {tab === "here" && <Candidates busy={busy} onChosen={(candidate) => void look({ candidate })} />}
        {tab === "repository" && <Repository busy={busy} onPlace={(next, keys) => void look(next, keys)} />}
      </Tabs>
      <div class="buttons"><Button kind="quiet" onClick={onBack}>{t("common.back")}</Button></div>
    </>
  );
}
