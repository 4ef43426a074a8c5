import { useState } from "preact/hooks";
import { api, type ApiError, asApiError, session as sessionOf } from "../api";
import type { Session } from "../api_types";
import { t } from "../text";
import { Button } from "./button";
import { PasswordField } from "./field";
import { Gate } from "./gate";
import { ErrorNotice } from "./notice";

const shortest = 10;

/** The console password. `onSession` gets the session that is signed in then. */
export function SetPassword({ onSession, onBack }: { onSession: (session: Session, password: string) => void; onBack?: () => void }) {
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<ApiError | null>(null);
  const short = [...password].length < shortest;
  const differs = password !== again;

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    setTried(true);
    if (busy || short || differs) return;
    setBusy(true);
    setTrouble(null);
    try {
      onSession(await sessionOf(api.post<Session>("setup/password", { password })), password);
    } catch (reason) {
      setTrouble(asApiError(reason));
    } finally {
      setBusy(false);
    }
  }

  return (
    <Gate title={t("first.password_title")} lead={t("first.password_lead")}>
      {trouble && <ErrorNotice error={trouble} />}
      <form onSubmit={(event) => void submit(event)} noValidate>
        <input class="unseen" type="text" name="username" autoComplete="username" value="holdfast" readOnly tabIndex={-1} aria-hidden="true" />
        <PasswordField label={t("first.password")} help={t("first.password_help")} autoComplete="new-password"
          value={password} onValue={setPassword} error={tried && short ? t("first.password_short") : null} />
        <PasswordField label={t("first.password_again")} autoComplete="new-password"
          value={again} onValue={setAgain} error={tried && !short && differs ? t("first.password_differs") : null} />
        <div class="buttons">
          {onBack && <Button kind="quiet" onClick={onBack}>{t("common.back")}</Button>}
          <Button kind="primary" type="submit" busy={busy}>{t("first.password_submit")}</Button>
        </div>
      </form>
    </Gate>
  );
}
