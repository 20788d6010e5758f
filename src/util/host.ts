// Where Elbow runs: in Node and what does as Node does, or in a browser.

interface Host {
  readonly process?: {
    readonly versions?: { readonly node?: string };
    readonly env?: Readonly<Record<string, string | undefined>>;
  };
  readonly [name: string]: unknown;
}

const host = globalThis as unknown as Host;

/** Whether the modules of Node can be had. */
export const isNode = (): boolean => host.process?.versions?.node !== undefined;

/** Imports a module of Node by a name that is no literal, since bundlers for browsers would look for it and fail. */
export const importFromNode = async <M>(name: `node:${string}`): Promise<M> =>
  (await import(/* @vite-ignore */ /* webpackIgnore: true */ name)) as M;

/** A setting: an environment variable; where there are none, as in a browser, a global variable of that name. */
export function setting(name: string): string | undefined {
  const value = host.process?.env?.[name] ?? host[name];
  return value === undefined ? undefined : String(value);
}
