import { fileURLToPath } from "node:url";

const ownFolder = fileURLToPath(new URL("..", import.meta.url));

/** A place in a user's program, resolved only when somebody reads it: formatting a stack costs far more than taking it. */
export interface Source {
  /** `file:line` of the innermost frame outside Elbow, node_modules and Node itself; undefined if there is none. */
  readonly line: string | undefined;
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

/** The innermost `file:line` of a stack text that belongs to the user, relative to the working directory. */
export function userLine(stack: string): string | undefined {
  for (const frame of stack.split("\n").slice(1)) {
    const match = /\(?((?:file:\/\/)?[^\s()]+?):(\d+):\d+\)?$/.exec(frame.trim());
    if (!match) continue;
    const file = match[1]!.startsWith("file://") ? fileURLToPath(match[1]!) : match[1]!;
    if (
      file.startsWith(ownFolder) ||
      file.includes("node_modules") ||
      file.includes("/tfjs-core/src/") ||
      file.startsWith("node:")
    )
      continue;
    const base = `${process.cwd()}/`;
    return `${file.startsWith(base) ? file.slice(base.length) : file}:${match[2]}`;
  }
  return undefined;
}
