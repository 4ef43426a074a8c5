// The application's settings as the backup has them, to be changed; each connection can be tried.
import { useState } from "preact/hooks";
import { api, ApiError, asApiError } from "../api";
import type { ConnectionResult, JobStarted, SetupChoice, SetupField, SetupSource, Untested } from "../api_types";
import { connectionText } from "../error_text";
import { finished } from "../jobs";
import { type Entered, useEntered } from "../setup_entered";
import { t } from "../text";
import { Badge } from "./badge";
import { Button } from "./button";
import { Dialog } from "./dialog";
import { PasswordField, SelectField, TextField } from "./field";
import { ErrorNotice } from "./notice";
import { ServerWords } from "./server_words";
import { Stage } from "./stages";

type Tried = "testing" | ConnectionResult;

function Entry({ field, entered, isNew, onValue }: { field: SetupField; entered: Entered; isNew: boolean; onValue: (value: string) => void }) {
  const value = entered.values[field.name] ?? "";
  const help = entered.isChanged(field) ? <Badge tone="accent">{t("wizard.changed")}</Badge>
    : field.changed ? <Badge tone="neutral">{t("wizard.differs")}</Badge> : undefined;
  if (field.secret) {
    const kept = entered.secrets.has(field.name) ? t("wizard.secret_entered")
      : field.set ? t(isNew ? "wizard.secret_set" : "wizard.secret_kept") : undefined;
    return <PasswordField label={field.label} help={<>{help} {value === "" && kept}</>} autoComplete="off" value={value} onValue={onValue} />;
  }
  if (field.kind === "boolean") {
    return (
      <SelectField label={field.label} help={help} value={value === "true" ? value : "false"} onValue={onValue}
        options={[{ value: "true", label: t("common.yes") }, { value: "false", label: t("common.no") }]} />
    );
  }
  return <TextField label={field.label} help={help} value={value} onValue={onValue} inputMode={field.kind === "url" ? "url" : "text"} spellcheck={false} />;
}

function Fault({ tried }: { tried: ConnectionResult }) {
  const { title, text, server } = connectionText(tried);
  return <span class="block small">{[title, text].filter(Boolean).join(": ")}<ServerWords said={server} /></span>;
}

function TestLine({ label, tried }: { label: string; tried: Tried | undefined }) {
  const state = !tried ? "waiting" : tried === "testing" ? "running" : tried.ok ? "done" : "failed";
  return (
    <Stage state={state} wrap>
      <span>
        {label}
        {tried && tried !== "testing" && !tried.ok && <Fault tried={tried} />}
        {tried === "testing" && <span class="unseen">{t("wizard.testing")}</span>}
      </span>
    </Stage>
  );
}

function Confirm({ untested, onCancel, onSave }: { untested: Untested[]; onCancel: () => void; onSave: () => void }) {
  return (
    <Dialog title={t("wizard.failed_test")} onClose={onCancel}>
      <ul class="stages">{untested.map(({ test, label, reason }) => <TestLine key={test} label={label} tried={{ ok: false, reason, text: "", hint: null }} />)}</ul>
      <p>{t("wizard.failed_test_means")}</p>
      <div class="buttons">
        <Button onClick={onCancel}>{t("common.cancel")}</Button>
        <Button kind="primary" onClick={onSave}>{t("wizard.save_anyway")}</Button>
      </div>
    </Dialog>
  );
}

/** `choice`: what was entered before the page was loaded again. `onSkip`: of a new installation, whose settings may wait. */
export function SetupFields({ source, choice, asksPassword, onStarted, onBack, onSkip }: {
  source: SetupSource;
  choice: SetupChoice | null;
  asksPassword: boolean;
  onStarted: (job: string) => void;
  onBack: () => void;
  onSkip?: () => void;
}) {
  const fields = source.fields ?? [];
  const tests = source.tests ?? [];
  const entered = useEntered(source, choice);
  const [tried, setTried] = useState<Record<string, Tried>>(choice?.tests ?? {});
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [untested, setUntested] = useState<Untested[] | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const fault = (reason: unknown) => setError(asApiError(reason));

  function enter(field: SetupField, value: string): void {
    entered.enter(field, value);
    const used = new Set(tests.filter((test) => test.fields.includes(field.name)).map(({ name }) => name));
    setTried((before) => Object.fromEntries(Object.entries(before).filter(([name]) => !used.has(name))));
  }
  async function test(): Promise<void> {
    setBusy(true);
    setError(null);
    setTried(Object.fromEntries(tests.map(({ name }) => [name, "testing" as const])));
    try {
      await entered.keep();
      await Promise.all(tests.map(async ({ name }) => {
        const job = await finished("setup/tests", { test: name, source: source.source });
        const result = job.state === "done" ? (job.result as ConnectionResult) : { ok: false, reason: "failed", text: job.error?.text ?? "", hint: job.error?.hint ?? null };
        setTried((before) => ({ ...before, [name]: result }));
      }));
    } catch (reason) {
      fault(reason);
      setTried({});
    } finally {
      setBusy(false);
    }
  }
  async function save(accepted: boolean): Promise<void> {
    setUntested(null);
    setError(null);
    setBusy(true);
    try {
      await entered.keep();
      const { job } = await api.post<JobStarted>("setup/restores", {
        source: source.source, accept_failed_tests: accepted, ...(asksPassword ? { password } : {}),
      });
      onStarted(job);
    } catch (reason) {
      if (reason instanceof ApiError && reason.code === "untested") setUntested(reason.tests);
      else fault(reason);
      setBusy(false);
    }
  }
  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    if (busy) return;
    if (tests.some(({ name }) => !tried[name])) await test();
    await save(false);
  }
  return (
    <form onSubmit={(event) => void submit(event)} noValidate>
      {onSkip && <p>{t("wizard.new_lead")}</p>}
      {fields.length === 0 && <p>{t("wizard.no_fields")}</p>}
      {fields.map((field) => <Entry key={field.name} field={field} entered={entered} isNew={Boolean(onSkip)} onValue={(value) => enter(field, value)} />)}
      {tests.length > 0 && (
        <section class="tests" aria-label={t("wizard.tests")}>
          <ul class="stages" aria-live="polite">{tests.map(({ name, label }) => <TestLine key={name} label={label} tried={tried[name]} />)}</ul>
          <Button busy={busy} icon="plug" onClick={() => void test()}>{t("wizard.test")}</Button>
        </section>
      )}
      {asksPassword && <PasswordField label={t("signin.password")} help={t("confirm.in_place_help")} value={password} onValue={setPassword} />}
      {error && <ErrorNotice error={error} means={t("wizard.nothing_written")} />}
      <div class="buttons">
        <Button kind="quiet" onClick={() => void entered.keep().catch(() => {}).then(onBack)}>{t("common.back")}</Button>
        {onSkip && <Button onClick={onSkip}>{t("wizard.skip")}</Button>}
        <Button kind="primary" type="submit" busy={busy} disabled={asksPassword && !password}>{t("wizard.save")}</Button>
      </div>
      {untested && <Confirm untested={untested} onCancel={() => setUntested(null)} onSave={() => void save(true)} />}
    </form>
  );
}
