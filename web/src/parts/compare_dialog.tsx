// What has changed between two states: a restore point, and a later one or now.
import { useEffect, useRef, useState } from "preact/hooks";
import { api, type ApiError, asApiError, part } from "../api";
import type { Comparison as Data, JobStarted, Point } from "../api_types";
import { exactMoment } from "../format";
import { failureOf, useJob } from "../jobs";
import { t } from "../text";
import { Comparison } from "./comparison";
import { Dialog } from "./dialog";
import { ErrorNotice } from "./notice";
import { StageProgress } from "./stages";

function End({ name, point }: { name: string; point: Point | null }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{point ? exactMoment(point.time_ms) : t("compare.now")}{point?.label && <span class="muted">{` · ${point.label}`}</span>}</dd>
    </div>
  );
}

export function CompareDialog({ database, from, to, onClose }: {
  database: string;
  from: Point;
  /** Null: now. */
  to: Point | null;
  onClose: () => void;
}) {
  const [id, setId] = useState<string | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const over = useRef(false);
  const { job } = useJob(id, () => { over.current = true; });
  useEffect(() => {
    const started = api.post<JobStarted>(`databases/${part(database)}/comparisons`, { from: from.point, to: to?.point ?? "now" });
    started.then(
      (job) => setId(job.job),
      (reason: unknown) => setError(asApiError(reason)),
    );
    return () => {
      if (!over.current) void started.then((job) => api.delete(`jobs/${part(job.job)}`)).catch(() => {}); // it may just have ended
    };
  }, []);
  return (
    <Dialog title={t("compare.title")} lead={t("compare.lead")} wide onClose={onClose}>
      <dl class="compare-ends">
        <End name={t("compare.from")} point={from} />
        <End name={t("compare.to")} point={to} />
      </dl>
      {error && <ErrorNotice error={error} />}
      {!error && (!job || job.state === "running") && <StageProgress job={job} title={t("compare.title")} />}
      {job?.state === "done" && <Comparison comparison={job.result as Data} from={t("compare.before")} to={t("compare.after")} />}
      {job && (job.state === "failed" || job.state === "interrupted") && <ErrorNotice error={failureOf(job)} />}
    </Dialog>
  );
}
