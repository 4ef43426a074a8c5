// The end of every first start: the console password, then the recovery kit, then the overview.
import { useContext, useEffect, useState } from "preact/hooks";
import { api, type ApiError, asApiError } from "../api";
import type { Kit, Session } from "../api_types";
import { go } from "../router";
import { SessionContext } from "../session";
import { t } from "../text";
import { Button } from "./button";
import { Gate } from "./gate";
import { ErrorNotice, Loading } from "./notice";
import { SetPassword } from "./set_password";

/** Told once, to who has just chosen the password; what it says is kept by nobody. */
function KeepKit({ password, onDone }: { password: string; onDone: () => void }) {
  const [kit, setKit] = useState<Kit | null>(null);
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<ApiError | null>(null);
  const failed = (reason: unknown) => setTrouble(asApiError(reason));

  useEffect(() => {
    api.post<Kit>("kit", { password }).then(setKit, failed);
  }, []);
  async function saved(): Promise<void> {
    setBusy(true);
    try {
      await api.post("kit/saved", {});
      onDone();
    } catch (reason) {
      failed(reason);
      setBusy(false);
    }
  }

  return (
    <Gate title={t("wizard.title_kit")} lead={t("wizard.kit_lead")} wide>
      {trouble && <ErrorNotice error={trouble} />}
      {!kit && !trouble && <Loading />}
      {kit && <pre class="kit-sheet" tabIndex={0} aria-label={t("wizard.kit_page")}>{kit.page}</pre>}
      <div class="buttons">
        <Button kind="quiet" onClick={onDone}>{t("wizard.kit_later")}</Button>
        {kit && <Button onClick={() => window.print()}>{t("wizard.kit_print")}</Button>}
        {kit && <Button kind="primary" busy={busy} onClick={() => void saved()}>{t("wizard.kit_saved")}</Button>}
      </div>
    </Gate>
  );
}

export function SetupEnd({ onBack }: { onBack?: () => void }) {
  const { setSession } = useContext(SessionContext);
  const [chosen, setChosen] = useState<{ session: Session; password: string } | null>(null);
  if (!chosen) {
    return <SetPassword {...(onBack ? { onBack } : {})} onSession={(session, password) => setChosen({ session, password })} />;
  }
  return (
    <KeepKit password={chosen.password} onDone={() => {
      go("/", true);
      setSession(chosen.session);
    }} />
  );
}
