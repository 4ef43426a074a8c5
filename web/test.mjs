// Runs web/tests: each file is bundled, so that it may import what the pages are made of.
// usage: node web/test.mjs BUILT     BUILT: the folder that script/build-web wrote. Prints TAP.
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";

const root = dirname(new URL(import.meta.url).pathname);
const modules = resolve(root, "../build/npm/node_modules");
const { buildSync } = createRequire(join(modules, "..", "package.json"))("esbuild");
const built = resolve(process.argv[2]);
const out = join(built, "tests");
const tests = readdirSync(join(root, "tests")).filter((name) => name.endsWith(".test.ts"));

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
buildSync({
  entryPoints: tests.map((name) => join(root, "tests", name)),
  outdir: out,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node18",
  nodePaths: [modules],
  logLevel: "warning",
});
try {
  execFileSync(process.execPath, ["--test", "--test-reporter=tap", ...tests.map((name) => join(out, name.replace(/\.ts$/, ".mjs")))], {
    stdio: ["ignore", 1, 2],
    env: { ...process.env, TZ: "Europe/Helsinki", CONSOLE_BUILT: built, SOURCE_ROOT: dirname(root) },
  });
} catch (error) {
  process.exit(error.status ?? 1);
}
