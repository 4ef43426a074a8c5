import { useState } from "preact/hooks";
import { api, part } from "../api";
import type { JobStarted } from "../api_types";
import { runTask } from "../tasks";
import { t } from "../text";
import { Button } from "./button";
import { Dialog } from "./dialog";
import { CheckField, TextField } from "./field";

/** Asks for a label, and takes a snapshot. `onTaken` is called when it is in the repository. */
export function SnapshotDialog({ database, onClose, onTaken }: { database: string; onClose: () => void; onTaken: () => void }) {
  const [label, setLabel] = useState("");
  const [pin, setPin] = useState(false);

  function submit(event: Event): void {
    event.preventDefault();
    const given = label.trim();
    const body = { pin, ...(given ? { label: given } : {}) };
    void runTask({
      label: t("action.snapshot"),
      start: () => api.post<JobStarted>(`databases/${part(database)}/points`, body),
      done: t("snapshot.done"),
    }).then((job) => job?.state === "done" && onTaken());
    onClose();
  }

  return (
    <Dialog title={t("snapshot.title")} lead={t("snapshot.lead", { database })} onClose={onClose}>
      <form onSubmit={submit}>
        <TextField label={t("snapshot.label")} help={t("snapshot.label_help")} value={label} onValue={setLabel} maxLength={128} />
        <CheckField label={t("snapshot.pin")} help={t("snapshot.pin_help")} checked={pin} onChecked={setPin} />
        <div class="buttons">
          <Button kind="quiet" onClick={onClose}>{t("common.cancel")}</Button>
          <Button kind="primary" type="submit">{t("snapshot.submit")}</Button>
        </div>
      </form>
    </Dialog>
  );
}
