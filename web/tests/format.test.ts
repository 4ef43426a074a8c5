import assert from "node:assert/strict";
import { test } from "node:test";

// The pages ask the browser for its languages; Node has no document.
Object.defineProperty(globalThis, "navigator", { value: { language: "en-GB", languages: ["en-GB", "fi"] }, configurable: true });
Object.defineProperty(globalThis, "document", { value: { documentElement: {} } });
const { bytes, dayName, duration, exactMoment, moment, timeOfDay } = await import("../src/format");
const { chooseLanguage, t } = await import("../src/text");

const now = Date.UTC(2026, 10, 27, 18, 0);
const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, " ");

test("bytes have three digits at most", () => {
  assert.equal(bytes(0), "0 bytes");
  assert.equal(bytes(1_240_000), "1.2 MB");
  assert.equal(bytes(999_700), "1 MB");
  assert.equal(bytes(183_400_000_000), "183 GB");
});

test("a duration is short for a measure and in words for a promise", () => {
  assert.equal(plain(duration(1240)), "1.2 s");
  assert.equal(duration(2000, "long"), "2 seconds");
  assert.equal(duration(47 * 60_000, "long"), "47 minutes");
});

test("what could be lost is never rounded down", () => {
  assert.equal(duration(2001, "long"), "3 seconds");
  assert.equal(duration(1, "long"), "1 second");
});

test("a moment of today or yesterday is told by that word, in the zone of the browser", () => {
  assert.equal(moment(Date.UTC(2026, 10, 27, 1, 10), now), "today 03:10");
  assert.equal(moment(Date.UTC(2026, 10, 26, 1, 10), now), "yesterday 03:10");
  assert.equal(moment(Date.UTC(2026, 10, 26, 22, 30), now), "today 00:30");
  assert.equal(moment(Date.UTC(2026, 10, 3, 1, 10), now), "3 Nov 03:10");
  assert.equal(moment(Date.UTC(2025, 10, 3, 1, 10), now), "3 Nov 2025 03:10");
});

test("a day is today for 25 hours when the clocks go back", () => {
  const evening = Date.UTC(2026, 9, 25, 21, 30);
  assert.equal(dayName(Date.UTC(2026, 9, 24, 21, 15), evening), "today");
  assert.equal(dayName(Date.UTC(2026, 9, 24, 20, 45), evening), "yesterday");
});

test("an exact moment has seconds and the zone", () => {
  const text = exactMoment(Date.UTC(2026, 6, 1, 10, 5, 9));
  assert.match(text, /13:05:09/);
  assert.match(text, /EEST|GMT\+3/);
});

test("midnight is 00, never 24", () => {
  assert.equal(timeOfDay(Date.UTC(2026, 10, 26, 22, 0)), "00:00");
});

test("plurals follow the language", async () => {
  assert.equal(t("storage.points", { n: 1 }), "1 restore point");
  assert.equal(t("storage.points", { n: 4213 }), "4,213 restore points");
  await chooseLanguage("fi");
  assert.equal(t("storage.points", { n: 1 }), "1 palautuspiste");
  assert.equal(plain(t("storage.points", { n: 4213 })), "4 213 palautuspistettä");
  assert.equal(plain(duration(2000, "long")), "2 sekuntia");
  assert.equal(plain(moment(Date.UTC(2026, 10, 27, 1, 10), now)), "tänään 03.10");
  await chooseLanguage("en");
});
