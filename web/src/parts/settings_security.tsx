// Who may come in: the password, who is signed in, tokens of machines.
import { useState } from "preact/hooks";
import { announce } from "../announcements";
import { api, type ApiError, asApiError, part } from "../api";
import type { Login, Token } from "../api_types";
import { moment } from "../format";
import { useResource } from "../resource";
import { t } from "../text";
import { Badge } from "./badge";
import { Button } from "./button";
import { Card } from "./card";
import { Dialog } from "./dialog";
import { PasswordField, SelectField, TextField } from "./field";
import { Empty, ErrorNotice, Loading } from "./notice";

function PasswordDialog({ onClose }: { onClose: () => void }) {
  const [old, setOld] = useState("");
  const [next, setNext] = useState("");
  const [tried, setTried] = useState(false);
  const [trouble, setTrouble] = useState<ApiError | null>(null);
  const short = [...next].length < 10;
  function submit(event: Event): void {
    event.preventDefault();
    setTried(true);
    if (short || !old) return;
    api.put("password", { old, new: next }).then(() => {
      announce(t("security.password_changed"));
      onClose();
    }, (reason: unknown) => setTrouble(asApiError(reason)));
  }
  return (
    <Dialog title={t("security.change_password")} lead={t("security.change_password_lead")} onClose={onClose}>
      {trouble && <ErrorNotice error={trouble} />}
      <form onSubmit={submit} noValidate>
        <PasswordField label={t("security.old_password")} value={old} onValue={setOld} error={tried && !old ? t("common.required") : null} />
        <PasswordField label={t("security.new_password")} autoComplete="new-password" value={next} onValue={setNext}
          help={t("first.password_help")} error={tried && short ? t("first.password_short") : null} />
        <div class="buttons">
          <Button kind="quiet" onClick={onClose}>{t("common.cancel")}</Button>
          <Button kind="primary" type="submit">{t("security.change_password")}</Button>
        </div>
      </form>
    </Dialog>
  );
}

function TokenDialog({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [access, setAccess] = useState<"viewer" | "operator">("viewer");
  const [made, setMade] = useState<Token | null>(null);
  const [trouble, setTrouble] = useState<ApiError | null>(null);
  const [tried, setTried] = useState(false);
  function submit(event: Event): void {
    event.preventDefault();
    setTried(true);
    if (!name.trim()) return;
    api.post<Token>("tokens", { name: name.trim(), access }).then(setMade, (reason: unknown) => setTrouble(asApiError(reason)));
  }
  if (made) {
    return (
      <Dialog title={t("security.token_made")} lead={t("security.token_once")} onClose={onClose}>
        <p><code class="secret">{made.text}</code></p>
        <div class="buttons"><Button kind="primary" onClick={onClose}>{t("security.token_noted")}</Button></div>
      </Dialog>
    );
  }
  return (
    <Dialog title={t("security.add_token")} lead={t("security.tokens_lead")} onClose={onClose}>
      {trouble && <ErrorNotice error={trouble} />}
      <form onSubmit={submit} noValidate>
        <TextField label={t("security.token_name")} maxLength={64} value={name} onValue={setName} error={tried && !name.trim() ? t("common.required") : null} />
        <SelectField label={t("security.token_access")} value={access} onValue={setAccess}
          options={[{ value: "viewer", label: t("security.viewer") }, { value: "operator", label: t("security.operator") }]} />
        <div class="buttons">
          <Button kind="quiet" onClick={onClose}>{t("common.cancel")}</Button>
          <Button kind="primary" type="submit">{t("security.add_token")}</Button>
        </div>
      </form>
    </Dialog>
  );
}

export function SessionsCard() {
  const sessions = useResource((signal) => api.get<{ sessions: Login[] }>("sessions", signal), []);
  const [changing, setChanging] = useState(false);
  const [trouble, setTrouble] = useState<ApiError | null>(null);
  const end = (path: string) => void api.delete(path).then(sessions.reload, (reason: unknown) => setTrouble(asApiError(reason)));
  const list = sessions.data?.sessions ?? [];
  return (
    <Card title={t("security.title")} side={<Button small onClick={() => setChanging(true)}>{t("security.change_password")}</Button>}>
      {(trouble ?? sessions.error) && <ErrorNotice error={(trouble ?? sessions.error)!} />}
      {!sessions.data && !sessions.error && <Loading lines={2} />}
      <ul class="settings-rows">
        {list.map((one) => (
          <li key={one.session}>
            <div>
              <strong>{one.address}</strong> {one.is_current && <Badge tone="good">{t("security.this_browser")}</Badge>}
              <p class="field-help">{t("security.seen", { time: moment(one.seen_ms) })} {one.agent}</p>
            </div>
            {!one.is_current && <Button small onClick={() => end(`sessions/${part(one.session)}`)}>{t("security.end")}</Button>}
          </li>
        ))}
      </ul>
      {list.length > 1 && <div class="buttons"><Button onClick={() => end("sessions")}>{t("security.end_others")}</Button></div>}
      {changing && <PasswordDialog onClose={() => { setChanging(false); sessions.reload(); }} />}
    </Card>
  );
}

export function TokensCard() {
  const tokens = useResource((signal) => api.get<{ tokens: Token[] }>("tokens", signal), []);
  const [adding, setAdding] = useState(false);
  const [trouble, setTrouble] = useState<ApiError | null>(null);
  const list = tokens.data?.tokens ?? [];
  return (
    <Card title={t("security.tokens")} side={<Button small onClick={() => setAdding(true)}>{t("security.add_token")}</Button>}>
      {(trouble ?? tokens.error) && <ErrorNotice error={(trouble ?? tokens.error)!} />}
      {tokens.data && !list.length && <Empty icon="key-round" title={t("security.no_tokens")}>{t("security.tokens_lead")}</Empty>}
      <ul class="settings-rows">
        {list.map((one) => (
          <li key={one.token}>
            <div>
              <strong>{one.name}</strong> <Badge>{one.access === "viewer" ? t("security.viewer") : t("security.operator")}</Badge>
              <p class="field-help">{one.seen_ms ? t("security.seen", { time: moment(one.seen_ms) }) : t("security.never_used")}</p>
            </div>
            <Button small onClick={() => void api.delete(`tokens/${part(one.token)}`).then(tokens.reload, (reason: unknown) => setTrouble(asApiError(reason)))}>
              {t("security.remove")}
            </Button>
          </li>
        ))}
      </ul>
      {adding && <TokenDialog onClose={() => { setAdding(false); tokens.reload(); }} />}
    </Card>
  );
}
