// A page that holds a redacted copy: saved out of the single file, opened by somebody else, saved again.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { accessibility, fixture, launch, open, screenshot, serve } from './lib.mjs';

const root = resolve(import.meta.dirname, '../..');
let browser, folder, single;
before(async () => {
  browser = await launch();
  folder = mkdtempSync(join(tmpdir(), 'xdscope-'));
  single = join(folder, 'xdscope.html');
  execFileSync('node', [join(root, 'scripts', 'single-file.mjs'), join(root, process.env.XDSCOPE_DIST ?? 'dist'), single]);
});
after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

const by = (page, id) => page.getByTestId(id);
const from = async (file, options) => {
  const tab = await open(browser, { url: pathToFileURL(file).href, requests: [] }, options);
  await tab.context.setOffline(true);
  return tab;
};
const silent = (tab) => assert.deepEqual([tab.afterBoot(), tab.violations, tab.errors], [[], [], []]);
const copied = async (page) => {
  await by(page, 'share-open').click();
  await by(page, 'share-made').waitFor({ timeout: 60_000 });
};
const savePage = async (page) => {
  const [download] = await Promise.all([page.waitForEvent('download'), by(page, 'share-page').click()]);
  assert.match(download.suggestedFilename(), /^xdscope-redacted-[0-9a-f]{6}\.html$/);
  const path = join(folder, download.suggestedFilename());
  await download.saveAs(path);
  return path;
};
/// What stands in a page beside what was built: the copy alone.
const block = /<script type="application\/octet-stream;base64" id="capture">([A-Za-z0-9+/=]*)<\/script>\n<script type="application\/json;base64" id="capture:about">([A-Za-z0-9+/=]*)<\/script>\n/;
const judged = (page) => page.waitForFunction(() => /\d/.test(document.querySelector('[data-testid=side-findings] i')?.textContent ?? ''), null, { timeout: 30_000 });
/// What is wrong, by check, and how many are hidden. Documents that were not read are not in a copy.
const findings = async (page) => {
  await by(page, 'side-findings').click();
  await by(page, 'finding').first().waitFor();
  const checks = await page.locator('[data-testid=finding]').evaluateAll((all) => all.map((it) => it.dataset.check).sort());
  return { checks: checks.filter((it) => it !== 'document-not-read'), hidden: await by(page, 'findings-hidden').allTextContents() };
};
/// How many rows the tables of the only proxy have (but that of secrets: a copy has no certificates), and of one of them the cells without a name: ports.
const tables = async (page) => {
  const seen = {};
  for (const table of ['clusters', 'listeners', 'routes', 'endpoints']) {
    await by(page, `tab-${table}`).click();
    await page.locator(`[data-testid=table-${table}] [data-testid=row]`).first().waitFor({ timeout: 30_000 });
    seen[table] = await by(page, 'matched').textContent();
  }
  await by(page, 'tab-clusters').click();
  const rows = page.locator('[data-testid=table-clusters] [data-testid=row]');
  await rows.first().waitFor();
  seen.ports = (await rows.allTextContents()).flatMap((it) => it.match(/\b(80|443|3306|9080|15010|15012|15021)\b/g) ?? []).sort();
  return seen;
};

test('a capture is saved as a page; who opens that, offline, sees the same, and may save it again', async () => {
  const tab = await from(single);
  const { page } = tab;
  await page.setInputFiles('input[type=file]:not([webkitdirectory])', fixture('istio/1.27/bookinfo-synced.tar.gz'));
  await by(page, 'side').waitFor({ timeout: 30_000 });
  await judged(page);
  // One is hidden; and a line of another mesh's, which must stay behind, for it is no name of this capture.
  await by(page, 'side-findings').click();
  await by(page, 'finding-open').first().click();
  await by(page, 'finding-hide').click();
  await by(page, 'findings-hidden').waitFor();
  const own = await page.evaluate(() => document.querySelectorAll('[data-testid=findings-hidden]').length);
  assert.equal(own, 1);
  const other = join(folder, 'hidden.json');
  const [saved] = await Promise.all([page.waitForEvent('download'), by(page, 'hidden-save').click()]);
  await saved.saveAs(other);
  const list = JSON.parse(readFileSync(other, 'utf8'));
  writeFileSync(other, JSON.stringify([...list, { id: list[0].id, resource: 'outbound|80||kanari.elsewhere.svc.cluster.local' }]));
  await by(page, 'hidden-file').setInputFiles(other);
  const before = await findings(page);
  await copied(page);
  const path = await savePage(page);
  silent(tab);
  await tab.close();

  const text = readFileSync(path, 'utf8');
  const [whole, capture, about] = block.exec(text);
  assert.equal(text.replace(whole, ''), readFileSync(single, 'utf8'), 'all else is the single file, to the byte');
  const said = Buffer.from(about, 'base64').toString();
  assert.equal(JSON.parse(said).hidden.length, 1);
  for (const name of ['productpage', 'bookinfo', 'hunter2', 'ratings', 'kanari']) {
    assert.ok(!said.includes(name) && !Buffer.from(capture, 'base64').includes(name), name);
  }

  const again = await from(path);
  await by(again.page, 'side').waitFor({ timeout: 30_000 });
  assert.match(await again.page.locator('[role=status], [role=alert]').allTextContents().then((all) => all.join()), /redacted copy inside/);
  await judged(again.page);
  assert.deepEqual(await findings(again.page), before);
  assert.deepEqual(await accessibility(again.page), []);
  await screenshot(again.page, 'saved-page');
  // Its copy of the copy is a page of the same single file.
  await copied(again.page);
  const second = readFileSync(await savePage(again.page), 'utf8');
  assert.equal(second.replace(block, ''), readFileSync(single, 'utf8'));
  silent(again);
  await again.close();
});

test('one proxy alone: its tables are as long, with the same ports', async () => {
  const tab = await from(single);
  await tab.page.setInputFiles('input[type=file]:not([webkitdirectory])', fixture('istio/1.27/details-alone.tar.gz'));
  await by(tab.page, 'captured').waitFor({ timeout: 30_000 });
  const before = await tables(tab.page);
  assert.ok(before.ports.length > 5);
  await copied(tab.page);
  const path = await savePage(tab.page);
  silent(tab);
  await tab.close();
  const again = await from(path, { locale: 'zh-CN', colorScheme: 'dark' });
  await by(again.page, 'captured').waitFor({ timeout: 30_000 });
  await screenshot(again.page, 'saved-page-zh-dark');
  await again.close();
  const english = await from(path);
  await by(english.page, 'captured').waitFor({ timeout: 30_000 });
  assert.deepEqual(await tables(english.page), before);
  silent(english);
  await english.close();
});

test('a page from a host says where a page can be saved, and brings the single file', async () => {
  const host = await serve();
  const tab = await open(browser, host);
  const { page } = tab;
  await page.setInputFiles('input[type=file]:not([webkitdirectory])', fixture('istio/1.27/details-alone.tar.gz'));
  await by(page, 'captured').waitFor({ timeout: 30_000 });
  await copied(page);
  await by(page, 'share-page').click();
  await by(page, 'share-page-panel').waitFor();
  assert.deepEqual(await accessibility(page), []);
  await screenshot(page, 'share-page-panel');
  silent(tab);
  // Asked for by the user, and nothing but that.
  const [download] = await Promise.all([page.waitForEvent('download'), by(page, 'share-page-get').click()]);
  const path = join(folder, 'downloaded.html');
  await download.saveAs(path);
  assert.equal(readFileSync(path, 'utf8'), readFileSync(single, 'utf8'));
  assert.deepEqual(tab.afterBoot().filter((it) => !it.endsWith('/xdscope.html')), []);
  await tab.close();
  await host.close();
});
