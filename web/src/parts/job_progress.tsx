// A job with its stages: which are over, which goes on, how far it is.
import type { Job } from "../api_types";
import { known } from "../text";
import { Card } from "./card";
import { Icon } from "./icon";
import { Progress } from "./progress";

const icons: Record<string, string> = { done: "circle-check", running: "loader", waiting: "circle", failed: "octagon-alert" };

/** `names`: what the stages' words begin with in the strings ("stage" for "stage.restore"). */
export function JobProgress({ title, job, names }: { title: string; job: Job; names: string }) {
  const label = job.stage ? known(names, job.stage, job.stage) : title;
  return (
    <Card title={title}>
      <ol class="stages" aria-live="polite">
        {job.stages.map(({ name, state }) => (
          <li key={name} class={`stage ${state}`} aria-current={state === "running" ? "step" : undefined}>
            <Icon name={icons[state] ?? "circle"} size={16} />{known(names, name, name)}
          </li>
        ))}
      </ol>
      <Progress label={label} done={job.done} total={job.total} etaMs={job.eta_ms} />
      {job.text && <p class="muted small" role="status">{job.text}</p>}
    </Card>
  );
}
