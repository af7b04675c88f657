// The graph: walked by keyboard and by pointer, on the sample and on a large dump; saved, read as a list.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { accessibility, drop, fixture, launch, open, screenshot, serve } from './lib.mjs';

let browser, host;
before(async () => { [browser, host] = await Promise.all([launch(), serve()]); });
after(async () => { await browser?.close(); await host?.close(); });

const by = (page, id) => page.getByTestId(id);
const node = (page, text) => page.locator('[data-testid=graph-node]', { has: page.locator('title', { hasText: text }) });
const selected = (page) => page.locator('.x-g-selected title').textContent();
/// Waits until what is selected says so.
const comes = (page, pattern) => page.waitForFunction(
  ([source]) => new RegExp(source).test(document.querySelector('.x-g-selected title')?.textContent), [pattern.source]);
const graph = async (page, name = 'productpage') => {
  await by(page, 'sample').click();
  await by(page, 'proxy').filter({ hasText: name }).click();
  await by(page, 'tab-graph').click();
  await by(page, 'graph-listener').first().waitFor();
};
const silent = (tab) => {
  assert.deepEqual(tab.afterBoot(), []);
  assert.deepEqual(tab.violations, []);
  assert.deepEqual(tab.errors, []);
};
const fine = async (page, where) => assert.deepEqual(await accessibility(page), [], where);
const saved = async (page, format) => {
  const [download] = await Promise.all([page.waitForEvent('download'), by(page, `graph-save-${format}`).click()]);
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
};
/// Presses a key until what is selected says so.
const press = async (page, key, pattern) => {
  for (let times = 0; times < 12; times++) {
    const before = await selected(page);
    if (pattern.test(before)) return;
    await page.keyboard.press(key);
    await page.waitForFunction((before) => document.querySelector('.x-g-selected title')?.textContent !== before, before, { timeout: 1_000 })
      .catch(() => {});
  }
  assert.match(await selected(page), pattern);
};

test('the chain from 0.0.0.0:9080 to an endpoint of reviews, by keyboard', async () => {
  const tab = await open(browser, host);
  const { page } = tab;
  await graph(page);
  for (const group of ['Inbound', 'OutboundHttp', 'OutboundTcp']) await by(page, `graph-group-${group}`).waitFor();
  await fine(page, 'where a graph begins');
  await screenshot(page, 'graph-start');
  await by(page, 'graph-listener').filter({ hasText: '0.0.0.0:9080' }).focus();
  await page.keyboard.press('Enter');
  await by(page, 'graph').waitFor();
  await comes(page, /^0\.0\.0\.0_9080/);
  await by(page, 'graph').focus();
  await press(page, 'ArrowLeft', /virtualOutbound/);
  await press(page, 'ArrowRight', /^0\.0\.0\.0_9080/);
  await page.keyboard.press('ArrowRight');
  await press(page, 'ArrowUp', /http\/1\.1/);
  await page.keyboard.press('ArrowRight');
  await comes(page, /^9080\n/);
  await page.keyboard.press('ArrowRight');
  await press(page, 'ArrowDown', /^reviews\.default/);
  await page.keyboard.press('ArrowRight');
  await press(page, 'ArrowUp', /^jason/);
  await page.keyboard.press('ArrowRight');
  await comes(page, /^outbound\|9080\|v2\|reviews/);
  await page.keyboard.press('ArrowRight');
  await comes(page, /^10\.244\.1\.15:9080/);
  // Enter opens it beside the graph, Escape closes that, then goes back to where one came from.
  await page.keyboard.press('Enter');
  await by(page, 'graph-side').waitFor();
  assert.match(await by(page, 'graph-name').textContent(), /10\.244\.1\.15:9080/);
  await by(page, 'detail').getByRole('treeitem').first().waitFor();
  await fine(page, 'a graph and a detail');
  await screenshot(page, 'graph-detail');
  await page.keyboard.press('Escape');
  await by(page, 'graph-side').waitFor({ state: 'detached' });
  await page.waitForFunction(() => document.activeElement?.dataset.testid === 'graph');
  await page.keyboard.press('Escape');
  await by(page, 'graph-listener').first().waitFor();
  assert.doesNotMatch(page.url(), /reviews|9080|outbound/, 'links hold positions, never names');
  silent(tab);
  await tab.close();
});

test('the same by pointer: from a table, along the boxes, and the focus moves', async () => {
  const tab = await open(browser, host);
  const { page } = tab;
  await by(page, 'sample').click();
  await by(page, 'proxy').filter({ hasText: 'productpage' }).click();
  await by(page, 'tab-listeners').click();
  await by(page, 'row').filter({ hasText: '0.0.0.0:9080' }).filter({ hasText: 'route' }).first().click();
  await by(page, 'show-in-graph').click();
  await by(page, 'graph').waitFor();
  assert.match(await by(page, 'graph-focus').textContent(), /Filter chain/);
  for (const [text, name] of [
    [/^9080\n/, /^Route configuration 9080$/], [/^reviews\.default/, /reviews\.default\.svc/], [/^jason/, /jason/],
    [/^outbound\|9080\|v2\|reviews/, /v2\|reviews/], [/^10\.244\.1\.15:9080/, /10\.244\.1\.15:9080/]]) {
    // The detail takes its room: all of the drawing in what is left.
    await by(page, 'graph-fit').click();
    await node(page, text).first().click();
    await page.waitForFunction(([source]) => new RegExp(source).test(document.querySelector('[data-testid=graph-side] h2')?.textContent), [name.source]);
  }
  await by(page, 'graph-focus-here').click();
  await page.waitForFunction(() => /10\.244\.1\.15/.test(document.querySelector('[data-testid=graph-focus]')?.textContent));
  // Around an endpoint stands what leads there, up to the listeners, and nothing else.
  const kinds = await by(page, 'graph-node').evaluateAll((all) => all.map((it) => it.dataset.kind));
  assert.deepEqual(['listener', 'route', 'cluster', 'endpoint'].filter((kind) => !kinds.includes(kind)), []);
  assert.equal(await node(page, /ratings/).count(), 0);
  await page.goBack();
  await page.waitForFunction(() => /Filter chain/.test(document.querySelector('[data-testid=graph-focus]')?.textContent));
  // Dragging moves the drawing, and is no click.
  const content = page.locator('.x-g-all > g').first();
  const before = await content.getAttribute('transform');
  const place = await by(page, 'graph').boundingBox();
  await page.mouse.move(place.x + 300, place.y + place.height - 60);
  await page.mouse.down();
  await page.mouse.move(place.x + 200, place.y + place.height - 120, { steps: 4 });
  await page.mouse.up();
  assert.notEqual(await content.getAttribute('transform'), before);
  silent(tab);
  await tab.close();
});

test('what is broken says why; the list has the same; all of it is saved and copied', async () => {
  const tab = await open(browser, host, { permissions: ['clipboard-read', 'clipboard-write'] });
  const { page } = tab;
  await graph(page);
  await by(page, 'graph-find').fill('reviews.default.svc.cluster.local:9080');
  await by(page, 'graph-hit').filter({ hasText: 'Virtual host' }).first().waitFor();
  await page.keyboard.press('Enter');
  await node(page, /v9\|reviews/).first().waitFor();
  assert.match(await node(page, /v9\|reviews/).first().locator('title').first().textContent(), /503/);
  await by(page, 'graph-as-list').click();
  const items = await by(page, 'graph-item').allTextContents();
  for (const name of ['reviews.default v2', 'jason', '10.244.1.15:9080']) assert.ok(items.some((it) => it.includes(name)), name);
  await by(page, 'graph-item').filter({ hasText: 'jason' }).first().click();
  await comes(page, /^jason/);
  await fine(page, 'a graph and its list');
  const picture = await saved(page, 'svg');
  assert.equal(picture.name, 'graph.svg');
  assert.match(picture.bytes.toString(), /^<svg .*reviews\.default\.svc\.cluster\.local:9080/s);
  const png = await saved(page, 'png');
  assert.equal(png.bytes.subarray(1, 4).toString(), 'PNG');
  assert.ok(png.bytes.length > 10_000);
  assert.match((await saved(page, 'dot')).bytes.toString(), /^digraph/);
  await by(page, 'graph-copy').click();
  await page.waitForFunction(() => /Copied/.test(document.querySelector('[data-testid=graph-copy]').textContent));
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(copied, (await saved(page, 'mermaid')).bytes.toString());
  assert.match(copied, /^flowchart LR\n/);
  silent(tab);
  await tab.close();
});

test('a large dump: few boxes, groups open where they stand', async () => {
  const tab = await open(browser, host);
  const { page } = tab;
  await drop(page, '[data-testid=drop]', fixture('istio/1.27/big.json.gz'));
  await by(page, 'tab-graph').click();
  await by(page, 'graph-listener').first().waitFor();
  await by(page, 'graph-find').fill('outbound|8080||svc0003.team03.svc.cluster.local');
  await by(page, 'graph-hit').first().waitFor();
  await page.keyboard.press('Enter');
  await comes(page, /^outbound\|8080\|\|svc0003\.team03/);
  const few = await by(page, 'graph-node').count();
  assert.ok(few > 1 && few <= 60, `${few} boxes`);
  await by(page, 'graph-clear').click();
  await by(page, 'graph-listener').filter({ hasText: '0.0.0.0:8080' }).first().click();
  await comes(page, /^0\.0\.0\.0_8080/);
  assert.ok(await by(page, 'graph-node').count() <= 60);
  const group = page.locator('[data-testid=graph-node][data-kind=virtual_host].x-g-folded').first();
  assert.match(await group.locator('title').textContent(), /1,50\d virtual hosts/);
  const chain = await node(page, /http\/1\.1/).first().locator('.x-g-box').boundingBox();
  await group.click();
  await page.waitForFunction(() => document.querySelectorAll('[data-kind=virtual_host]:not(.x-g-folded)').length > 5);
  assert.ok(Math.abs((await node(page, /http\/1\.1/).first().locator('.x-g-box').boundingBox()).x - chain.x) < 400);
  await by(page, 'graph').focus();
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.querySelectorAll('[data-kind=virtual_host]:not(.x-g-folded)').length < 5);
  silent(tab);
  await tab.close();
});

test('a trace lights its way, what lost beside it', async () => {
  const tab = await open(browser, host);
  const { page } = tab;
  await by(page, 'sample').click();
  await by(page, 'proxy').filter({ hasText: 'productpage' }).click();
  await by(page, 'tab-trace').click();
  await by(page, 'verdict').waitFor();
  await by(page, 'trace-to').fill('reviews:9080');
  await by(page, 'trace-path').fill('/reviews/1');
  await by(page, 'trace-run').click();
  await page.waitForFunction(() => /canary/.test(document.querySelector('[data-testid=verdict]')?.textContent));
  await by(page, 'tab-graph').click();
  await by(page, 'graph-trace').click();
  await page.locator('.x-g-node.x-g-lit').first().waitFor();
  const lit = await page.locator('.x-g-node.x-g-lit').evaluateAll((all) => all.map((it) => it.dataset.kind));
  for (const kind of ['listener', 'filter_chain', 'route_config', 'virtual_host', 'route', 'cluster']) assert.ok(lit.includes(kind), `${kind} of ${lit}`);
  assert.equal(lit.filter((kind) => kind === 'route').length, 1);
  assert.ok(await page.locator('.x-g-node.x-g-dim').count() > 3, 'the routes that lost');
  await fine(page, 'a trace in the graph');
  await screenshot(page, 'graph-trace');
  await by(page, 'graph-trace').click();
  await page.locator('.x-g-node.x-g-lit').first().waitFor({ state: 'detached' });
  silent(tab);
  await tab.close();
});

test('the mesh: a service shows who may call it, a proxy leads into its own graph', async () => {
  const tab = await open(browser, host);
  const { page } = tab;
  await by(page, 'sample').click();
  await by(page, 'mesh-graph').click();
  await by(page, 'graph-node').first().waitFor();
  await fine(page, 'the mesh as a graph');
  await screenshot(page, 'graph-mesh');
  await by(page, 'graph-fit').click();
  await node(page, /^reviews\.default\.svc/).first().click();
  await page.locator('.x-g-node.x-g-lit').first().waitFor();
  const lit = await page.locator('.x-g-node.x-g-lit title').allTextContents();
  assert.ok(lit.some((it) => /^productpage-v1/.test(it)) && lit.some((it) => /^reviews-v1/.test(it)), String(lit));
  await page.locator('[data-testid=graph-node][data-id^="serves."]', { has: page.locator('title', { hasText: /^reviews-v1/ }) }).click();
  await by(page, 'graph-focus').waitFor();
  assert.match(await by(page, 'proxy-name').textContent(), /^reviews-v1/);
  assert.match(await by(page, 'graph-focus').textContent(), /Filter chain/);
  await node(page, /virtualInbound/).first().waitFor();
  silent(tab);
  await tab.close();
});

test('both themes and languages, at both widths', async () => {
  for (const [colorScheme, locale, width] of [['light', 'zh-CN', 1280], ['dark', 'en-US', 1920], ['light', 'en-US', 1920], ['dark', 'zh-CN', 1280]]) {
    const tab = await open(browser, host, { colorScheme, locale, viewport: { width, height: width === 1280 ? 800 : 1080 } });
    const { page } = tab;
    await graph(page);
    await by(page, 'graph-listener').filter({ hasText: '0.0.0.0:9080' }).click();
    await by(page, 'graph-node').first().waitFor();
    await page.waitForTimeout(100);
    await screenshot(page, `graph-${colorScheme}-${locale}-${width}`);
    if (width === 1280 || colorScheme === 'dark') await fine(page, `${colorScheme} ${locale}`);
    silent(tab);
    await tab.close();
  }
});
