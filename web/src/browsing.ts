// A database that is open to be looked into: opened for a page, closed when the page is left.
import { useEffect, useState } from "preact/hooks";
import { api, type ApiError, asApiError, part } from "./api";
import type { Browser } from "./api_browse";
import type { Job, JobStarted } from "./api_types";
import { failureOf, useJob } from "./jobs";

export interface Browsing {
  browser: Browser | null;
  /** A point is being brought out. */
  job: Job | null;
  error: ApiError | null;
  openAgain: () => void;
}

function close(browser: Browser): void {
  void api.delete(`browsers/${part(browser.browser)}`).catch(() => {});
}

/** `point` null: as it is now. */
export function useBrowsing(database: string, point: number | null): Browsing {
  const [turn, setTurn] = useState(0);
  const [jobId, setJobId] = useState<string | null>(null);
  const [browser, setBrowser] = useState<Browser | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const { job, error: lost } = useJob(jobId, (ended) => {
    const result = ended.result as Browser | null;
    if (ended.state === "done" && result?.browser) setBrowser(result);
    else setError(failureOf(ended));
    setJobId(null);
  });

  useEffect(() => {
    let left = false;
    setBrowser(null);
    setJobId(null);
    setError(null);
    if (!database) return;
    api.post<Browser | JobStarted>(`databases/${part(database)}/browsers`, { point: point ?? "now" }).then(
      (answer) => {
        if ("job" in answer) {
          if (!left) setJobId(answer.job);
        } else if (left) close(answer);
        else setBrowser(answer);
      },
      (reason: unknown) => {
        if (!left) setError(asApiError(reason));
      },
    );
    return () => {
      left = true;
    };
  }, [database, point, turn]);
  useEffect(() => (browser ? () => close(browser) : undefined), [browser]);

  return { browser, job: jobId ? job : null, error: error ?? lost, openAgain: () => setTurn((before) => before + 1) };
}
