import { Page } from "../parts/page";
import type { PageProps } from "../pages";
import { t } from "../text";

export default function Overview(_: PageProps) {
  return <Page title={t("nav.overview")}>{null}</Page>;
}
