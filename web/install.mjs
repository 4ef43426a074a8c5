// Installs what the pages are built with into build/npm, when the lockfile is another than the one installed.
// A folder of its own that is renamed at the end: two builds may run at the same time.
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

const root = dirname(new URL(import.meta.url).pathname);
const build = resolve(root, "../build");
const target = join(build, "npm");
const names = ["package.json", "package-lock.json", ".npmrc"];

function current() {
  return names.every((name) => existsSync(join(target, name)) &&
    readFileSync(join(root, name)).equals(readFileSync(join(target, name))));
}

if (!current()) {
  mkdirSync(build, { recursive: true });
  const fresh = mkdtempSync(join(build, "npm-"));
  try {
    for (const name of names) copyFileSync(join(root, name), join(fresh, name));
    execFileSync("npm", ["ci", "--ignore-scripts", "--no-progress", "--loglevel=error"], { cwd: fresh, stdio: ["ignore", 2, 2] });
    if (!current()) {
      rmSync(target, { recursive: true, force: true });
      renameSync(fresh, target);
    }
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}
