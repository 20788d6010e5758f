import type { Page as Tab } from "playwright-core";

/** Calls the functions of a page's program by their names. */
export const callPage = <Functions extends Readonly<Record<string, (...args: never[]) => unknown>>>(tab: Tab) =>
  function call<Name extends keyof Functions & string>(
    name: Name,
    ...args: Parameters<Functions[Name]>
  ): Promise<Awaited<ReturnType<Functions[Name]>>> {
    const found = tab.evaluate(
      ([name, args]) =>
        (globalThis as unknown as { page: Record<string, (...args: unknown[]) => unknown> }).page[name]!(...args),
      [name, args] as [string, unknown[]],
    );
    return found as Promise<Awaited<ReturnType<Functions[Name]>>>;
  };
