/** A runnable example of the documentation. `line` is where its code starts in `file` (1-based). */
export interface DocsBlock {
  readonly file: string;
  readonly line: number;
  readonly code: readonly string[];
  /** Written as ```ts no-run: type-checked, never executed. */
  readonly isRun: boolean;
  /** Written as ```ts continue: the previous block of the file is part of this one. */
  readonly isContinued: boolean;
}

const opening = /^(\s*)(`{3,})ts\b(.*)$/;

/** The ```ts fences among `lines`, whose first line is line `firstLine` of `file`. */
function fences(file: string, lines: readonly string[], firstLine: number): DocsBlock[] {
  const blocks: DocsBlock[] = [];
  let other: string | undefined;
  for (let i = 0; i < lines.length; i++) {
    const text = lines[i]!.trim();
    if (other !== undefined) {
      if (text.startsWith(other) && /^`+$/.test(text)) other = undefined;
      continue;
    }
    const match = opening.exec(lines[i]!);
    if (match === null) {
      other = /^`{3,}/.exec(text)?.[0];
      continue;
    }
    const [, indent, fence, info] = match;
    const close = lines.findIndex((line, j) => j > i && line.trim() === fence);
    if (close === -1) throw new Error(`${file}:${firstLine + i}: this code block is never closed`);
    blocks.push({
      file,
      line: firstLine + i + 1,
      code: lines
        .slice(i + 1, close)
        .map((line) => (line.startsWith(indent!) ? line.slice(indent!.length) : line.trimStart())),
      isRun: !/\bno-run\b/.test(info!),
      isContinued: /\bcontinue\b/.test(info!),
    });
    i = close;
  }
  return blocks;
}

/** Every ```ts block of a Markdown page. */
export function markdownBlocks(file: string, text: string): DocsBlock[] {
  return fences(file, text.split(/\r?\n/), 1);
}

/** Every `@example` of the docstrings of a TypeScript file: its ```ts fences or, where it has none, all of its text. */
export function docstringBlocks(file: string, text: string): DocsBlock[] {
  const lines = text.split(/\r?\n/);
  const blocks: DocsBlock[] = [];
  let isInside = false;
  let example: { start: number; lines: string[] } | undefined;
  const finish = () => {
    if (example === undefined) return;
    const fenced = fences(file, example.lines, example.start);
    const hasFence = example.lines.some((line) => line.trimStart().startsWith("```"));
    if (hasFence) blocks.push(...fenced);
    else if (example.lines.some((line) => line.trim() !== "")) {
      blocks.push({ file, line: example.start, code: example.lines, isRun: true, isContinued: false });
    }
    example = undefined;
  };
  lines.forEach((line, i) => {
    if (!isInside) {
      isInside = /^\s*\/\*\*/.test(line) && !line.includes("*/");
      return;
    }
    if (line.includes("*/")) {
      finish();
      isInside = false;
      return;
    }
    const content = line.replace(/^\s*\* ?/, "");
    if (/^@example\b/.test(content)) {
      finish();
      example = { start: i + 2, lines: [] };
    } else if (/^@\w+/.test(content)) finish();
    else example?.lines.push(content);
  });
  return blocks;
}

/**
 * The blocks as whole TypeScript files in which every line of code stands on the line it has in its own file, so that
 * positions in messages need no translation. A continued block includes those before it.
 */
export function layOut(blocks: readonly DocsBlock[]): { block: DocsBlock; lines: string[] }[] {
  let previous: { block: DocsBlock; lines: string[] } | undefined;
  return blocks.map((block) => {
    const isContinued = block.isContinued && previous?.block.file === block.file;
    const lines = isContinued ? [...previous!.lines] : [];
    while (lines.length < block.line - 1) lines.push("");
    lines.push(...block.code);
    previous = { block, lines };
    return previous;
  });
}

/** An expectation `// => text`, and the line it is written on. */
export interface Expectation {
  readonly line: number;
  readonly text: string;
}

const expectation = /;\s*\/\/ => (.*)$/;
const declaration = /^\s*(?:export )?(?:const|let) (\w+)\b[^=]*=/;
const unsupported = /^\s*(?:return|throw|if|for|while|type|interface|import|export)\b/;

/**
 * Rewrites each statement that ends in `// => text` to report what it prints (`console.log(…)`), the value it declares
 * (`const x = …`), or its value (any other expression on a line of its own). Lines stay where they are.
 */
export function instrument(file: string, lines: readonly string[]): { lines: string[]; expectations: Expectation[] } {
  const result = [...lines];
  const expectations: Expectation[] = [];
  lines.forEach((line, i) => {
    const match = expectation.exec(line);
    if (match === null) return;
    const number = i + 1;
    expectations.push({ line: number, text: match[1]!.trim() });
    const statement = line.slice(0, match.index);
    const logStart = startOfLog(lines, i);
    const declared = declaration.exec(line)?.[1];
    if (logStart !== undefined) {
      result[logStart] = result[logStart]!.replace("console.log(", `globalThis.__show(${number})(`);
    } else if (declared !== undefined) {
      result[i] = `${statement}; globalThis.__show(${number})(${declared});`;
    } else if (unsupported.test(line)) {
      throw new Error(`${file}:${number}: "// =>" must follow console.log(…), a declaration or a one-line expression`);
    } else {
      result[i] = `globalThis.__show(${number})(${statement});`;
    }
  });
  return { lines: result, expectations };
}

/** The line on which the console.log statement that ends on line `end` begins. */
function startOfLog(lines: readonly string[], end: number): number | undefined {
  for (let i = end; i >= 0; i--) {
    if (i < end && /;\s*(\/\/.*)?$/.test(lines[i]!)) return undefined;
    if (/^\s*console\.log\(/.test(lines[i]!)) return i;
  }
  return undefined;
}
