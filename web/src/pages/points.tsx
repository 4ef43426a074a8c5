import { Page } from "../parts/page";
import type { PageProps } from "../pages";
import { t } from "../text";

export default function Points(_: PageProps) {
  return <Page title={t("nav.points")}>{null}</Page>;
}
