// The recovery kit: shown once to who types the password, to be printed or saved elsewhere.
import { useState } from "preact/hooks";
import { announce } from "../announcements";
import { api, type ApiError, asApiError } from "../api";
import type { Kit } from "../api_types";
import { moment } from "../format";
import { t } from "../text";
import { Badge } from "./badge";
import { Button } from "./button";
import { Card } from "./card";
import { Dialog } from "./dialog";
import { PasswordField } from "./field";
import { KitSheet } from "./kit";
import { ErrorNotice } from "./notice";

function KitDialog({ onClose, onSaved }: { onClose: () => void; onSaved: () => void }) {
  const [password, setPassword] = useState("");
  const [kit, setKit] = useState<Kit | null>(null);
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<ApiError | null>(null);

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    setBusy(true);
    setTrouble(null);
    try {
      setKit(await api.post<Kit>("kit", { password }));
    } catch (reason) {
      setTrouble(asApiError(reason));
    } finally {
      setBusy(false);
    }
  }
  function saved(): void {
    announce(t("kit.noted"));
    onSaved();
  }

  return (
    <Dialog title={t("kit.title")} lead={kit ? t("kit.keep") : <>{t("kit.whoever")} {t("kit.lead")}</>} onClose={onClose}>
      {trouble && <ErrorNotice error={trouble} />}
      {kit ? (
        <KitSheet kit={kit} onSaved={saved} />
      ) : (
        <form onSubmit={(event) => void submit(event)} noValidate>
          <PasswordField label={t("kit.password")} value={password} onValue={setPassword} />
          <div class="buttons">
            <Button kind="quiet" onClick={onClose}>{t("common.cancel")}</Button>
            <Button kind="primary" type="submit" busy={busy}>{t("kit.show")}</Button>
          </div>
        </form>
      )}
    </Dialog>
  );
}

export function KitCard({ savedMs, onSaved }: { savedMs: number | null; onSaved: () => void }) {
  const [open, setOpen] = useState(false);
  return (
    <Card title={t("kit.title")}
      side={savedMs ? <Badge tone="good" icon="circle-check">{t("kit.saved_at", { time: moment(savedMs) })}</Badge>
        : <Badge tone="attention" icon="triangle-alert">{t("kit.not_saved")}</Badge>}>
      <p>{t("kit.about")}</p>
      <div class="buttons"><Button kind={savedMs ? "plain" : "primary"} onClick={() => setOpen(true)}>{t("kit.open")}</Button></div>
      {open && <KitDialog onClose={() => setOpen(false)} onSaved={() => { setOpen(false); onSaved(); }} />}
    </Card>
  );
}
