// Builds the console's pages: bundles web/src, makes the sprite and index.html, compresses everything, and writes it
// beside a C file that embeds it.
// usage: node web/build.mjs DIR [TARGET]     TARGET: the C file as ninja names it, for the depfile
// DIR gets site/ (the files as a browser gets them), console_assets.c, console_assets.d (for ninja) and sizes.json.
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { cSource } from "./embed.mjs";
import { makeSprite } from "./sprite.mjs";

const root = dirname(new URL(import.meta.url).pathname);
const modules = resolve(root, "../build/npm/node_modules");
const { build } = createRequire(join(modules, "..", "package.json"))("esbuild");
const out = resolve(process.argv[2]);
const site = join(out, "site");

const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
};

function write(path, data) {
  const file = join(site, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, data);
}

function hashed(name, extension, data) {
  const digest = createHash("sha256").update(data).digest("hex").slice(0, 8).toUpperCase();
  const path = `assets/${name}-${digest}${extension}`;
  write(path, data);
  return path;
}

/** A script and all that it imports statically. */
function withImports(outputs, path, seen = new Set()) {
  if (seen.has(path)) return seen;
  seen.add(path);
  for (const { path: next, kind } of outputs[path].imports) {
    if (kind === "import-statement") withImports(outputs, next, seen);
  }
  return seen;
}

/** What is loaded at once: what every page needs, and the page that most come for. */
async function bundle(sprite, licences) {
  const result = await build({
    absWorkingDir: root,
    entryPoints: { app: "src/main.tsx", style: "src/styles/index.css" },
    outdir: site,
    bundle: true,
    splitting: true,
    format: "esm",
    target: ["es2021", "chrome100", "firefox100", "safari15.4"],
    minify: true,
    metafile: true,
    legalComments: "none",
    jsx: "automatic",
    jsxImportSource: "preact",
    nodePaths: [modules],
    entryNames: "assets/[name]-[hash]",
    chunkNames: "assets/[name]-[hash]",
    define: { SPRITE: JSON.stringify(sprite), LICENCES: JSON.stringify(licences) },
    logLevel: "warning",
  });
  const outputs = result.metafile.outputs;
  const entry = (source) => Object.keys(outputs).find((path) => outputs[path].entryPoint === source);
  const local = (path) => relative(site, resolve(root, path));
  const script = entry("src/main.tsx");
  const wanted = withImports(outputs, entry("src/pages/overview.tsx"), withImports(outputs, script));
  return {
    script: local(script),
    preload: [...wanted].filter((path) => path !== script).map(local),
    style: local(entry("src/styles/index.css")),
  };
}

/** The licences of what is delivered with the pages ask to be delivered too. */
function licences() {
  const text = ["preact", "lucide-static"].map(
    (name) => `${name}\n\n${readFileSync(join(modules, name, "LICENSE"), "utf8").trim()}\n`,
  );
  return text.join("\n\n");
}

function* files(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* files(path);
    else yield path;
  }
}

function* folders(folder) {
  yield folder;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) yield* folders(join(folder, entry.name));
  }
}

function compressed(path) {
  const data = readFileSync(join(site, path));
  const extension = path.slice(path.lastIndexOf("."));
  // The server fills the base path into a page, so that a page is kept as it is.
  const page = extension === ".html";
  return {
    path: `/${path}`,
    type: types[extension],
    immutable: path.startsWith("assets/"),
    plain: page ? data : null,
    gzip: page ? null : gzipSync(data, { level: 9 }),
    brotli: page ? null : brotliCompressSync(data, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
  };
}

rmSync(site, { recursive: true, force: true });
const icon = hashed("icon", ".svg", readFileSync(join(root, "src/icons/favicon.svg")));
const sprite = hashed("icons", ".svg", makeSprite(join(root, "src"), modules));
const { script, preload, style } = await bundle(sprite, hashed("licences", ".txt", licences()));
const index = readFileSync(join(root, "index.html"), "utf8")
  .replace("<!-- assets -->", [
    `<link rel="icon" href="${icon}" type="image/svg+xml">`,
    `<link rel="stylesheet" href="${style}">`,
    ...preload.map((path) => `<link rel="modulepreload" href="${path}">`),
    `<script type="module" src="${script}"></script>`,
  ].join("\n"));
write("index.html", index);

const assets = [...files(site)].map((path) => compressed(relative(site, path)));
const source = join(out, "console_assets.c");
writeFileSync(source, cSource(assets));
const inputs = [...folders(join(root, "src")), ...files(join(root, "src")), ...readdirSync(root).map((name) => join(root, name))];
writeFileSync(join(out, "console_assets.d"),
  `${process.argv[3] ?? source}: ${inputs.filter((path) => statSync(path)).map((path) => path.replaceAll(" ", "\\ ")).join(" ")}\n`);

const first = ["index.html", script, ...preload, style, sprite, icon].map((path) => `/${path}`);
const size = ({ plain, gzip }) => (plain ? gzipSync(plain, { level: 9 }) : gzip).length;
writeFileSync(join(out, "sizes.json"), JSON.stringify({
  first_load: assets.filter(({ path }) => first.includes(path)).reduce((sum, asset) => sum + size(asset), 0),
  files: Object.fromEntries(assets.map((asset) => [asset.path, { gzip: size(asset), first: first.includes(asset.path) }])),
}, null, 2) + "\n");
