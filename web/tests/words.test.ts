import assert from "node:assert/strict";
import { test } from "node:test";
import { en } from "../src/strings.en";
import { fi } from "../src/strings.fi";

type Entry = string | { one: string; other: string };
const languages: [string, Record<string, Entry>][] = [["English", en], ["Finnish", fi]];
const texts = (entry: Entry) => (typeof entry === "string" ? [entry] : [entry.one, entry.other]);
const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!).sort().join();

test("both languages fill the same values into every text", () => {
  for (const [key, entry] of Object.entries(en as Record<string, Entry>)) {
    const expected = texts(entry).map(names);
    assert.deepEqual(texts((fi as Record<string, Entry>)[key]!).map(names), expected, key);
  }
});

test("no text shouts", () => {
  for (const [language, strings] of languages) {
    for (const [key, entry] of Object.entries(strings)) for (const text of texts(entry)) assert.doesNotMatch(text, /!/, `${language}: ${key}`);
  }
});

test("no text is empty", () => {
  for (const [language, strings] of languages) {
    for (const [key, entry] of Object.entries(strings)) for (const text of texts(entry)) assert.ok(text.trim(), `${language}: ${key}`);
  }
});

/** What a thing could be called in Finnish too, and is not: after the word that it has. */
const rejected: Record<string, RegExp> = {
  varasto: /säilö/i,
  salalause: /tunnuslause/i,
  palautuspaketti: /palautuspakkau/i,
  todennettu: /todist/i,
  vaurioitunut: /vioittu/i,
  skeema: /rakenne/i,
  tallennettu: /tallet/i,
  datakansio: /hakemisto|tietokansio/i,
  varmuuskopiointi: /varmistu/i,
  hetki: /ajankohta/i,
};

test("Finnish has one word for a thing, everywhere", () => {
  for (const [key, entry] of Object.entries(fi)) {
    for (const text of texts(entry)) for (const [word, other] of Object.entries(rejected)) assert.doesNotMatch(text, other, `${key}: ${word}`);
  }
});
