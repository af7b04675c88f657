// What the browser tests share: a static host that sends no header of its own, a real Chromium, and
// watchers for everything that xdscope promises never happens.
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { mkdir, readFile, readdir } from 'node:fs/promises';
import { extname, join, resolve, sep } from 'node:path';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const root = resolve(import.meta.dirname, '../..');
const dist = join(root, process.env.XDSCOPE_DIST ?? 'dist');
const types = {
  '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm', '.json': 'application/json',
};

/// Serves dist/ below a path, as a plain host does: no headers but the type. `wasmType` stands in for a
/// host that does not know wasm. `requests` has every path asked for.
export async function serve({ below = '/tools/xdscope/', wasmType = types['.wasm'], folder = dist } = {}) {
  const requests = [];
  folder = resolve(folder);
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

/// Serves dist/ as scripts/serve does, with the headers of static/_headers.
export async function serveWithHeaders() {
  const server = spawn('python3', [join(root, 'scripts', 'server.py'), dist, '0'], { stdio: ['ignore', 'ignore', 'pipe'] });
  const url = await new Promise((found, failed) => {
    server.stderr.on('data', (said) => { const at = /http:\S+/.exec(said); if (at) found(at[0]); });
    server.on('exit', () => failed(new Error('scripts/server.py ended')));
  });
  return { requests: [], origin: url.slice(0, -1), url, close: () => { server.removeAllListeners('exit'); server.kill(); } };
}

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
    // When a page is opened again, the browser itself asks whether the service worker is still the same.
    afterBoot: () => [...host.requests.slice(asked), ...sent.slice(seen)].filter((it) => !it.endsWith('/sw.js')),
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

/// Drops files and folders of the disk on what `selector` finds, as a user does from a file manager.
export async function drop(page, selector, ...paths) {
  const target = page.locator(selector).first();
  await target.scrollIntoViewIfNeeded();
  const { x, y, width, height } = await target.boundingBox();
  const devtools = await page.context().newCDPSession(page);
  const data = { items: [], files: paths.map((path) => resolve(path)), dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop']) {
    await devtools.send('Input.dispatchDragEvent', { type, x: x + width / 2, y: y + height / 2, data });
  }
  await devtools.detach();
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

/// The folder of dist/ that has everything but the entry page.
export async function built() {
  const [folder] = (await readdir(dist, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  return join(dist, folder.name);
}

export const fixture = (path) => join(root, 'tests', 'fixtures', path);
