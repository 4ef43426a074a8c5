// The words of the chosen language: t("key", {name: value}).
import { en, type Key, type Strings } from "./strings.en";

export type Language = "en" | "fi";
export type { Key };

/** The names in the braces of a text. */
type Names<S> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never;
type Texts<V> = V extends string ? V : V extends { other: infer Other } ? Other : never;
type Values<K extends Key> = { [N in Names<Texts<(typeof en)[K]>>]: N extends "n" ? number : string };
type Arguments<K extends Key> = [Names<Texts<(typeof en)[K]>>] extends [never] ? [] : [Values<K>];

let strings: Strings = en;
let current: Language = "en";
/* Made when they are first needed: it takes longer than all else that a page does. */
let plurals: Intl.PluralRules | null = null;
let numbers: Intl.NumberFormat | null = null;

const kept = "holdfast.language";

export function language(): Language {
  return current;
}

/** The locale for numbers and dates: the browser's own variety of the language that is shown. */
export function locale(): string {
  const own = navigator.languages.find((name) => name.toLowerCase().startsWith(current));
  return own ?? (current === "en" ? "en-GB" : current);
}

export async function chooseLanguage(wanted: Language): Promise<void> {
  strings = wanted === "fi" ? (await import("./strings.fi")).fi : en;
  current = wanted;
  plurals = null;
  numbers = null;
  document.documentElement.lang = wanted;
}

/** What was chosen here before, else what the browser asks for. */
export function wantedLanguage(): Language {
  const before = localStorage.getItem(kept);
  if (before === "en" || before === "fi") return before;
  return navigator.language.toLowerCase().startsWith("fi") ? "fi" : "en";
}

export function keepLanguage(wanted: Language): void {
  localStorage.setItem(kept, wanted);
}

function written(value: number): string {
  numbers ??= new Intl.NumberFormat(locale());
  return numbers.format(value);
}

function isOne(value: number): boolean {
  plurals ??= new Intl.PluralRules(current);
  return plurals.select(value) === "one";
}

function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : typeof value === "number" ? written(value) : value;
  });
}

export function t<K extends Key>(key: K, ...[values]: Arguments<K>): string {
  const entry = strings[key] as string | { one: string; other: string };
  const given = (values ?? {}) as Record<string, string | number>;
  if (typeof entry === "string") return fill(entry, given);
  return fill(isOne(Number(given["n"])) ? entry.one : entry.other, given);
}

/** A text whose key comes from the server; what is not known is said in the server's own words. */
export function known(prefix: string, name: string, otherwise: string): string {
  const key = `${prefix}.${name}`;
  const entry = key in strings ? strings[key as Key] : otherwise;
  return typeof entry === "string" ? entry : otherwise;
}
