import { existsSync } from "node:fs";
import { register } from "node:module";
import { extname, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import "../index.js";
import { ElbowError } from "../errors.js";
import { explainMissingExport } from "./missingExport.js";
import { refuseOtherCopy } from "./otherCopy.js";
import { isWatched, noteFile } from "./watched.js";

const extensions = [".ts", ".mts", ".js", ".mjs"];

/** Whether this very file is TypeScript: then something else already lets Node import it. */
const isSource = import.meta.url.endsWith(".ts");

/** Lets Node import TypeScript from here on. */
async function enableTypeScript(): Promise<void> {
  const tsx = await import("tsx/esm/api");
  // path aliases of a tsconfig.json could lead to a second copy of Elbow
  tsx.register({ tsconfig: false });
  process.setSourceMapsEnabled(true);
}

/** Tells the process that watches which files are imported. The function that is returned ends that. */
function tellFiles(): { readonly port: MessagePort; readonly end: () => void } | undefined {
  if (!isWatched()) return undefined;
  const { port1, port2 } = new MessageChannel();
  port1.on("message", (url: string) => noteFile(fileURLToPath(url)));
  // what the loader thread has said may still be on its way
  return { port: port2, end: () => setTimeout(() => port1.close(), 100) };
}

/**
 * Imports a user's module, TypeScript or JavaScript.
 *
 * @throws ElbowError "model-file" for a file that is missing or of another kind, "two-copies", "model-import" where it imports a name that is not there; whatever the module itself throws
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
  if (!isSource) refuseOtherCopy(file, path);
  const told = tellFiles();
  const isTypeScript = extension.endsWith("ts");
  if (isTypeScript && !isSource) await enableTypeScript();
  if ((isTypeScript || told) && !isSource)
    register("./moduleHooks.js", import.meta.url, {
      data: { port: told?.port },
      transferList: told ? [told.port] : [],
    });
  try {
    return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (error) {
    throw explainMissingExport(error);
  } finally {
    told?.end();
  }
}
