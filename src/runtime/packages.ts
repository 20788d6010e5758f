// Packages that a user may or may not have installed.
import { ElbowError } from "../errors.js";
import { importFromNode, isNode } from "../util/host.js";

/** Whether a package lies where an import would find it. Outside Node nothing can be said: undefined. */
export async function isInstalled(packageName: string): Promise<boolean | undefined> {
  if (!isNode()) return undefined;
  const [{ createRequire }, { existsSync }, { join }] = await Promise.all([
    importFromNode<typeof import("node:module")>("node:module"),
    importFromNode<typeof import("node:fs")>("node:fs"),
    importFromNode<typeof import("node:path")>("node:path"),
  ]);
  const folders = createRequire(import.meta.url).resolve.paths(packageName) ?? [];
  return folders.some((folder) => existsSync(join(folder, packageName, "package.json")));
}

/** @throws ElbowError `engine-unavailable`, which says why and what to install */
export function unavailable(engine: string, why: string): ElbowError {
  return new ElbowError("engine-unavailable", {
    message: `engine "${engine}" is not available: ${why}`,
    hint: "The engine wasm needs no package of its own; listEngines() says which ones there are.",
  });
}

/**
 * Imports a package that is no dependency of Elbow. Bundlers do not follow the import: a page that needs the package imports
 * it itself.
 *
 * @throws ElbowError `engine-unavailable` if it is absent or does not load
 */
export async function importOptional(engine: string, packageName: string, install: string): Promise<unknown> {
  if ((await isInstalled(packageName)) === false)
    throw unavailable(engine, `${packageName} is not installed, run: ${install}`);
  try {
    return await import(/* @vite-ignore */ /* webpackIgnore: true */ packageName);
  } catch (error) {
    if (!isNode()) throw unavailable(engine, `the page must import it, add: import "${packageName}"`);
    const [why] = String(error instanceof Error ? error.message : error).split("\n");
    throw unavailable(engine, `${packageName} does not load (${why}), try: ${install}`);
  }
}
