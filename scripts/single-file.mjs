// Puts all of dist/ into one page that needs no network at all, not even to start: it works from a disk, and its policy
// names what may run by its hash. usage: node scripts/single-file.mjs DIST OUT
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const [dist, out] = process.argv.slice(2);
if (!out) throw new Error('usage: node scripts/single-file.mjs DIST OUT');
const folder = readdirSync(dist, { withFileTypes: true }).find((entry) => entry.isDirectory()).name;
const part = (name) => readFileSync(join(dist, folder, name));
const text = (name) => part(name).toString('utf8');

const entry = readFileSync(join(dist, 'index.html'), 'utf8');
const fail = (what) => { throw new Error(`single file: ${what}`); };
/** Replaces what must be there exactly once. */
const once = (where, what, by) => {
  const [before, after, ...more] = where.split(what);
  if (after === undefined || more.length) fail(`${what} stands there ${more.length ? 'more than once' : 'nowhere'}`);
  return before + by + after;
};

// The page's module and boot.js become one: an inline module cannot import another without a name for it.
const module = once(text('page.js'), /export \{[^}]*__wbg_init as default[^}]*\};/, 'const start = __wbg_init;');
const boot = once(text('boot.js'), /^import start from '\.\/page\.js';$/m, '');
if (/^\s*(import|export)\b(?!\.)/m.test(module) || /^\s*(import|export)\b(?!\.)/m.test(boot)) fail('a module is imported that is not inside');
const script = `\n${module}\n${boot}\n`;
const links = [...entry.matchAll(/<link rel="stylesheet" href="\.\/[^/"]+\/([^"]+)">\n?/g)];
if (!links.length) fail('no style');
const style = links.map(([, name]) => text(name)).join('\n');
if (/url\((?!['"]?data:)/.test(style)) fail('a style wants another file');
if (/<\/script|<!--/i.test(script) || /<\/style/i.test(style)) fail('a part would end its own element');
// A browser makes a line feed of it, and the page could not be saved as it was.
if (/\r/.test(script + style + entry)) fail('a carriage return');

const hash = (content) => `'sha256-${createHash('sha256').update(content).digest('base64')}'`;
const policy = [
  "default-src 'none'", `script-src ${hash(script)} 'wasm-unsafe-eval'`, `style-src ${hash(style)}`, 'img-src data: blob:', "connect-src 'none'",
  'worker-src blob:', "base-uri 'none'", "form-action 'none'", "object-src 'none'", "frame-src 'none'",
  "require-trusted-types-for 'script'", 'trusted-types xdscope-worker',
].join('; ');
const names = ['page_bg.wasm', 'worker_bg.wasm', 'worker.js', 'sample.tar.gz'];
const texts = new Map([['part:style', style], ['part:script', script]]);
for (const name of names) texts.set(`part:${name}`, gzipSync(part(name), { level: 9 }).toString('base64'));

// The page with a slot for each of those, so that boot.js can write the page once more: with a capture inside.
let frame = entry;
for (const [link] of links) frame = once(frame, link, '');
frame = once(frame, /(?<=<meta http-equiv="Content-Security-Policy" content=")[^"]*/, policy);
frame = once(frame, /<script type="module" src="[^"]*"><\/script>\n?/, '');
// No script to a browser, so the policy has nothing to say of it: text that boot.js unpacks.
const block = (name) => `<script type="text/plain" id="part:${name}">[[part:${name}]]</script>\n`;
const parts = [...names, 'frame'].map(block).join('');
// The styles stand where their links stood; the script comes last, when its parts are there.
frame = once(frame, '</head>', '  <style id="part:style">[[part:style]]</style>\n</head>');
frame = once(frame, '</body>', `${parts}[[capture]]<script type="module" id="part:script">[[part:script]]</script>\n</body>`);
texts.set('part:frame', Buffer.from(frame).toString('base64'));
const page = frame.replace('[[capture]]', '').replace(/\[\[(part:[^\]]+)\]\]/g, (_, id) => texts.get(id));
writeFileSync(out, page);
const sum = createHash('sha256').update(page).digest('hex');
console.log(`${sum}  ${out}`);
