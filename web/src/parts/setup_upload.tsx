// A backup that is sent from here: chosen or dropped, with its progress, which can be stopped.
import { useEffect, useRef, useState } from "preact/hooks";
import { say } from "../announcements";
import { api, ApiError, upload } from "../api";
import type { Setup } from "../api_types";
import { errorText, ownWords, type Told } from "../error_text";
import { bytes, percent } from "../format";
import { t } from "../text";
import { Button } from "./button";
import { Icon } from "./icon";
import { FaultNotice } from "./notice";
import { Progress } from "./progress";

/** Too large, no space: how much there is room for is asked then. */
const refusals = [413, 507];

/** As the server says it now: its disk fills, or is emptied. */
async function mostBytes(): Promise<number> {
  return (await api.get<Setup>("setup")).most_upload;
}

function tooLarge(file: File, most: number): Told {
  return ownWords(t("upload.no_room"), t("upload.no_room_means", { size: bytes(file.size), most: bytes(most) }));
}

/** A server that wants no more ends the connection: only asking it tells that from a line that broke. */
async function whyLost(file: File, sent: number): Promise<Told> {
  const most = await mostBytes().catch(() => null);
  if (most !== null && most < file.size) return tooLarge(file, most);
  return ownWords(t("upload.lost", { percent: percent(sent / Math.max(file.size, 1)) }), t("upload.lost_means"));
}

function refused(reason: ApiError): Told {
  const told = errorText(reason);
  return { ...told, text: told.text ?? t("wizard.nothing_written") };
}

function Sending({ file, sent, onStop }: { file: File; sent: number; onStop: () => void }) {
  return (
    <div class="drop">
      <Progress label={t("upload.sending", { name: file.name })} done={sent} total={file.size} />
      <p class="muted small">{t("upload.sent", { sent: bytes(sent), size: bytes(file.size) })}</p>
      <Button onClick={onStop}>{t("upload.stop")}</Button>
    </div>
  );
}

export function SetupUpload({ busy, onUpload }: { busy: boolean; onUpload: (id: string) => void }) {
  const [over, setOver] = useState(false);
  const [file, setFile] = useState<File | null>(null);
  const [sent, setSent] = useState(0);
  const [trouble, setTrouble] = useState<Told | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const abort = useRef<AbortController | null>(null);
  useEffect(() => () => abort.current?.abort(), []);

  async function send(next: File): Promise<void> {
    const stop = new AbortController();
    let gone = 0;
    abort.current = stop;
    setTrouble(null);
    setSent(0);
    setFile(next);
    try {
      const most = await mostBytes();
      if (next.size > most) {
        setTrouble(tooLarge(next, most));
        return;
      }
      const { upload: id } = await upload<{ upload: string }>("setup/uploads", next, (count) => { gone = count; setSent(count); }, stop.signal);
      onUpload(id);
    } catch (reason) {
      if (stop.signal.aborted) say(t("upload.stopped"));
      else if (reason instanceof ApiError && !reason.unreachable && !refusals.includes(reason.status)) setTrouble(refused(reason));
      else setTrouble(await whyLost(next, gone));
    } finally {
      setFile(null);
      if (input.current) input.current.value = "";
    }
  }
  function drop(event: DragEvent): void {
    event.preventDefault();
    setOver(false);
    const dropped = event.dataTransfer?.files[0];
    if (dropped && !busy) void send(dropped);
  }
  if (file) return <Sending file={file} sent={sent} onStop={() => abort.current?.abort()} />;
  return (
    <>
      {trouble && <FaultNotice told={trouble} />}
      <div class={over ? "drop over" : "drop"} onDragOver={(event) => { event.preventDefault(); setOver(true); }}
        onDragLeave={() => setOver(false)} onDrop={drop}>
        <Icon name="archive-restore" size={24} />
        <p>{t("wizard.drop")}</p>
        <input ref={input} id="backup" class="unseen" type="file" aria-label={t("wizard.file")}
          onChange={(event) => { const chosen = event.currentTarget.files?.[0]; if (chosen) void send(chosen); }} />
        <Button busy={busy} onClick={() => input.current?.click()}>{t("wizard.choose_file")}</Button>
        <p class="muted small">{t("wizard.file_help")}</p>
      </div>
    </>
  );
}
