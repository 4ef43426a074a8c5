// The end of every first start: the console password, then the recovery kit, then the overview.
import { useContext, useEffect, useState } from "preact/hooks";
import { api, type ApiError, asApiError } from "../api";
import type { Kit, Session } from "../api_types";
import { go } from "../router";
import { SessionContext } from "../session";
import { t } from "../text";
import { Button } from "./button";
import { Gate } from "./gate";
import { KitSheet } from "./kit";
import { ErrorNotice, Loading } from "./notice";
import { SetPassword } from "./set_password";

/** Told once, to who has just chosen the password; what it says is kept by nobody. */
function KeepKit({ password, onDone }: { password: string; onDone: () => void }) {
  const [kit, setKit] = useState<Kit | null>(null);
  const [trouble, setTrouble] = useState<ApiError | null>(null);
  const later = <Button kind="quiet" onClick={onDone}>{t("kit.later")}</Button>;
  useEffect(() => {
    api.post<Kit>("kit", { password }).then(setKit, (reason: unknown) => setTrouble(asApiError(reason)));
  }, []);
  return (
    <Gate title={t("kit.keep_title")} lead={<>{t("kit.about")} {t("kit.whoever")}</>} wide>
      {trouble && <ErrorNotice error={trouble} />}
      {!kit && !trouble && <Loading />}
      {kit ? <KitSheet kit={kit} actions={later} onSaved={onDone} /> : <div class="buttons">{later}</div>}
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
