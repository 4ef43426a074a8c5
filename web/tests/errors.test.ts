import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, test } from "node:test";
import { ApiError } from "../src/api";
import { checkText, connectionText, corruptText, errorText } from "../src/error_text";
import { failureOf } from "../src/jobs";
import { fi } from "../src/strings.fi";
import { chooseLanguage } from "../src/text";
import type { Job } from "../src/api_types";

Object.assign(globalThis, { document: { documentElement: {} } });
const source = readFileSync(join(process.env.SOURCE_ROOT!, "src/base/error.c"), "utf8");
const codes = [...source.matchAll(/\[HF_\w+\] = "(\w+)"/g)].map(([, code]) => code!).filter((code) => code !== "ok" && code !== "failed");
const full = new ApiError(507, "no_space", "cannot write 'x': No space left on device", "make room");

afterEach(() => chooseLanguage("en"));

test("every code of an error has words in Finnish", () => {
  assert.ok(codes.length > 10);
  for (const code of codes) assert.ok(`code.${code}` in fi, code);
});

test("in English the server's own sentence is what is said", () => {
  assert.deepEqual(errorText(full), { title: full.message, text: full.hint, server: [] });
});

test("in Finnish the code is said, and the server's own sentences stand below", async () => {
  await chooseLanguage("fi");
  assert.deepEqual(errorText(full), { title: "Levytila loppui.", text: null, server: [full.message, full.hint] });
  assert.equal(errorText(new ApiError(500, "new_code", "something", null)).title, fi["job.failed"]);
});

test("a job that failed is told as an error of the API is", async () => {
  await chooseLanguage("fi");
  const error = { code: "not_found", text: "no such point", hint: null };
  assert.deepEqual(errorText(failureOf({ error } as Job)), { title: "Sitä ei löydy.", text: null, server: ["no such point"] });
  assert.deepEqual(errorText(failureOf({ error: null } as Job)), { title: fi["job.failed"], text: null, server: [] });
});

test("a step of the repository's test that failed is said in the page's language", async () => {
  const check = { check: "writable", ok: false, text: "cannot write", hint: "look at its rights" } as const;
  assert.equal(checkText(check).title, "cannot write");
  await chooseLanguage("fi");
  assert.deepEqual(checkText(check), { title: fi["check.writable"], text: null, server: ["cannot write", "look at its rights"] });
});

test("a connection is told by its reason, and in the server's words where that says nothing", async () => {
  await chooseLanguage("fi");
  const result = { ok: false, text: "it ended", hint: null };
  assert.deepEqual(connectionText({ ...result, reason: "timeout" }), { title: fi["connection.timeout"], text: null, server: [] });
  assert.deepEqual(connectionText({ ...result, reason: "failed" }), { title: fi["job.failed"], text: null, server: ["it ended"] });
});

test("a backup that cannot be read is told with its line in both languages", async () => {
  const error = new ApiError(500, "corrupt", "line 2: no value", null);
  for (const language of ["en", "fi"] as const) {
    await chooseLanguage(language);
    assert.deepEqual(corruptText(error).server, ["line 2: no value"]);
  }
  assert.equal(corruptText(error).title, fi["wizard.corrupt"]);
});
