// A job with its stages: which are over, which goes on, how far it is.
import type { Job } from "../api_types";
import { known } from "../text";
import { Card } from "./card";
import { Progress } from "./progress";
import { Stages } from "./stages";

/** `names`: what the stages' words begin with in the strings ("stage" for "stage.restore"). */
export function JobProgress({ title, job, names }: { title: string; job: Job; names: string }) {
  const nameOf = (stage: string): string => known(names, stage, stage);
  return (
    <Card title={title}>
      <Stages job={job} nameOf={nameOf} />
      <Progress label={job.stage ? nameOf(job.stage) : title} done={job.done} total={job.total} etaMs={job.eta_ms} />
      {job.text && <p class="muted small" role="status" lang="en">{job.text}</p>}
    </Card>
  );
}
