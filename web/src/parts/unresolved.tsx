// Titles that the last restore of a backup could not place: listed, and to be saved as a file.
import { api, apiUrl } from "../api";
import type { Unresolved as Titles } from "../api_types";
import { moment, number } from "../format";
import { useResource } from "../resource";
import { t } from "../text";
import { Card } from "./card";
import { ErrorNotice } from "./notice";
import { Icon } from "./icon";
import { Table } from "./table";

const shown = 50;

function List({ titles: { titles, total } }: { titles: Titles }) {
  const rows = titles.slice(0, shown).map((title, at) => ({ ...title, at }));
  return (
    <>
      <Table caption={t("unresolved.title")} rows={rows} rowKey={(row) => row.at}
        columns={[
          { label: t("unresolved.what"), cell: (row) => row.title ?? <code>{row.place}</code> },
          { label: t("wizard.user_name"), cell: (row) => row.user ?? t("wizard.nobody") },
          { label: t("unresolved.why"), cell: (row) => <span lang="en">{row.reason}</span> },
        ]} />
      {total > rows.length && <p class="muted small">{t("unresolved.more", { shown: number(rows.length), total: number(total) })}</p>}
    </>
  );
}

/** Nothing where all was placed. */
export function Unresolved() {
  const found = useResource((signal) => api.get<Titles>("setup/unresolved", signal), []);
  if (found.error) return <ErrorNotice error={found.error} retry={found.reload} />;
  const titles = found.data;
  if (!titles?.total) return null;
  return (
    <Card title={t("unresolved.count", { n: titles.total })}
      side={<a class="button" href={apiUrl("setup/unresolved")} download><Icon name="download" />{t("points.download")}</a>}>
      <p>{t("unresolved.means", { time: titles.restored_ms ? moment(titles.restored_ms) : "" })}</p>
      <List titles={titles} />
    </Card>
  );
}
