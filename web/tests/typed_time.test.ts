import assert from "node:assert/strict";
import { test } from "node:test";
import { askedTime } from "../src/typed_time";

function inZone(zone: string, text: string): string {
  const before = process.env.TZ;
  process.env.TZ = zone;
  try {
    return askedTime(text, new Date("2026-11-28T03:30:00Z"));
  } finally {
    process.env.TZ = before;
  }
}

test("a time is that of the browser's zone, up to the end of what was typed", () => {
  assert.equal(inZone("Asia/Tokyo", "2026-11-22 14:05"), "2026-11-22T05:05:59.999Z");
  assert.equal(inZone("UTC", "2026-11-22 14:05:10"), "2026-11-22T14:05:10.999Z");
  assert.equal(inZone("Europe/Helsinki", "2026-11-22 14:05:10.25"), "2026-11-22T12:05:10.250Z");
  assert.equal(inZone("Asia/Tokyo", "12:15"), "2026-11-28T03:15:59.999Z");
  assert.equal(inZone("America/New_York", "yesterday 9:00"), "2026-11-26T14:00:59.999Z");
  assert.equal(inZone("America/New_York", "Today"), "2026-11-28T04:59:59.999Z");
});

test("a day is as long as it is", () => {
  assert.equal(inZone("Europe/Helsinki", "2026-10-25"), "2026-10-25T21:59:59.999Z");
});

test("what is in no zone, or no time, is left as it is", () => {
  for (const text of ["now", "15m ago", "teatime", "2026-02-30 10:00", "25:00", "2026-11-22T14:05:00+02:00", "2026-11-22 14:05 UTC"]) {
    assert.equal(inZone("Asia/Tokyo", text), text);
  }
});
