import { ElbowError } from "../errors.js";
import { described } from "../util/described.js";
import { importFromNode, isNode } from "../util/host.js";

/** A file by its path, or an address; of URLs those with file:, http: and https:. Outside Node a path is an address, too. */
export type FileSource = string | URL;

/** What messages call a file. @throws ElbowError "data-file" for what is no path */
export const nameOf = (source: FileSource): string => {
  if (typeof source !== "string" && !(source instanceof URL))
    throw new ElbowError("data-file", {
      message: `a table is read from a path or a URL\n  received: ${described(source)}`,
      hint: 'A function `data` of a module is given the path that the module exports: dataFile = "data.csv".',
    });
  const text = String(source);
  return text.startsWith("file:") ? decodeURIComponent(new URL(text).pathname) : text;
};

/** The bytes of a file. @throws ElbowError "data-file" if it cannot be read */
export async function readBytes(source: FileSource): Promise<Uint8Array<ArrayBuffer>> {
  const name = nameOf(source);
  const isLocal = isNode() && !/^https?:/.test(String(source));
  const refuse = (why: string) =>
    new ElbowError("data-file", {
      message: `${name} cannot be read: ${why}`,
      hint: isLocal
        ? 'Paths are relative to where the process was started; new URL("data.csv", import.meta.url) is relative to the module.'
        : undefined,
    });
  if (!isLocal) {
    const response = await fetch(source).catch((error: unknown) => {
      throw refuse(String(error instanceof Error ? error.message : error));
    });
    if (!response.ok) throw refuse(`${response.status} ${response.statusText}`);
    return new Uint8Array(await response.arrayBuffer());
  }
  const { readFile } = await importFromNode<typeof import("node:fs/promises")>("node:fs/promises");
  try {
    return new Uint8Array(
      await readFile(String(source).startsWith("file:") ? new URL(String(source)) : String(source)),
    );
  } catch (error) {
    throw refuse((error as NodeJS.ErrnoException).code === "ENOENT" ? "there is no such file" : String(error));
  }
}

/** A text file, UTF-8. @throws ElbowError "data-file" */
export const readText = async (source: FileSource): Promise<string> =>
  new TextDecoder().decode(await readBytes(source));
