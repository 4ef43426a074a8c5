// The choice is being carried out: what goes on, user by user.
import type { SetupRestored } from "../api_types";
import { failureOf, useJob } from "../jobs";
import { known, t } from "../text";
import { Button } from "./button";
import { ErrorNotice, Loading } from "./notice";
import { Progress } from "./progress";
import { Stages } from "./stages";

/** "user ann" is the user; what else a stage is called has words of its own. */
function stageName(name: string): string {
  return name.startsWith("user ") ? name.slice(5) || t("wizard.nobody") : known("stage", name, name);
}

export function SetupProgress({ id, onDone, onBack }: { id: string; onDone: (result: SetupRestored) => void; onBack: () => void }) {
  const { job } = useJob(id, (ended) => ended.state === "done" && onDone(ended.result as SetupRestored));
  if (!job) return <Loading />;
  return (
    <>
      <Stages job={job} nameOf={stageName} />
      {job.state === "running" && <Progress label={job.stage ? stageName(job.stage) : t("restore.running")} done={job.done} total={job.total} etaMs={job.eta_ms} />}
      {job.state !== "running" && job.state !== "done" && (
        <>
          <ErrorNotice error={failureOf(job)} means={t("wizard.failed_means")} />
          <div class="buttons"><Button onClick={onBack}>{t("common.back")}</Button></div>
        </>
      )}
    </>
  );
}
