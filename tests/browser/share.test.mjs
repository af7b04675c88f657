// A copy that can be sent: made from a dropped capture, told, looked at, saved, opened again; and nothing arrives anywhere.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { createServer as tcp } from 'node:net';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { after, before, test } from 'node:test';
import { accessibility, drop, fixture, launch, open, screenshot, serve } from './lib.mjs';

let browser, host, folder;
const arrived = [];
const sinks = [];
before(async () => {
  [browser, host] = await Promise.all([launch(), serve()]);
  folder = mkdtempSync(join(tmpdir(), 'xdscope-'));
  // Whatever the browser sends out of the page's context by TCP or UDP is written down.
  const raw = tcp((socket) => { arrived.push('tcp'); socket.destroy(); });
  const udp = createSocket('udp4');
  udp.on('message', () => arrived.push('udp'));
  await new Promise((done) => raw.listen(0, '127.0.0.1', done));
  await new Promise((done) => udp.bind(0, '127.0.0.1', done));
  sinks.push(raw, udp);
  // A sink that hears nothing proves nothing: another page of the same browser reaches the one, a datagram the other.
  const control = await browser.newPage();
  await control.evaluate((port) => fetch(`http://127.0.0.1:${port}/`, { mode: 'no-cors' }).catch(() => {}), raw.address().port);
  await control.close();
  const sender = createSocket('udp4');
  await new Promise((sent) => sender.send('x', udp.address().port, '127.0.0.1', sent));
  sender.close();
  for (let turn = 0; turn < 100 && new Set(arrived).size < 2; turn += 1) await new Promise((later) => setTimeout(later, 20));
  assert.deepEqual([...new Set(arrived)].sort(), ['tcp', 'udp'], 'both sinks hear what comes');
  arrived.length = 0;
});
after(async () => {
  await browser?.close();
  await host?.close();
  for (const sink of sinks) sink.close();
  rmSync(folder, { recursive: true, force: true });
});

const by = (page, id) => page.getByTestId(id);
/// What the page's own code could try: it does not get as far as the sinks.
const tries = (page) => page.evaluate(async (port) => {
  const to = `127.0.0.1:${port}/`;
  const how = [() => fetch(`http://${to}`, { mode: 'no-cors' }), () => navigator.sendBeacon(`http://${to}`, 'x') || Promise.reject(),
    () => new Promise((fine, not) => { const it = new WebSocket(`ws://${to}`); it.onopen = fine; it.onerror = not; }),
    () => new Promise((fine, not) => { const it = new Image(); it.onload = fine; it.onerror = not; it.src = `http://${to}`; })];
  const said = [];
  for (const it of how) said.push(await Promise.resolve().then(it).then(() => 'sent', () => 'refused'));
  return said;
}, sinks[0].address().port);
const silent = (tab) => {
  assert.deepEqual(tab.afterBoot(), []);
  assert.deepEqual(tab.violations, []);
  assert.deepEqual(tab.errors, []);
  assert.deepEqual(arrived, []);
};
/// Opens Share… and waits for a copy that stood its check.
const made = async (page) => {
  await by(page, 'share-open').click();
  await by(page, 'share-made').waitFor({ timeout: 60_000 });
};
const save = async (page) => {
  const [download] = await Promise.all([page.waitForEvent('download'), by(page, 'share-save').click()]);
  const name = download.suggestedFilename();
  const path = join(folder, name);
  await download.saveAs(path);
  return { name, path };
};
/// All that is in a file: names of members, and bytes.
const inside = (path) => {
  const to = mkdtempSync(join(folder, 'inside-'));
  if (path.endsWith('.zip')) execFileSync('python3', ['-m', 'zipfile', '-e', path, to]);
  else execFileSync('tar', ['xf', path, '-C', to]);
  const all = [];
  const walk = (at, name) => {
    for (const entry of readdirSync(at)) {
      const file = join(at, entry);
      if (statSync(file).isDirectory()) walk(file, `${name}${entry}/`);
      else all.push([`${name}${entry}`, readFileSync(file, 'utf8')]);
    }
  };
  walk(to, '');
  return all;
};
// Names of the Bookinfo capture that nobody else may read.
const NAMES = ['productpage', 'reviews', 'ratings', 'bookinfo', 'hunter2', 's3cr3t', 'BEGIN CERT', 'LS0tLS1CRUdJTi', '10.244.'];
/// How many proxies a capture has; the redaction's own check compares their requests.
const shape = async (page) => {
  await by(page, 'proxy').first().waitFor();
  const proxies = await by(page, 'proxy').count();
  return { proxies };
};

test('a bug-report: dropped, traced, made safe, looked at, saved as the same kind of archive, and opened again', async () => {
  const tab = await open(browser, host);
  const { page } = tab;
  await drop(page, '[data-testid=drop]', fixture('istio/1.27/bug-report.tar.gz'));
  await by(page, 'side').waitFor({ timeout: 30_000 });
  const before = await shape(page);
  await made(page);
  assert.match(await by(page, 'share-made').textContent(), /[1-9]\d* requests went the same way/);
  assert.match(await by(page, 'share-removed-by').textContent(), /Inline data [1-9]/);
  await by(page, 'share-place').first().waitFor();
  assert.deepEqual(await accessibility(page), []);
  await screenshot(page, 'share');
  // By rule and by path.
  if (await by(page, 'share-removed').getAttribute('aria-pressed') === 'false') await by(page, 'share-removed').click();
  await by(page, 'share-path').fill('certificate_chain');
  await page.waitForFunction(() => {
    const all = [...document.querySelectorAll('[data-testid=share-place]')];
    return all.length > 0 && all.every((it) => /Inline data.*certificate_chain/.test(it.textContent));
  });
  // Beside each other.
  await by(page, 'share-beside').click();
  await by(page, 'share-changed').first().waitFor();
  await screenshot(page, 'share-beside');
  // What was left out says why, and leads to it.
  await by(page, 'share-left-out').click();
  await by(page, 'share-left').first().waitFor();
  const saved = await save(page);
  assert.match(saved.name, /^xdscope-redacted-[0-9a-f]{6}\.tar\.gz$/);
  const all = inside(saved.path);
  assert.ok(all.some(([name]) => name === 'redaction-report.json'));
  for (const [name, text] of all) {
    for (const secret of NAMES) {
      assert.ok(!name.toLowerCase().includes(secret.toLowerCase()), `${secret} in the name ${name}`);
      assert.ok(!text.toLowerCase().includes(secret.toLowerCase()), `${secret} in ${name}`);
    }
  }
  silent(tab);
  await tab.close();
  const again = await open(browser, host);
  await drop(again.page, '[data-testid=drop]', saved.path);
  await by(again.page, 'side').waitFor({ timeout: 30_000 });
  assert.deepEqual(await shape(again.page), before);
  silent(again);
  await again.close();
});

test('one file makes one file; a name that is ticked stays; the codes of the others stay as well', async () => {
  const tab = await open(browser, host);
  const { page } = tab;
  await drop(page, '[data-testid=drop]', fixture('istio/1.27/details-alone.tar.gz'));
  await by(page, 'side').waitFor({ timeout: 30_000 });
  await made(page);
  await by(page, 'share-names').click();
  await by(page, 'share-name-find').fill('details');
  const line = by(page, 'share-name').filter({ has: page.locator('code', { hasText: /^details$/ }) });
  await line.waitFor();
  assert.match(await line.textContent(), /^details→[a-z]{5}$/);
  await by(page, 'share-name-find').fill('bookinfo');
  const other = by(page, 'share-name').filter({ has: page.locator('code', { hasText: /^bookinfo$/ }) });
  const code = await other.textContent();
  await by(page, 'share-name-find').fill('details');
  await line.getByTestId('share-keep').check();
  await page.waitForFunction(() => /stays as it is/.test(document.querySelector('[data-testid=share-name]')?.textContent));
  await by(page, 'share-made').waitFor({ timeout: 60_000 });
  await screenshot(page, 'share-names');
  await by(page, 'share-name-find').fill('bookinfo');
  assert.equal(await other.textContent(), code);
  const saved = await save(page);
  const texts = inside(saved.path).map(([, text]) => text).join('\n');
  assert.ok(texts.includes('details'), 'the name that was ticked');
  assert.ok(!texts.includes('bookinfo'), 'the name that was not');
  silent(tab);
  await tab.close();
});

test('cancelled: nothing can be saved until another copy is made', async () => {
  const tab = await open(browser, host);
  const { page } = tab;
  const big = join(folder, 'dump.json');
  execFileSync('python3', ['-c', 'import sys; open(sys.argv[2],"wb").write(__import__("gzip").open(sys.argv[1]).read())', fixture('istio/1.27/big.json.gz'), big]);
  assert.ok(gunzipSync(readFileSync(fixture('istio/1.27/big.json.gz'))).length > 1e6);
  await drop(page, '[data-testid=drop]', big);
  await by(page, 'captured').waitFor({ timeout: 30_000 });
  await by(page, 'share-open').click();
  await by(page, 'share-cancel').click();
  await by(page, 'share-none').waitFor();
  assert.equal(await by(page, 'share-save').count(), 0);
  await by(page, 'share-again').click();
  await by(page, 'share-made').waitFor({ timeout: 60_000 });
  const saved = await save(page);
  assert.match(saved.name, /\.json$/);
  JSON.parse(readFileSync(saved.path, 'utf8'));
  silent(tab);
  await tab.close();
});

test('in 中文 and dark, and wide', async () => {
  const tab = await open(browser, host, { locale: 'zh-CN', colorScheme: 'dark', viewport: { width: 1920, height: 1000 } });
  const { page } = tab;
  await by(page, 'sample').click();
  await by(page, 'side').waitFor({ timeout: 30_000 });
  await made(page);
  await by(page, 'share-place').first().waitFor();
  assert.deepEqual(await accessibility(page), []);
  await screenshot(page, 'share-zh-dark');
  await by(page, 'share-beside').click();
  await by(page, 'share-changed').first().waitFor();
  await screenshot(page, 'share-zh-dark-beside');
  silent(tab);
  await tab.close();
});

test('the map is saved only when asked for: as JSON, or under a passphrase', async () => {
  const tab = await open(browser, host);
  const { page } = tab;
  await drop(page, '[data-testid=drop]', fixture('istio/1.27/details-alone.tar.gz'));
  await by(page, 'side').waitFor({ timeout: 30_000 });
  await made(page);
  await by(page, 'share-map').click();
  assert.deepEqual(await accessibility(page), []);
  await screenshot(page, 'share-map');
  const saveMap = async () => {
    const [download] = await Promise.all([page.waitForEvent('download'), by(page, 'share-map-save').click()]);
    const path = join(folder, download.suggestedFilename());
    await download.saveAs(path);
    return path;
  };
  const plain = await saveMap();
  assert.match(plain, /xdscope-map-PRIVATE-[0-9a-f]{6}\.json$/);
  const map = JSON.parse(readFileSync(plain, 'utf8'));
  assert.equal(map.version, 1);
  assert.match(map.tokens.details, /^[a-z]{5}$/);
  await by(page, 'share-phrase').fill('correct horse battery');
  const locked = await saveMap();
  assert.match(locked, /\.json\.age$/);
  const text = readFileSync(locked, 'latin1');
  assert.match(text, /^age-encryption\.org\/v1\n-> scrypt \S{22} 16\n/);
  assert.ok(!text.includes('details'));
  if (process.env.XDSCOPE_KEEP) execFileSync('cp', [locked, plain, process.env.XDSCOPE_KEEP]);
  silent(tab);
  await tab.close();
});

test('what is tried on purpose reaches no sink either', async () => {
  const tab = await open(browser, host);
  await by(tab.page, 'sample').click();
  await by(tab.page, 'side').waitFor({ timeout: 30_000 });
  const said = await tries(tab.page);
  assert.deepEqual([said[0], said[2], said[3]], ['refused', 'refused', 'refused'], said.join(' '));
  await tab.page.waitForTimeout(200);
  assert.deepEqual(arrived, []);
  assert.ok(tab.violations.length >= 3, 'the policy says so');
  await tab.close();
});
