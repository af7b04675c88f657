// What is wrong, as a support engineer meets it: found while the tables are looked at, told with its evidence, hidden,
// copied for a ticket.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { accessibility, drop, fixture, launch, open, screenshot, serve } from './lib.mjs';

const istio = (name) => fixture(`istio/1.27/${name}`);
let browser, host;
before(async () => { [browser, host] = await Promise.all([launch(), serve()]); });
after(async () => { await browser?.close(); await host?.close(); });

const by = (page, id) => page.getByTestId(id);
const fine = async (page, where) => assert.deepEqual(await accessibility(page), [], where);
const judged = (page) => page.waitForFunction(() => /\d/.test(document.querySelector('[data-testid=side-findings] i')?.textContent ?? ''), null, { timeout: 20_000 });
const opened = async (name, options) => {
  const tab = await open(browser, host, options);
  await drop(tab.page, '[data-testid=drop]', istio(name));
  await by(tab.page, 'side').waitFor();
  await judged(tab.page);
  return tab;
};

test('findings: the list, a finding with its evidence, the resource behind it', async () => {
  const tab = await opened('bookinfo-synced.tar.gz', { viewport: { width: 1280, height: 800 } });
  const { page } = tab;
  assert.match(await by(page, 'findings-summary').textContent(), /4 errors/);
  await screenshot(page, 'findings-home');
  await by(page, 'side-findings').click();
  await by(page, 'finding').first().waitFor();
  assert.match(await by(page, 'findings-error').textContent(), /4 errors/);
  assert.match(await by(page, 'finding').first().textContent(), /ratings-v1-.* refused its listeners/);
  await fine(page, 'list');
  await screenshot(page, 'findings-list');
  const missing = page.locator('[data-check=route-to-missing-cluster]').first();
  await missing.getByTestId('finding-open').click();
  await by(page, 'finding-detail').waitFor();
  await by(page, 'evidence-link').first().waitFor();
  const detail = await by(page, 'finding-detail').textContent();
  assert.match(detail, /503 NC cluster_not_found/);
  assert.match(detail, /outbound\|9080\|v9\|reviews/);
  await fine(page, 'detail');
  await screenshot(page, 'findings-detail');
  await by(page, 'evidence-link').first().click();
  await by(page, 'table-routes').waitFor();
  // The row, its detail and the proxy's overview say it too.
  await by(page, 'findings-here').first().waitFor();
  assert.match(await by(page, 'findings-here').first().textContent(), /subset v9/);
  await by(page, 'row-mark').first().waitFor();
  await fine(page, 'resource');
  await screenshot(page, 'findings-resource');
  await by(page, 'tab-overview').click();
  await by(page, 'findings-more').click();
  await by(page, 'findings-of').waitFor();
  assert.doesNotMatch(page.url(), /reviews|ledger|payments|product/, 'links hold positions, never names');
  assert.deepEqual(tab.afterBoot(), []);
  assert.deepEqual(tab.errors, []);
  await tab.close();
});

test('filters by severity, family, namespace and words; what is hidden stays hidden, is saved and read again', async () => {
  const tab = await opened('bookinfo-stale.tar.gz', { viewport: { width: 1920, height: 1000 }, permissions: ['clipboard-read', 'clipboard-write'] });
  const { page } = tab;
  await by(page, 'side-findings').click();
  const count = async () => Number(/\d+/.exec(await by(page, 'findings-matched').textContent())[0]);
  const settles = (want) => page.waitForFunction((want) => Number(/\d+/.exec(document.querySelector('[data-testid=findings-matched]').textContent)[0]) === want, want);
  await by(page, 'finding').first().waitFor();
  const all = await count();
  await by(page, 'findings-error').click();
  await settles(5);
  await by(page, 'findings-error').click();
  await settles(all);
  await by(page, 'findings-by-family').selectOption({ label: 'xDS state' });
  await page.waitForFunction((all) => Number(/\d+/.exec(document.querySelector('[data-testid=findings-matched]').textContent)[0]) < all, all);
  await by(page, 'findings-by-family').selectOption('');
  await settles(all);
  await by(page, 'findings-by-namespace').selectOption('payments');
  await page.waitForFunction((all) => Number(/\d+/.exec(document.querySelector('[data-testid=findings-matched]').textContent)[0]) < all, all);
  await by(page, 'findings-by-namespace').selectOption('');
  await by(page, 'findings-filter').fill('shop-cert');
  await settles(1);
  // Hide it.
  await by(page, 'finding-open').click();
  await by(page, 'finding-hide').click();
  await settles(0);
  await by(page, 'findings-filter').fill('');
  await settles(all - 1);
  await by(page, 'findings-hidden').click();
  await settles(1);
  await by(page, 'findings-hidden').click();
  const saving = page.waitForEvent('download');
  await by(page, 'hidden-save').click();
  const saved = JSON.parse(readFileSync(await (await saving).path(), 'utf8'));
  assert.deepEqual(saved.map((it) => [it.id, it.resource]), [['secret-missing', 'kubernetes://shop-cert']]);
  const file = join(mkdtempSync(join(tmpdir(), 'xdscope-')), 'hidden.json');
  writeFileSync(file, JSON.stringify([{ id: 'nack' }]));
  await by(page, 'hidden-file').setInputFiles(file);
  await settles(all - 2);
  // For a ticket.
  await by(page, 'finding-choose').first().check();
  await by(page, 'findings-ticket').click();
  await page.waitForFunction(() => /Copied/.test(document.querySelector('[data-testid=findings-ticket]').textContent));
  const text = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(text, /- \*\*Error\*\* /);
  assert.match(text, /What to do: /);
  assert.match(text, /config_dump\.json:\d+/);
  await fine(page, 'filtered');
  await tab.close();
});

test('marks on the boxes of a graph, its list and the steps of a trace: they say their finding and open it', async () => {
  const tab = await opened('bookinfo-synced.tar.gz', { viewport: { width: 1280, height: 900 } });
  const { page } = tab;
  await by(page, 'proxy').filter({ hasText: 'productpage' }).first().click();
  await by(page, 'tab-trace').click();
  await by(page, 'verdict').waitFor();
  await by(page, 'trace-to').fill('reviews:9080');
  await by(page, 'trace-path').fill('/missing');
  await by(page, 'trace-run').click();
  const step = page.locator('[data-testid=trace-step][data-kind=Route]');
  const mark = step.getByTestId('finding-mark');
  await mark.waitFor();
  assert.match(await mark.textContent(), /subset v9/);
  // The other steps of the way are not at fault.
  assert.equal(await page.locator('[data-testid=trace-step][data-kind=Listener]').getByTestId('finding-mark').count(), 0);
  const hidden = () => mark.locator('.x-finding-tip').evaluate((it) => getComputedStyle(it).clipPath !== 'none');
  assert.equal(await hidden(), true);
  await mark.hover();
  assert.equal(await hidden(), false);
  await screenshot(page, 'findings-trace');
  await page.mouse.move(0, 0);
  // By keyboard: the mark comes after what it is of.
  await step.getByRole('link').first().focus();
  await page.keyboard.press('Tab');
  await page.waitForFunction(() => document.activeElement?.dataset.testid === 'finding-mark');
  assert.equal(await hidden(), false);
  await fine(page, 'a mark of a step');
  await page.keyboard.press('Enter');
  await by(page, 'finding-detail').waitFor();
  const open = page.locator('[data-check=route-to-missing-cluster]', { has: page.getByTestId('finding-detail') });
  assert.match(await open.textContent(), /outbound\|9080\|v9\|reviews/);
  assert.doesNotMatch(page.url(), /reviews|product|v9/, 'links hold positions, never names');
  await fine(page, 'the finding');
  await page.goBack();
  await by(page, 'trace-graph').click();
  const sign = page.locator('[data-kind=route] [data-testid=graph-finding]').first();
  await sign.waitFor();
  assert.match(await sign.locator('title').textContent(), /subset v9/);
  const [small, box] = [await sign.boundingBox(), await sign.locator('xpath=..').locator('.x-g-box').boundingBox()];
  assert.ok(small.width < 20 && Math.abs(small.x - box.x - box.width) < 20 && Math.abs(small.y - box.y) < 12, 'on the corner of its box');
  await screenshot(page, 'findings-graph');
  await by(page, 'graph-as-list').click();
  await by(page, 'graph-list').getByTestId('finding-mark').first().waitFor();
  await fine(page, 'a graph with marks, and its list');
  await by(page, 'graph-as-list').click();
  await sign.click();
  await open.waitFor();
  assert.deepEqual(tab.afterBoot(), []);
  assert.deepEqual(tab.errors, []);
  await tab.close();
});

test('中文, dark, and a capture without a fault', async () => {
  const tab = await opened('bookinfo-stale.tar.gz', { locale: 'zh-CN', colorScheme: 'dark' });
  const { page } = tab;
  await by(page, 'side-findings').click();
  await by(page, 'finding').first().waitFor();
  assert.match(await by(page, 'finding').first().textContent(), /拒绝了监听器/);
  await page.locator('[data-check=stale]').getByTestId('finding-open').click();
  await by(page, 'finding-detail').waitFor();
  await fine(page, 'zh dark');
  await screenshot(page, 'findings-zh-dark');
  await tab.close();
  const none = await opened('details-alone.tar.gz');
  assert.equal(await by(none.page, 'side-findings').locator('i').textContent(), '0');
  await none.close();
});
