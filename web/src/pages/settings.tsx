import { api } from "../api";
import type { Settings as All } from "../api_types";
import type { PageProps } from "../pages";
import { ErrorNotice, Loading } from "../parts/notice";
import { Page } from "../parts/page";
import { KeysCard } from "../parts/settings_keys";
import { KitCard } from "../parts/settings_kit";
import { SettingsList } from "../parts/settings_list";
import { RepositoryCard } from "../parts/settings_repository";
import { RetentionCard } from "../parts/settings_retention";
import { SessionsCard, TokensCard } from "../parts/settings_security";
import { Unresolved } from "../parts/unresolved";
import { useResource } from "../resource";
import { t } from "../text";

export default function Settings(_: PageProps) {
  const settings = useResource((signal) => api.get<All>("settings", signal), []);
  const all = settings.data;
  return (
    <Page title={t("settings.title")} lead={t("settings.lead")}>
      {settings.error && <ErrorNotice error={settings.error} retry={settings.reload} asOf={settings.asOf} />}
      {!all && !settings.error && <Loading lines={6} />}
      {all && (
        <div class="settings">
          <RetentionCard retention={all.retention} onChange={(retention) => settings.set({ ...all, retention })} />
          <RepositoryCard settings={all} />
          <KeysCard />
          <KitCard savedMs={all.kit_saved_ms} onSaved={settings.reload} />
          <Unresolved />
          <SessionsCard />
          <TokensCard />
          <SettingsList settings={all.settings} />
        </div>
      )}
    </Page>
  );
}
