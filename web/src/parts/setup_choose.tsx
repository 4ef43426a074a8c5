// Which backup: a file that is sent, one that lies in the data directory, or a repository with its key.
import { useEffect, useState } from "preact/hooks";
import { type ApiError, asApiError } from "../api";
import type { Candidate, Job, SetupChoice, SetupSource } from "../api_types";
import { corruptText, errorText } from "../error_text";
import { bytes, zone } from "../format";
import { endOf, failureOf, finished, resultOf } from "../jobs";
import { t } from "../text";
import { Button } from "./button";
import { PasswordField, TextField } from "./field";
import { ErrorNotice, FaultNotice, Notice } from "./notice";
import { SetupUpload } from "./setup_upload";
import { Tabs } from "./tabs";
import { Time } from "./time";

/** What the server is told of a source: an id of its own, or a repository's place. */
export type Place = { upload: string } | { candidate: string } | { repository: string };
interface Keys { passphrase?: string; identity?: string; recovery_key?: string; user?: string }

function Candidates({ busy, onChosen }: { busy: boolean; onChosen: (id: string) => void }) {
  const [found, setFound] = useState<Candidate[] | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  function find(): void {
    setError(null);
    resultOf<{ candidates: Candidate[] }>("setup/candidates", {}).then(({ candidates }) => setFound(candidates), (reason: unknown) => setError(asApiError(reason)));
  }
  useEffect(find, []);
  if (error) return <ErrorNotice error={error} retry={find} />;
  if (!found) return <p class="muted">{t("app.loading")}</p>;
  if (found.length === 0) return <p class="muted">{t("wizard.no_candidates")}</p>;
  return (
    <>
      <ul class="candidates">
        {found.map(({ id, name, size, time_ms }) => (
          <li key={id}>
            <button type="button" class="candidate" aria-disabled={busy} onClick={() => !busy && onChosen(id)}>
              <code>{name}</code><span class="muted small">{bytes(size)} · <Time ms={time_ms} /></span>
            </button>
          </li>
        ))}
      </ul>
      <p class="muted small">{t("app.times_zone", { zone: zone() })}</p>
    </>
  );
}

function Repository({ asked, busy, onPlace }: { asked: string; busy: boolean; onPlace: (place: Place, keys: Keys) => void }) {
  const [where, setWhere] = useState(asked);
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

/** `resumed`: what this browser had asked for before the page was loaded again. */
export function SetupChoose({ resumed, onSource, onBack }: { resumed: SetupChoice | null; onSource: (source: SetupSource) => void; onBack: () => void }) {
  const [tab, setTab] = useState<"file" | "here" | "repository">(resumed?.asked.repository ? "repository" : "file");
  const [busy, setBusy] = useState(false);
  const [place, setPlace] = useState<Place | null>(null);
  const [trouble, setTrouble] = useState<ApiError | null>(null);

  async function watch(next: Place, work: Promise<Job>): Promise<void> {
    setBusy(true);
    setPlace(next);
    setTrouble(null);
    try {
      const job = await work;
      if (job.state === "done") onSource(job.result as SetupSource);
      else setTrouble(failureOf(job));
    } catch (reason) {
      setTrouble(asApiError(reason));
    } finally {
      setBusy(false);
    }
  }
  function look(next: Place, keys: Keys = {}): void {
    void watch(next, finished("setup/sources", { ...next, ...keys }));
  }
  useEffect(() => {
    if (resumed?.look) void watch(resumed.asked as Place, endOf(resumed.look));
  }, []);
  const asks = trouble && place && (trouble.code === "wrong_key" || trouble.code === "usage") && !("repository" in place);
  return (
    <>
      <p>{t("wizard.choose_lead")}</p>
      {trouble && !asks && <FaultNotice told={trouble.code === "corrupt" ? corruptText(trouble) : errorText(trouble)}>{t("wizard.nothing_written")}</FaultNotice>}
      {asks && <Notice tone="attention" title={t(trouble.code === "usage" ? "wizard.asks_user" : "wizard.asks_key")} />}
      {asks && <Missing key={trouble.code} code={trouble.code} busy={busy} onKeys={(keys) => look(place, keys)} />}
      {busy && <p class="muted" role="status">{t("wizard.looking")}</p>}
      <Tabs label={t("wizard.where")} value={tab} onValue={setTab} tabs={[
        { value: "file", label: t("wizard.tab_file") },
        { value: "here", label: t("wizard.tab_here") },
        { value: "repository", label: t("wizard.tab_repository") },
      ]}>
        {tab === "file" && <SetupUpload busy={busy} onUpload={(upload) => look({ upload })} />}
        {tab === "here" && <Candidates busy={busy} onChosen={(candidate) => look({ candidate })} />}
        {tab === "repository" && <Repository asked={resumed?.asked.repository ?? ""} busy={busy} onPlace={look} />}
      </Tabs>
      <div class="buttons"><Button kind="quiet" onClick={onBack}>{t("common.back")}</Button></div>
    </>
  );
}
