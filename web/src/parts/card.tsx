import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

/** A part of a page with its heading. */
export function Card({ title, side, className = "", children }: {
  title: string;
  /** At the heading's right. */
  side?: ComponentChildren;
  className?: string;
  children: ComponentChildren;
}) {
  const id = useId();
  return (
    <section class={`card ${className}`} aria-labelledby={id}>
      <header class="card-head">
        <h2 id={id}>{title}</h2>
        {side}
      </header>
      {children}
    </section>
  );
}
