import { Empty } from "../parts/notice";
import { Page } from "../parts/page";
import type { PageProps } from "../pages";
import { t } from "../text";

export default function Restore(_: PageProps) {
  return (
    <Page title={t("restore.title")} lead={t("restore.lead")}>
      <Empty icon="rotate-ccw" title={t("placeholder.title")}>{t("placeholder.text")} <code>holdfast restore --help</code></Empty>
    </Page>
  );
}
