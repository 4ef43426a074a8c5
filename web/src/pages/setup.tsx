// The Setup Wizard: a backup is brought, looked at, its settings tried, carried out; a new installation begins with its settings.
// Ends with parts/setup_end where there is no password yet.
import { useContext, useEffect, useState } from "preact/hooks";
import { api } from "../api";
import type { SetupRestored, SetupSource } from "../api_types";
import { Gate } from "../parts/gate";
import { Loading } from "../parts/notice";
import { finished, SetupChoose } from "../parts/setup_choose";
import { SetupDone } from "../parts/setup_done";
import { SetupEnd } from "../parts/setup_end";
import { SetupFields } from "../parts/setup_fields";
import { SetupProgress } from "../parts/setup_progress";
import { SetupSummary } from "../parts/setup_summary";
import { go } from "../router";
import { SessionContext } from "../session";
import { t } from "../text";

const steps = ["choose", "summary", "fields", "progress", "done", "password"] as const;
type Step = (typeof steps)[number];

function Stepper({ step, isNew }: { step: Step; isNew: boolean }) {
  const at = steps.indexOf(step);
  const shown = steps.filter((name): name is Exclude<Step, "done"> => name !== "done" && !(isNew && ["choose", "summary", "progress"].includes(name)));
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

/** What the page goes on with after a reload: a restore that is running. Nothing else was written, so nothing else is kept. */
async function running(): Promise<string | null> {
  return (await api.get<{ restore: string | null }>("setup")).restore;
}

/** The application's own settings; null: it has none that are known. */
async function ownSettings(): Promise<SetupSource | null> {
  const job = await finished("setup/sources", {});
  const source = job.state === "done" ? (job.result as SetupSource) : null;
  return source?.fields?.length ? source : null;
}

export default function Setup({ isNew = false }: { isNew?: boolean }) {
  const { session } = useContext(SessionContext);
  const [step, setStep] = useState<Step | null>(null);
  const [source, setSource] = useState<SetupSource | null>(null);
  const [job, setJob] = useState<string | null>(null);
  const [restored, setRestored] = useState<SetupRestored | null>(null);

  async function begin(): Promise<void> {
    const id = await running();
    if (id) {
      setJob(id);
      setStep("progress");
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
    if (session.state === "setup") setStep("password");
    else go("/", true);
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
      <Stepper step={step} isNew={isNew} />
      {step === "choose" && <SetupChoose onBack={() => go("/setup")} onSource={(found) => { setSource(found); setStep("summary"); }} />}
      {step === "summary" && source && <SetupSummary source={source} onBack={() => setStep("choose")} onNext={() => setStep("fields")} />}
      {step === "fields" && source && (
        <SetupFields source={source} onBack={() => isNew ? go("/setup") : setStep("summary")} {...(isNew ? { onSkip: end } : {})}
          onStarted={(id) => { setJob(id); setStep("progress"); }} />
      )}
      {step === "progress" && job && <SetupProgress id={job} onDone={done} onBack={() => setStep(source ? "fields" : isNew ? "password" : "choose")} />}
      {step === "done" && restored && <SetupDone restored={restored} onNext={end} />}
    </Gate>
  );
}
