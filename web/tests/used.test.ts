import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { en } from "../src/strings.en";

const root = join(process.env.SOURCE_ROOT!, "web/src");
const files = (readdirSync(root, { recursive: true }) as string[]).filter((name) => /\.tsx?$/.test(name) && !/^strings\./.test(name));
const source = files.map((name) => readFileSync(join(root, name), "utf8")).join("\n");
/** known("stage", name, name) and t(`confirm.${scope}_help`): what is between is known only when the page runs. */
const prefixes = [...source.matchAll(/\bknown\("([^"]+)"/g)].map(([, prefix]) => `${prefix}.`);
const patterns = [...source.matchAll(/`([a-z_]+\.[\w.${}]+)`/g)].map(([, key]) => new RegExp(`^${key!.replace(/\./g, "\\.").replace(/\$\{[^}]+\}/g, "\\w+")}$`));

test("every text is shown somewhere", () => {
  const isUsed = (key: string) => source.includes(`"${key}"`) || prefixes.some((prefix) => key.startsWith(prefix)) || patterns.some((pattern) => pattern.test(key));
  assert.deepEqual(Object.keys(en).filter((key) => !isUsed(key)), []);
});
