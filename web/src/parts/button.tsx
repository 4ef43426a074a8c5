import type { ButtonHTMLAttributes, ComponentChildren } from "preact";
import { Icon } from "./icon";

export type ButtonKind = "primary" | "plain" | "quiet" | "danger";

type ButtonProps = {
  kind?: ButtonKind;
  icon?: string;
  /** Something is under way: it cannot be pressed again, and says so. */
  busy?: boolean;
  small?: boolean;
  children: ComponentChildren;
} & Omit<ButtonHTMLAttributes, "icon" | "class">;

export function Button({ kind = "plain", icon, busy = false, small = false, children, ...rest }: ButtonProps) {
  return (
    <button type="button" {...rest} class={`button ${kind}${small ? " small" : ""}`}
      aria-disabled={busy} aria-busy={busy} onClick={busy ? (event) => event.preventDefault() : rest.onClick}>
      {busy ? <span class="spinner" /> : icon && <Icon name={icon} size={16} />}
      <span>{children}</span>
    </button>
  );
}

/** A button that is an icon: its label is for screen readers and the tooltip. */
export function IconButton({ icon, label, ...rest }: { icon: string; label: string } & Omit<ButtonHTMLAttributes, "icon" | "class">) {
  return (
    <button type="button" {...rest} class="button quiet square" aria-label={label} title={label}>
      <Icon name={icon} />
    </button>
  );
}
