// Work that the server does in the background: started, watched, ended.
import { useEffect, useState } from "preact/hooks";
import { api, ApiError, asApiError, part } from "./api";
import type { Job, JobStarted } from "./api_types";
import { listen } from "./events";

function ended(job: Job): boolean {
  return job.state !== "running";
}

/** Calls `changed` with each state of the job, the last one included; returns what stops that. */
export function watchJob(id: string, changed: (job: Job) => void, lost: (error: ApiError) => void): () => void {
  let over = false;
  const stop = listen(`jobs/${part(id)}/events`, {
    on: { job: (data) => seen(data as Job) },
    poll: look,
  });
  function seen(job: Job): void {
    if (over) return;
    over = ended(job);
    if (over) stop();
    changed(job);
  }
  function look(): void {
    api.get<Job>(`jobs/${part(id)}`).then(seen, (error: unknown) => {
      if (!(error instanceof ApiError) || error.unreachable || over) return;
      over = true;
      stop();
      lost(error);
    });
  }
  look();
  return () => {
    over = true;
    stop();
  };
}

/** A job when it has ended. */
export function endOf(id: string): Promise<Job> {
  return new Promise((resolve, reject) => {
    watchJob(id, (now) => ended(now) && resolve(now), reject);
  });
}

/** The result of a job that succeeds; an ApiError else. */
export async function resultOf<T>(path: string, body: unknown): Promise<T> {
  const job = await finished(path, body);
  if (job.state !== "done") throw failureOf(job);
  return job.result as T;
}

/** Of a job that did not succeed. */
export function failureOf({ error }: Job): ApiError {
  return new ApiError(500, error?.code ?? "failed", error?.text ?? "", error?.hint ?? null);
}

/** Starts a job, and waits for its end. */
export async function finished(path: string, body: unknown): Promise<Job> {
  return endOf((await api.post<JobStarted>(path, body)).job);
}

export interface JobWatch {
  job: Job | null;
  error: ApiError | null;
}

/** The state of a job, for as long as the component is there. */
export function useJob(id: string | null, done?: (job: Job) => void): JobWatch {
  const [watch, setWatch] = useState<JobWatch>({ job: null, error: null });
  useEffect(() => {
    setWatch({ job: null, error: null });
    if (id === null) return;
    return watchJob(
      id,
      (job) => {
        setWatch({ job, error: null });
        if (ended(job)) done?.(job);
      },
      (error) => setWatch((before) => ({ ...before, error })),
    );
  }, [id]);
  return watch;
}

export interface OwnJob<T> {
  start: (path: string, body: unknown) => void;
  forget: () => void;
  busy: boolean;
  job: Job | null;
  /** When it succeeded. */
  result: T | null;
  /** When it could not be started or watched, or failed. */
  error: ApiError | null;
}

/** A job that the component starts itself, one at a time. */
export function useOwnJob<T>(): OwnJob<T> {
  const [id, setId] = useState<string | null>(null);
  const [starting, setStarting] = useState(false);
  const [trouble, setTrouble] = useState<ApiError | null>(null);
  const { job, error } = useJob(id);

  function forget(): void {
    setId(null);
    setTrouble(null);
  }
  function start(path: string, body: unknown): void {
    forget();
    setStarting(true);
    api.post<JobStarted>(path, body)
      .then((started) => setId(started.job), (reason: unknown) => setTrouble(asApiError(reason)))
      .finally(() => setStarting(false));
  }
  const failed = job && job.state !== "running" && job.state !== "done" ? failureOf(job) : null;
  return {
    start, forget, job, busy: starting || job?.state === "running",
    result: job?.state === "done" ? (job.result as T) : null,
    error: trouble ?? error ?? failed,
  };
}
