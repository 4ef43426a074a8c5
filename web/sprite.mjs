// One SVG with the icons that the sources name: <Icon name="..."/>, icon="..." or icon: "...", or the strings
// of an expression in braces at those places.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const mention = /(?:<Icon\s+name=|\bicon=|\bicon:\s*)("[a-z0-9-]+"|\{[^}]*\})/g;

function* sources(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (/\.tsx?$/.test(entry.name)) yield readFileSync(path, "utf8");
  }
}

/** The icons that the sources name, in order. */
export function iconsIn(folder) {
  const names = new Set();
  for (const text of sources(folder)) {
    for (const [, place] of text.matchAll(mention)) {
      for (const [, name] of place.matchAll(/"([a-z0-9-]+)"/g)) names.add(name);
    }
  }
  return [...names].sort();
}

export function makeSprite(folder, modules) {
  const symbols = iconsIn(folder).map((name) => {
    const svg = readFileSync(join(modules, "lucide-static/icons", `${name}.svg`), "utf8");
    const inner = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>"));
    return `<symbol id="${name}" viewBox="0 0 24 24">${inner.replace(/\s*\n\s*/g, "").replaceAll(" />", "/>")}</symbol>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`;
}
