// Copies for a ticket: with the switch on, nothing that is copied or saved has a name of the capture, and all have the
// names of the copy that Share… makes; with it off, the originals.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { accessibility, drop, fixture, launch, open, screenshot, serve } from './lib.mjs';

const root = resolve(import.meta.dirname, '../..');
let browser, host;
before(async () => { [browser, host] = await Promise.all([launch(), serve()]); });
after(async () => { await browser?.close(); await host?.close(); });

const by = (page, id) => page.getByTestId(id);
const proxy = (page, name) => by(page, 'proxy').filter({ hasText: name }).first();
const clipboard = (page) => page.evaluate(() => navigator.clipboard.readText());
/// What is copied by `act`.
const copied = async (page, act) => {
  await page.evaluate(() => navigator.clipboard.writeText(''));
  await act();
  for (let turn = 0; turn < 200; turn += 1) {
    const text = await clipboard(page);
    if (text !== '') return text;
    await page.waitForTimeout(50);
  }
  throw new Error('nothing was copied');
};
const click = (page, ...ids) => async () => { for (const id of ids) await by(page, id).first().click(); };
const on = async (page, wanted) => {
  if ((await by(page, 'ticket').getAttribute('aria-pressed') === 'true') !== wanted) await by(page, 'ticket').click();
  assert.equal(await by(page, 'ticket').getAttribute('aria-pressed'), String(wanted));
};
/// The map of the copy that Share… makes, and the copy's words.
const shared = async (page) => {
  await by(page, 'share-open').click();
  await by(page, 'share-made').waitFor({ timeout: 60_000 });
  await by(page, 'share-map').click();
  const [download] = await Promise.all([page.waitForEvent('download'), by(page, 'share-map-save').click()]);
  const names = JSON.parse(await readFile(await download.path(), 'utf8'));
  const folder = mkdtempSync(join(tmpdir(), 'xdscope-'));
  const archive = join(folder, 'copy.tar.gz');
  writeFileSync(archive, await saved(page, 'share-save'));
  const text = execFileSync('tar', ['xzOf', archive], { maxBuffer: 1 << 30 }).toString();
  rmSync(folder, { recursive: true, force: true });
  return [names, new Set(words(text))];
};
const saved = async (page, id) => {
  const [download] = await Promise.all([page.waitForEvent('download'), by(page, id).click()]);
  return readFile(await download.path());
};
/// Names of the map that a text has as words, and its addresses. A word of Envoy's or of xdscope's own may be somebody's
/// name as well: such a one may stand where the copy, or the page's own sentences, have it.
const OWN = readdirSync(`${root}/locales`).map((it) => readFileSync(`${root}/locales/${it}`, 'utf8')).join('\n')
  + readdirSync(`${root}/src/findings/texts`).map((it) => readFileSync(`${root}/src/findings/texts/${it}`, 'utf8')).join('\n')
  + readFileSync(`${root}/src/engine/own.txt`, 'utf8');
const words = (text) => text.replace(/xmlns="[^"]*"/g, ' ').replace(/\benvoy\.[\w.]+/g, ' ').split(/[^A-Za-z0-9_]+/);
const left = (text, { tokens, addresses }, copy) => {
  const said = new Set([...copy, ...words(OWN)]);
  const ips = new Set(text.split(/[^0-9.]+/));
  return [
    ...words(text).filter((it) => tokens[it.toLowerCase()] && (NAMES.includes(it.toLowerCase()) || !said.has(it))),
    ...Object.keys(addresses).filter((it) => ips.has(it)),
  ];
};
/// Names of the sample that are nothing else.
const NAMES = ['reviews', 'ratings', 'productpage', 'bookinfo', 'wikipedia', 'jason', 'mongodb', 'mysqldb'];
const silent = (tab) => {
  assert.deepEqual(tab.afterBoot(), []);
  assert.deepEqual(tab.violations, []);
  assert.deepEqual(tab.errors, []);
};

/// Copies and saves by every view, in turn.
async function* everything(page) {
  await proxy(page, 'productpage').click();
  for (const table of ['clusters', 'routes', 'listeners', 'endpoints', 'secrets', 'bootstrap']) {
    await by(page, `tab-${table}`).click();
    await by(page, 'copy-table').waitFor();
    for (const format of ['csv', 'markdown', 'json', 'istioctl']) {
      await by(page, 'copy-table').click();
      const there = await by(page, `copy-${format}`).count();
      await page.keyboard.press('Escape');
      if (there) yield [`${table} as ${format}`, await copied(page, click(page, 'copy-table', `copy-${format}`))];
    }
  }
  await by(page, 'tab-clusters').click();
  await page.getByRole('grid').getByRole('link').first().click();
  await by(page, 'copy-text').waitFor();
  yield ['a resource', await copied(page, click(page, 'copy-text'))];
  yield ['a name', await copied(page, click(page, 'copy-name'))];
  // The browser's own way.
  yield ['what is selected', await copied(page, async () => {
    await page.evaluate(() => getSelection().selectAllChildren(document.querySelector('[data-testid=lines]')));
    await page.keyboard.press('Control+C');
  })];
  await page.evaluate(() => getSelection().removeAllRanges());
  await by(page, 'tab-raw').click();
  await by(page, 'copy-text').waitFor();
  yield ['a document', await copied(page, click(page, 'copy-text'))];
  await by(page, 'tab-trace').click();
  await by(page, 'trace-to').fill('reviews:9080');
  await by(page, 'trace-run').click();
  await page.waitForFunction(() => /reviews/.test(document.querySelector('[data-testid=verdict]')?.textContent));
  yield ['a trace', await copied(page, click(page, 'trace-copy'))];
  await by(page, 'tab-graph').click();
  await by(page, 'graph-find').fill('reviews.default.svc.cluster.local:9080');
  await by(page, 'graph-hit').filter({ hasText: 'Virtual host' }).first().waitFor();
  await page.keyboard.press('Enter');
  await by(page, 'graph-save-svg').waitFor();
  for (const format of ['svg', 'mermaid', 'dot']) yield [`the graph as ${format}`, (await saved(page, `graph-save-${format}`)).toString()];
  yield ['the graph, copied', await copied(page, click(page, 'graph-copy'))];
  await proxy(page, 'reviews').click();
  await by(page, 'tab-sync').click();
  await by(page, 'difference').first().waitFor();
  await by(page, 'difference').filter({ hasText: '|v1|' }).getByRole('link').first().click();
  await by(page, 'copy-difference').waitFor();
  yield ['a difference', await copied(page, click(page, 'copy-difference'))];
  await by(page, 'side-findings').click();
  await by(page, 'finding').first().waitFor();
  yield ['findings', await copied(page, click(page, 'findings-ticket'))];
}

test('nothing that is copied or saved has a name of the capture while the switch is on', async () => {
  const tab = await open(browser, host, { permissions: ['clipboard-read', 'clipboard-write'] });
  const { page } = tab;
  await by(page, 'sample').click();
  await by(page, 'side').waitFor({ timeout: 30_000 });
  const [names, copy] = await shared(page);
  const code = names.tokens.reviews;
  assert.match(code, /^[a-z]{5}$/);
  await on(page, true);
  assert.deepEqual(await accessibility(page), []);
  await screenshot(page, 'ticket');
  let count = 0;
  const made = new Map();
  for await (const [what, text] of everything(page)) {
    made.set(what, text);
    if (process.env.XDSCOPE_SHOW) console.log(`--- ${what}\n${text.slice(0, 1500)}`);
    // A picture's own words are no names: an attribute is called `cx`, as a connection is in Envoy's statistics.
    const said = what.endsWith('svg') ? text.replace(/xmlns="[^"]*"|<\/?[a-z]+|[\w:-]+(?==")/gi, ' ') : text;
    assert.deepEqual(left(said, names, copy), [], `${what}: ${text.slice(0, 400)}`);
    assert.ok(!/hunter2|s3cr3t|BEGIN CERT/.test(text), what);
    count += 1;
  }
  assert.ok(count >= 25, `${count} copies`);
  for (const what of ['clusters as csv', 'clusters as istioctl', 'a trace', 'the graph as svg', 'the graph as dot', 'a difference', 'a document']) {
    assert.ok(made.get(what).includes(code), `${what} has the code of the copy`);
  }
  // xdscope's own words, and Envoy's, are as they were.
  assert.match(made.get('clusters as istioctl'), /^SERVICE FQDN +PORT +SUBSET +DIRECTION +TYPE +DESTINATION RULE\n/);
  assert.match(made.get('a trace'), new RegExp(`9080`));
  assert.match(made.get('findings'), /refused its listeners|503/);
  assert.match(made.get('a difference'), /"connectTimeout": "3s"/);
  assert.match(made.get('the graph as dot'), /^digraph/);
  const cells = JSON.parse(made.get('clusters as json'));
  assert.ok(cells.some((row) => row.host === `${code}.default.svc.cluster.local` && row.subset === 'v1'));
  assert.equal(typeof JSON.parse(made.get('a document')), 'object');
  // It stays on when the page is opened again, and nothing but that is stored.
  await tab.reload();
  const kept = await page.evaluate(() => Object.entries(localStorage).map(([name, value]) => `${name}=${value}`));
  assert.ok(kept.includes('xdscope.ticket=on'), kept.join(' '));
  assert.ok(kept.every((it) => it.length < 200 && !/reviews/.test(it)), kept.join(' '));
  await by(page, 'sample').click();
  await by(page, 'side').waitFor({ timeout: 30_000 });
  assert.equal(await by(page, 'ticket').getAttribute('aria-pressed'), 'true');
  // Off again: the originals.
  await on(page, false);
  await proxy(page, 'productpage').click();
  await by(page, 'tab-clusters').click();
  await by(page, 'copy-table').waitFor();
  assert.match(await copied(page, click(page, 'copy-table', 'copy-csv')), /reviews\.default\.svc\.cluster\.local/);
  silent(tab);
  await tab.close();
});

test('what is not in the copy is not copied, and that is said; 中文, dark', async () => {
  const tab = await open(browser, host, { locale: 'zh-CN', colorScheme: 'dark', permissions: ['clipboard-read', 'clipboard-write'] });
  const { page } = tab;
  await drop(page, '[data-testid=drop]', fixture('istio/1.27/bug-report.tar.gz'));
  await by(page, 'side').waitFor({ timeout: 30_000 });
  await on(page, true);
  await by(page, 'share-open').click();
  await by(page, 'share-made').waitFor({ timeout: 60_000 });
  await by(page, 'share-left-out').click();
  await by(page, 'share-left').first().waitFor();
  await by(page, 'share-left').getByRole('link').first().click();
  await by(page, 'copy-text').waitFor();
  await page.evaluate(() => navigator.clipboard.writeText('before'));
  await by(page, 'copy-text').click();
  await by(page, 'notice').waitFor();
  assert.match(await by(page, 'notice').textContent(), /未复制/);
  assert.equal(await clipboard(page), 'before');
  assert.deepEqual(await accessibility(page), []);
  await screenshot(page, 'ticket-refused-zh-dark');
  silent(tab);
  await tab.close();
});
