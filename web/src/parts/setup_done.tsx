// What became of the backup: counts per user, and the titles that nobody knew.
import type { SetupRestored } from "../api_types";
import { number } from "../format";
import { t } from "../text";
import { Button } from "./button";
import { Notice } from "./notice";
import { Table } from "./table";

/** A file of what is on the page already: made here, sent nowhere. */
function save(name: string, content: unknown): void {
  const address = URL.createObjectURL(new Blob([JSON.stringify(content, null, 2)], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}

export function SetupDone({ restored, onNext }: { restored: SetupRestored; onNext: () => void }) {
  const users = restored.import?.users ?? [];
  const problems = restored.import?.problems ?? [];
  return (
    <>
      <Notice tone="good" title={t("wizard.done")}>
        {restored.point_before ? t("restore.done_before", { point: String(restored.point_before) }) : null}
      </Notice>
      {users.length > 0 && (
        <Table caption={t("wizard.users")} rows={users} rowKey={(user) => user.user ?? ""}
          columns={[
            { label: t("wizard.user_name"), cell: (user) => user.user ?? t("wizard.nobody") },
            { label: t("wizard.imported"), numeric: true, cell: (user) => number(user.imported) },
            { label: t("wizard.skipped"), numeric: true, cell: (user) => number(user.skipped) },
            { label: t("wizard.unresolved"), numeric: true, cell: (user) => number(user.unresolved + user.errors) },
          ]} />
      )}
      {problems.length > 0 && (
        <Notice tone="attention" title={t("wizard.unresolved_titles", { n: problems.length })}
          actions={<Button small icon="download" onClick={() => save("unresolved.json", problems)}>{t("points.download")}</Button>}>
          <ul class="problems">{problems.slice(0, 20).map(({ place, reason, user }) => <li key={place}>{user ? `${user}: ` : ""}<code>{place}</code> {reason}</li>)}</ul>
        </Notice>
      )}
      <div class="buttons"><Button kind="primary" onClick={onNext}>{t("common.continue")}</Button></div>
    </>
  );
}
