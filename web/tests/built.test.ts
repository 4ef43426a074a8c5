import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const built = process.env.CONSOLE_BUILT!;
const read = (name: string) => readFileSync(join(built, name), "utf8");
const limit = 60_000;

test("the first load is below 60 KB compressed", () => {
  const { first_load, files } = JSON.parse(read("sizes.json")) as {
    first_load: number;
    files: Record<string, { gzip: number; first: boolean }>;
  };
  // The overview is what a person who is signed in sees first.
  const overview = Object.entries(files).find(([path]) => path.startsWith("/assets/overview-"))![1].gzip;
  assert.ok(first_load > 10_000, `${first_load}: something was not counted`);
  assert.ok(first_load + overview < limit, `${first_load} + ${overview} bytes`);
});

test("nothing is loaded from elsewhere, and nothing is inline", () => {
  const page = read("site/index.html");
  assert.doesNotMatch(page, /https?:/);
  assert.doesNotMatch(page, /<style|style=|<script>|<script type="module">|\son[a-z]+=/);
});

test("the page has the base path at one place, and all addresses are relative to it", () => {
  const page = read("site/index.html");
  assert.equal(page.split("{{base}}").length, 2);
  const addresses = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address]) => address!);
  for (const address of addresses.filter((one) => one !== "{{base}}/")) assert.match(address, /^assets\//);
});

test("every icon that the page may ask for is in the sprite", () => {
  const sprite = Object.keys((JSON.parse(read("sizes.json")) as { files: object }).files).find((path) => path.startsWith("/assets/icons-"))!;
  const ids = [...read(`site${sprite}`).matchAll(/<symbol id="([^"]+)"/g)].map(([, id]) => id);
  for (const name of ["shield-check", "circle-alert", "octagon-alert", "eye-off", "x"]) assert.ok(ids.includes(name), name);
});

test("the C file names every file of the site", () => {
  const source = read("console_assets.c");
  const { files } = JSON.parse(read("sizes.json")) as { files: object };
  for (const path of Object.keys(files)) assert.ok(source.includes(`.path = "${path}"`), path);
  assert.ok(source.includes(`hf_console_assets_count = ${Object.keys(files).length};`));
});
