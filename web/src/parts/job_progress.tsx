// A job that goes on, in a card of its own.
import type { Job } from "../api_types";
import { Card } from "./card";
import { Stages } from "./stages";

export function JobProgress({ title, job }: { title: string; job: Job }) {
  return (
    <Card title={title}>
      <Stages job={job} title={title} />
      {job.text && <p class="muted small" role="status" lang="en">{job.text}</p>}
    </Card>
  );
}
