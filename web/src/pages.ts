// The pages behind the sign-in. To add one: a file in pages/ that exports a component by default, and a line here.
import type { ComponentType } from "preact";
import type { Key } from "./text";

export interface PageProps {
  query: URLSearchParams;
}

export interface PageEntry {
  path: string;
  title: Key;
  /** Where there is little room. */
  short: Key;
  icon: string;
  load: () => Promise<{ default: ComponentType<PageProps> }>;
}

export const pages: PageEntry[] = [
  { path: "/", title: "nav.overview", short: "nav.overview", icon: "shield-check", load: () => import("./pages/overview") },
  { path: "/points", title: "nav.points", short: "nav.points_short", icon: "history", load: () => import("./pages/points") },
  { path: "/restore", title: "nav.restore", short: "nav.restore", icon: "rotate-ccw", load: () => import("./pages/restore") },
  { path: "/data", title: "nav.data", short: "nav.data", icon: "table-2", load: () => import("./pages/data") },
  { path: "/settings", title: "nav.settings", short: "nav.settings", icon: "sliders-horizontal", load: () => import("./pages/settings") },
];

export function pageAt(path: string): PageEntry | undefined {
  return pages.find((page) => page.path === path);
}
