#!/usr/bin/env node
// Rewrites static/patternfly.css: PatternFly's own tokens and styles, and of those only what the page uses.
// usage: scripts/patternfly [FOLDER of an unpacked @patternfly/patternfly]
// A rule stays when all of its classes are named in src/bin/page; a token, when something that stays wants it.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const VERSION = '5.4.2';
const PARTS = ['Button/button', 'Label/label', 'Tabs/tabs'];

const root = resolve(import.meta.dirname, '..');
const folder = process.argv[2] ?? (() => {
  const to = mkdtempSync(join(tmpdir(), 'patternfly-'));
  execFileSync('npm', ['install', '--silent', '--no-save', '--prefix', to, `@patternfly/patternfly@${VERSION}`]);
  return join(to, 'node_modules/@patternfly/patternfly');
})();

const read = (path) => readFileSync(path, 'utf8');
const sources = readdirSync(join(root, 'src/bin/page'), { recursive: true })
  .filter((name) => name.endsWith('.rs'))
  .map((name) => read(join(root, 'src/bin/page', name)));
const ours = read(join(root, 'static/style.css'));
const used = new Set((sources.join('\n') + ours).match(/pf-(v5-[a-z]+-[\w-]+|m-[\w-]+)/g));
used.add('pf-v5-theme-dark');

/// Rules as { media, selector, body }; PatternFly's build nests nothing but media queries.
function rules(css, media = '') {
  const found = [];
  const text = css.replace(/\/\*[^]*?\*\//g, '').replace(/@(charset|import)[^;]*;/g, '');
  let at = 0;
  while (true) {
    const open = text.indexOf('{', at);
    if (open < 0) return found;
    let depth = 1;
    let close = open + 1;
    for (; depth > 0; close++) depth += text[close] === '{' ? 1 : text[close] === '}' ? -1 : 0;
    const selector = text.slice(at, open).trim().replace(/\s+/g, ' ');
    const body = text.slice(open + 1, close - 1).trim();
    if (selector.startsWith('@media')) found.push(...rules(body, selector));
    else if (!selector.startsWith('@')) found.push({ media, selector, body });
    at = close;
  }
}

const split = (selector) => selector.split(/,(?![^(]*\))/).map((one) => one.trim());
const wanted = (selector) => {
  const classes = selector.match(/\.[A-Za-z][\w-]*/g)?.map((name) => name.slice(1)) ?? [];
  return classes.every((name) => used.has(name)) && (classes.length > 0 || selector === ':where(:root)');
};
const kept = ['patternfly-base.css', ...PARTS.map((part) => `components/${part}.css`)]
  .flatMap((name) => rules(read(join(folder, name))))
  .map((rule) => ({ ...rule, selector: split(rule.selector).filter(wanted).join(', ') }))
  .filter((rule) => rule.selector !== '')
  .map((rule) => ({ ...rule, lines: rule.body.split(';').map((line) => line.trim()).filter(Boolean) }));

// Tokens that nothing asks for go, until none does.
while (true) {
  const text = kept.flatMap((rule) => rule.lines).join(';') + ours;
  const asked = new Set(text.match(/var\(\s*(--[\w-]+)/g)?.map((use) => use.replace(/var\(\s*/, '')));
  let gone = 0;
  for (const rule of kept) {
    const stay = rule.lines.filter((line) => !line.startsWith('--') || asked.has(line.slice(0, line.indexOf(':')).trim()));
    gone += rule.lines.length - stay.length;
    rule.lines = stay;
  }
  if (gone === 0) break;
}

let css = `/* PatternFly ${VERSION} (https://www.patternfly.org), the parts that the page uses: scripts/patternfly.
   Copyright Red Hat, Inc. MIT licence:
   Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
   documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
   rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
   persons to whom the Software is furnished to do so, subject to the following conditions: The above copyright notice
   and this permission notice shall be included in all copies or substantial portions of the Software.
   THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
   WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
   COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
   OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE. */
`;
for (const rule of kept.filter((rule) => rule.lines.length > 0)) {
  const text = `${rule.selector} { ${rule.lines.join('; ')} }`;
  css += rule.media === '' ? `${text}\n` : `${rule.media} { ${text} }\n`;
}
writeFileSync(join(root, 'static/patternfly.css'), css);
console.error(`patternfly: ${css.length} bytes`);
