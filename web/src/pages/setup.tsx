// Restore from backup: brought, looked at, its settings tried, carried out. Ends with parts/set_password where there is none yet.
import { useContext, useState } from "preact/hooks";
import type { SetupRestored, SetupSource } from "../api_types";
import { Gate } from "../parts/gate";
import { Notice } from "../parts/notice";
import { SetPassword } from "../parts/set_password";
import { SetupChoose } from "../parts/setup_choose";
import { SetupDone } from "../parts/setup_done";
import { SetupFields } from "../parts/setup_fields";
import { SetupProgress } from "../parts/setup_progress";
import { SetupSummary } from "../parts/setup_summary";
import { go } from "../router";
import { SessionContext } from "../session";
import { t } from "../text";

const steps = ["choose", "summary", "fields", "progress", "done", "password"] as const;
type Step = (typeof steps)[number];
const shown = steps.filter((step) => step !== "done");

function Stepper({ step }: { step: Step }) {
  const at = steps.indexOf(step);
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

export default function Setup() {
  const { session, setSession } = useContext(SessionContext);
  const [step, setStep] = useState<Step>("choose");
  const [source, setSource] = useState<SetupSource | null>(null);
  const [job, setJob] = useState<string | null>(null);
  const [restored, setRestored] = useState<SetupRestored | null>(null);
  const needsPassword = session.state === "setup";

  if (step === "password") {
    return (
      <SetPassword onSession={(now) => {
        go("/", true);
        setSession(now);
      }} />
    );
  }
  return (
    <Gate title={t(`wizard.title_${step}`)} wide>
      <Stepper step={step} />
      {step === "choose" && <SetupChoose onBack={() => go("/setup")} onSource={(found) => { setSource(found); setStep("summary"); }} />}
      {step === "summary" && source && <SetupSummary source={source} onBack={() => setStep("choose")} onNext={() => setStep("fields")} />}
      {step === "fields" && source && <SetupFields source={source} onBack={() => setStep("summary")} onStarted={(id) => { setJob(id); setStep("progress"); }} />}
      {step === "progress" && job && <SetupProgress id={job} onDone={(result) => { setRestored(result); setStep("done"); }} onBack={() => setStep("fields")} />}
      {step === "done" && restored && <SetupDone restored={restored} onNext={() => needsPassword ? setStep("password") : go("/", true)} />}
      {!source && step !== "choose" && <Notice title={t("wizard.lost")} />}
    </Gate>
  );
}
