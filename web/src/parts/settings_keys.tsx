// What opens the repository: listed, added and removed by who types the password. Secrets go in and never come back.
import { useState } from "preact/hooks";
import { announce } from "../announcements";
import { api, type ApiError, asApiError, part } from "../api";
import type { KeySlot } from "../api_types";
import { moment } from "../format";
import { resultOf } from "../jobs";
import { useResource } from "../resource";
import { t } from "../text";
import { Badge } from "./badge";
import { Button } from "./button";
import { Card } from "./card";
import { Dialog } from "./dialog";
import { CheckField, Field, PasswordField, SelectField, TextField } from "./field";
import { ErrorNotice, Loading, Notice } from "./notice";

type Kind = "passphrase" | "keyfile";
const shortest = 10, leastKeyfile = 32, mostKeyfile = 36 << 10;

function kindLabel(kind: KeySlot["kind"]): string {
  return t(`keys.${kind}`);
}

async function base64(file: File): Promise<string> {
  let text = "";
  for (const byte of new Uint8Array(await file.arrayBuffer())) text += String.fromCharCode(byte);
  return btoa(text);
}

/** Does something that takes a moment and may fail, once at a time. */
function useChange(onDone: () => void) {
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<ApiError | null>(null);
  function run(change: () => Promise<unknown>): void {
    setBusy(true);
    setTrouble(null);
    change().then(onDone, (reason: unknown) => setTrouble(asApiError(reason))).finally(() => setBusy(false));
  }
  return { busy, trouble, run };
}

function AddDialog({ onClose }: { onClose: () => void }) {
  const [kind, setKind] = useState<Kind>("passphrase");
  const [name, setName] = useState("");
  const [passphrase, setPassphrase] = useState("");
  const [again, setAgain] = useState("");
  const [file, setFile] = useState<File | null>(null);
  const [password, setPassword] = useState("");
  const [tried, setTried] = useState(false);
  const change = useChange(() => {
    announce(t("keys.added"));
    onClose();
  });
  const short = [...passphrase].length < shortest, differs = passphrase !== again;
  const fits = file !== null && file.size >= leastKeyfile && file.size <= mostKeyfile;

  function submit(event: Event): void {
    event.preventDefault();
    setTried(true);
    if (!password || (kind === "passphrase" ? short || differs : !fits)) return;
    change.run(async () => resultOf("keys", {
      password, kind, ...(name.trim() ? { name: name.trim() } : {}),
      ...(kind === "passphrase" ? { passphrase } : { keyfile: await base64(file!) }),
    }));
  }

  return (
    <Dialog title={t("keys.add")} lead={t("keys.add_lead")} onClose={onClose}>
      {change.trouble && <ErrorNotice error={change.trouble} />}
      <form onSubmit={submit} noValidate>
        <SelectField label={t("keys.kind")} value={kind} onValue={setKind}
          options={[{ value: "passphrase", label: t("keys.passphrase") }, { value: "keyfile", label: t("keys.keyfile") }]} />
        {kind === "passphrase" ? (
          <>
            <PasswordField label={t("keys.new_passphrase")} autoComplete="new-password" value={passphrase} onValue={setPassphrase}
              help={t("first.password_help")} error={tried && short ? t("first.password_short") : null} />
            <PasswordField label={t("keys.again")} autoComplete="new-password" value={again} onValue={setAgain}
              error={tried && !short && differs ? t("first.password_differs") : null} />
          </>
        ) : (
          <Field label={t("keys.file")} help={t("keys.file_help")} error={tried && !fits ? t("keys.file_wrong") : null}>
            {(ids) => <input type="file" {...ids} onChange={(event) => setFile(event.currentTarget.files?.[0] ?? null)} />}
          </Field>
        )}
        <TextField label={t("keys.name")} help={t("keys.name_help")} maxLength={64} value={name} onValue={setName} />
        <PasswordField label={t("keys.password")} value={password} onValue={setPassword} error={tried && !password ? t("common.required") : null} />
        <div class="buttons">
          <Button kind="quiet" onClick={onClose}>{t("common.cancel")}</Button>
          <Button kind="primary" type="submit" busy={change.busy}>{t("keys.add")}</Button>
        </div>
      </form>
    </Dialog>
  );
}

function RemoveDialog({ slot, onClose }: { slot: KeySlot; onClose: () => void }) {
  const [password, setPassword] = useState("");
  const [accept, setAccept] = useState(false);
  const change = useChange(() => {
    announce(t("keys.removed"));
    onClose();
  });
  function submit(event: Event): void {
    event.preventDefault();
    change.run(() => resultOf(`keys/${part(slot.slot)}/removals`, { password, accept_in_use: accept }));
  }
  return (
    <Dialog title={t("keys.remove_title", { name: slot.name ?? slot.slot })} lead={t("keys.remove_lead")} onClose={onClose}>
      {change.trouble && <ErrorNotice error={change.trouble} />}
      <form onSubmit={submit} noValidate>
        {slot.in_use && (
          <>
            <Notice tone="attention" title={t("keys.in_use_title")}>{t("keys.in_use_means")}</Notice>
            <CheckField label={t("keys.accept")} checked={accept} onChecked={setAccept} />
          </>
        )}
        <PasswordField label={t("keys.password")} value={password} onValue={setPassword} />
        <div class="buttons">
          <Button kind="quiet" onClick={onClose}>{t("common.cancel")}</Button>
          <Button kind="danger" type="submit" busy={change.busy} disabled={!password || (slot.in_use && !accept)}>{t("keys.remove")}</Button>
        </div>
      </form>
    </Dialog>
  );
}

export function KeysCard() {
  const keys = useResource((signal) => api.get<{ slots: KeySlot[] }>("keys", signal), []);
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<KeySlot | null>(null);
  const slots = keys.data?.slots ?? [];
  function close(): void {
    setAdding(false);
    setRemoving(null);
    keys.reload();
  }
  return (
    <Card title={t("keys.title")} side={<Button small onClick={() => setAdding(true)}>{t("keys.add")}</Button>}>
      <p class="lead">{t("keys.lead")}</p>
      {keys.error && <ErrorNotice error={keys.error} retry={keys.reload} />}
      {!keys.data && !keys.error && <Loading lines={2} />}
      {slots.some(({ kind }) => kind === "plain") && <Notice tone="attention" title={t("keys.open_title")}>{t("keys.open_means")}</Notice>}
      <ul class="settings-rows">
        {slots.map((slot) => (
          <li key={slot.slot}>
            <div>
              <strong>{slot.name ?? slot.slot}</strong> <Badge>{kindLabel(slot.kind)}</Badge>{" "}
              {slot.in_use && <Badge tone="good">{t("keys.in_use")}</Badge>}
              <p class="field-help">{slot.created_ms && t("keys.made", { time: moment(slot.created_ms) })} <code>{slot.slot}</code></p>
            </div>
            {slots.length > 1 && (
              <Button small aria-label={`${t("keys.remove")}: ${slot.name ?? slot.slot}`} onClick={() => setRemoving(slot)}>{t("keys.remove")}</Button>
            )}
          </li>
        ))}
      </ul>
      {adding && <AddDialog onClose={close} />}
      {removing && <RemoveDialog slot={removing} onClose={close} />}
    </Card>
  );
}
