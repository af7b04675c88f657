// Every table on the page against the engine's own answers, which the terminal gives: all columns, all rows.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { accessibility, drop, fixture, launch, open, screenshot, serve } from './lib.mjs';

const root = resolve(import.meta.dirname, '../..');
const capture = fixture('istio/1.27/bookinfo-stale.tar.gz');
const ENVOY = {
  listeners: ['listeners'], routes: ['routes'], clusters: ['clusters'], endpoints: ['endpoints'], secrets: ['secrets'],
  policy: ['rbac', 'jwt'], extensions: ['filters', 'ecds', 'telemetry'], bootstrap: ['bootstrap'],
};
const ZTUNNEL = {
  workloads: ['workloads'], services: ['services'], policy: ['ztunnel_policies'], certificates: ['ztunnel_certificates'],
  connections: ['connections'],
};
const SLUGS = { ztunnel_policies: 'policies', ztunnel_certificates: 'certificates' };
const slug = (table) => SLUGS[table] ?? table;

let browser, host, program;
before(async () => {
  execFileSync('cargo', ['build', '--quiet', '--locked', '--bin', 'xdscope'], { cwd: root, stdio: 'inherit' });
  program = join(process.env.CARGO_TARGET_DIR ?? join(root, 'target'), 'debug', 'xdscope');
  [browser, host] = await Promise.all([launch(), serve()]);
});
after(async () => { await browser?.close(); await host?.close(); });

const run = (...args) => execFileSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] });
const ask = (file, ...queries) => run('ask', '--file', file, ...queries.map((it) => JSON.stringify(it)))
  .trimEnd().split('\n').map((line) => JSON.parse(line));
const by = (page, id) => page.getByTestId(id);
/// The minute, as the page says it to the engine.
const now = () => Math.floor(Date.now() / 60_000) * 60_000_000_000;

/// The page's sentences.
const sentences = Object.fromEntries(['en.yml', 'tables.en.yml'].flatMap((file) => readFileSync(join(root, 'locales', file), 'utf8')
  .split('\n').map((line) => /^([\w.]+): "?(.*?)"?$/.exec(line)).filter(Boolean).map(([, key, text]) => [key, text])));

/// What a word of the engine's is on the page.
function word(it) {
  if (typeof it === 'string') return sentences[`word.${it}`] ?? sentences[`state.${it}`];
  const [[name, value]] = Object.entries(it);
  if (name === 'share') return value % 10 ? `${Math.floor(value / 10)}.${value % 10} %` : `${value / 10} %`;
  if (name === 'healthy') return sentences['word.healthy'].replace('%{up}', value[0]).replace('%{of}', value[1]);
  return sentences[`word.${name}`].replace('%{n}', value);
}
const flat = (text) => text.replace(/\s+/g, '');
const said = (cell) => flat(cell.map((part) => {
  if (part === 'break') return '';
  const [[kind, value]] = Object.entries(part);
  if (kind === 'word') {
    const text = word(value);
    assert.ok(text !== undefined, `no sentence for ${JSON.stringify(value)}`);
    return text;
  }
  return typeof value === 'string' ? value : value.text;
}).join(' '));

/// All rows of the table in sight, cell by cell, scrolled through as a reader would.
async function drawn(page, count) {
  const rows = new Map();
  const grid = page.getByRole('grid');
  for (let turn = 0; turn < 400 && rows.size < count; turn += 1) {
    const seen = await grid.evaluate((grid) => [...grid.querySelectorAll('[data-index]')]
      .map((row) => [Number(row.dataset.index), [...row.querySelectorAll('[role=gridcell]')].map((cell) => {
        // What is wrong with a row is said in it, too, and is not of the table.
        const own = cell.cloneNode(true);
        own.querySelectorAll('[data-testid=row-mark]').forEach((mark) => mark.remove());
        return own.textContent;
      })]));
    for (const [index, cells] of seen) rows.set(index, cells.map(flat));
    if (rows.size < count) {
      await grid.evaluate((grid) => grid.scrollBy(0, grid.clientHeight * 0.8));
      await page.waitForTimeout(30);
    }
  }
  return [...rows.entries()].toSorted(([a], [b]) => a - b).map(([, cells]) => cells);
}

/// Compares all tables of a proxy, column by column.
async function compare(page, file, proxy, tabs) {
  for (const [tab, tables] of Object.entries(tabs)) {
    await by(page, `tab-${tab}`).click();
    for (const table of tables) {
      if (tables.length > 1) await by(page, `chip-${slug(table)}`).click();
      const where = `${proxy.name} ${table}`;
      await by(page, `table-${slug(table)}`).waitFor();
      const query = (hidden) => ({ table: { proxy: proxy.id, table, window: { hidden, limit: 200, now: now() } } });
      for (const hidden of [false, true]) {
        const first = ask(file, query(hidden))[0].table;
        if (hidden && ask(file, query(false))[0].table.hidden === 0) continue;
        const offsets = Array.from({ length: Math.ceil(first.total / 200) }, (_, at) => at * 200);
        const wanted = offsets.length ? ask(file, ...offsets.map((offset) => {
          const it = query(hidden);
          it.table.window.offset = offset;
          return it;
        })).flatMap((answer) => answer.table.rows) : [];
        assert.equal(wanted.length, first.total, where);
        if (hidden) await by(page, 'hidden').check();
        await page.waitForFunction(([total, slug]) => document.querySelector(`[data-testid=table-${slug}] [role=grid]`)?.ariaRowCount === String(total + 1), [first.total, slug(table)]);
        const titles = await page.getByRole('columnheader').locator('button span').allTextContents();
        assert.deepEqual(titles, first.columns.map((it) => sentences[`column.${it}`]), `${where}: columns`);
        const rows = await drawn(page, first.total);
        assert.equal(rows.length, wanted.length, `${where}: rows`);
        for (const [at, row] of wanted.entries()) {
          for (const [column, name] of first.columns.entries()) {
            assert.equal(rows[at][column], said(row.cells[column]), `${where}: row ${at}, ${name}`);
          }
        }
        assert.equal(await by(page, 'command').locator('code').textContent(), first.command, where);
        if (hidden) await by(page, 'hidden').uncheck();
      }
    }
  }
}

/// A page that shows all columns of all tables.
async function everything(file, options = {}) {
  const [{ capture: { proxies } }] = ask(file, 'capture');
  const tables = [...Object.values(ENVOY), ...Object.values(ZTUNNEL)].flat();
  const answers = ask(file, ...tables.map((table) => ({ table: { proxy: proxies[0].id, table, window: { limit: 0 } } })));
  const kept = Object.fromEntries(answers.map(({ table }, at) => [`xdscope.columns.${slug(tables[at])}`, table.columns.join(',')]));
  const tab = await open(browser, host, options);
  await tab.page.evaluate((kept) => Object.entries(kept).forEach(([key, value]) => localStorage.setItem(key, value)), kept);
  return { tab, proxies };
}

test('every column of every table says what the engine says, for two proxies', async () => {
  const { tab, proxies } = await everything(capture, { viewport: { width: 1920, height: 1080 } });
  const { page } = tab;
  await drop(page, '[data-testid=drop]', capture);
  for (const name of ['productpage', 'istio-ingressgateway']) {
    const proxy = proxies.find((it) => it.name.startsWith(name));
    await by(page, 'proxy').filter({ hasText: name }).click();
    await compare(page, capture, proxy, ENVOY);
  }
  assert.deepEqual(tab.errors, []);
  await tab.close();
});

const ztunnel = {
  workloads: [
    { uid: 'c//Pod/shop/web-1', name: 'web-1', namespace: 'shop', workloadIps: ['10.0.0.1'], node: 'n1', protocol: 'HBONE', status: 'Healthy', serviceAccount: 'web', waypoint: { destination: 'shop/way.shop.svc.cluster.local' }, authorizationPolicies: ['shop/only-web'] },
    { uid: 'c//Pod/shop/db-1', name: 'db-1', namespace: 'shop', workloadIps: ['10.0.0.2'], node: 'n2', protocol: 'TCP', status: 'Unhealthy', waypoint: { destination: 'gone/x' } },
  ],
  services: [
    { name: 'way', namespace: 'shop', hostname: 'way.shop.svc.cluster.local', vips: ['net/10.1.0.1'], ports: { 15008: 15008 }, endpoints: {} },
    { name: 'db', namespace: 'shop', hostname: 'db.shop.svc.cluster.local', vips: ['net/10.1.0.2'], ports: { 5432: 15432 }, endpoints: { a: { workloadUid: 'c//Pod/shop/db-1' } } },
  ],
  policies: [{ name: 'only-web', namespace: 'shop', action: 'Allow', scope: 'WorkloadSelector', rules: [[[{ principals: [{ Exact: 'cluster.local/ns/shop/sa/web' }], notDestinationPorts: [9090] }]]] }],
  certificates: [{ identity: 'spiffe://cluster.local/ns/shop/sa/web', state: 'Available', certChain: [{ serialNumber: '255', validFrom: '2020-01-01T00:00:00Z', expirationTime: '2021-01-01T00:00:00Z' }], rootCerts: [] }],
  workloadState: { x: { state: 'Up', info: { name: 'web-1', namespace: 'shop' }, connections: { inbound: [], outbound: [{ src: '10.0.0.1:40000', originalDst: '10.1.0.2:5432', actualDst: '10.0.0.2:5432', protocol: 'TCP' }] } } },
  config: { localNode: 'n1' }, version: { version: '1.27.1' },
};

test('a ztunnel has tables of its own', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'xdscope-'));
  const file = join(folder, 'ztunnel-a.json');
  writeFileSync(file, JSON.stringify(ztunnel));
  const { tab, proxies } = await everything(file);
  const { page } = tab;
  await drop(page, '[data-testid=drop]', file);
  await by(page, 'proxy').first().click();
  await compare(page, file, proxies[0], ZTUNNEL);
  await by(page, 'tab-policy').click();
  await by(page, 'row').first().click({ position: { x: 4, y: 4 } });
  await by(page, 'detail').getByRole('treeitem').first().waitFor();
  assert.deepEqual(await accessibility(page), []);
  await screenshot(page, 'ztunnel-policy');
  assert.doesNotMatch(page.url(), /web|shop/);
  rmSync(folder, { recursive: true });
  await tab.close();
});

/// Opens the sample and a proxy's table.
async function table(page, name, tab) {
  await drop(page, '[data-testid=drop]', capture);
  await by(page, 'proxy').filter({ hasText: name }).click();
  await by(page, `tab-${tab}`).click();
  await by(page, 'row').first().waitFor();
}

test('columns are chosen, kept by name alone, and given back', async () => {
  const tab = await open(browser, host);
  const { page } = tab;
  await table(page, 'productpage', 'routes');
  const titles = async () => {
    await page.getByRole('columnheader').first().waitFor();
    return page.getByRole('columnheader').locator('button span').allTextContents();
  };
  const first = await titles();
  assert.ok(!first.includes('Timeout'));
  await by(page, 'columns').click();
  await by(page, 'column-timeout').check();
  await by(page, 'column-owner').uncheck();
  const chosen = await titles();
  assert.ok(chosen.includes('Timeout') && !chosen.includes('Owner'), chosen.join());
  assert.deepEqual(await accessibility(page), []);
  await page.keyboard.press('Escape');
  await by(page, 'column-timeout').waitFor({ state: 'detached' });
  const kept = await page.evaluate(() => ({ ...localStorage }));
  assert.deepEqual(Object.keys(kept), ['xdscope.columns.routes']);
  assert.match(kept['xdscope.columns.routes'], /^[a-z_,]+$/);
  await by(page, 'tab-clusters').click();
  await by(page, 'table-clusters').waitFor();
  await by(page, 'tab-routes').click();
  await by(page, 'row').first().waitFor();
  assert.deepEqual(await titles(), chosen);
  await by(page, 'columns').click();
  await by(page, 'columns-reset').click();
  await by(page, 'row').first().waitFor();
  assert.deepEqual(await titles(), first);
  assert.deepEqual(await page.evaluate(() => Object.keys(localStorage)), []);
  await tab.close();
});

test('copies have all matching rows, and istioctl its own text, today’s and that of 1.1', async () => {
  const tab = await open(browser, host, { permissions: ['clipboard-read', 'clipboard-write'] });
  const { page } = tab;
  await table(page, 'productpage', 'clusters');
  const copied = async (format) => {
    await page.evaluate(() => navigator.clipboard.writeText(''));
    await by(page, 'copy-table').click();
    await by(page, `copy-${format}`).click();
    for (let turn = 0; turn < 100; turn += 1) {
      const text = await page.evaluate(() => navigator.clipboard.readText());
      if (text !== '') return text;
      await page.waitForTimeout(50);
    }
    return '';
  };
  const matched = Number(await page.getByRole('grid').getAttribute('aria-rowcount')) - 1;
  const all = JSON.parse(await copied('json'));
  assert.equal(all.length, matched);
  assert.ok(all.some((row) => row.host === 'reviews.default.svc.cluster.local' && row.subset === 'v1' && row.port === '9080'), 'whole names');
  await by(page, 'filter').fill('reviews v1');
  await page.waitForFunction(() => / of /.test(document.querySelector('[data-testid=matched]').textContent));
  assert.equal(JSON.parse(await copied('json')).length, await by(page, 'row').count());
  const csv = await copied('csv');
  assert.match(csv, /^Host,Port,Subset,/);
  assert.equal(csv.trimEnd().split('\r\n').length, await by(page, 'row').count() + 1);
  assert.match(await copied('markdown'), /^\| Host \| Port \|.*\n\|---\|/);
  const pod = (await by(page, 'proxy-name').textContent());
  const printed = (...more) => run('proxy-config', 'cluster', '--file', capture, '--proxy', pod, ...more);
  assert.equal(await copied('istioctl'), printed());
  await by(page, 'printed').click();
  await page.getByRole('treeitem').first().waitFor();
  assert.match(await page.getByRole('tree').textContent(), /SERVICE FQDN\s+PORT.*DESTINATION RULE/);
  await by(page, 'legacy').click();
  await page.waitForFunction(() => !/DESTINATION RULE/.test(document.querySelector('[role=tree]').textContent));
  assert.equal(await copied('istioctl'), printed('--legacy'));
  await screenshot(page, 'clusters-legacy');
  assert.deepEqual(await accessibility(page), []);
  await by(page, 'printed').click();
  await by(page, 'row').first().waitFor();
  assert.deepEqual(tab.errors, []);
  await tab.close();
});

test('what a dump lacks is said with the command that collects it; what is broken has a row with the reason', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'xdscope-'));
  const type = (name) => `type.googleapis.com/envoy.admin.v3.${name}`;
  const wants = { name: 'tls', typed_config: { '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext', common_tls_context: { tls_certificate_sds_secret_configs: [{ name: 'not-there', sds_config: { ads: {} } }] } } };
  const dump = JSON.stringify({ configs: [
    { '@type': type('BootstrapConfigDump'), bootstrap: { node: { id: 'sidecar~10.0.0.1~web-1.shop~d' } } },
    { '@type': type('ClustersConfigDump'), dynamic_active_clusters: [{ cluster: { name: 'fine', transport_socket: wants } }, { cluster: { name: 'bad', type: 'BROKEN' } }] },
    { '@type': type('SecretsConfigDump') },
    { '@type': type('ListenersConfigDump'), dynamic_listeners: [{ name: 'refused', error_state: { details: 'no such filter: the-words-of-envoy', last_update_attempt: '2026-01-01T00:00:00Z' } }] },
  ] }).replace('"BROKEN"', '"EDS" oops');
  writeFileSync(join(folder, 'config_dump.json'), dump);
  const tab = await open(browser, host);
  const { page } = tab;
  await drop(page, '[data-testid=drop]', join(folder, 'config_dump.json'));
  await by(page, 'proxy').first().click();
  await by(page, 'tab-clusters').click();
  await by(page, 'row').filter({ hasText: 'bad' }).filter({ hasText: 'not read' }).waitFor();
  await by(page, 'tab-routes').click();
  assert.match(await by(page, 'missing').textContent(), /section.*config_dump\?include_eds/);
  await tab.close();
  // Whole again: a broken place ends the reading of what follows it.
  writeFileSync(join(folder, 'config_dump.json'), dump.replace(' oops', ''));
  const again = await open(browser, host);
  await drop(again.page, '[data-testid=drop]', join(folder, 'config_dump.json'));
  await by(again.page, 'proxy').first().click();
  await by(again.page, 'tab-endpoints').click();
  assert.match(await by(again.page, 'missing').textContent(), /include_eds/);
  await by(again.page, 'tab-secrets').click();
  await by(again.page, 'row').filter({ hasText: 'not-there' }).filter({ hasText: 'missing' }).getByRole('link', { name: 'fine' }).waitFor();
  await by(again.page, 'tab-listeners').click();
  await by(again.page, 'row').filter({ hasText: 'rejected' }).filter({ hasText: 'the-words-of-envoy' }).waitFor();
  rmSync(folder, { recursive: true });
  await again.close();
});

test('has nothing that axe-core minds in the tables of policies, extensions and the bootstrap', async () => {
  for (const [theme, locale] of [['light', 'en-US'], ['dark', 'zh-CN']]) {
    const tab = await open(browser, host, { locale, colorScheme: theme });
    const { page } = tab;
    await table(page, 'payments', 'policy');
    for (const [tab, chip] of [['policy', 'rbac'], ['policy', 'jwt'], ['extensions', 'filters'], ['extensions', 'telemetry'], ['bootstrap', null]]) {
      await by(page, `tab-${tab}`).click();
      if (chip) await by(page, `chip-${chip}`).click();
      await by(page, 'row').first().waitFor();
      await page.waitForTimeout(150);
      await screenshot(page, `${theme}-table-${chip ?? tab}`);
      assert.deepEqual(await accessibility(page), [], `${theme} ${chip ?? tab}`);
    }
    await tab.close();
  }
});
