// Settings as they are entered in the Setup Wizard. The server keeps each change, so that a page that is loaded again goes on
// with it; secrets are sent there and never come back.
import { useEffect, useRef, useState } from "preact/hooks";
import { api } from "./api";
import type { SetupChoice, SetupField, SetupSource } from "./api_types";

const pause = 400;

/** As a text: what the backup has. */
export function given(field: SetupField): string {
  return field.secret || field.value === null || field.value === undefined ? "" : String(field.value);
}

export interface Entered {
  values: Record<string, string>;
  /** Secrets that the server was told before this page was loaded. */
  secrets: Set<string>;
  isChanged: (field: SetupField) => boolean;
  enter: (field: SetupField, value: string) => void;
  /** Until the server has all that was entered; rejected when it could not be told. */
  keep: () => Promise<void>;
}

export function useEntered(source: SetupSource, choice: SetupChoice | null): Entered {
  const fields = source.fields ?? [];
  const [values, setValues] = useState<Record<string, string>>(() =>
    Object.fromEntries(fields.map((field) => [field.name, choice?.fields[field.name] ?? given(field)])));
  const [secrets, setSecrets] = useState(() => new Set(choice?.entered));
  const unsent = useRef<Record<string, string | null>>({});
  const sending = useRef<Promise<unknown>>(Promise.resolve());
  const timer = useRef(0);

  function keep(): Promise<void> {
    window.clearTimeout(timer.current);
    const result = sending.current.then(async () => {
      const sent = unsent.current;
      if (Object.keys(sent).length === 0) return;
      unsent.current = {};
      try {
        await api.patch("setup/choice", { source: source.source, fields: sent });
      } catch (reason) {
        unsent.current = { ...sent, ...unsent.current };
        throw reason;
      }
    });
    sending.current = result.catch(() => {});
    return result;
  }
  function enter(field: SetupField, value: string): void {
    setValues((before) => ({ ...before, [field.name]: value }));
    if (field.secret) setSecrets((before) => new Set([...before].filter((name) => name !== field.name)));
    unsent.current[field.name] = value === given(field) ? null : value;
    window.clearTimeout(timer.current);
    timer.current = window.setTimeout(() => void keep().catch(() => {}), pause);
  }
  useEffect(() => {
    const quietly = () => void keep().catch(() => {});
    // That somebody came here is kept too.
    api.patch("setup/choice", { source: source.source, fields: {} }).catch(() => {});
    document.addEventListener("visibilitychange", quietly);
    window.addEventListener("pagehide", quietly);
    return () => {
      document.removeEventListener("visibilitychange", quietly);
      window.removeEventListener("pagehide", quietly);
      quietly();
    };
  }, []);

  return { values, secrets, isChanged: (field) => secrets.has(field.name) || values[field.name] !== given(field), enter, keep };
}
