import type { ComponentChildren } from "preact";
import { useContext, useEffect, useRef } from "preact/hooks";
import { moved } from "../router";
import { SessionContext } from "../session";
import { t } from "../text";

/** The frame of every page: its title in the tab, its one h1, and the focus on that when a person comes from another page. */
export function Page({ title, lead, actions, narrow = false, children }: {
  title: string;
  lead?: ComponentChildren;
  actions?: ComponentChildren;
  narrow?: boolean;
  children: ComponentChildren;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  const { session } = useContext(SessionContext);
  useEffect(() => {
    document.title = t("app.title", { page: title, application: session.application ?? t("app.name") });
  }, [title]);
  useEffect(() => {
    if (moved()) heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <div class={narrow ? "page narrow" : "page"}>
      <header class="page-head">
        <div>
          <h1 ref={heading} tabIndex={-1}>{title}</h1>
          {lead && <p class="lead">{lead}</p>}
        </div>
        {actions && <div class="page-actions">{actions}</div>}
      </header>
      {children}
    </div>
  );
}
