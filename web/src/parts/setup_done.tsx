// What became of the backup: counts per user, and the titles that nobody knew.
import type { SetupRestored } from "../api_types";
import { number } from "../format";
import { t } from "../text";
import { Button } from "./button";
import { Notice } from "./notice";
import { Table } from "./table";
import { Unresolved } from "./unresolved";

export function SetupDone({ restored, onNext }: { restored: SetupRestored; onNext: () => void }) {
  const users = restored.import?.users ?? [];
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
      <Unresolved />
      <div class="buttons"><Button kind="primary" onClick={onNext}>{t("common.continue")}</Button></div>
    </>
  );
}
