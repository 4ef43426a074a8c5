// Server-sent events that come back after a break, and asking at times where they do not get through.
import { apiUrl } from "./api";

const firstPause = 1000;
const longestPause = 15_000;
const pollEvery = 5000;

export interface Listener {
  /** Handlers by the event's name. */
  on: Record<string, (data: unknown) => void>;
  /** Called instead, every few seconds, for as long as no stream is open. */
  poll: () => void;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Listens to an API path until the returned function is called. */
export function listen(path: string, { on, poll }: Listener): () => void {
  let source: EventSource | null = null;
  let pause = firstPause;
  let again: number | undefined;
  const polling = window.setInterval(() => {
    if (source?.readyState !== EventSource.OPEN && document.visibilityState === "visible") poll();
  }, pollEvery);

  function open(): void {
    source = new EventSource(apiUrl(path));
    source.onopen = () => {
      pause = firstPause;
    };
    source.onerror = () => {
      // The browser reconnects by itself except after an answer that was no stream.
      if (source?.readyState !== EventSource.CLOSED) return;
      again = window.setTimeout(open, pause);
      pause = Math.min(pause * 2, longestPause);
    };
    for (const [name, handler] of Object.entries(on)) {
      source.addEventListener(name, (event) => handler(parsed((event as MessageEvent<string>).data)));
    }
  }

  open();
  return () => {
    window.clearInterval(polling);
    window.clearTimeout(again);
    source?.close();
  };
}
