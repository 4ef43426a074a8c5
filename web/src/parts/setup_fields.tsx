// The application's settings as the backup has them, to be changed; each connection can be tried.
import { useState } from "preact/hooks";
import { api, ApiError } from "../api";
import type { ConnectionResult, JobStarted, SetupField, SetupSource } from "../api_types";
import { known, t } from "../text";
import { Badge } from "./badge";
import { Button } from "./button";
import { Dialog } from "./dialog";
import { PasswordField, SelectField, TextField } from "./field";
import { Icon } from "./icon";
import { ErrorNotice } from "./notice";
import { finished } from "./setup_choose";

type Values = Record<string, string>;
type Tried = "testing" | ConnectionResult;

/** Only what was changed is sent: the rest is the backup's, and its secrets stay on the server. */
function changed(source: SetupSource, values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([name, value]) => {
    const field = source.fields?.find((one) => one.name === name);
    return field && value !== given(field);
  }));
}

/** As a text: what the backup has. */
function given(field: SetupField): string {
  return field.secret || field.value === null || field.value === undefined ? "" : String(field.value);
}

function Entry({ field, value, isNew, onValue }: { field: SetupField; value: string; isNew: boolean; onValue: (value: string) => void }) {
  const help = value !== given(field) ? <Badge tone="accent">{t("wizard.changed")}</Badge>
    : field.changed ? <Badge tone="neutral">{t("wizard.differs")}</Badge> : undefined;
  if (field.secret) {
    const kept = field.set ? t(isNew ? "wizard.secret_set" : "wizard.secret_kept") : undefined;
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

function TestLine({ label, tried }: { label: string; tried: Tried | undefined }) {
  const state = !tried ? "waiting" : tried === "testing" ? "running" : tried.ok ? "done" : "failed";
  const icon = { waiting: "circle", running: "loader", done: "circle-check", failed: "octagon-alert" }[state];
  return (
    <li class={`stage ${state} wrap`}>
      <Icon name={icon} size={18} />
      <span>
        {label}
        {tried && tried !== "testing" && !tried.ok && (
          <span class="block small">{known("connection", tried.reason, tried.text)} <span class="muted">{tried.hint}</span></span>
        )}
        {tried === "testing" && <span class="unseen">{t("wizard.testing")}</span>}
      </span>
    </li>
  );
}

/** `onSkip`: of a new installation, whose settings may wait. */
export function SetupFields({ source, onStarted, onBack, onSkip }: {
  source: SetupSource;
  onStarted: (job: string) => void;
  onBack: () => void;
  onSkip?: () => void;
}) {
  const fields = source.fields ?? [];
  const tests = source.tests ?? [];
  const [values, setValues] = useState<Values>(() => Object.fromEntries(fields.map((field) => [field.name, given(field)])));
  const [tried, setTried] = useState<Record<string, Tried>>({});
  const [busy, setBusy] = useState(false);
  const [asks, setAsks] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const fault = (reason: unknown) => setError(reason instanceof ApiError ? reason : new ApiError(0, "failed", String(reason), null));

  async function test(): Promise<boolean> {
    setBusy(true);
    setError(null);
    setTried(Object.fromEntries(tests.map(({ name }) => [name, "testing" as const])));
    const results = await Promise.all(tests.map(async ({ name }) => {
      const job = await finished("setup/tests", { test: name, source: source.source, fields: changed(source, values) });
      const result = job.state === "done" ? (job.result as ConnectionResult) : { ok: false, reason: "failed", text: job.error?.text ?? t("job.failed"), hint: job.error?.hint ?? null };
      setTried((before) => ({ ...before, [name]: result }));
      return result.ok;
    })).catch((reason: unknown) => { fault(reason); return [false]; });
    setBusy(false);
    return results.every(Boolean);
  }
  async function save(): Promise<void> {
    setAsks(false);
    setBusy(true);
    try {
      const { job } = await api.post<JobStarted>("setup/restores", { source: source.source, fields: changed(source, values) });
      onStarted(job);
    } catch (reason) {
      fault(reason);
      setBusy(false);
    }
  }
  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    const all = tests.length === 0 || tests.every(({ name }) => { const one = tried[name]; return one && one !== "testing" && one.ok; });
    if (all || await test()) void save();
    else setAsks(true);
  }
  return (
    <form onSubmit={(event) => void submit(event)} noValidate>
      {onSkip && <p>{t("wizard.new_lead")}</p>}
      {fields.length === 0 && <p>{t("wizard.no_fields")}</p>}
      {fields.map((field) => (
        <Entry key={field.name} field={field} value={values[field.name] ?? ""} isNew={Boolean(onSkip)}
          onValue={(value) => { setValues({ ...values, [field.name]: value }); setTried({}); }} />
      ))}
      {tests.length > 0 && (
        <section class="tests" aria-label={t("wizard.tests")}>
          <ul class="stages" aria-live="polite">{tests.map(({ name, label }) => <TestLine key={name} label={label} tried={tried[name]} />)}</ul>
          <Button busy={busy} icon="plug" onClick={() => void test()}>{t("wizard.test")}</Button>
        </section>
      )}
      {error && <ErrorNotice error={error} means={t("wizard.nothing_written")} />}
      <div class="buttons">
        <Button kind="quiet" onClick={onBack}>{t("common.back")}</Button>
        {onSkip && <Button onClick={onSkip}>{t("wizard.skip")}</Button>}
        <Button kind="primary" type="submit" busy={busy}>{t("wizard.save")}</Button>
      </div>
      {asks && (
        <Dialog title={t("wizard.failed_test")} onClose={() => setAsks(false)}>
          <p>{t("wizard.failed_test_means")}</p>
          <div class="buttons">
            <Button onClick={() => setAsks(false)}>{t("common.cancel")}</Button>
            <Button kind="primary" onClick={() => void save()}>{t("wizard.save_anyway")}</Button>
          </div>
        </Dialog>
      )}
    </form>
  );
}
