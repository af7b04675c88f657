// Who is in sync, and what differs: the mesh, a proxy's Sync tab, two captures side by side.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessibility, drop, fixture, launch, open, screenshot, serve } from './lib.mjs';

const istio = (name) => fixture(`istio/1.27/${name}`);
let browser, host;
before(async () => { [browser, host] = await Promise.all([launch(), serve()]); });
after(async () => { await browser?.close(); await host?.close(); });

const by = (page, id) => page.getByTestId(id);
const fine = async (page, where) => assert.deepEqual(await accessibility(page), [], where);
const stale = async (options) => {
  const tab = await open(browser, host, options);
  await drop(tab.page, '[data-testid=drop]', istio('bookinfo-stale.tar.gz'));
  await by(tab.page, 'mesh').waitFor();
  return tab;
};
/// Nothing was sent, refused or thrown.
const silent = (tab) => {
  assert.deepEqual(tab.afterBoot(), []);
  assert.deepEqual(tab.violations, []);
  assert.deepEqual(tab.errors, []);
};
const row = (page, name) => by(page, 'mesh-row').filter({ hasText: name });

test('the mesh says who refuses, who is behind, who is lost, and what to do', async () => {
  const tab = await stale();
  const { page } = tab;
  // A refusal is first, in Envoy's words.
  const refusal = await by(page, 'refusal').textContent();
  assert.match(refusal, /ratings-v1.*refuses its listeners since 2026-11-23 14:5/);
  assert.match(refusal, /Didn't find a registered implementation for 'acme\.filters\.http\.tenant'/);
  await row(page, 'reviews').waitFor();
  const states = async (name) => row(page, name).getByTestId('state').allTextContents();
  assert.match((await states('reviews')).join(' '), /^(\wDS Stale \d+s ){4}ECDS Ignored $/);
  assert.match((await states('ratings'))[1], /^LDS Error/);
  assert.deepEqual(await states('istio-ingressgateway'), ['not connected no control plane knows it, so it gets no configuration']);
  // The worst first.
  assert.match(await by(page, 'mesh-row').first().textContent(), /ratings/);
  // By keyboard: a state explains itself beside the table.
  await row(page, 'reviews').getByTestId('state').first().focus();
  await page.keyboard.press('Enter');
  await by(page, 'explain').getByText('CDS · reviews').waitFor();
  assert.match(await by(page, 'explain').textContent(), /STALE: istiod sent an update and Envoy has not acknowledged it/);
  assert.match(await by(page, 'explain-log').textContent(), /kubectl logs -n default reviews-v1-55d4c455db-zjj2m -c istio-proxy/);
  await screenshot(page, 'mesh-en-1280');
  await fine(page, 'the mesh');
  await row(page, 'ratings').getByTestId('state').nth(1).click();
  await by(page, 'explain-error').waitFor();
  await by(page, 'explain-close').click();
  await by(page, 'explain').waitFor({ state: 'detached' });
  // The refused listener is a link.
  await by(page, 'refused').first().click();
  await by(page, 'detail-name').getByText('virtualInbound').waitFor();
  silent(tab);
  await tab.close();
});

test('the mesh is filtered and grouped, in both languages and themes', async () => {
  const tab = await stale({ viewport: { width: 1920, height: 1080 } });
  const { page } = tab;
  const count = () => by(page, 'mesh-row').count();
  const all = await count();
  await by(page, 'tile-Stale').click();
  await page.waitForFunction(() => document.querySelectorAll('[data-testid=mesh-row]').length === 1);
  await by(page, 'tile-Stale').click();
  await by(page, 'mesh-namespace').selectOption('payments');
  await page.waitForFunction((all) => document.querySelectorAll('[data-testid=mesh-row]').length < all, all);
  await by(page, 'mesh-clear').click();
  await by(page, 'mesh-by').selectOption('namespace');
  await by(page, 'mesh-group').filter({ hasText: 'istio-system' }).waitFor();
  await by(page, 'mesh-filter').fill('no such proxy');
  await by(page, 'mesh-nothing').waitFor();
  await by(page, 'mesh-filter').fill('');
  await row(page, 'reviews').waitFor();
  await screenshot(page, 'mesh-grouped-1920');
  await by(page, 'mesh-by').selectOption('');
  await by(page, 'theme').click();
  await by(page, 'lang').click();
  await row(page, 'reviews').getByTestId('state').first().click();
  await by(page, 'explain').getByText('STALE').first().waitFor();
  await screenshot(page, 'mesh-zh-dark-1920');
  await fine(page, 'the mesh in the dark');
  silent(tab);
  await tab.close();
});

/// Opens a proxy's tab Sync.
const sync = async (page, name) => {
  await by(page, 'proxy').filter({ hasText: name }).click();
  await by(page, 'tab-sync').click();
  await by(page, 'compare').waitFor();
};
const differences = (page) => by(page, 'difference').evaluateAll((all) => all.map((it) => `${it.querySelector('a').textContent} ${it.querySelector('.x-right').textContent}`));

test('what reviews missed: by resource, by field, by line', async () => {
  const tab = await stale();
  const { page } = tab;
  await sync(page, 'reviews');
  assert.match(await by(page, 'meaning').textContent(), /Istiod sent an update that this Envoy has not acknowledged.*real/);
  await by(page, 'difference').first().waitFor();
  const found = await differences(page);
  assert.deepEqual(found.slice(0, 9).sort(), [
    '10.96.10.9_5432 only in Istiod',
    'inbound|9080|| 1 field',
    'outbound|5432||newsvc.default.svc.cluster.local only in Istiod',
    'outbound|9080|v1|reviews.default.svc.cluster.local 1 field',
    'outbound|9080|v2|reviews.default.svc.cluster.local 1 field',
    'outbound|9080|v3|reviews.default.svc.cluster.local 1 field',
    'outbound|9080|v9|reviews.default.svc.cluster.local only in Istiod',
    'outbound|9080||newsvc.default.svc.cluster.local only in Istiod',
    'outbound|9080||reviews.default.svc.cluster.local 1 field',
  ].sort());
  await by(page, 'difference').filter({ hasText: '|v1|reviews' }).getByRole('link').click();
  await by(page, 'fields').getByText('connect_timeout').waitFor();
  assert.match(await by(page, 'fields').textContent(), /connect_timeout.*"3s".*in Istiod.*"10s".*in Envoy/);
  // The word that changed is marked on both sides, what is the same around it is not.
  await by(page, 'beside').locator('mark').first().waitFor();
  assert.deepEqual(await by(page, 'beside').locator('mark').allTextContents(), ['3s', '10s']);
  const fold = by(page, 'unfold').first();
  const lines = await by(page, 'beside').locator('.x-pair').count();
  await fold.click();
  await page.waitForFunction((lines) => document.querySelectorAll('[data-testid=beside] .x-pair').length > lines, lines);
  assert.doesNotMatch(page.url(), /reviews|9080/, 'links hold positions, never names');
  await screenshot(page, 'sync-en-1280');
  await fine(page, 'the Sync tab');
  // A weight that changed is a difference, and named.
  await by(page, 'difference').filter({ hasText: /^80/ }).getByRole('link').click();
  await by(page, 'fields').getByText(/weight/).first().waitFor();
  // On to the table of the proxy.
  await by(page, 'to-side').last().click();
  await by(page, 'table-routes').waitFor();
  silent(tab);
  await tab.close();
});

test('what matches says so, and what is missing is named with its command', async () => {
  const tab = await open(browser, host, { locale: 'zh-CN', colorScheme: 'dark' });
  const { page } = tab;
  await drop(page, '[data-testid=drop]', istio('bookinfo-synced.tar.gz'));
  await by(page, 'mesh').waitFor();
  await sync(page, 'details');
  await by(page, 'compare-section').first().waitFor();
  assert.match((await by(page, 'compare-section').allTextContents()).slice(0, 3).join('\n'), /集群.*一致[^]*监听器.*一致[^]*路由.*一致/);
  await screenshot(page, 'sync-same-zh-dark');
  await fine(page, 'a Sync tab without differences');
  await tab.close();
  const report = await open(browser, host);
  await drop(report.page, '[data-testid=drop]', istio('bug-report.tar.gz'));
  await by(report.page, 'mesh').waitFor();
  await sync(report.page, 'reviews');
  await by(report.page, 'known').waitFor();
  assert.match(await by(report.page, 'missing').first().textContent(), /debug\/config_dump\?proxyID=reviews/);
  assert.match(await by(report.page, 'known').textContent(), /Only istiod knows.*outbound\|9080\|\|newsvc/);
  await screenshot(report.page, 'sync-known-en-1280');
  await fine(report.page, 'a Sync tab without a dump of istiod’s');
  silent(report);
  await report.close();
});

test('two captures: which proxies, which resources, which fields', async () => {
  const tab = await stale({ viewport: { width: 1920, height: 1080 } });
  const { page } = tab;
  await by(page, 'compare-open').click();
  await by(page, 'compare-dialog').waitFor();
  await fine(page, 'the dialog');
  await by(page, 'second-input').setInputFiles(istio('bookinfo-synced.tar.gz'));
  await by(page, 'captures').waitFor();
  await page.waitForFunction(() => /proxies differ/.test(document.querySelector('[data-testid=captures-says]')?.textContent));
  const pairs = await by(page, 'pair').allTextContents();
  assert.ok(pairs.some((it) => /ledger.*only in B/.test(it)), pairs.join('\n'));
  // Those that differ first; the first capture is what it was.
  assert.equal(await by(page, 'proxy').count(), 6);
  await screenshot(page, 'compare-captures-1920');
  await fine(page, 'the proxies of two captures');
  await by(page, 'pair').filter({ hasText: 'productpage' }).getByRole('link').click();
  await by(page, 'difference').filter({ hasText: /^9080/ }).getByRole('link').click();
  await by(page, 'fields').waitFor();
  await screenshot(page, 'compare-fields-1920');
  await fine(page, 'a proxy of two captures');
  assert.doesNotMatch(page.url(), /product|9080/, 'links hold positions, never names');
  const address = page.url();
  // The other way round, and back to one.
  await by(page, 'compare-open').click();
  await by(page, 'compare-swap').click();
  await by(page, 'mesh').waitFor();
  await by(page, 'proxy').filter({ hasText: 'ledger' }).waitFor();
  await by(page, 'compare-open').click();
  await by(page, 'compare-close').click();
  await page.goto(address);
  await by(page, 'notice').waitFor();
  silent(tab);
  await tab.close();
});

test('two proxies of one capture', async () => {
  const tab = await stale();
  const { page } = tab;
  await by(page, 'compare-open').click();
  await by(page, 'compare-A').selectOption({ index: 0 });
  await by(page, 'compare-B').selectOption({ index: 1 });
  await by(page, 'compare-two').click();
  await by(page, 'difference').first().waitFor();
  assert.match(page.url(), /\/x\/-\/\d+\.\d+$/);
  await by(page, 'compare-filter').fill('no such resource');
  await by(page, 'difference').first().waitFor({ state: 'detached' });
  silent(tab);
  await tab.close();
});
