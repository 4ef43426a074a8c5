// Short messages, from whoever has one to whoever shows it (parts/announcer.tsx).

export interface Message {
  id: number;
  text: string;
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
export function announce(text: string, tone: Message["tone"] = "good"): void {
  show({ id: next++, text, tone });
}

/** Read out only: the page that was gone to, the progress of a job. */
export function say(text: string): void {
  speak(text);
}
