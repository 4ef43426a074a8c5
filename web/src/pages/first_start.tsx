// The first start: the setup code, then new or restored (pages/setup).
import type { ComponentType } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import { api, type ApiError, asApiError, session as sessionOf } from "../api";
import type { Session, Setup } from "../api_types";
import { Button } from "../parts/button";
import { TextField } from "../parts/field";
import { Gate } from "../parts/gate";
import { Icon } from "../parts/icon";
import { Lazy } from "../parts/lazy";
import { ErrorNotice } from "../parts/notice";
import { go, usePlace } from "../router";
import { SessionContext } from "../session";
import { isOfNew } from "../setup_new";
import { t } from "../text";

const wizard: () => Promise<{ default: ComponentType<{ isNew?: boolean }> }> = () => import("./setup");

function SetupCode({ onSession }: { onSession: (session: Session) => void }) {
  const [code, setCode] = useState("");
  const [error, setError] = useState<string | null>(null);
  const [trouble, setTrouble] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    if (busy) return;
    setTrouble(null);
    setError(code.trim() ? null : t("common.required"));
    if (!code.trim()) return;
    setBusy(true);
    try {
      onSession(await sessionOf(api.post<Session>("setup/session", { code: code.trim() })));
    } catch (reason) {
      const known = asApiError(reason);
      if (known.code === "wrong_key") setError(t("first.code_wrong"));
      else setTrouble(known);
    } finally {
      setBusy(false);
    }
  }

  return (
    <Gate title={t("first.title")} lead={t("first.code_lead")}>
      {trouble && <ErrorNotice error={trouble} tone="attention" />}
      <form onSubmit={(event) => void submit(event)} noValidate>
        <TextField label={t("first.code")} help={t("first.code_help")} value={code} onValue={setCode} error={error}
          class="code" spellcheck={false} autoCapitalize="characters" />
        <Button kind="primary" type="submit" busy={busy}>{t("common.continue")}</Button>
      </form>
    </Gate>
  );
}

function Choice() {
  const { session } = useContext(SessionContext);
  // Another page of this browser was on its way already.
  useEffect(() => {
    api.get<Setup>("setup").then(({ choice, restore }) => {
      if (choice || restore) go(`/setup?begin=${choice && isOfNew(choice) ? "new" : "restore"}`, true);
    }, () => {});
  }, []);
  return (
    <Gate title={t("first.choose")} lead={session.application} wide>
      <div class="choices">
        <button type="button" class="choice" onClick={() => go("/setup?begin=new")}>
          <Icon name="sprout" size={24} />
          <span class="choice-title">{t("first.new")}</span>
          <span class="muted">{t("first.new_text")}</span>
        </button>
        <button type="button" class="choice" onClick={() => go("/setup?begin=restore")}>
          <Icon name="archive-restore" size={24} />
          <span class="choice-title">{t("first.restore")}</span>
          <span class="muted">{t("first.restore_text")}</span>
        </button>
      </div>
    </Gate>
  );
}

export default function FirstStart() {
  const { session, setSession } = useContext(SessionContext);
  const begin = usePlace().query.get("begin");
  if (session.needs_code) return <SetupCode onSession={setSession} />;
  if (begin === "new") return <Lazy key="new" load={wizard} props={{ isNew: true }} />;
  if (begin === "restore") return <Lazy key="restore" load={wizard} props={{}} />;
  return <Choice />;
}
