import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { t } from "../text";
import { IconButton } from "./button";

/** The platform's own modal dialog: focus stays in it and begins in its first field, Escape closes it, what is behind is inert. */
export function Dialog({ title, lead, wide = false, onClose, children }: {
  title: string;
  /** For a table in it. */
  wide?: boolean;
  lead?: ComponentChildren;
  onClose: () => void;
  children: ComponentChildren;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    dialog.current?.showModal();
    dialog.current?.querySelector<HTMLElement>("form input, form select")?.focus();
    return () => before?.focus();
  }, []);
  return (
    <dialog ref={dialog} class={wide ? "wide" : undefined} aria-labelledby={id} onClose={onClose}
      onClick={(event) => event.target === dialog.current && dialog.current?.close()}>
      <div class="dialog-body">
        <header>
          <h2 id={id}>{title}</h2>
          <IconButton icon="x" label={t("common.close")} onClick={() => dialog.current?.close()} />
        </header>
        {lead && <p class="lead">{lead}</p>}
        {children}
      </div>
    </dialog>
  );
}
