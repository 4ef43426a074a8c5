// The Setup Wizard: a backup is brought, looked at, its settings tried, carried out; a new installation begins with its settings.
// Ends with parts/setup_end where there is no password yet; who is signed in comes from the page of restores and goes back there. Any page of the browser goes on where another was.
import { useContext, useEffect, useState } from "preact/hooks";
import { api } from "../api";
import type { Setup as State, SetupChoice, SetupRestored, SetupSource } from "../api_types";
import { finished } from "../jobs";
import { Gate } from "../parts/gate";
import { Loading } from "../parts/notice";
import { SetupChoose } from "../parts/setup_choose";
import { SetupDone } from "../parts/setup_done";
import { SetupEnd } from "../parts/setup_end";
import { SetupFields } from "../parts/setup_fields";
import { SetupProgress } from "../parts/setup_progress";
import { SetupSummary } from "../parts/setup_summary";
import { go } from "../router";
import { SessionContext } from "../session";
import { isOfNew } from "../setup_new";
import { t } from "../text";

const steps = ["choose", "summary", "fields", "progress", "done", "password"] as const;
type Step = (typeof steps)[number];

function Stepper({ step, isNew, isFirst }: { step: Step; isNew: boolean; isFirst: boolean }) {
  const at = steps.indexOf(step);
  const left = ["done", ...(isNew ? ["choose", "summary", "progress"] : []), ...(isFirst ? [] : ["password"])];
  const shown = steps.filter((name): name is Exclude<Step, "done"> => !left.includes(name));
  return (
    <ol class="stepper" aria-label={t("wizard.steps")}>
      {shown.map((name) => (
        <li key={name} class={steps.indexOf(name) < at ? "past" : name === step ? "now" : ""} aria-current={name === step ? "step" : undefined}>
          {t(`wizard.step_${name}`)}
        </li>
      ))}
    </ol>
  );
}

/** The application's own settings; null: it has none that are known. */
async function ownSettings(): Promise<SetupSource | null> {
  const job = await finished("setup/sources", {});
  const source = job.state === "done" ? (job.result as SetupSource) : null;
  return source?.fields?.length ? source : null;
}

export default function Setup({ isNew = false }: { isNew?: boolean }) {
  const { session } = useContext(SessionContext);
  const isFirst = session.state === "setup";
  const [step, setStep] = useState<Step | null>(null);
  const [choice, setChoice] = useState<SetupChoice | null>(null);
  const [source, setSource] = useState<SetupSource | null>(null);
  const [job, setJob] = useState<string | null>(null);
  const [restored, setRestored] = useState<SetupRestored | null>(null);

  /** Goes on where this browser was, on this page or another: all of that is kept by the server. */
  async function begin(): Promise<void> {
    const now = await api.get<State>("setup");
    const before = now.choice && isOfNew(now.choice) === isNew ? now.choice : null;
    const id = now.restore ?? before?.restore;
    setChoice(before);
    setSource(before?.looked ?? null);
    if (id) {
      setJob(id);
      setStep("progress");
    } else if (before?.looked) {
      setStep(isNew || before.has_settings ? "fields" : "summary");
    } else if (isNew) {
      const own = await ownSettings();
      setSource(own);
      setStep(own ? "fields" : "password");
    } else {
      setStep("choose");
    }
  }
  useEffect(() => {
    begin().catch(() => setStep(isNew ? "password" : "choose"));
  }, []);
  function end(): void {
    if (isFirst) setStep("password");
    else go("/", true);
  }
  /** What was brought is of no use any more. */
  async function forget(): Promise<void> {
    await api.delete("setup/choice").catch(() => {});
    setChoice(null);
    setSource(null);
  }
  function leave(): void {
    void forget().then(() => go(isFirst ? "/setup" : "/restore"));
  }
  function looked(found: SetupSource): void {
    setChoice(null);
    setSource(found);
    setStep("summary");
  }
  /** Back to the settings: what was entered is with the server. */
  async function toFields(): Promise<void> {
    const now = await api.get<State>("setup").catch(() => null);
    setChoice(now?.choice?.source === source?.source ? now?.choice ?? null : null);
    setStep("fields");
  }
  function done(result: SetupRestored): void {
    setRestored(result);
    if (isNew) end();
    else setStep("done");
  }

  if (!step) return <Gate title={t(isNew ? "first.new" : "wizard.title_choose")} wide><Loading /></Gate>;
  if (step === "password") return <SetupEnd {...(isNew ? { onBack: () => go("/setup") } : {})} />;
  return (
    <Gate key={step} title={t(isNew && step === "progress" ? "wizard.saving" : `wizard.title_${step}`)} wide>
      <Stepper step={step} isNew={isNew} isFirst={isFirst} />
      {step === "choose" && <SetupChoose resumed={choice} onBack={leave} onSource={looked} />}
      {step === "summary" && source && <SetupSummary source={source} onSource={looked} onBack={() => void forget().then(() => setStep("choose"))} onNext={() => void toFields()} />}
      {step === "fields" && source && (
        <SetupFields source={source} choice={choice} asksPassword={!isFirst} onBack={() => isNew ? leave() : setStep("summary")} {...(isNew ? { onSkip: end } : {})}
          onStarted={(id) => { setJob(id); setStep("progress"); }} />
      )}
      {step === "progress" && job && <SetupProgress id={job} onDone={done} onBack={() => source ? void toFields() : setStep(isNew ? "password" : "choose")} />}
      {step === "done" && restored && <SetupDone restored={restored} onNext={end} />}
    </Gate>
  );
}
