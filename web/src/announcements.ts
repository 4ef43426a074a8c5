// Short messages, from whoever has one to whoever shows it (parts/announcer.tsx).
import type { Told } from "./error_text";

export interface Message {
  id: number;
  text: string;
  /** What the server itself says. */
  server: string[];
  tone: "good" | "bad";
}

let next = 1;
let show: (message: Message) => void = () => {};
let speak: (text: string) => void = () => {};

export function onMessages(shown: (message: Message) => void, spoken: (text: string) => void): void {
  show = shown;
  speak = spoken;
}

/** Seen for a while, and read out. */
export function announce(text: string): void {
  show({ id: next++, text, server: [], tone: "good" });
}

/** Seen until it is put away, and read out. */
export function announceFault({ title, text, server }: Told): void {
  show({ id: next++, text: [title, text].filter(Boolean).join(" "), server, tone: "bad" });
}

/** Read out only: the page that was gone to, the progress of a job. */
export function say(text: string): void {
  speak(text);
}
