// Paths of the history below the base path that the server filled into the page.
import type { ComponentChildren, PartialAnchorHTMLAttributes } from "preact";
import { useEffect, useState } from "preact/hooks";

export interface Place {
  /** Without the base path: "/points". */
  path: string;
  query: URLSearchParams;
}

const base = new URL(document.baseURI).pathname.replace(/\/+$/, "");
const listeners = new Set<() => void>();
let moves = 0;

export function here(): Place {
  const { pathname, search } = window.location;
  const path = pathname.startsWith(base) ? pathname.slice(base.length) : pathname;
  return { path: path.replace(/\/+$/, "") || "/", query: new URLSearchParams(search) };
}

/** Whether a page is shown because a person went to it, and not because the tab was opened there. */
export function moved(): boolean {
  return moves > 0;
}

export function href(path: string): string {
  return base + path;
}

function changed(): void {
  moves++;
  for (const listener of listeners) listener();
}

export function go(path: string, replace = false): void {
  window.history[replace ? "replaceState" : "pushState"](null, "", href(path));
  if (!replace) window.scrollTo(0, 0);
  changed();
}

window.addEventListener("popstate", changed);

export function usePlace(): Place {
  const [place, setPlace] = useState(here);
  useEffect(() => {
    const listener = () => setPlace(here());
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }, []);
  return place;
}

type LinkProps = { to: string; children: ComponentChildren } & Omit<PartialAnchorHTMLAttributes<HTMLAnchorElement>, "href" | "onClick" | "role">;

/** A link within the console: an ordinary one for every other button and key. */
export function Link({ to, children, ...rest }: LinkProps) {
  function follow(event: MouseEvent): void {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(to);
  }
  return <a {...rest} href={href(to)} onClick={follow}>{children}</a>;
}
