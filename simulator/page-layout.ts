import { html, type Markup } from './html.ts';

export interface PageFrame {
  /** The base path, which every link of the page begins with. */
  readonly root: string;
  readonly title: string;
  readonly faultMode: string;
}

/** Wraps the content of a page for a person; the fault that is on is told on every page. */
export function layout({ root, title, faultMode }: PageFrame, content: Markup): string {
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${{ markup: style }}</style>
</head>
<body>
<header><a href="${root}/simulator/">ServiceNow simulator</a><span class="fault">fault: <strong>${faultMode}</strong></span></header>
<main>
<h1>${title}</h1>
${content}
</main>
</body>
</html>
`.markup;
}

const style = `
:root { color-scheme: light dark; --line: light-dark(#c8ccd4, #454b57); --soft: light-dark(#f3f5f8, #1d2129);
  --text: light-dark(#16191f, #e8eaee); --quiet: light-dark(#565d6b, #a5acb9); --back: light-dark(#fff, #14171c);
  --go: light-dark(#0b6b3a, #5fd39a); --stop: light-dark(#a11a1a, #ff9a92); --link: light-dark(#0b57b8, #8ab8ff); }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back); }
header { display: flex; flex-wrap: wrap; gap: .25rem 1rem; justify-content: space-between; padding: .75rem 1rem;
  background: var(--soft); border-bottom: 1px solid var(--line); }
header a { font-weight: 600; }
main { max-width: 62rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
a { color: var(--link); }
ul.cards { list-style: none; margin: 0; padding: 0; }
ul.cards > li { display: grid; grid-template-columns: 1fr auto; gap: .25rem 1rem; align-items: center;
  padding: .75rem 0; border-bottom: 1px solid var(--line); }
.quiet { color: var(--quiet); }
.actions { display: flex; flex-wrap: wrap; gap: .5rem; }
form.row { display: flex; flex-wrap: wrap; gap: .75rem; align-items: end; }
label { display: block; }
label span { display: block; color: var(--quiet); font-size: .9rem; }
input, select, button { font: inherit; padding: .4rem .7rem; border: 1px solid var(--line); border-radius: .35rem;
  background: var(--back); color: inherit; max-width: 100%; }
button { cursor: pointer; background: var(--soft); min-height: 2.5rem; }
button.go { color: var(--go); border-color: currentColor; } button.stop { color: var(--stop); border-color: currentColor; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
dl { display: grid; grid-template-columns: minmax(8rem, max-content) 1fr; gap: .25rem 1rem; }
dt { color: var(--quiet); } dd { margin: 0; overflow-wrap: anywhere; white-space: pre-wrap; }
@media (max-width: 36rem) { ul.cards > li, dl { grid-template-columns: 1fr; } dd { margin-bottom: .5rem; } }
`;
