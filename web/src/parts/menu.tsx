import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { IconButton } from "./button";

/** A button that shows more beside it: closed by Escape, by going elsewhere, and by what is chosen in it. */
export function Menu({ icon, label, up = false, children }: {
  icon: string;
  label: string;
  /** Opens upwards where there is room: at the end of the side bar. */
  up?: boolean;
  children: ComponentChildren;
}) {
  const [open, setOpen] = useState(false);
  const around = useRef<HTMLDivElement>(null);
  const sheet = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return;
    sheet.current?.scrollIntoView({ block: "nearest" });
    const outside = (event: Event) => {
      if (!around.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener("pointerdown", outside);
    document.addEventListener("focusin", outside);
    return () => {
      document.removeEventListener("pointerdown", outside);
      document.removeEventListener("focusin", outside);
    };
  }, [open]);
  function key(event: KeyboardEvent): void {
    if (event.key !== "Escape" || !open) return;
    setOpen(false);
    around.current?.querySelector("button")?.focus();
  }
  function chosen(event: MouseEvent): void {
    if ((event.target as Element).closest(".menu-item")) setOpen(false);
  }
  return (
    <div class={up ? "menu up" : "menu"} ref={around} onKeyDown={key}>
      <IconButton icon={icon} label={label} aria-expanded={open} onClick={() => setOpen(!open)} />
      {open && <div class="menu-sheet" ref={sheet} onClick={chosen}>{children}</div>}
    </div>
  );
}
