// What the browser tests share: a static host that sends no header of its own, a real Chromium, and
// watchers for everything that xdscope promises never happens.
import { createServer } from 'node:http';
import { mkdir, readFile, readdir, stat } from 'node:fs/promises';
import { basename, extname, join, relative, resolve, sep } from 'node:path';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const root = resolve(import.meta.dirname, '../..');
const types = {
  '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm', '.json': 'application/json',
};

/// Serves dist/ below a path, as a plain host does: no headers but the type. `wasmType` stands in for a
/// host that does not know wasm. `requests` has every path asked for.
export async function serve({ below = '/tools/xdscope/', wasmType = types['.wasm'], folder = join(root, 'dist') } = {}) {
  const requests = [];
  const server = createServer(async (request, response) => {
    const path = new URL(request.url, 'http://host').pathname;
    requests.push(path);
    try {
      if (!path.startsWith(below)) throw new Error('elsewhere');
      const file = resolve(folder, decodeURIComponent(path.slice(below.length)) || 'index.html');
      if (!file.startsWith(folder + sep)) throw new Error('outside');
      const type = extname(file) === '.wasm' ? wasmType : types[extname(file)];
      const body = await readFile(file);
      response.writeHead(200, { 'content-type': type ?? 'application/octet-stream' }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const origin = `http://127.0.0.1:${server.address().port}`;
  return { requests, origin, url: origin + below, close: () => new Promise((done) => { server.close(done); server.closeAllConnections(); }) };
}

export const launch = () => chromium.launch({
  executablePath: process.env.CHROME || '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});

/// A fresh page that has booted, with its watchers:
/// `violations` of a policy (page and worker), `errors` (uncaught, and the console's), and
/// `afterBoot()`, the requests since boot, as the host and as the browser saw them.
export async function open(browser, host, { path = '', locale = 'en-US', ...options } = {}) {
  const context = await browser.newContext({ locale, viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const violations = [];
  const errors = [];
  const sent = [];
  await page.exposeFunction('xdscopeTestViolation', (text) => { violations.push(text); });
  await page.addInitScript(() => addEventListener('securitypolicyviolation', (event) =>
    globalThis.xdscopeTestViolation(`page: ${event.effectiveDirective} ${event.blockedURI}`)));
  page.on('pageerror', (error) => errors.push(String(error)));
  // A worker's violations reach the console alone before a test can listen inside it.
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
    if (/Content Security Policy/.test(message.text())) violations.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => { if (!/^(blob|data):/.test(request.url())) sent.push(request.url()); });
  page.on('crash', () => errors.push('the page crashed'));
  await page.goto(host.url + path);
  await booted(page);
  let asked = host.requests.length;
  let seen = sent.length;
  return {
    page, context, violations, errors,
    afterBoot: () => [...host.requests.slice(asked), ...sent.slice(seen)],
    reload: async () => { await page.reload(); await booted(page); asked = host.requests.length; seen = sent.length; },
    close: () => context.close(),
  };
}

/// boot.js takes its own message away once the page's Rust has started.
const booted = (page) => page.waitForFunction(() => globalThis.xdscope && !document.getElementById('boot'), null, { timeout: 30_000 });

/// The engine's worker, once it runs.
export async function engine(page) {
  return page.workers()[0] ?? page.waitForEvent('worker', { timeout: 10_000 });
}

/// Whether the network is refused where `place` (a page or a worker) is: the name of what fetch threw.
export const fetchIn = (place, url) => place.evaluate(async (url) => {
  try {
    return `answered ${(await fetch(url)).status}`;
  } catch (error) {
    return error.name;
  }
}, url);

async function* files(path, below = path) {
  if (!(await stat(path)).isDirectory()) {
    yield { file: path, name: path === below ? '' : relative(below, path).split(sep).join('/') };
    return;
  }
  for (const entry of (await readdir(path)).sort()) yield* files(join(path, entry), below);
}

/// Drops files and folders from the disk on what `selector` finds, as a user does. A folder comes as
/// browsers give it: an entry that is read through webkitGetAsEntry (Chromium makes no real one for a
/// synthetic drop, so this one reads the same).
export async function drop(page, selector, ...paths) {
  const input = await page.evaluateHandle(() => {
    const input = document.createElement('input');
    input.type = 'file';
    input.multiple = true;
    return input;
  });
  const tops = [];
  const all = [];
  for (const path of paths) {
    const folder = (await stat(path)).isDirectory();
    tops.push({ name: basename(path), folder });
    for await (const { file, name } of files(path)) {
      all.push(file);
      tops.at(-1).members ??= [];
      tops.at(-1).members.push(name);
    }
  }
  await input.asElement().setInputFiles(all);
  await page.evaluate(({ input, tops, selector }) => {
    const given = [...input.files];
    const data = new DataTransfer();
    const entries = [];
    const fileEntry = (file, fullPath) => ({
      isFile: true, isDirectory: false, name: file.name, fullPath,
      file: (done) => queueMicrotask(() => done(file)),
    });
    const folderEntry = (name, fullPath, members) => {
      const children = new Map();
      for (const { path: [first, ...rest], file } of members) {
        if (rest.length === 0) children.set(first, file);
        else children.set(first, [...(children.get(first) ?? []), { path: rest, file }]);
      }
      return {
        isFile: false, isDirectory: true, name, fullPath,
        createReader: () => {
          let left = [...children].map(([child, what]) => Array.isArray(what)
            ? folderEntry(child, `${fullPath}/${child}`, what)
            : fileEntry(what, `${fullPath}/${child}`));
          // As Chromium does it: at most 100 at a time, then an empty batch.
          return { readEntries: (done) => { const batch = left.slice(0, 100); left = left.slice(100); queueMicrotask(() => done(batch)); } };
        },
      };
    };
    let next = 0;
    for (const top of tops) {
      const mine = (top.members ?? []).map((member) => ({ path: member.split('/'), file: given[next++] }));
      if (top.folder) {
        // A real drop has one item for the folder; its File cannot be read.
        data.items.add(new File([], top.name));
        entries.push(folderEntry(top.name, `/${top.name}`, mine));
      } else {
        data.items.add(mine[0].file);
        entries.push(fileEntry(mine[0].file, `/${top.name}`));
      }
    }
    // Only while the drop is handled, as in a real one: afterwards the items are gone.
    const original = DataTransferItem.prototype.webkitGetAsEntry;
    DataTransferItem.prototype.webkitGetAsEntry = function () {
      return entries[[...data.items].indexOf(this)] ?? original.call(this);
    };
    const target = document.querySelector(selector);
    if (!target) throw new Error(`no ${selector} to drop on`);
    for (const type of ['dragenter', 'dragover', 'drop']) {
      target.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: data }));
    }
    DataTransferItem.prototype.webkitGetAsEntry = original;
  }, { input, tops, selector });
  await input.dispose();
}

/// A picture for a person to look at: target/screens/NAME.png.
export async function screenshot(page, name, options = {}) {
  const folder = join(root, 'target', 'screens');
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), ...options });
}

const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/// What axe-core finds wrong on the page as it is, a line for each.
export async function accessibility(page, options = {}) {
  await page.evaluate(axeSource);
  return page.evaluate(async (options) => {
    const { violations } = await globalThis.axe.run(document, options);
    return violations.flatMap(({ id, help, nodes }) => nodes.map(({ target }) => `${id}: ${help}: ${target.join(' ')}`));
  }, options);
}

export const fixture = (path) => join(root, 'tests', 'fixtures', path);
