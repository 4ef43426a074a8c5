import type { ComponentChildren } from "preact";
import { Icon } from "./icon";

export type Tone = "neutral" | "accent" | "good" | "attention" | "bad";

/** A word about a thing: never by colour alone. */
export function Badge({ tone = "neutral", icon, title, children }: {
  tone?: Tone;
  icon?: string;
  title?: string;
  children: ComponentChildren;
}) {
  return <span class={`badge ${tone}`} title={title}>{icon && <Icon name={icon} size={13} />}{children}</span>;
}
