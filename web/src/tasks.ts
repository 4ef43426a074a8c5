// What a person started and the server does in the background: seen in a corner until it has ended, whatever page is shown.
import { announce } from "./announcements";
import { ApiError } from "./api";
import type { Job, JobStarted } from "./api_types";
import { watchJob } from "./jobs";
import { errorText } from "./error_text";
import { t } from "./text";

export interface Task {
  id: number;
  label: string;
  job: Job | null;
}

export interface TaskWanted {
  label: string;
  start: () => Promise<JobStarted>;
  /** What is said when it succeeded. */
  done: string;
  /** What it found to be wrong, where a test that was carried out may have failed. */
  found?: ((result: unknown) => string | null) | undefined;
}

let tasks: Task[] = [];
let next = 1;
let changed: (tasks: Task[]) => void = () => {};

export function onTasks(listener: (tasks: Task[]) => void): void {
  changed = listener;
}

function put(id: number, update: (task: Task) => Task | null): void {
  tasks = tasks.flatMap((task) => (task.id === id ? update(task) ?? [] : [task]));
  changed(tasks);
}

function failure(job: Job): string {
  if (job.state === "interrupted") return t("job.interrupted");
  return [job.error?.text ?? t("job.failed"), job.error?.hint].filter(Boolean).join(" ");
}

function ended(job: Job, { done, found }: TaskWanted): void {
  const fault = job.state === "done" ? found?.(job.result) ?? null : failure(job);
  if (fault === null) announce(done);
  else announce(fault, "bad");
}

function told(error: unknown): string {
  if (!(error instanceof ApiError)) return String(error);
  const { title, text } = errorText(error);
  return [title, text].filter(Boolean).join(" ");
}

/** Starts a job, shows how it goes, says how it ended; resolves to the ended job, or to null if there was none. */
export async function runTask(wanted: TaskWanted): Promise<Job | null> {
  const id = next++;
  tasks = [...tasks, { id, label: wanted.label, job: null }];
  changed(tasks);
  try {
    const { job } = await wanted.start();
    const end = await new Promise<Job>((resolve, reject) => {
      watchJob(job, (now) => {
        put(id, (task) => ({ ...task, job: now }));
        if (now.state !== "running") resolve(now);
      }, reject);
    });
    ended(end, wanted);
    return end;
  } catch (error) {
    announce(told(error), "bad");
    return null;
  } finally {
    put(id, () => null);
  }
}
