// The C file that embeds the console's files: see src/console/assets.h.

function array(name, data) {
  const rows = [];
  for (let at = 0; at < data.length; at += 32) rows.push(data.subarray(at, at + 32).join(","));
  return `static const unsigned char ${name}[] = {\n${rows.join(",\n")}};\n`;
}

export function cSource(assets) {
  const arrays = [];
  const entries = assets.map((asset, number) => {
    const fields = [`.path = "${asset.path}"`, `.type = "${asset.type}"`, `.immutable = ${asset.immutable}`];
    for (const form of ["plain", "gzip", "brotli"]) {
      if (!asset[form]) continue;
      const name = `${form}_${number}`;
      arrays.push(array(name, asset[form]));
      fields.push(`.${form} = {${name}, sizeof ${name}}`);
    }
    return `    {${fields.join(",\n     ")}},\n`;
  });
  return `#include "console/assets.h"\n\n${arrays.join("\n")}
const struct hf_asset hf_console_assets[] = {\n${entries.join("")}};
const size_t hf_console_assets_count = ${assets.length};
`;
}
