/**
 * Writes the mistakes of docs/errors.md (`npm run docs:errors`): the programs stand in test/errors/mistakes, their messages are what
 * they end in. A test checks that the page is up to date, and that every message has its code, address, line and remedy.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { ElbowError } from "../src/index.js";

const root = resolve(import.meta.dirname, "..");
const folder = "test/errors/mistakes";
const page = join(root, "docs", "errors.md");
const [start, end] = ["<!-- mistakes: written by scripts/errorsPage.ts -->", "<!-- end -->"];

/** In the order of the page. */
export const sections: Readonly<Record<string, readonly string[]>> = {
  Shapes: ["columnOfData", "wrongEventShape", "parametersDoNotBroadcast", "guideOfAnotherShape", "matrixOfAnotherSize"],
  "Addresses, and a guide that does not fit": [
    "guideMisspellsAddress",
    "guideForgetsSite",
    "guideSamplesTooMuch",
    "guideOfAnotherSupport",
    "guideObserves",
    "nothingToGuide",
    "repeatedAddress",
    "sampledAndObserved",
    "constraintAtUnknownAddress",
    "numberAsChoice",
  ],
  "Effects and JavaScript": [
    "forgottenYield",
    "forgottenYieldUsed",
    "yieldWithoutStar",
    "asyncProgram",
    "programNotApplied",
    "programNotCalled",
    "forgottenAwait",
    "readTraced",
    "ifOnTensor",
    "mathRandom",
    "vectorObjective",
    "disposedTensor",
  ],
  Estimators: ["discontinuity", "strategyNotOffered", "jointTooLarge", "secondDerivative"],
  "Parameters of distributions, and data": [
    "negativeScale",
    "logitsAsProbs",
    "neitherProbsNorLogits",
    "missingOption",
    "notASimplex",
    "outsideTheSupport",
    "countsThatAreNone",
    "missingNumbers",
    "notANumberLater",
  ],
  Fits: [
    "programAsObjective",
    "missingParameter",
    "unusedParameter",
    "integerParameter",
    "dataNotGiven",
    "tooManyData",
    "bareData",
    "unscaledMinibatches",
    "secondRow",
    "batchesOfAnotherForm",
    "misspeltOption",
    "engineNotInstalled",
    "anotherCheckpoint",
  ],
};

/** A program that makes a mistake. */
export interface Mistake {
  readonly name: string;
  /** From the root. */
  readonly file: string;
  readonly title: string;
  readonly prose: string;
  readonly code: string;
  /** Of the choice or observation; undefined where the mistake is at none. */
  readonly address: string | undefined;
  /** The line that the message must name. */
  readonly line: number;
  /** The program without its imports, and the line where it begins. */
  readonly program: readonly string[];
  readonly firstLine: number;
}

/** Names of all files. */
export const mistakeNames = (): string[] => readdirSync(join(root, folder)).map((name) => name.replace(/\.ts$/, ""));

export function readMistake(name: string): Mistake {
  const file = `${folder}/${name}.ts`;
  const lines = readFileSync(join(root, file), "utf8").trimEnd().split("\n");
  const comments = lines
    .slice(
      0,
      lines.findIndex((line) => !line.startsWith("//")),
    )
    .map((line) => line.slice(3));
  const [, code, address] = /^@error (\S+)(?: at (\S+))?$/.exec(comments.at(-1)!)!;
  const first = lines.findIndex((line, i) => i > comments.length && line === "") + 1;
  const marked = lines.flatMap((line, i) => (line.endsWith("// <-") ? [i + 1] : []));
  if (marked.length !== 1) throw new Error(`${file} marks ${marked.length} lines`);
  return {
    name,
    file,
    title: comments[0]!.replace(/\.$/, ""),
    prose: comments.slice(1, -1).join(" "),
    code: code!,
    address,
    line: marked[0]!,
    program: lines.slice(first).map((line) => line.replace(/ *\/\/ <-$/, "")),
    firstLine: first + 1,
  };
}

/** Runs a program and gives the error that it ends in. */
export async function errorOf({ file }: Mistake, load: (path: string) => Promise<unknown>): Promise<ElbowError> {
  try {
    await load(join(root, file));
  } catch (error) {
    return error as ElbowError;
  }
  throw new Error(`${file} ends without an error`);
}

/** The part of the page for a mistake: lines are those of the program as it is shown. */
export function mistakeText({ file, title, prose, code, program, firstLine }: Mistake, error: ElbowError): string {
  const message = error.message
    .replaceAll(new RegExp(`${file}:(\\d+)`, "g"), (_, line) => `program.ts:${Number(line) - firstLine + 1}`)
    .replaceAll(`${tmpdir()}/`, "");
  const text = prose ? `\n${prose}\n` : "";
  return `#### ${title}\n${text}\n\`\`\`js\n${program.join("\n")}\n\`\`\`\n\n\`${code}\`\n\n\`\`\`text\n${message}\n\`\`\`\n`;
}

/** The mistakes as they stand between the marks of the page. */
export async function mistakesText(load: (path: string) => Promise<unknown>): Promise<string> {
  const parts: string[] = [];
  for (const [section, names] of Object.entries(sections)) {
    parts.push(`### ${section}\n`);
    for (const name of names) {
      const mistake = readMistake(name);
      parts.push(mistakeText(mistake, await errorOf(mistake, load)));
    }
  }
  return parts.join("\n");
}

/** The page with the mistakes put in. */
export const updatedPage = (text: string, mistakes: string): string =>
  `${text.slice(0, text.indexOf(start) + start.length)}\n\n${mistakes}\n${text.slice(text.indexOf(end))}`;

if (process.argv[1] === import.meta.filename)
  writeFileSync(page, updatedPage(readFileSync(page, "utf8"), await mistakesText((path) => import(path))));
