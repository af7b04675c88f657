// What the page does with what is dropped on it, as its users do it: by pointer, by keyboard, in both languages.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { accessibility, drop, engine, fetchIn, fixture, launch, open, screenshot, serve } from './lib.mjs';

const istio = (name) => fixture(`istio/1.27/${name}`);
let browser, host, stale;
before(async () => {
  [browser, host] = await Promise.all([launch(), serve()]);
  stale = mkdtempSync(join(tmpdir(), 'xdscope-'));
  execFileSync('tar', ['xzf', istio('bookinfo-stale.tar.gz'), '-C', stale]);
  const inside = readdirSync(stale);
  if (inside.length === 1) stale = join(stale, inside[0]);
});
after(async () => { await browser?.close(); await host?.close(); });

const by = (page, id) => page.getByTestId(id);
const proxy = (page, name) => by(page, 'proxy').filter({ hasText: name });
const sample = async (page) => {
  await by(page, 'sample').click();
  await by(page, 'side').waitFor();
};
/// Opens the sample and a proxy's table.
const table = async (page, name, tab) => {
  await sample(page);
  await proxy(page, name).click();
  await by(page, `tab-${tab}`).click();
  await by(page, 'row').first().waitFor();
};
/// Nothing was sent, refused or thrown.
const silent = (tab) => {
  assert.deepEqual(tab.afterBoot(), []);
  assert.deepEqual(tab.violations, []);
  assert.deepEqual(tab.errors, []);
};
const fine = async (page, where) => assert.deepEqual(await accessibility(page), [], where);

test('a folder of dumps: from listener 0.0.0.0:9080 to the endpoints of reviews by clicking', async () => {
  const tab = await open(browser, host);
  const { page } = tab;
  await drop(page, '[data-testid=drop]', stale);
  await proxy(page, 'productpage').click();
  assert.match(await by(page, 'proxy-name').textContent(), /productpage-v1/);
  await by(page, 'tab-listeners').click();
  await by(page, 'row').filter({ hasText: '0.0.0.0:9080' }).getByRole('link', { name: '9080', exact: true }).first().click();
  await by(page, 'table-routes').waitFor();
  assert.equal(await by(page, 'only').textContent(), '9080');
  await by(page, 'row').filter({ hasText: 'reviews' }).getByRole('link', { name: /reviews.* v2/ }).first().click();
  await by(page, 'table-clusters').waitFor();
  await page.waitForFunction(() => /v2\|reviews/.test(document.querySelector('[data-testid=detail-name]')?.textContent));
  await by(page, 'links').getByRole('link', { name: /reviews.* v2/ }).click();
  await by(page, 'table-endpoints').waitFor();
  await by(page, 'row').filter({ hasText: /10\.244\.\d+\.\d+:9080/ }).first().waitFor();
  // And back to where it began.
  await page.goBack();
  await by(page, 'table-clusters').waitFor();
  await page.goBack();
  await by(page, 'table-routes').waitFor();
  assert.doesNotMatch(page.url(), /reviews|9080|product/, 'links hold positions, never names');
  assert.equal(await fetchIn(await engine(page), host.url), 'TypeError');
  await tab.page.waitForTimeout(100);
  assert.deepEqual(tab.afterBoot(), []);
  await tab.close();
});

test('a bug-report, and a large dump beside it', async () => {
  const tab = await open(browser, host);
  const { page } = tab;
  await drop(page, '[data-testid=drop]', istio('bug-report.tar.gz'));
  await by(page, 'side').waitFor();
  assert.ok(await by(page, 'proxy').count() > 1);
  const before = await by(page, 'open-count').textContent();
  await drop(page, 'main', istio('big.json.gz'));
  await page.waitForFunction((before) => document.querySelector('[data-testid=open-count]').textContent !== before, before);
  assert.match(await by(page, 'open-count').textContent(), /5\d\.?\d* MB|4\d\.?\d* MB/);
  silent(tab);
  await tab.close();
});

test('a table of thousands is scrolled, sorted and filtered without holding its rows', async () => {
  const tab = await open(browser, host);
  const { page } = tab;
  await drop(page, '[data-testid=drop]', istio('big.json.gz'));
  await by(page, 'tab-clusters').click();
  const grid = page.getByRole('grid');
  await by(page, 'row').first().waitFor();
  const total = Number(await grid.getAttribute('aria-rowcount')) - 1;
  assert.ok(total > 100, `${total} rows`);
  assert.ok(await by(page, 'row').count() < 120, 'only what is in sight is drawn');
  const header = page.getByRole('columnheader').first();
  await header.getByRole('button').click();
  assert.equal(await header.getAttribute('aria-sort'), 'ascending');
  const names = async () => (await by(page, 'row').first().textContent());
  await page.waitForTimeout(200);
  const up = await names();
  await header.getByRole('button').click();
  await page.waitForFunction((up) => document.querySelector('[data-testid=row]').textContent !== up, up);
  assert.equal(await header.getAttribute('aria-sort'), 'descending');
  await by(page, 'filter').fill('no such thing');
  await by(page, 'nothing').waitFor();
  await by(page, 'nothing-clear').click();
  await by(page, 'row').first().waitFor();
  silent(tab);
  await tab.close();
});

// Known to fail now and then: the last row is shown, but the focus is lost on the way to it where rows arrive late.
test('End and Home move the focus to the last and the first of thousands', async () => {
  const tab = await open(browser, host);
  const { page } = tab;
  await drop(page, '[data-testid=drop]', istio('big.json.gz'));
  await by(page, 'tab-clusters').click();
  await by(page, 'row').first().waitFor();
  const total = Number(await page.getByRole('grid').getAttribute('aria-rowcount')) - 1;
  await by(page, 'row').first().focus();
  await page.keyboard.press('End');
  await page.locator(`[data-index="${total - 1}"]`).waitFor();
  await page.waitForFunction((last) => document.activeElement?.dataset.index === String(last), total - 1, { timeout: 3000 });
  await page.keyboard.press('Home');
  await page.waitForFunction(() => document.activeElement?.dataset.index === '0', null, { timeout: 3000 });
  await tab.close();
});

test('a row opens its detail beside it: folded, searched, copied, closed', async () => {
  const tab = await open(browser, host, { permissions: ['clipboard-read', 'clipboard-write'] });
  const { page } = tab;
  await table(page, 'productpage', 'clusters');
  // Not its middle: there may be a link.
  await by(page, 'row').filter({ hasText: 'BlackHole' }).getByRole('gridcell').first().click();
  await page.waitForFunction(() => document.querySelector('[data-testid=detail-name]')?.textContent === 'BlackHoleCluster');
  const detail = by(page, 'detail');
  await detail.getByRole('treeitem').nth(3).waitFor();
  const lines = await detail.getByRole('treeitem').count();
  await detail.getByTestId('fold').first().click();
  await page.waitForFunction(() => document.querySelectorAll('[data-testid=detail] [role=treeitem]').length === 1);
  await by(page, 'find').fill('connect_timeout');
  await page.waitForFunction(() => /1/.test(document.querySelector('[data-testid=found]').textContent));
  assert.equal(await detail.getByRole('treeitem').count(), lines, 'what is found is unfolded');
  await detail.locator('mark').first().waitFor();
  await by(page, 'copy-text').click();
  await page.waitForFunction(() => /Copied/.test(document.querySelector('[data-testid=copy-text]').textContent));
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(JSON.parse(copied).name, 'BlackHoleCluster');
  await by(page, 'detail-close').click();
  await detail.waitFor({ state: 'detached' });
  await tab.close();
});

test('everything can be done by keyboard', async () => {
  const tab = await open(browser, host);
  const { page } = tab;
  const { keyboard } = page;
  await keyboard.press('Tab');
  assert.match(await page.evaluate(() => document.activeElement.className), /x-skip/);
  await keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
  await by(page, 'sample').focus();
  await keyboard.press('Enter');
  await by(page, 'side').waitFor();
  await keyboard.press('Control+k');
  await keyboard.type('productpage-v1');
  await by(page, 'hit').first().waitFor();
  await keyboard.press('Enter');
  await by(page, 'overview').waitFor();
  await by(page, 'tab-routes').focus();
  await keyboard.press('Enter');
  await by(page, 'row').first().waitFor();
  await keyboard.press('/');
  await keyboard.type('reviews');
  await page.waitForFunction(() => / of /.test(document.querySelector('[data-testid=matched]').textContent));
  await by(page, 'row').first().focus();
  await keyboard.press('ArrowDown');
  await page.waitForFunction(() => document.activeElement.dataset.index === '1');
  await keyboard.press('Enter');
  await by(page, 'detail-name').waitFor();
  await keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.closest('[role=row]')?.dataset.index), '1', 'its links');
  await keyboard.press('Escape');
  await by(page, 'detail').waitFor({ state: 'detached' });
  await keyboard.press('?');
  await by(page, 'keys-dialog').waitFor();
  await keyboard.press('Escape');
  await by(page, 'keys-dialog').waitFor({ state: 'detached' });
  await tab.close();
});

test('speaks the language of the browser, then the one chosen, and keeps it', async () => {
  const tab = await open(browser, host, { locale: 'zh-CN' });
  const { page } = tab;
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'zh-CN');
  await page.getByText('打开 Bookinfo 示例').waitFor();
  await sample(page);
  await by(page, 'lang').click();
  await page.getByRole('heading', { name: 'Mesh' }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'en');
  await tab.reload();
  await page.getByText('Open the Bookinfo sample').waitFor();
  assert.deepEqual(Object.keys(await page.evaluate(() => ({ ...localStorage }))), ['xdscope.lang'], 'nothing else is kept');
  await tab.close();
});

test('has nothing that axe-core minds, in any view, both themes and both languages', async () => {
  for (const [theme, locale] of [['light', 'en-US'], ['dark', 'zh-CN']]) {
    const tab = await open(browser, host, { locale, colorScheme: theme });
    const { page } = tab;
    const look = async (name) => {
      await page.waitForTimeout(150);
      await screenshot(page, `${theme}-${name}`);
      await fine(page, `${theme} ${name}`);
    };
    assert.equal(await page.evaluate(() => document.documentElement.classList.contains('pf-v5-theme-dark')), theme === 'dark');
    await look('empty');
    for (const dialog of ['promise', 'keys', 'paste', 'open']) {
      await by(page, dialog).first().click();
      await page.locator('dialog[open]').waitFor();
      await look(dialog);
      await page.keyboard.press('Escape');
      await page.locator('dialog[open]').waitFor({ state: 'detached' });
    }
    await sample(page);
    await look('home');
    await by(page, 'side-aside').click();
    await look('not-read');
    await proxy(page, 'ratings').click();
    await by(page, 'overview').waitFor();
    await look('overview');
    for (const tab of ['listeners', 'routes', 'clusters', 'endpoints', 'secrets']) {
      await by(page, `tab-${tab}`).click();
      await by(page, 'row').first().waitFor();
      await look(tab);
      await by(page, 'row').first().click({ position: { x: 4, y: 4 } });
      await by(page, 'detail-name').waitFor();
      await look(`${tab}-detail`);
    }
    await by(page, 'filter').fill('nothing has this in it');
    await by(page, 'nothing').waitFor();
    await look('nothing');
    await by(page, 'tab-raw').click();
    await page.getByRole('treeitem').first().waitFor();
    await look('raw');
    await page.keyboard.press('Control+k');
    await by(page, 'palette-input').fill('reviews');
    await by(page, 'hit').first().waitFor();
    await look('palette');
    silent(tab);
    await tab.close();
  }
});

test('a link is restored with its capture, and says so without it', async () => {
  const tab = await open(browser, host);
  const { page } = tab;
  await table(page, 'productpage', 'clusters');
  await by(page, 'row').nth(3).click();
  await by(page, 'detail-name').waitFor();
  await page.waitForTimeout(200);
  const name = await by(page, 'detail-name').textContent();
  await tab.reload();
  await by(page, 'notice').waitFor();
  await by(page, 'sample').click();
  await by(page, 'detail-name').waitFor();
  assert.equal(await by(page, 'detail-name').textContent(), name);
  await tab.reload();
  await drop(page, '[data-testid=drop]', istio('big.json.gz'));
  await by(page, 'side').waitFor();
  assert.match(await by(page, 'notice').textContent(), /another capture/);
  await tab.close();
});

test('what is no dump is listed with why, and what is truncated is shown up to there', async () => {
  const tab = await open(browser, host);
  const { page } = tab;
  const folder = mkdtempSync(join(tmpdir(), 'xdscope-bad-'));
  writeFileSync(join(folder, 'empty.json'), '');
  writeFileSync(join(folder, 'shopping.txt'), 'milk, bread\n');
  await drop(page, '[data-testid=drop]', join(folder, 'empty.json'), join(folder, 'shopping.txt'));
  await by(page, 'failed').waitFor();
  assert.match(await by(page, 'unread').textContent(), /empty\.json/);
  assert.match(await by(page, 'unread').textContent(), /shopping\.txt/);
  await fine(page, 'failed');
  await screenshot(page, 'failed');
  await sample(page);
  assert.match(await by(page, 'not-read').textContent(), /2 not read/);
  // A dump that was cut off, beside what is open.
  const whole = gunzipSync(readFileSync(istio('big.json.gz')));
  writeFileSync(join(folder, 'cut.json'), whole.subarray(0, 4_000_000));
  await drop(page, 'main', join(folder, 'cut.json'));
  await page.waitForFunction(() => /3 not read/.test(document.querySelector('[data-testid=not-read]').textContent));
  await by(page, 'not-read').click();
  assert.match(await by(page, 'unread').first().textContent(), /cut off.*cut\.json.*byte 4,000,000/);
  await by(page, 'unread').getByRole('link', { name: 'cut.json' }).click();
  await page.getByRole('treeitem').first().waitFor();
  rmSync(folder, { recursive: true });
  await tab.close();
});

test('a pasted document is read; an empty box is not', async () => {
  const tab = await open(browser, host);
  const { page } = tab;
  await by(page, 'paste').click();
  await by(page, 'paste-read').click();
  await page.getByRole('alert').waitFor();
  await by(page, 'paste-text').fill(JSON.stringify({ configs: [
    { '@type': 'type.googleapis.com/envoy.admin.v3.ClustersConfigDump', static_clusters: [{ cluster: { name: 'alone' } }] },
  ] }));
  await by(page, 'paste-read').click();
  await by(page, 'tab-clusters').click();
  await by(page, 'row').filter({ hasText: 'alone' }).waitFor();
  await tab.close();
});

test('an engine that breaks is started again, and what was open is read anew', async () => {
  const tab = await open(browser, host);
  const { page } = tab;
  await sample(page);
  await by(page, 'proxy').first().click();
  await by(page, 'overview').waitFor();
  const fresh = page.waitForEvent('worker');
  await (await engine(page)).evaluate(() => { setTimeout(() => { throw new Error('as a trap would'); }); });
  await fresh;
  await by(page, 'notice').waitFor();
  await by(page, 'mesh').waitFor();
  assert.equal(await by(page, 'proxy').count(), 6);
  await tab.close();
});

test('an engine that is silent can be stopped', async () => {
  const tab = await open(browser, host);
  const { page } = tab;
  await sample(page);
  (await engine(page)).evaluate(() => { const until = Date.now() + 60_000; while (Date.now() < until); }).catch(() => {});
  await page.waitForTimeout(100);
  await by(page, 'proxy').first().click();
  await by(page, 'silent').waitFor({ timeout: 10_000 });
  await by(page, 'stop').click();
  await by(page, 'notice').waitFor();
  await by(page, 'mesh').waitFor();
  await tab.close();
});

test('reading shows how far it is, and can be cancelled without losing what was open', async () => {
  const tab = await open(browser, host);
  const { page } = tab;
  const folder = mkdtempSync(join(tmpdir(), 'xdscope-large-'));
  const large = gunzipSync(readFileSync(istio('big.json.gz')));
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) writeFileSync(join(folder, `${name}.json`), large);
  // Watched from within: reading may be over before the test looks again.
  await page.evaluate(() => {
    globalThis.seen = [];
    globalThis.tasks = [];
    new PerformanceObserver((list) => globalThis.tasks.push(...list.getEntries().map((entry) => entry.duration))).observe({ type: 'longtask' });
    new MutationObserver(() => {
      const text = document.querySelector('[data-testid=loading-bytes]')?.textContent;
      if (text) globalThis.seen.push(text);
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  await drop(page, '[data-testid=drop]', folder);
  await by(page, 'side').waitFor();
  const seen = await page.evaluate(() => globalThis.seen);
  assert.ok(seen.some((text) => /[\d.]+ MB of 27\d MB · \d+ MB\/s/.test(text)), seen.slice(-3).join(' | '));
  assert.deepEqual(await page.evaluate(() => globalThis.tasks.filter((ms) => ms > 50)), [], 'the page never freezes');
  const before = await by(page, 'open-count').textContent();
  // Six times as much again, cancelled as soon as the button is there.
  await page.evaluate(() => new MutationObserver(() => document.querySelector('[data-testid=cancel]')?.click())
    .observe(document.body, { subtree: true, childList: true }));
  await drop(page, 'main', folder);
  await by(page, 'notice').waitFor();
  assert.match(await by(page, 'notice').textContent(), /cancelled/);
  assert.ok(parseInt(before, 10) >= 1);
  await by(page, 'proxy').first().waitFor();
  rmSync(folder, { recursive: true });
  await tab.close();
});
