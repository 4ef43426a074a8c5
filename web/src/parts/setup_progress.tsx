// The choice is being carried out: what goes on, user by user.
import type { SetupRestored } from "../api_types";
import { failureOf, useJob } from "../jobs";
import { t } from "../text";
import { Button } from "./button";
import { ErrorNotice, Loading } from "./notice";
import { Stages } from "./stages";

export function SetupProgress({ id, onDone, onBack }: { id: string; onDone: (result: SetupRestored) => void; onBack: () => void }) {
  const { job } = useJob(id, (ended) => ended.state === "done" && onDone(ended.result as SetupRestored));
  if (!job) return <Loading />;
  return (
    <>
      <Stages job={job} title={t("restore.running")} />
      {job.state !== "running" && job.state !== "done" && (
        <>
          <ErrorNotice error={failureOf(job)} means={t("wizard.failed_means")} />
          <div class="buttons"><Button onClick={onBack}>{t("common.back")}</Button></div>
        </>
      )}
    </>
  );
}
