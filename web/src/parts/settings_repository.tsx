// Where history is kept, with a test that it can be reached, opened and written to, and its upkeep.
import type { RepositoryTest, Settings } from "../api_types";
import { checkText } from "../error_text";
import { useOwnJob } from "../jobs";
import { t } from "../text";
import { Button } from "./button";
import { Card } from "./card";
import { ErrorNotice, FaultNotice, Notice } from "./notice";
import { FixedBy } from "./settings_list";
import { CheckNow, PruneNow } from "./settings_upkeep";

function passed(check: RepositoryTest["checks"][number]["check"]): string {
  if (check === "reachable") return t("repository.reachable");
  return check === "key" ? t("repository.key") : t("repository.writable");
}

export function RepositoryCard({ settings }: { settings: Settings }) {
  const test = useOwnJob<RepositoryTest>();
  const { place, source } = settings.repository;
  return (
    <Card title={t("repository.title")} side={source !== "default" && <FixedBy source={source} />}>
      <p><code>{place}</code></p>
      {test.error && <ErrorNotice error={test.error} />}
      {test.result?.checks.map((check) => check.ok
        ? <Notice key={check.check} tone="good" title={passed(check.check)} />
        : <FaultNotice key={check.check} told={checkText(check)} />)}
      <div class="buttons">
        <Button busy={test.busy} onClick={() => test.start("settings/repository/tests", {})}>{t("repository.test")}</Button>
      </div>
      <CheckNow />
      <PruneNow />
    </Card>
  );
}
