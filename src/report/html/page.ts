import { style } from "./style.js";
import { escaped } from "./text.js";

/** A part of the page. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly html: string;
}

/** One file with everything in it: no script, nothing to fetch. */
export function page(title: string, head: string, sections: readonly Section[], foot: string): string {
  const links = sections.map(({ id, title }) => `<li><a href="#${id}">${escaped(title)}</a></li>`).join("");
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>${escaped(title)}</h1>
${head}
<nav aria-label="Sections"><ul>${links}</ul></nav>
</header>
<main>
${sections.map(({ id, title, html }) => `<section aria-labelledby="${id}">\n<h2 id="${id}">${escaped(title)}</h2>\n${html}\n</section>`).join("\n")}
</main>
<footer>${escaped(foot)}</footer>
</body>
</html>
`;
}
