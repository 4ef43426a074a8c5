import { Empty } from "../parts/notice";
import { Page } from "../parts/page";
import type { PageProps } from "../pages";
import { t } from "../text";

export default function Data(_: PageProps) {
  return (
    <Page title={t("data.title")} lead={t("data.lead")}>
      <Empty icon="table-2" title={t("placeholder.title")}>{t("placeholder.text")} <code>holdfast list --help</code></Empty>
    </Page>
  );
}
