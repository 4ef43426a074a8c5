import { Empty } from "../parts/notice";
import { Page } from "../parts/page";
import type { PageProps } from "../pages";
import { t } from "../text";

export default function Settings(_: PageProps) {
  return (
    <Page title={t("settings.title")} lead={t("settings.lead")}>
      <Empty icon="sliders-horizontal" title={t("placeholder.title")}>{t("placeholder.text")} <code>holdfast config --help</code></Empty>
    </Page>
  );
}
