// What has changed between a restore point and now.
import { useEffect, useState } from "preact/hooks";
import { api, ApiError, part } from "../api";
import type { Comparison as Data, JobStarted, Point } from "../api_types";
import { exactMoment } from "../format";
import { useJob } from "../jobs";
import { t } from "../text";
import { Comparison } from "./comparison";
import { Dialog } from "./dialog";
import { ErrorNotice, Notice } from "./notice";
import { Progress } from "./progress";

export function CompareDialog({ database, point, onClose }: { database: string; point: Point; onClose: () => void }) {
  const [id, setId] = useState<string | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const { job } = useJob(id);
  useEffect(() => {
    api.post<JobStarted>(`databases/${part(database)}/comparisons`, { from: point.point, to: "now" }).then(
      (started) => setId(started.job),
      (reason: unknown) => setError(reason instanceof ApiError ? reason : new ApiError(0, "failed", String(reason), null)),
    );
  }, []);
  return (
    <Dialog title={t("compare.title")} lead={t("compare.lead", { time: exactMoment(point.time_ms) })} onClose={onClose}>
      {error && <ErrorNotice error={error} />}
      {!error && (!job || job.state === "running") && <Progress label={t("compare.running")} done={job?.done ?? 0} total={job?.total ?? 0} etaMs={job?.eta_ms ?? null} />}
      {job?.state === "done" && <Comparison comparison={job.result as Data} from={t("compare.then")} to={t("compare.now")} />}
      {job && (job.state === "failed" || job.state === "interrupted") && <Notice tone="bad" title={job.error?.text ?? t("job.failed")}>{job.error?.hint}</Notice>}
    </Dialog>
  );
}
