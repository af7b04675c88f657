// The map beside a redacted capture: the sample is made safe and saved with its map under a passphrase, opened again, and
// the map dropped beside it; real names are shown, until they are not wanted; another capture's map is told.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { accessibility, drop, fixture, launch, open, screenshot, serve } from './lib.mjs';

let browser, host, folder;
before(async () => {
  [browser, host] = await Promise.all([launch(), serve()]);
  folder = mkdtempSync(join(tmpdir(), 'xdscope-'));
});
after(async () => {
  await browser?.close();
  await host?.close();
  rmSync(folder, { recursive: true, force: true });
});

const by = (page, id) => page.getByTestId(id);
const save = async (page, id) => {
  const [download] = await Promise.all([page.waitForEvent('download'), by(page, id).click()]);
  const path = join(folder, download.suggestedFilename());
  await download.saveAs(path);
  return path;
};
/// Makes what is open safe, and saves it and its map.
const shared = async (page, passphrase) => {
  await by(page, 'share-open').click();
  await by(page, 'share-made').waitFor({ timeout: 60_000 });
  const copy = await save(page, 'share-save');
  await by(page, 'share-map').click();
  await by(page, 'share-phrase').fill(passphrase);
  return [copy, await save(page, 'share-map-save')];
};
const silent = async (tab) => {
  assert.deepEqual(tab.afterBoot(), []);
  assert.deepEqual(tab.violations, []);
  assert.deepEqual(tab.errors, []);
  const stored = await tab.page.evaluate(() => Object.entries(localStorage).flat().join(' '));
  assert.ok(!/reviews|horse|map-PRIVATE/.test(stored), stored);
};
const says = (page, pattern) => page.waitForFunction(
  (pattern) => new RegExp(pattern).test(document.querySelector('[data-testid=real]')?.textContent ?? ''), pattern, { timeout: 30_000 });
const proxies = (page) => by(page, 'proxy').allTextContents();

test('a map under a passphrase shows real names in every view, and pseudonyms again', async () => {
  const first = await open(browser, host);
  await by(first.page, 'sample').click();
  await by(first.page, 'side').waitFor({ timeout: 30_000 });
  const own = await proxies(first.page);
  assert.ok(own.some((it) => it.includes('reviews')));
  const [copy, map] = await shared(first.page, 'correct horse');
  await silent(first);
  await first.close();

  const tab = await open(browser, host);
  const { page } = tab;
  await drop(page, '[data-testid=drop]', copy);
  await by(page, 'side').waitFor({ timeout: 30_000 });
  const sent = await proxies(page);
  assert.ok(!sent.some((it) => it.includes('reviews')));
  await drop(page, 'main', map);
  await by(page, 'passphrase').waitFor();
  assert.deepEqual(await accessibility(page), []);
  await by(page, 'passphrase').fill('wrong');
  await page.keyboard.press('Enter');
  await by(page, 'passphrase-wrong').waitFor({ timeout: 30_000 });
  assert.match(await by(page, 'passphrase-wrong').textContent(), /does not open/);
  await screenshot(page, 'real-wrong');
  await by(page, 'passphrase').fill('correct horse');
  await by(page, 'passphrase-open').click();
  await says(page, 'Real names');
  await by(page, 'passphrase-dialog').waitFor({ state: 'detached' });
  await page.waitForFunction(() => [...document.querySelectorAll('[data-testid=proxy]')].some((it) => it.textContent.includes('reviews')));
  assert.deepEqual(await proxies(page), own);
  assert.deepEqual(await accessibility(page), []);
  await screenshot(page, 'real-shown');
  // Tables, search and traces have them.
  await by(page, 'proxy').filter({ hasText: 'productpage' }).first().click();
  await by(page, 'tab-clusters').click();
  await by(page, 'filter').fill('reviews');
  await page.waitForFunction(() => /reviews\.default/.test(document.querySelector('[role=grid]')?.textContent));
  await by(page, 'tab-trace').click();
  await by(page, 'trace-to').fill('reviews:9080');
  await by(page, 'trace-run').click();
  await page.waitForFunction(() => /reviews/.test(document.querySelector('[data-testid=verdict]')?.textContent));
  assert.doesNotMatch(page.url(), /reviews|product/, 'links hold positions, never names');
  await by(page, 'real-hide').click();
  await says(page, 'Pseudonyms');
  await page.waitForFunction(() => ![...document.querySelectorAll('[data-testid=proxy]')].some((it) => it.textContent.includes('reviews')));
  assert.deepEqual(await proxies(page), sent);
  await by(page, 'real-show').click();
  await says(page, 'Real names');
  await by(page, 'real-forget').click();
  await by(page, 'real').waitFor({ state: 'detached' });
  assert.deepEqual(await proxies(page), sent);
  await silent(tab);
  await tab.close();
});

test('a map that comes first waits; one of another capture is told; 中文, dark', async () => {
  const first = await open(browser, host);
  await drop(first.page, '[data-testid=drop]', fixture('istio/1.27/details-alone.tar.gz'));
  await by(first.page, 'side').waitFor({ timeout: 30_000 });
  const [copy, map] = await shared(first.page, '');
  await first.close();
  const tab = await open(browser, host, { locale: 'zh-CN', colorScheme: 'dark' });
  const { page } = tab;
  await drop(page, '[data-testid=drop]', map);
  await says(page, '已保留');
  await drop(page, 'main', copy);
  await says(page, '真实名称，来自');
  await by(page, 'side').waitFor({ timeout: 30_000 });
  await page.waitForFunction(() => document.body.textContent.includes('details-v1'));
  await screenshot(page, 'real-zh-dark');
  await silent(tab);
  await tab.close();
  const other = await open(browser, host);
  await drop(other.page, '[data-testid=drop]', fixture('istio/1.27/bug-report.tar.gz'));
  await by(other.page, 'side').waitFor({ timeout: 30_000 });
  await drop(other.page, 'main', map);
  await says(other.page, 'belongs to another capture');
  assert.deepEqual(await accessibility(other.page), []);
  await screenshot(other.page, 'real-foreign');
  await silent(other);
  await other.close();
});
