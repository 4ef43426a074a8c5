import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { en } from "../src/strings.en";
import { fi } from "../src/strings.fi";

const table = readFileSync(join(process.env.SOURCE_ROOT!, "src/service/safety_cause.c"), "utf8");
const literal = String.raw`((?:"[^"]*"\s*)+)`;
const joined = (text: string) => [...text.matchAll(/"([^"]*)"/g)].map(([, part]) => part).join("");
const causes = [...table.matchAll(new RegExp(String.raw`\[HF_CAUSE_\w+\] =\s*\{${literal},\s*${literal},\s*${literal}\}`, "g"))]
  .map(([, key, text, action]) => ({ key: joined(key!), text: joined(text!), action: joined(action!) }));
const rows = [...table.matchAll(/\[HF_CAUSE_\w+\] =\s*\{"/g)].length;
const keys = (strings: object) => Object.keys(strings).filter((key) => key.startsWith("cause.")).sort();

test("every cause that the server can give is said in both languages, in English as the API says it", () => {
  assert.equal(causes.length, rows);
  for (const { key, text } of causes) assert.equal((en as Record<string, unknown>)[`cause.${key}`], text);
  for (const strings of [en, fi]) assert.deepEqual(keys(strings), causes.map(({ key }) => `cause.${key}`).sort());
});

test("every cause's button has words in both languages", () => {
  for (const { action } of causes) for (const strings of [en, fi]) assert.ok(`action.${action}` in strings, action);
});
