// The stages of a job: which are over, which goes on.
import type { Job } from "../api_types";
import { Icon } from "./icon";

const looks: Record<string, { icon: string }> = {
  done: { icon: "circle-check" }, running: { icon: "loader" }, waiting: { icon: "circle" }, failed: { icon: "octagon-alert" },
};

export function Stages({ job, nameOf }: { job: Job; nameOf: (stage: string) => string }) {
  return (
    <ol class="stages" aria-live="polite">
      {job.stages.map(({ name, state }) => (
        <li key={name} class={`stage ${state}`} aria-current={state === "running" ? "step" : undefined}>
          <Icon name={looks[state]?.icon ?? "circle"} size={16} />{nameOf(name)}
        </li>
      ))}
    </ol>
  );
}
