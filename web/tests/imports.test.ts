import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { test } from "node:test";

const root = join(process.env.SOURCE_ROOT!, "web/src");
const files = (readdirSync(root, { recursive: true }) as string[]).filter((name) => /(?<!\.d)\.tsx?$/.test(name));
const module = (name: string) => name.replace(/\.tsx?$/, "");

/** What a module needs to run: types are gone by then, and what is loaded later is no part of it. */
const imports = new Map(files.map((name) => {
  const text = readFileSync(join(root, name), "utf8");
  const found = [...text.matchAll(/^(?:import|export) (?!type )[^;]*?from "(\.[^"]+)";/gm)];
  return [module(name), found.map(([, from]) => normalize(join(dirname(name), from!)))];
}));

test("no module is needed by what it needs", () => {
  const done = new Set<string>();
  const visit = (name: string, above: string[]): void => {
    assert.ok(!above.includes(name), [...above, name].join(" -> "));
    if (done.has(name)) return;
    for (const next of imports.get(name) ?? []) visit(next, [...above, name]);
    done.add(name);
  };
  for (const name of imports.keys()) visit(name, []);
});

test("what has no view needs none", () => {
  for (const name of files.filter((one) => one.endsWith(".ts"))) {
    const views = imports.get(module(name))!.filter((one) => files.includes(`${one}.tsx`));
    assert.deepEqual(views, [], name);
  }
});
