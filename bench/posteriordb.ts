// Guides on the posteriors of posteriordb: npx tsx bench/posteriordb.ts [part of a name …] [--guides meanField,fullRank] [--raw] [--json]
// Prints a table in Markdown. Data and reference values are read from ../shared/reference/posteriordb.
import { existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { posteriors } from "../models/posteriordb/all.js";
import { type Comparison, compare, type GuideName, type Reference } from "../models/posteriordb/support/compare.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    guides: { type: "string", default: "meanField,fullRank,laplaceGuide,flowGuide" },
    json: { type: "boolean", default: false },
    raw: { type: "boolean", default: false },
  },
});
const directory = new URL("../../shared/reference/posteriordb/", import.meta.url);
if (!existsSync(directory)) throw new Error(`there are no reference values at ${directory.pathname}`);
const guides = values.guides.split(",") as GuideName[];
const chosen = posteriors.filter(
  ({ name }) => positionals.length === 0 || positionals.some((part) => name.includes(part)),
);

const cells = ({ meanError, sdRatio, khat, worth, logEvidence, elbo }: Comparison): string =>
  `${meanError.toFixed(2)} · ${sdRatio.map((x) => x.toFixed(2)).join("–")} · ${khat.toFixed(2)} · ${(100 * worth).toFixed(0)} % · ${(logEvidence - elbo).toFixed(2)}`;

if (!values.json)
  console.log(
    `mean error in sd · sd ratio · k̂ · effective draws · log evidence − ELBO\n\n| posterior | ${guides.join(" | ")} |\n|---|${guides.map(() => "---|").join("")}`,
  );
for (const each of chosen) {
  const known = JSON.parse(readFileSync(new URL(`${each.name}.json`, directory), "utf8")) as Reference;
  const row: string[] = [];
  for (const guide of guides) {
    try {
      const found = await compare(each, known, guide, { isRaw: values.raw });
      if (values.json) console.log(JSON.stringify(found));
      row.push(cells(found));
    } catch (error) {
      const [reason] = (error as Error).message.split("\n");
      if (values.json) console.log(JSON.stringify({ posterior: each.name, guide, error: reason }));
      row.push(reason!.replace(/^laplaceGuide: (no mode).*$/, "$1"));
    }
  }
  if (!values.json) console.log(`| ${each.name} | ${row.join(" | ")} |`);
}
