import { existsSync } from "node:fs";
import { register } from "node:module";
import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ElbowError } from "../errors.js";

const extensions = [".ts", ".mts", ".js", ".mjs"];

/** Lets Node import TypeScript from here on. Where this file itself is TypeScript, something else already does. */
async function enableTypeScript(): Promise<void> {
  if (import.meta.url.endsWith(".ts")) return;
  const tsx = await import("tsx/esm/api");
  // path aliases of a tsconfig.json could lead to a second copy of Elbow
  tsx.register({ tsconfig: false });
  register("./moduleHooks.js", import.meta.url);
  process.setSourceMapsEnabled(true);
}

/**
 * Imports a user's module, TypeScript or JavaScript.
 *
 * @throws ElbowError "model-file" for a file that is missing or of another kind; whatever the module itself throws
 */
export async function loadModule(file: string): Promise<Readonly<Record<string, unknown>>> {
  const path = resolve(file);
  if (!existsSync(path))
    throw new ElbowError("model-file", {
      message: `there is no file ${file}`,
      hint: "Give the path of a module that exports a model.",
    });
  const extension = extname(path);
  if (!extensions.includes(extension))
    throw new ElbowError("model-file", {
      message: `${file} is not a module\n  expected: a file that ends in ${extensions.join(", ")}\n  received: ${extension || "no ending"}`,
    });
  if (extension.endsWith("ts")) await enableTypeScript();
  return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
}
