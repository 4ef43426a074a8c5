// What is set elsewhere: by a flag, a variable or the configuration file, which win over the console.
import type { Setting } from "../api_types";
import { t } from "../text";
import { Badge } from "./badge";
import { Card } from "./card";

/** Says who sets it, where a person could change it. */
export function FixedBy({ source }: { source: string }) {
  return <Badge icon="lock">{t("settings.fixed_by", { source })}</Badge>;
}

function shown(setting: Setting): string {
  if (setting.secret) return setting.set ? t("settings.secret_set") : t("settings.not_set");
  return setting.value ?? t("settings.not_set");
}

export function SettingsList({ settings }: { settings: Setting[] }) {
  const sorted = [...settings].sort((a, b) => Number(b.locked) - Number(a.locked));
  return (
    <Card title={t("settings.all")}>
      <p class="lead">{t("settings.all_lead")}</p>
      <div class="table-scroll" tabIndex={0} role="region" aria-label={t("settings.setting")}>
        <table>
          <thead>
            <tr><th scope="col">{t("settings.setting")}</th><th scope="col">{t("settings.value")}</th><th scope="col">{t("settings.source")}</th></tr>
          </thead>
          <tbody>
            {sorted.map((setting) => (
              <tr key={setting.setting}>
                <th scope="row"><code>{setting.setting}</code></th>
                <td>{shown(setting)}</td>
                <td>{setting.locked ? <FixedBy source={setting.source} /> : t("settings.default")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}
