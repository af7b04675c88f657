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
