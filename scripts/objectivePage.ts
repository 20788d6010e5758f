// Writes docs/objectives.md (`npm run docs:objectives`): every objective's docstring beside its source, as it stands in src.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const folder = "src/inference/objectives";
const page = join(root, "docs", "objectives.md");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

/** The chapters, in the order of the page. */
export const chapters: Readonly<Record<string, readonly string[]>> = {
  "Bounds of the evidence": ["elbo", "iwelbo", "renyi", "tvo", "betaElbo", "fivo"],
  "Guides with auxiliary choices": ["hvi", "iwhvi", "diwhvi"],
  "Wake and sleep": ["qWake", "pWake", "sleep", "rws"],
  "Other divergences": ["symmetricKl", "fDivergence", "forwardChi2", "cubo", "logVariance", "trajectoryBalance"],
  "Points in the place of distributions": ["mapEstimate", "mle"],
  "What they are made of": ["particle", "logMeanExp", "annealed"],
};

/** Objectives that use functions or types of their own files; all others are written with what "elbow" exports and nothing else. */
const withHelpers = new Set(["elbo", "iwelbo", "fivo", "particle"]);

/** Files of the folder that export no objective and nothing that one is made of for everybody. */
export const others = new Set(["analyticKl", "checkPrograms", "csiszar", "detached", "vimco"]);

/** The files of the folder, without their ending. */
export const files = (): string[] =>
  readdirSync(join(root, folder))
    .filter((file) => file.endsWith(".ts"))
    .map((file) => file.slice(0, -".ts".length));

/** The docstring in front of an export, without its marks, and the statement after it. */
function documented(text: string, name: string): { readonly prose: string; readonly code: string } {
  const start = new RegExp(`^export (?:const ${name} =|function\\*? ${name}[(<])`, "m").exec(text)!.index;
  const opening = text.lastIndexOf("/**", start);
  const lines = text
    .slice(opening + 3, text.indexOf("*/", opening))
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, "").trimEnd());
  const tag = lines.findIndex((line) => line.startsWith("@"));
  const rest = text.slice(start);
  // up to the next one
  const end = rest.slice(1).search(/^(?:\/\*\*|\/\/|export|const|function|interface|type)/m);
  return {
    prose: lines
      .slice(0, tag < 0 ? undefined : tag)
      .join("\n")
      .trim(),
    code: withoutChecks(rest.slice(0, end < 0 ? undefined : end + 1)).trim(),
  };
}

/** The statement without the calls that look at its arguments and do nothing else. */
const withoutChecks = (code: string): string => code.replace(/^ {2}(?:if \([^\n]*\)\s+)?check\w+\([\s\S]*?\);\n/gm, "");

/** The statement with imports of what it names: from "elbow" in the place of the project's own files. */
function standalone(text: string, code: string): string {
  const names = (list: string): string[] => list.split(",").flatMap((name) => name.trim() || []);
  const own = [...text.matchAll(/^import (type )?\{([^}]*)\} from "\./gm)].flatMap(([, type, list]) =>
    names(list!).map((name) => (type ? `type ${name}` : name)),
  );
  const declared = [...text.matchAll(/^export (?:interface|type) (\w+)/gm)].map(([, name]) => `type ${name}`);
  const used = [...own, ...declared]
    .filter((name) => new RegExp(`\\b${name.replace("type ", "")}\\b`).test(code))
    .toSorted((a, b) => a.replace("type ", "").localeCompare(b.replace("type ", "")));
  const tensors = [
    /\bTensor\b/.test(code) ? 'import type { Tensor } from "@tensorflow/tfjs-core";\n' : "",
    /\btf\./.test(code) ? 'import * as tf from "@tensorflow/tfjs-core";\n' : "",
  ];
  return `${tensors.join("")}import { ${used.join(", ")} } from "elbow";\n\n${code}`;
}

function section(name: string): string {
  const text = read(`${folder}/${name}.ts`);
  const { prose, code } = documented(text, name);
  // the blocks marked ts are compiled and run against the public interface
  const block = withHelpers.has(name) ? `\`\`\`typescript\n${code}` : `\`\`\`ts\n${standalone(text, code)}`;
  const functions = name === "fDivergence" ? `\n\n${csiszarFunctions()}` : "";
  return `### [${name}](../${folder}/${name}.ts)\n\n${prose}\n\n${block}\n\`\`\`${functions}`;
}

/** The functions of csiszar with the first line of what they say of themselves. */
export function csiszarFunctions(): string {
  const rows = [
    ...read(`${folder}/csiszar.ts`).matchAll(
      /\/\*\*\s+(?:\* )?((?:(?!\*\/)[\s\S])*?)\s*(?:\n \*\n[\s\S]*?)?\*\/\s*export (?:const|function) (\w+)/g,
    ),
  ].map(([, says, name]) => `| \`${name}\` | ${says!.replaceAll("|", "∣")} |`);
  return ["| in `csiszar` | f(u), u = p/q |", "| --- | --- |", ...rows].join("\n");
}

const introduction = `# Objectives

<!-- Written by scripts/objectivePage.ts (npm run docs:objectives) from the sources: change those. -->

An objective is a short program: it simulates, assesses and weighs other programs, and returns a scalar whose expectation is to be
optimised. Its estimator comes from the strategies of the random choices inside, so it is unbiased for the expectation that the program
states, whatever that is. Bounds are to be maximised and divergences minimised; each says which (\`direction\`), and \`fit\` goes that way.

Those that come with Elbow are below, each beside its source, without the calls that check its arguments. All blocks but those of elbo,
iwelbo, fivo and particle (which use more of their own files) are compiled against what \`"elbow"\` exports, whenever the documentation is
checked: an objective of your own can do all that these can.

\`\`\`ts
import * as tf from "@tensorflow/tfjs-core";
import { adam, fit, gen, logMeanExp, normal, objective, observe, particle, replicate, sample } from "elbow";

const model = gen(function* (y: tf.Tensor) {
  const mu = yield* sample("mu", normal(0, 1));
  yield* observe("y", normal(mu, 1), y);
});
const guide = gen(function* (q: { loc: tf.Tensor }, _y: tf.Tensor) {
  yield* sample("mu", normal(q.loc, 1));
});
// half the ELBO, half the bound of ten particles
const L = objective(function* (q: { loc: tf.Tensor }, y: tf.Tensor) {
  const { logJoint, logGuide } = yield* replicate(10, () => particle(model, guide, q, [y]));
  const logWeights = tf.sub(logJoint, logGuide);
  return tf.add(tf.mean(logWeights), logMeanExp(logWeights)).mul(0.5);
});
const { parameters } = await fit(L, {
  parameters: { loc: tf.scalar(0) },
  data: [tf.scalar(1)],
  steps: 1000,
  optimizer: adam({ learningRate: 0.01 }),
});
console.log(Math.abs(parameters.loc.dataSync()[0] - 0.5) < 0.1); // => true
\`\`\`

Where a derivative should not go, say so: \`detached(parameters)\` holds parameters constant, \`stopGradient\` a value, and
\`held(program)\` draws choices once, as they are, whatever their strategies: the particles of wake phases and of divergences with
a reference are drawn so. Other choices that are enumerated inside \`replicate\` and meet in one logarithm need lanes for all of their
combinations: leave them to the score function there (\`withStrategies\`).`;

/** The page. */
export const objectivePage = (): string =>
  `${[
    introduction,
    ...Object.entries(chapters).flatMap(([title, names]) => [`## ${title}`, ...names.map(section)]),
  ].join("\n\n")}\n`;

if (process.argv[1] === import.meta.filename) writeFileSync(page, objectivePage());
