// Runs in Node's loader thread: takes a user's TypeScript files for ES modules whatever his package.json says, because
// Elbow is one and a CommonJS file could not import it.

interface Resolved {
  readonly url: string;
  readonly format?: string | null;
}

const typescriptOfUser = /^file:(?!.*\/node_modules\/).*(?<!\.d)\.m?tsx?(\?.*)?$/;

export async function resolve(
  specifier: string,
  context: unknown,
  next: (specifier: string, context: unknown) => Promise<Resolved>,
): Promise<Resolved> {
  const resolved = await next(specifier, context);
  return typescriptOfUser.test(resolved.url) ? { ...resolved, format: "module" } : resolved;
}
