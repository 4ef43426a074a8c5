// The repository checked, and thinned by the rule in force, when a person wants that now.
import { useState } from "preact/hooks";
import type { CheckResult, PruneResult } from "../api_types";
import { number } from "../format";
import { useOwnJob } from "../jobs";
import { t } from "../text";
import { Button } from "./button";
import { Dropped, WouldDrop } from "./drops";
import { CheckField } from "./field";
import { ErrorNotice, Notice } from "./notice";
import { Progress } from "./progress";

const mostTold = 5;

function Findings({ result }: { result: CheckResult }) {
  if (result.whole) {
    return <Notice tone="good" title={t("upkeep.whole", { n: result.points, objects: number(result.objects) })} />;
  }
  return (
    <Notice tone="bad" title={t("upkeep.losses", { n: result.findings_total })}>
      <ul>
        {result.findings.slice(0, mostTold).map((one) => (
          <li key={`${one.object} ${one.problem}`} lang="en">{one.problem}{one.consequence && <>: {one.consequence}</>}</li>
        ))}
      </ul>
    </Notice>
  );
}

export function CheckNow() {
  const [all, setAll] = useState(false);
  const check = useOwnJob<CheckResult>();
  return (
    <>
      <CheckField label={t("upkeep.read_data")} help={t("upkeep.read_data_help")} checked={all} onChecked={setAll} />
      {check.error && <ErrorNotice error={check.error} />}
      {check.job?.state === "running" && <Progress label={t("upkeep.checking")} done={check.job.done} total={check.job.total} etaMs={check.job.eta_ms} />}
      {check.result && <Findings result={check.result} />}
      <div class="buttons">
        <Button busy={check.busy} onClick={() => check.start("jobs", { kind: "check", read_data: all })}>{t("upkeep.check")}</Button>
      </div>
    </>
  );
}

/** What would go is shown before it goes. */
export function PruneNow() {
  const preview = useOwnJob<PruneResult>();
  const prune = useOwnJob<PruneResult>();
  const shown = preview.result;
  const error = preview.error ?? prune.error;

  function look(): void {
    prune.forget();
    preview.start("jobs", { kind: "prune", dry_run: true });
  }
  function drop(): void {
    prune.start("jobs", { kind: "prune" });
    preview.forget();
  }
  return (
    <>
      {error && <ErrorNotice error={error} />}
      {shown && <WouldDrop result={shown} />}
      {prune.result && <Dropped result={prune.result} />}
      <div class="buttons">
        {shown && shown.points > shown.kept
          ? <Button kind="danger" onClick={drop}>{t("upkeep.drop")}</Button>
          : <Button busy={preview.busy || prune.busy} onClick={look}>{t("upkeep.prune")}</Button>}
      </div>
    </>
  );
}
