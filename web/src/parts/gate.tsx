import type { ComponentChildren } from "preact";
import { useContext, useEffect, useRef } from "preact/hooks";
import { SessionContext } from "../session";
import { t } from "../text";
import { Logo } from "./icon";

/** The frame of what comes before the pages: one sheet in the middle, with the mark above. Begins in its first field. */
export function Gate({ title, lead, wide = false, children }: {
  title: string;
  lead?: ComponentChildren;
  wide?: boolean;
  children: ComponentChildren;
}) {
  const { session } = useContext(SessionContext);
  const sheet = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const first = sheet.current?.querySelector<HTMLElement>("input:not(.unseen)") ?? sheet.current?.querySelector("h1");
    first?.focus();
  }, []);
  useEffect(() => {
    document.title = t("app.title", { page: title, application: session.application ?? t("app.name") });
  }, [title]);
  return (
    <main class="gate">
      <div ref={sheet} class={wide ? "gate-sheet wide" : "gate-sheet"}>
        <Logo size={44} />
        <h1 tabIndex={-1}>{title}</h1>
        {lead && <p class="lead">{lead}</p>}
        {children}
      </div>
    </main>
  );
}
