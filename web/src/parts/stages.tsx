// What is done one after the other: which stages are over, which goes on, how far it is.
import type { ComponentChildren } from "preact";
import type { Job } from "../api_types";
import { known, t } from "../text";
import { Icon } from "./icon";
import { Progress } from "./progress";

const looks: Record<string, { icon: string }> = { done: { icon: "circle-check" }, failed: { icon: "octagon-alert" } };
const waiting = { icon: "circle" };

/** "user ann" is the user; what else a stage is called has words of its own. */
function stageName(name: string): string {
  return name.startsWith("user ") ? name.slice(5) || t("wizard.nobody") : known("stage", name, name);
}

export function Stage({ state, wrap = false, children }: { state: string; wrap?: boolean; children: ComponentChildren }) {
  return (
    <li class={`stage ${state}${wrap ? " wrap" : ""}`} aria-current={state === "running" ? "step" : undefined}>
      {state === "running" ? <span class="spinner" /> : <Icon name={(looks[state] ?? waiting).icon} size={16} />}{children}
    </li>
  );
}

/** How far a job is in the stage that goes on; `title`: what it is called before the first one. */
export function StageProgress({ job, title }: { job: Job | null; title: string }) {
  return <Progress label={job?.stage ? stageName(job.stage) : title} done={job?.done ?? 0} total={job?.total ?? 0} etaMs={job?.eta_ms ?? null} />;
}

export function Stages({ job, title }: { job: Job; title: string }) {
  return (
    <>
      <ol class="stages" aria-live="polite">
        {job.stages.map(({ name, state }) => <Stage key={name} state={state}>{stageName(name)}</Stage>)}
      </ol>
      {job.state === "running" && <StageProgress job={job} title={title} />}
    </>
  );
}
