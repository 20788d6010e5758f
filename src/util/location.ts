// Which line of a user's program is running. Stack frames are files in Node and URLs in a browser, and a bundler may have
// put everything into one file: then places tell Elbow from the user, not files.

/** A place in a user's program, resolved only when somebody reads it: formatting a stack costs far more than taking it. */
export interface Source {
  /**
   * `file:line` of the innermost frame outside Elbow, node_modules and Node itself; in a bundle, where a line may hold a
   * whole program, `file:line:column`. Undefined if there is none.
   */
  readonly line: string | undefined;
}

/** A place in a file or at a URL. */
interface Frame {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** V8 writes `at name (file:line:column)`, Firefox and Safari write `name@file:line:column`. */
function frameOf(text: string): Frame | undefined {
  const match = /\(?((?:file:\/\/)?[^\s()]+?):(\d+):(\d+)\)?$/.exec(text.trim());
  if (!match) return undefined;
  const url = match[1]!.replace(/^.*@(?=[a-z-]+:\/\/)/, "");
  // an encoded path in a URL, a plain one in Node's frames of bundled and transformed code
  const file = url.startsWith("file://") ? decodeURIComponent(url.replace(/^file:\/\/(?:\/(?=[A-Za-z]:))?/, "")) : url;
  return { file, line: Number(match[2]), column: Number(match[3]) };
}

/** From the innermost one outwards. */
const framesOf = (error: Error): Frame[] =>
  (error.stack ?? "").split("\n").flatMap((text) => {
    const frame = frameOf(text);
    return frame ? [frame] : [];
  });

/** What is known of the files that Elbow and tfjs stand in. */
interface Layout {
  /** Elbow's folder with a slash at the end; undefined in a bundle, where this module is not in its file any more. */
  readonly ownFolder: string | undefined;
  /** Where Elbow ends in a bundle. */
  readonly end: Frame | undefined;
  /**
   * A file of a bundle that holds nothing but Elbow: what its parts that are loaded when they are asked for share with the rest,
   * this module among it, may lie apart from the end.
   */
  readonly ownFile: string | undefined;
  readonly tfjsFiles: ReadonlySet<string>;
}

const isAfter = (frame: Frame, other: Frame): boolean =>
  frame.line > other.line || (frame.line === other.line && frame.column > other.column);

let atEnd: Error | undefined;
let known: Layout | undefined;

/** Found when a line is first asked for: to read a stack takes long, above all with source maps. */
function layout(): Layout {
  known ??= findLayout(framesOf(new Error())[0], atEnd && framesOf(atEnd));
  return known;
}

function findLayout(here: Frame | undefined, frames: readonly Frame[] = []): Layout {
  const ownFolder = /^(.*\/)util\/location\.[jt]s$/.exec(here?.file.replace(/\?.*$/, "") ?? "")?.[1];
  // tidy takes more than three calls to come to the function
  const [end, ...tfjs] = frames.slice(0, 4);
  const files = tfjs.filter((frame) => frame.file !== end?.file || isAfter(frame, end)).map(({ file }) => file);
  const isApart = ownFolder === undefined && end !== undefined && here?.file !== end.file;
  return { ownFolder, end, ownFile: isApart ? here?.file : undefined, tfjsFiles: new Set(files) };
}

/**
 * Remembers where Elbow ends in a bundle. Bundlers write modules in the order of their evaluation: what stands before the
 * last module of Elbow is Elbow or what Elbow is made on. Only tfjs may have a file of its own. Where tfjs stands behind,
 * modules are in another order, and nothing is said about that file.
 *
 * @param error - made by Elbow's last module in a function that `tidy` of tfjs called
 */
export function markEnd(error: Error): void {
  atEnd = error;
  known = undefined;
}

/** Folders of tfjs' packages, which source maps name without node_modules. */
const tfjsFolder = /[/@]tfjs-(core|backend-[a-z]+|node|node-gpu)[/.@]/;

/** Whether a frame is Elbow's, tfjs', another package's or Node's. */
function isForeign(frame: Frame): boolean {
  const { file } = frame;
  const { ownFolder, end, ownFile, tfjsFiles } = layout();
  if (tfjsFiles.has(file) || file === ownFile) return true;
  if (ownFolder === undefined && end && file === end.file) return !isAfter(frame, end);
  return (
    (ownFolder !== undefined && file.startsWith(ownFolder)) ||
    file.includes("node_modules") ||
    tfjsFolder.test(file) ||
    file.startsWith("node:")
  );
}

/** Where relative paths begin: the working directory, or the page's own server. */
function base(): string {
  const { process, location } = globalThis as { process?: { cwd?: () => string }; location?: { origin?: string } };
  return `${process?.cwd?.() ?? location?.origin}/`;
}

/** Remembers where the user's code is right now. */
export function captureSource(): Source {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 60;
  const error = new Error();
  Error.stackTraceLimit = limit;
  let resolved: { line: string | undefined } | undefined;
  return {
    get line() {
      resolved ??= { line: userLine(error.stack ?? "") };
      return resolved.line;
    },
  };
}

/** Whether the innermost frame of a stack text is tfjs'. */
export function thrownByTfjs(stack: string): boolean {
  const [frame] = stack.split("\n").flatMap((text) => frameOf(text) ?? []);
  return frame !== undefined && (layout().tfjsFiles.has(frame.file) || tfjsFolder.test(frame.file));
}

/** The innermost place of a stack text that belongs to the user, relative to the working directory or the page's server. */
export function userLine(stack: string): string | undefined {
  for (const text of stack.split("\n").slice(1)) {
    const frame = frameOf(text);
    if (!frame || isForeign(frame)) continue;
    const { file, line, column } = frame;
    const from = base();
    const short = (file.startsWith(from) ? file.slice(from.length) : file).replace(/\?.*$/, "");
    return `${short}:${line}${layout().ownFolder === undefined ? `:${column}` : ""}`;
  }
  return undefined;
}
