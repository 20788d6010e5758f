// What `elbow fit --watch` is told by the process that it starts: the files that a fit was made from.

/** Set by the process that watches. */
export const watchVariable = "ELBOW_WATCHED";

/** Whether another process waits to be told. */
export const isWatched = (): boolean => process.send !== undefined && process.env[watchVariable] === "1";

/** Tells which file the fit depends on. */
export function noteFile(file: string): void {
  if (isWatched()) process.send!({ file });
}
