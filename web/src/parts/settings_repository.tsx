// Where history is kept, with a test that it can be reached, opened and written to.
import { useState } from "preact/hooks";
import { api, ApiError } from "../api";
import type { JobStarted, RepositoryTest, Settings } from "../api_types";
import { useJob } from "../jobs";
import { t } from "../text";
import { Button } from "./button";
import { Card } from "./card";
import { ErrorNotice, Notice } from "./notice";
import { FixedBy } from "./settings_list";

function passed(check: RepositoryTest["checks"][number]["check"]): string {
  if (check === "reachable") return t("repository.reachable");
  return check === "key" ? t("repository.key") : t("repository.writable");
}

export function RepositoryCard({ settings }: { settings: Settings }) {
  const [job, setJob] = useState<string | null>(null);
  const [trouble, setTrouble] = useState<ApiError | null>(null);
  const watch = useJob(job);
  const result = watch.job?.state === "done" ? (watch.job.result as RepositoryTest) : null;
  const { place, source } = settings.repository;

  function test(): void {
    setTrouble(null);
    api.post<JobStarted>("settings/repository/tests").then((started) => setJob(started.job), (error: unknown) =>
      setTrouble(error instanceof ApiError ? error : new ApiError(0, "failed", String(error), null)));
  }

  return (
    <Card title={t("repository.title")} side={source !== "default" && <FixedBy source={source} />}>
      <p><code>{place}</code></p>
      {trouble && <ErrorNotice error={trouble} />}
      {watch.error && <ErrorNotice error={watch.error} />}
      {watch.job?.state === "failed" && <Notice tone="bad" title={watch.job.error?.text ?? t("job.failed")} />}
      {result?.checks.map((check) => (
        <Notice key={check.check} tone={check.ok ? "good" : "bad"}
          title={check.ok ? passed(check.check) : check.text ?? t("job.failed")}>{check.hint}</Notice>
      ))}
      <div class="buttons">
        <Button busy={watch.job?.state === "running"} onClick={test}>{t("repository.test")}</Button>
      </div>
    </Card>
  );
}
