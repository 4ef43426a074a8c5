import { Button } from "../parts/button";
import { Gate } from "../parts/gate";
import { Empty } from "../parts/notice";
import { go } from "../router";
import { t } from "../text";

/** Restoring from a backup on the first start; ends with parts/set_password. */
export default function Setup() {
  return (
    <Gate title={t("setup.title")} wide>
      <Empty icon="archive-restore" title={t("placeholder.title")} actions={<Button onClick={() => go("/setup")}>{t("common.back")}</Button>}>
        {t("placeholder.text")} <code>holdfast import --help</code>
      </Empty>
    </Gate>
  );
}
