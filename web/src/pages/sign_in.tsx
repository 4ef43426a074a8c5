import { useContext, useRef, useState } from "preact/hooks";
import { api, type ApiError, asApiError, session as sessionOf } from "../api";
import { Button } from "../parts/button";
import { PasswordField } from "../parts/field";
import { Gate } from "../parts/gate";
import { ErrorNotice, Notice } from "../parts/notice";
import { SessionContext } from "../session";
import type { Session } from "../api_types";
import { t } from "../text";

export function SignIn({ expired }: { expired: boolean }) {
  const { session, setSession } = useContext(SessionContext);
  const [password, setPassword] = useState("");
  const [error, setError] = useState<string | null>(null);
  const [trouble, setTrouble] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);

  function wrong(text: string): void {
    setError(text);
    form.current?.querySelector<HTMLInputElement>("[name=password]")?.focus();
  }

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    if (busy) return;
    if (!password) return wrong(t("common.required"));
    setBusy(true);
    setError(null);
    setTrouble(null);
    try {
      setSession(await sessionOf(api.post<Session>("session", { password })));
    } catch (reason) {
      const known = asApiError(reason);
      if (known.code === "wrong_key") wrong(t("signin.wrong"));
      else setTrouble(known);
    } finally {
      setBusy(false);
    }
  }

  return (
    <Gate title={t("signin.title")} lead={t("signin.lead", { application: session.application ?? t("app.name") })}>
      {expired && <Notice title={t("signin.expired")} />}
      {trouble && <ErrorNotice error={trouble} tone="attention" />}
      <form ref={form} onSubmit={(event) => void submit(event)} noValidate>
        {/* For password managers, which keep a password under a name. */}
        <input class="unseen" type="text" name="username" autoComplete="username" value="holdfast" readOnly tabIndex={-1} aria-hidden="true" />
        <PasswordField label={t("signin.password")} name="password" value={password} onValue={setPassword} error={error} />
        <Button kind="primary" type="submit" busy={busy}>{t("signin.submit")}</Button>
      </form>
      <p class="small muted">{t("signin.forgot")}<br /><code>holdfast console reset-password</code></p>
    </Gate>
  );
}
