// Without a network: the page opens from what was kept of it, and nothing else is answered for.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { fixture, launch, open, screenshot, serve, serveWithHeaders } from './lib.mjs';

const root = resolve(import.meta.dirname, '../..');
const dist = join(root, process.env.XDSCOPE_DIST ?? 'dist');
let browser, folder;
before(async () => {
  browser = await launch();
  folder = mkdtempSync(join(tmpdir(), 'xdscope-'));
});
after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

const by = (page, id) => page.getByTestId(id);
const versions = (of) => readdirSync(of, { withFileTypes: true }).filter((it) => it.isDirectory()).map((it) => it.name);
/// Until it can answer.
const ready = (page) => page.evaluate(async () => {
  const { active } = await navigator.serviceWorker.ready;
  if (active.state !== 'activated') await new Promise((done) => active.addEventListener('statechange', done));
});
const until = async (holds) => {
  for (let round = 0; round < 100; round++) {
    if (await holds()) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  assert.fail('it did not come');
};
const names = (page) => page.evaluate(async () => Promise.all((await caches.keys()).map(async (name) =>
  [name, (await (await caches.open(name)).keys()).map((it) => it.url)])));

test('loaded once, it opens when the host is gone, and reads a capture', async () => {
  const host = await serve();
  const tab = await open(browser, host);
  const { page } = tab;
  await ready(page);
  assert.deepEqual(tab.afterBoot(), []);
  // What is kept is the list that the build made, and nothing else.
  const [version] = versions(dist);
  const files = readdirSync(join(dist, version)).filter((it) => it !== 'files.json').map((it) => `${host.url}${version}/${it}`);
  const [[, kept], ...more] = await names(page);
  assert.deepEqual(more, []);
  assert.deepEqual(kept.toSorted(), [host.url, ...files].toSorted());
  // Opened again, the host hears of it by the browser's own question alone: whether sw.js is another one.
  let asked = host.requests.length;
  await tab.reload();
  assert.deepEqual(host.requests.slice(asked).filter((it) => !it.endsWith('/sw.js')), []);
  await host.close();
  await tab.context.setOffline(true);
  for (const path of ['', 'index.html', '#/']) {
    const answer = await page.goto('about:blank') ?? await page.goto(host.url + path);
    await page.waitForFunction(() => globalThis.xdscope && !document.getElementById('boot'));
    assert.ok(answer.fromServiceWorker(), path);
  }
  await page.setInputFiles('input[type=file]:not([webkitdirectory])', fixture('istio/1.27/bug-report.tar.gz'));
  await by(page, 'captured').waitFor({ timeout: 30_000 });
  await screenshot(page, 'offline');
  assert.deepEqual(tab.violations, []);
  assert.deepEqual(tab.errors, []);
  await tab.close();
});

test('what is not on its list goes its way: neither answered nor kept', async () => {
  const host = await serve();
  const tab = await open(browser, host);
  const { page } = tab;
  await ready(page);
  await tab.reload();
  const [version] = versions(dist);
  for (const path of ['elsewhere', '?index', 'index.html?x', 'xdscope.html', `${version}/`, `${version}/boot.js?x`, 'sw.js', '_headers']) {
    const seen = host.requests.length;
    const other = await tab.context.newPage();
    const download = other.waitForEvent('download').catch(() => null);
    const answer = await other.goto(host.url + path).catch(() => null);
    assert.ok(!answer?.fromServiceWorker(), path);
    assert.ok(host.requests.slice(seen).some((it) => it.endsWith(path.split('?')[0])), `${path} reaches the host`);
    await other.close();
    await download;
  }
  const kept = (await names(page)).flatMap(([, urls]) => urls);
  assert.ok(kept.every((it) => it === host.url || it.startsWith(`${host.url}${version}/`) && !it.includes('?')), kept.join('\n'));
  await host.close();
  await tab.close();
});

test('another version stays away until the user takes it', async () => {
  const at = join(folder, 'site');
  cpSync(dist, at, { recursive: true });
  const host = await serve({ folder: at });
  const tab = await open(browser, host, { locale: 'en-US' });
  const { page } = tab;
  await ready(page);
  const [version] = versions(at);
  const next = 'fedcba987654';
  renameSync(join(at, version), join(at, next));
  for (const file of ['index.html', 'sw.js']) writeFileSync(join(at, file), readFileSync(join(at, file), 'utf8').replaceAll(version, next));
  const runs = () => page.evaluate(() => document.querySelector('script[type=module]').src.split('/').at(-2));
  await tab.reload();
  assert.equal(await runs(), version);
  assert.equal(await by(page, 'newer').count(), 0);
  // Some seconds later the browser looks by itself.
  await until(async () => (await names(page)).some(([name]) => name.endsWith(' newer')));
  assert.equal(await runs(), version);
  await tab.reload();
  assert.equal(await runs(), version, 'still the one that is kept');
  await by(page, 'newer').waitFor();
  await screenshot(page, 'newer');
  await Promise.all([page.waitForEvent('load'), by(page, 'newer').click()]);
  await page.waitForFunction(() => globalThis.xdscope && !document.getElementById('boot'));
  assert.equal(await runs(), next);
  await ready(page);
  await until(async () => (await names(page)).every(([name]) => name.endsWith(` ${next}`)));
  await host.close();
  await page.reload();
  await page.waitForFunction(() => globalThis.xdscope && !document.getElementById('boot'));
  assert.equal(await runs(), next);
  assert.deepEqual(tab.violations, []);
  await tab.close();
});

test('the same under the headers of scripts/serve; and the service worker hears nobody', async () => {
  const host = await serveWithHeaders();
  const tab = await open(browser, host);
  await ready(tab.page);
  await host.close();
  await tab.page.reload();
  await tab.page.waitForFunction(() => globalThis.xdscope && !document.getElementById('boot'));
  assert.deepEqual(tab.violations, []);
  await tab.close();
  const text = readFileSync(join(dist, 'sw.js'), 'utf8');
  assert.deepEqual(text.match(/addEventListener\('\w+'/g), ["addEventListener('install'", "addEventListener('activate'", "addEventListener('fetch'"]);
  assert.equal(text.match(/\bfetch\(/g).length, 1, 'the request itself, where what was kept is lost');
  assert.doesNotMatch(text, /postMessage|clients\b|XMLHttpRequest|WebSocket|importScripts/);
});
