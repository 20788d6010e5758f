/**
 * Writes docs/distributions.md (`npm run docs:distributions`) from docstrings, types and the distributions themselves. A test checks
 * that the page is up to date, and that no distribution is left out.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { klPairs } from "../src/distributions/kl/kl.js";
import { bijectorTo, type Distribution, ElbowError } from "../src/index.js";
import { groups } from "./distributionExamples.js";
import { offers } from "./strategyTable.js";

const root = resolve(import.meta.dirname, "..");
const folder = join(root, "src", "distributions");
const page = join(root, "docs", "distributions.md");

/** What is written of a function. */
interface Docstring {
  readonly file: string;
  /** Paragraphs before the first tag, each on one line. */
  readonly paragraphs: readonly string[];
  readonly parameters: readonly { readonly name: string; readonly text: string }[];
}

const joined = (lines: readonly string[]): string => lines.join(" ").replace(/\s+/g, " ").trim();

const linksAsCode = (text: string): string => text.replace(/\{@link (\w+)\}/g, "`$1`");

/** What is said of a parameter, in the middle of a sentence. */
const plain = (text: string): string =>
  linksAsCode(text)
    .replace(/[. ]*@defaultValue ([^;]+)$/, " (default $1)")
    .replace(/\.$/, "");

function parse(file: string, comment: string): Docstring {
  const lines = comment.split("\n").map((line) => line.replace(/^\s*(\/\*\*|\*\/|\* ?)/, "").replace(/\*\/\s*$/, ""));
  const firstTag = lines.findIndex((line) => line.startsWith("@"));
  const text = firstTag < 0 ? lines : lines.slice(0, firstTag);
  const tags = (firstTag < 0 ? [] : lines.slice(firstTag)).join("\n").split(/\n(?=@)/);
  return {
    file,
    paragraphs: text
      .join("\n")
      .split(/\n\s*\n/)
      .map((paragraph) => linksAsCode(joined(paragraph.split("\n"))))
      .filter((paragraph) => paragraph !== ""),
    parameters: tags.flatMap((tag) => {
      const [, name, rest] = /^@param (\w+) - ([\s\S]*)$/.exec(tag) ?? [];
      return name === undefined ? [] : [{ name, text: plain(joined(rest!.split("\n"))) }];
    }),
  };
}

/** What is written of the fields of an interface. */
function fields(text: string, name: string): Docstring["parameters"] {
  const body = new RegExp(`export interface ${name}\\b[^{]*\\{\\n([\\s\\S]*?)\\n\\}`).exec(text)?.[1] ?? "";
  return [...body.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*readonly (\w+)/g)].map(([, comment, field]) => ({
    name: field!,
    text: plain(joined(comment!.split("\n").map((line) => line.replace(/^\s*\* ?/, "")))),
  }));
}

/** Docstrings by the names of the functions of src/distributions, and whether these return a distribution. */
export function docstrings(): ReadonlyMap<string, Docstring & { readonly isDistribution: boolean }> {
  const found = new Map<string, Docstring & { readonly isDistribution: boolean }>();
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".ts"))) {
    const text = readFileSync(join(folder, file), "utf8");
    for (const match of text.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*export (?:const|function) (\w+)/g)) {
      const [whole, comment, name] = match as unknown as [string, string, string];
      const [declaration] = text.slice(match.index + whole.length).split("\n/**", 1);
      const isDistribution = /\):\s*(Distribution|DirichletProcess)</.test(declaration!);
      const documented = parse(file, comment);
      const options = `${name[0]!.toUpperCase()}${name.slice(1)}Options`;
      const parameters = documented.parameters.length > 0 ? documented.parameters : fields(text, options);
      if (!found.has(name)) found.set(name, { ...documented, parameters, isDistribution });
    }
  }
  return found;
}

/** Names of src/distributions that the package exports. */
export function exported(): Set<string> {
  const index = readFileSync(join(root, "src/index.ts"), "utf8");
  return new Set(
    [...index.matchAll(/export \{([^}]*)\} from "\.\/distributions\/\w+\.js"/g)].flatMap(([, names]) =>
      names!.split(",").map((name) => name.trim()),
    ),
  );
}

const list = (items: readonly string[]): string => items.join(", ");
const unique = <T>(items: readonly T[]): T[] => [...new Set(items)];
const code = (name: string): string => `\`${name}\``;

/** What known parameters are checked for. */
function requirements(instances: readonly Distribution[]): string[] {
  return unique(
    instances.flatMap(({ family: { parameterNames, constraints = [], relations = [] } }) => [
      ...constraints.flatMap((constraint, i) => (constraint ? [`${code(parameterNames[i]!)} ${constraint.name}`] : [])),
      ...relations.map(({ name }) => name),
    ]),
  );
}

/** Functions of a distribution that all of its parametrisations have. */
function abilities(instances: readonly Distribution[]): string[] {
  const names = ["mean", "variance", "entropy", "cdf", "quantile"] as const;
  return instances.length === 0
    ? []
    : names.filter((name) => instances.every(({ family }) => family[name] !== undefined));
}

/** The bijector from the real numbers to where the values are, or undefined. */
function bijectorOf(of: Distribution): string | undefined {
  try {
    return bijectorTo(of as unknown as Distribution<never, never>).rule.name;
  } catch (error) {
    if (error instanceof ElbowError && error.code === "unconstrained") return undefined;
    throw error;
  }
}

/** The part of the page on one distribution. */
function section(name: string, instances: readonly Distribution[], offered: ReadonlySet<string> | undefined): string {
  const documented = docstrings().get(name);
  if (!documented) throw new Error(`no docstring of ${name} in src/distributions`);
  const { file, paragraphs, parameters } = documented;
  const offer = paragraphs.find((paragraph) => /^Offers|\. Offers/.test(paragraph));
  const pairs = klPairs().filter(([p]) => instances.some(({ family }) => family.name === p));
  const [first] = instances;
  const rows: [string, string | undefined][] = [
    ["parameters", parameters.map((each) => `${code(each.name)}: ${each.text}`).join("; ") || undefined],
    ["checked", list(requirements(instances)) || undefined],
    [
      "support",
      first &&
        `${first.family.support}${first.event.length > 0 ? `, events of ${first.event.length === 1 ? "one axis" : "two axes"}` : ""}`,
    ],
    ["strategies", offered && list([...offered].toSorted())],
    ["closed forms", list(abilities(instances)) || undefined],
    ["KL to", list(unique(pairs.map(([, q]) => q)).toSorted()) || undefined],
    ["from real numbers by", first && bijectorOf(first)],
  ];
  const told = paragraphs.filter((paragraph, i) => i === 0 || (paragraph === offer && !offered));
  return [
    `### [${name}](../src/distributions/${file})`,
    ...told,
    rows.flatMap(([head, text]) => (text ? [`- *${head}*: ${text}`] : [])).join("\n"),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

const introduction = `# Distributions

<!-- Written by scripts/distributionTable.ts (npm run docs:distributions) from the sources: change those. -->

A distribution is a family with parameters. Parameters broadcast; what they broadcast to is the *batch* shape, in which draws
are independent and log densities are elementwise. One draw has the *event* shape, which is empty but for vectors and matrices.
\`logDensity\` is −∞ outside the support; \`mean\`, \`variance\`, \`stddev\`, \`entropy\`, \`cdf\`, \`logCdf\`, \`logSurvival\` and \`quantile\` exist where *closed forms*
says so. Gradient strategies are explained in [strategies.md](strategies.md); each distribution names those that its type allows, all of
them unbiased but gumbelSoftmax and straightThrough.

*Checked* is what parameters must satisfy. Those that are known when a program is recorded (numbers, constants, tensors that
are not traced) are checked always: an error names the distribution, the parameter, the values, the address and your line. Those
that random choices and trained parameters decide are checked inside the compiled step with \`validate: true\` (\`fit\`,
\`estimate\` and its kin, \`drawMany\`).

\`kl(p, q)\` is the divergence of two distributions in closed form: *KL to* lists the families of q that there is one for. Distributions
under \`iid\`, \`independent\` and the same bijector have that of what they wrap; \`registerKl\` states another pair;
\`elbo(model, guide, { analyticKl: true })\` puts it in the place of its estimate. *From real numbers by* is the bijector that \`bijectorTo\` gives: what
turns a normal guide into one on the support.

\`\`\`ts
import * as tf from "@tensorflow/tfjs-core";
import { entropy, kl, logDensity, mean, normal } from "elbow";

const p = normal([0, 1], 2);
console.log(p.batch, mean(p).arraySync()); // => [ 2 ] [ 0, 1 ]
console.log(logDensity(p, tf.tensor1d([0, 1])).shape, entropy(p).shape); // => [ 2 ] [ 2 ]
console.log(kl(p, normal(0, 2)).arraySync()); // => [ 0, 0.125 ]
\`\`\`
`;

/** The whole page. */
export function distributionPage(): string {
  const offered = offers();
  const parts = Object.entries(groups).map(([heading, examples]) =>
    [
      `## ${heading}`,
      ...Object.entries(examples).map(([name, make]) => section(name, make() as Distribution[], offered.get(name))),
    ].join("\n\n"),
  );
  return `${introduction}\n${parts.join("\n\n")}\n`;
}

if (process.argv[1] === import.meta.filename) writeFileSync(page, distributionPage());
