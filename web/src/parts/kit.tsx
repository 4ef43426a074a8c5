// What the recovery kit says, to be printed or saved elsewhere; that it was is noted.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { api, type ApiError, asApiError } from "../api";
import type { Kit } from "../api_types";
import { t } from "../text";
import { Button } from "./button";
import { ErrorNotice } from "./notice";

export function KitSheet({ kit, actions, onSaved }: { kit: Kit; actions?: ComponentChildren; onSaved: () => void }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  async function saved(): Promise<void> {
    setBusy(true);
    setError(null);
    try {
      await api.post("kit/saved", {});
      onSaved();
    } catch (reason) {
      setError(asApiError(reason));
      setBusy(false);
    }
  }
  return (
    <>
      {error && <ErrorNotice error={error} />}
      <pre class="kit-page" tabIndex={0} aria-label={t("kit.title")}>{kit.page}</pre>
      <div class="buttons">
        {actions}
        <Button onClick={() => window.print()}>{t("kit.print")}</Button>
        <Button kind="primary" busy={busy} onClick={() => void saved()}>{t("kit.saved")}</Button>
      </div>
    </>
  );
}
