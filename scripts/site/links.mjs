import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";

const attributes = /<[^>]*?\s(?:href|src|srcset)="([^"]+)"/g;
const isElsewhere = (link) => /^(?:[a-z]+:|\/\/)/i.test(link);
const decoded = (text) => decodeURIComponent(text.replaceAll("&amp;", "&"));

/** The links between the pages below a folder that lead to no file, or to no element of the page. */
export function brokenLinks(folder) {
  const pages = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".html"));
  const texts = new Map(pages.map((page) => [join(folder, page), readFileSync(join(folder, page), "utf8")]));
  const names = new Map([...texts].map(([file, text]) => [file, namesIn(text)]));
  const isBroken = (file, link) => {
    const [path, name] = link.split("#", 2);
    const named = path === "" ? file : join(dirname(file), decoded(path));
    const target = existsSync(named) && statSync(named).isDirectory() ? join(named, "index.html") : named;
    if (!existsSync(target)) return true;
    return Boolean(name) && names.has(target) && !names.get(target).has(decoded(name));
  };
  return [...texts].flatMap(([file, text]) =>
    [...new Set([...text.matchAll(attributes)].map(([, link]) => link))]
      .filter((link) => !isElsewhere(link) && isBroken(file, link))
      .map((link) => ({ page: relative(folder, file), link })),
  );
}

const namesIn = (text) => new Set([...text.matchAll(/\s(?:id|name)="([^"]+)"/g)].map(([, name]) => decoded(name)));
