import { useId, useRef } from "preact/hooks";
import type { ComponentChildren } from "preact";

export interface Tab<V extends string> {
  value: V;
  label: ComponentChildren;
}

/** Tabs above one panel: arrow keys go between them, Tab goes into the panel. */
export function Tabs<V extends string>({ label, tabs, value, onValue, children }: {
  label: string;
  tabs: Tab<V>[];
  value: V;
  onValue: (value: V) => void;
  children: ComponentChildren;
}) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  function key(event: KeyboardEvent): void {
    const at = tabs.findIndex((tab) => tab.value === value);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = (to + tabs.length) % tabs.length;
    onValue(tabs[next]!.value);
    (list.current?.children[next] as HTMLElement).focus();
  }
  return (
    <>
      <div class="tabs" role="tablist" aria-label={label} ref={list} onKeyDown={key}>
        {tabs.map((tab) => (
          <button key={tab.value} type="button" role="tab" id={`${id}-${tab.value}`} aria-controls={`${id}-panel`}
            aria-selected={tab.value === value} tabIndex={tab.value === value ? 0 : -1} onClick={() => onValue(tab.value)}>
            {tab.label}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${value}`}>{children}</div>
    </>
  );
}
