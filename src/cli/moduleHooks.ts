// Runs in Node's loader thread: takes a user's TypeScript files for ES modules whatever his package.json says, because
// Elbow is one and a CommonJS file could not import it. Tells which files of the user's were asked for, if that is wanted.
import type { MessagePort } from "node:worker_threads";

interface Resolved {
  readonly url: string;
  readonly format?: string | null;
}

const ofUser = /^file:(?!.*\/node_modules\/)/;
const typescript = /(?<!\.d)\.m?tsx?(\?.*)?$/;
/** The folder of Elbow itself. */
const own = new URL("..", import.meta.url).href;
let port: MessagePort | undefined;

/** Is given a port if files are to be told. */
export function initialize(data?: { readonly port?: MessagePort }): void {
  port = data?.port;
}

export async function resolve(
  specifier: string,
  context: unknown,
  next: (specifier: string, context: unknown) => Promise<Resolved>,
): Promise<Resolved> {
  const resolved = await next(specifier, context);
  if (!ofUser.test(resolved.url)) return resolved;
  if (!resolved.url.startsWith(own)) port?.postMessage(resolved.url);
  return typescript.test(resolved.url) ? { ...resolved, format: "module" } : resolved;
}
