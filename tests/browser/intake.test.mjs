// What customers send, as the page takes it: a mixed folder, a pasted session, a log in an archive, two times of a proxy.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { accessibility, drop, fixture, launch, open, screenshot, serve } from './lib.mjs';

let browser, host, folder;
before(async () => {
  [browser, host] = await Promise.all([launch(), serve()]);
  folder = join(mkdtempSync(join(tmpdir(), 'xdscope-')), 'sent');
  mkdirSync(folder);
  execFileSync('tar', ['xzf', fixture('envoy/1.40/pages.tar.gz'), '-C', folder]);
  writeFileSync(join(folder, 'a'), '404 page not found\n');
  writeFileSync(join(folder, 'b'), 'Error from server (NotFound): pods "web-1" not found\n');
  writeFileSync(join(folder, 'c'), readFileSync(join(folder, 'config_dump')).subarray(0, 100_000));
  writeFileSync(join(folder, 'd'), '');
  writeFileSync(join(folder, 'large'), '[2026-11-23T14:51:10.123Z] "GET /large HTTP/1.1" 503 UH no_healthy_upstream - "-" 0 19 0\n'.repeat(120_000));
  writeFileSync(join(folder, 'e.yaml'), 'static_resources:\n  clusters:\n  - name: a\n    x: [1, 2\n  y: }\n');
});
after(async () => { await browser?.close(); await host?.close(); });

const by = (page, id) => page.getByTestId(id);
const fine = async (page, where) => assert.deepEqual(await accessibility(page), [], where);
const silent = (tab) => {
  assert.deepEqual(tab.afterBoot(), []);
  assert.deepEqual(tab.violations, []);
  assert.deepEqual(tab.errors, []);
};
const paste = async (page, text) => {
  await by(page, 'paste').first().click();
  await by(page, 'paste-text').fill(text);
  await by(page, 'paste-read').click();
  await by(page, 'side').waitFor();
};

test('a mixed folder: what was not read is listed, with the place and what to run instead', async () => {
  const tab = await open(browser, host);
  const { page } = tab;
  await drop(page, '[data-testid=drop]', folder);
  await by(page, 'side').waitFor();
  await page.goto(`${page.url().split('#')[0]}${new URL(page.url()).hash.replace(/(#\/\w+).*/, '$1')}/not-read`);
  const list = by(page, 'unread').first();
  await list.waitFor();
  const text = await list.textContent();
  for (const said of ['404 page', 'Error from server (NotFound)', 'sent/c', 'sent/d', 'not YAML from here on']) {
    assert.ok(text.includes(said), `${said} in ${text}`);
  }
  // The dump that is cut says where: line, column, byte, JSON pointer.
  assert.match(text, /byte 100,000/);
  const pointers = await by(page, 'pointer').allTextContents();
  assert.ok(pointers.some((it) => /^\/configs\/\d/.test(it)), pointers.join());
  assert.ok(pointers.includes('/static_resources/clusters/0/x'), pointers.join());
  assert.ok(await by(page, 'instead').count() >= 2);
  await screenshot(page, 'intake-not-read');
  await fine(page, 'not read');
  // A large log is not read before somebody opens it.
  await page.getByRole('link', { name: /sent\/large/ }).click();
  await by(page, 'unpack').click();
  await by(page, 'log-access').click();
  await by(page, 'log-lines').waitFor();
  assert.match(await by(page, 'log-lines').textContent(), /GET \/large HTTP\/1\.1/);
  silent(tab);
  await tab.close();
});

test('a pasted session: its tables are tables again, and name proxies', async () => {
  const tab = await open(browser, host);
  const { page } = tab;
  await paste(page, [
    '$ istioctl proxy-status',
    'PROXY                 CDS        LDS        EDS               RDS          PILOT       VERSION',
    'web-1.default         SYNCED     SYNCED     SYNCED     STALE        pilot-1     1.1.2',
    'api-1.default         SYNCED     SYNCED     SYNCED     NOT SENT     pilot-1     1.1.2',
    '$ istioctl pc clusters web-1 -o json', '[{"name": "a", "type": "EDS", "connectTimeout": "1s"}]', ''].join('\n'));
  await by(page, 'proxy').filter({ hasText: 'web-1' }).first().waitFor();
  const mark = new URL(page.url()).hash.replace(/(#\/\w+).*/, '$1');
  await page.goto(`${page.url().split('#')[0]}${mark}/d/0`);
  await by(page, 'printed').waitFor();
  assert.equal(await page.locator('[data-testid=printed] tbody tr').count(), 2);
  await by(page, 'printed-filter').fill('stale');
  await page.waitForFunction(() => document.querySelectorAll('[data-testid=printed] tbody tr').length === 1);
  await screenshot(page, 'intake-printed');
  await fine(page, 'printed');
  await page.getByRole('link', { name: 'web-1.default' }).click();
  await by(page, 'proxy-name').waitFor();
  assert.equal(await by(page, 'proxy-name').textContent(), 'web-1');
  silent(tab);
  await tab.close();
});

test('a log in an archive is unpacked when it is opened, and has its lines by kind', async () => {
  const tab = await open(browser, host, { colorScheme: 'dark' });
  const { page } = tab;
  await drop(page, '[data-testid=drop]', fixture('envoy/1.40/pages.tar.gz'));
  await by(page, 'side').waitFor();
  const mark = new URL(page.url()).hash.replace(/(#\/\w+).*/, '$1');
  await page.goto(`${page.url().split('#')[0]}${mark}/not-read`);
  await page.getByRole('link', { name: /access\.log/ }).click();
  await by(page, 'unpack').click();
  await by(page, 'log-access').click();
  await by(page, 'log-lines').waitFor();
  assert.match(await by(page, 'log-lines').textContent(), /GET \/api\/1 HTTP\/1\.1/);
  await screenshot(page, 'intake-log');
  await fine(page, 'log');
  silent(tab);
  await tab.close();
});

test('two dumps of one proxy are two times, and the older can be looked at', async () => {
  const tab = await open(browser, host);
  const { page } = tab;
  await drop(page, '[data-testid=drop]', fixture('istio/1.27/bookinfo-synced.tar.gz'), fixture('istio/1.27/bookinfo-stale.tar.gz'));
  await by(page, 'proxy').filter({ hasText: 'productpage' }).first().click();
  await by(page, 'times').waitFor();
  const times = page.locator('[data-testid=times] button');
  assert.equal(await times.count(), 2);
  assert.equal(await times.nth(0).getAttribute('aria-pressed'), 'true');
  const clusters = () => by(page, 'tab-clusters').textContent();
  const before = await clusters();
  await times.nth(1).click();
  await page.waitForFunction((was) => document.querySelector('[data-testid=tab-clusters]').textContent !== was, before);
  assert.equal(await times.nth(1).getAttribute('aria-pressed'), 'true');
  await screenshot(page, 'intake-times');
  await fine(page, 'times');
  silent(tab);
  await tab.close();
});
