// What a person started and the server does in the background: seen in a corner until it has ended, whatever page is shown.
import { announce, announceFault } from "./announcements";
import { asApiError } from "./api";
import type { Job, JobStarted } from "./api_types";
import { errorText, ownWords, type Told } from "./error_text";
import { failureOf, watchJob } from "./jobs";
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
  found?: ((result: unknown) => Told | null) | undefined;
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

function failure(job: Job): Told {
  return job.state === "interrupted" ? ownWords(t("job.interrupted")) : errorText(failureOf(job));
}

function ended(job: Job, { done, found }: TaskWanted): void {
  const fault = job.state === "done" ? found?.(job.result) ?? null : failure(job);
  if (fault === null) announce(done);
  else announceFault(fault);
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
    announceFault(errorText(asApiError(error)));
    return null;
  } finally {
    put(id, () => null);
  }
}
