// A request traced on the page: asked by pointer and by keyboard, explained with its evidence, followed, kept, compared.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { accessibility, drop, fixture, launch, open, screenshot, serve } from './lib.mjs';

let browser, host, synced;
before(async () => {
  [browser, host] = await Promise.all([launch(), serve()]);
  synced = mkdtempSync(join(tmpdir(), 'xdscope-'));
  execFileSync('tar', ['xzf', fixture('istio/1.27/bookinfo-synced.tar.gz'), '-C', synced]);
  const inside = readdirSync(synced);
  if (inside.length === 1) synced = join(synced, inside[0]);
});
after(async () => { await browser?.close(); await host?.close(); });

const by = (page, id) => page.getByTestId(id);
const proxy = (page, name) => by(page, 'proxy').filter({ hasText: name });
const sample = async (page) => {
  await by(page, 'sample').click();
  await by(page, 'side').waitFor();
};
const traceOf = async (page, name) => {
  await proxy(page, name).first().click();
  await page.waitForFunction((name) => document.querySelector('[data-testid=proxy-name]')?.textContent.startsWith(name), name);
  await by(page, 'tab-trace').click();
  await by(page, 'verdict').waitFor();
};
/// Fills the form and traces; waits for what the verdict then says.
const ask = async (page, { to, path, authority }, says) => {
  await by(page, 'trace-to').fill(to);
  await by(page, 'trace-path').fill(path);
  if (authority !== undefined) {
    if (await by(page, 'trace-authority').isHidden()) await by(page, 'trace-more').click();
    await by(page, 'trace-authority').fill(authority);
  }
  await by(page, 'trace-run').click();
  await verdict(page, says);
};
const verdict = (page, says) => page.waitForFunction(
  (says) => new RegExp(says).test(document.querySelector('[data-testid=verdict]')?.textContent), says);
const step = (page, kind) => page.locator(`[data-testid=trace-step][data-kind=${kind}]`);
const silent = (tab) => {
  assert.deepEqual(tab.afterBoot(), []);
  assert.deepEqual(tab.violations, []);
  assert.deepEqual(tab.errors, []);
};

test("the seed's own example: productpage to reviews:9080, each step with its place in the dump", async () => {
  const tab = await open(browser, host);
  const { page } = tab;
  await sample(page);
  await traceOf(page, 'productpage');
  await ask(page, { to: 'http://reviews:9080/reviews/1', path: '/' }, 'canary');
  assert.equal(await by(page, 'trace-to').inputValue(), 'reviews:9080', 'a URL is taken apart');
  assert.equal(await by(page, 'trace-path').inputValue(), '/reviews/1');
  assert.match(await by(page, 'verdict').textContent(), /reviews\.default v1 .*50 % · reviews\.default v3 .*50 %/);
  const top = async (id) => (await by(page, id).boundingBox()).y;
  assert.ok(await top('trace-form') < await top('verdict') && await top('verdict') < await top('trace-steps'), 'the verdict stands above the steps');
  for (const kind of ['Listener', 'ListenerFilter', 'FilterChain', 'RouteConfiguration', 'VirtualHost', 'Route', 'HttpFilter', 'Cluster', 'Endpoints', 'TransportSocket']) {
    assert.match(await step(page, kind).first().getByTestId('trace-place').textContent(), /line [\d,]+/, kind);
  }
  assert.match(await step(page, 'Route').textContent(), /jason: header end-user is missing/);
  assert.doesNotMatch(page.url(), /reviews|9080|canary/, 'the request is not in the address');
  await screenshot(page, 'trace-routed', { fullPage: true });
  // To the route in the dump, and back to the same trace.
  await step(page, 'Route').getByRole('link', { name: 'canary' }).first().click();
  await by(page, 'detail-name').waitFor();
  await by(page, 'table-routes').waitFor();
  assert.doesNotMatch(page.url(), /reviews|9080|canary/);
  await page.goBack();
  await verdict(page, 'canary');
  silent(tab);
  await tab.close();
});

test('scene 1: /missing on reviews fails in two ways, and the capture says why', async () => {
  const tab = await open(browser, host);
  const { page } = tab;
  await sample(page);
  await traceOf(page, 'productpage');
  await ask(page, { to: 'reviews:9080', path: '/missing' }, 'missing-subset');
  assert.equal(await by(page, 'verdict-badge').textContent(), '503 UH');
  assert.match(await by(page, 'verdict-details').textContent(), /no_healthy_upstream · route missing-subset · VirtualService default\/reviews/);
  assert.match(await by(page, 'verdict').textContent(), /reviews\.default v9/);
  assert.match(await by(page, 'hints').textContent(), /list of endpoints is empty/);
  await by(page, 'trace-sync').waitFor();
  // Its way in the graph, and back.
  await by(page, 'trace-graph').click();
  await by(page, 'trace').waitFor({ state: 'detached' });
  assert.equal(await by(page, 'tab-graph').getAttribute('aria-current'), 'page');
  await page.goBack();
  await verdict(page, 'missing-subset');
  // The same request, kept while another proxy is chosen.
  await traceOf(page, 'reviews');
  await verdict(page, 'cluster_not_found');
  assert.equal(await by(page, 'verdict-badge').textContent(), '503 NC');
  const hints = await by(page, 'hints').textContent();
  assert.match(hints, /stale/);
  assert.match(hints, /istiod-6d9f5c7b8-abcde has this cluster for this proxy: this Envoy never got it/);
  assert.match(hints, /Proxies of this capture that have it:.*productpage/);
  assert.match(await by(page, 'before').textContent(), /productpage.*503 UH.*503 NC/);
  // One header away from another route.
  assert.match(await by(page, 'near-miss').textContent(), /One thing away from route jason: header end-user is missing/);
  await screenshot(page, 'trace-nc', { fullPage: true });
  await by(page, 'trace-sync').click();
  await by(page, 'trace').waitFor({ state: 'detached' });
  assert.equal(await by(page, 'tab-sync').getAttribute('aria-current'), 'page');
  silent(tab);
  await tab.close();
});

test('in a mesh that is in sync the subset is missing everywhere: no DestinationRule has it', async () => {
  const tab = await open(browser, host);
  const { page } = tab;
  await drop(page, '[data-testid=drop]', synced);
  await by(page, 'side').waitFor();
  for (const name of ['productpage', 'reviews', 'ratings']) {
    await traceOf(page, name);
    await ask(page, { to: 'reviews:9080', path: '/missing' }, 'cluster_not_found');
    assert.equal(await by(page, 'verdict-badge').textContent(), '503 NC', name);
    assert.match(await by(page, 'hints').textContent(), /does not have it for this proxy either/);
    assert.match(await by(page, 'hints').textContent(), /Subset v9 of reviews\.default\.svc\.cluster\.local is not here/);
  }
  silent(tab);
  await tab.close();
});

test('a request is followed to the next proxy, kept, and compared side by side', async () => {
  const tab = await open(browser, host);
  const { page } = tab;
  await sample(page);
  await traceOf(page, 'productpage');
  await ask(page, { to: 'details:9080', path: '/details/0' }, 'details\\.default');
  await by(page, 'trace-keep').click();
  await by(page, 'compare').waitFor();
  await ask(page, { to: 'ratings:9080', path: '/ratings/0' }, 'ratings\\.default');
  assert.equal(await by(page, 'compare-end').count(), 2);
  assert.match(await by(page, 'compare').textContent(), /≠ ratings\.default\.svc\.cluster\.local:9080/);
  await screenshot(page, 'trace-compare', { fullPage: true });
  await by(page, 'compare-again').click();
  await verdict(page, 'details\\.default');
  await by(page, 'next').getByRole('button', { name: /details/ }).click();
  await page.waitForFunction(() => document.querySelector('[data-testid=proxy-name]')?.textContent.startsWith('details'));
  await verdict(page, 'inbound');
  assert.equal(await by(page, 'trace-direction').inputValue(), 'from outside');
  await by(page, 'trace-more').click();
  assert.match(await by(page, 'trace-identity').inputValue(), /^spiffe:\/\/.*bookinfo-productpage$/);
  await by(page, 'compare-remove').click();
  await by(page, 'compare').waitFor({ state: 'detached' });
  silent(tab);
  await tab.close();
});

test('any route is explained by a request that it takes', async () => {
  const tab = await open(browser, host);
  const { page } = tab;
  await sample(page);
  await proxy(page, 'productpage').click();
  await by(page, 'tab-routes').click();
  await by(page, 'filter').fill('jason');
  await page.waitForFunction(() => document.querySelectorAll('[data-testid=row]').length < 4);
  await by(page, 'row').first().click({ position: { x: 4, y: 4 } });
  await by(page, 'trace-this').click();
  await verdict(page, 'route jason');
  assert.match(await step(page, 'Route').textContent(), /^\d*Route.*jason/);
  assert.doesNotMatch(page.url(), /jason/, 'the address has a position');
  silent(tab);
  await tab.close();
});

test('nonsense is said at its field, and an unknown host with the nearest names', async () => {
  const tab = await open(browser, host);
  const { page } = tab;
  await sample(page);
  await traceOf(page, 'productpage');
  await by(page, 'trace-to').fill('revews:9080');
  await by(page, 'trace-path').fill('/');
  await by(page, 'trace-to').press('Enter');
  await by(page, 'trace-fault').waitFor();
  assert.match(await by(page, 'trace-fault').textContent(), /Nothing in this dump serves that host.*Did you mean/);
  assert.equal(await page.evaluate(() => document.activeElement.id), 'trace-to');
  await screenshot(page, 'trace-fault');
  assert.deepEqual(await accessibility(page), []);
  await by(page, 'trace-near').first().click();
  await by(page, 'trace-run').click();
  await by(page, 'verdict').waitFor();
  await by(page, 'trace-path').fill('no slash');
  await by(page, 'trace-run').click();
  await by(page, 'trace-fault').first().waitFor();
  silent(tab);
  await tab.close();
});

test('a curl command and a line of a log fill the form, and the log is explained', async () => {
  const tab = await open(browser, host);
  const { page } = tab;
  await sample(page);
  await traceOf(page, 'productpage');
  await by(page, 'trace-paste').click();
  await by(page, 'trace-pasted').fill("kubectl exec deploy/productpage -- curl -s -H 'end-user: jason' http://reviews:9080/reviews/1");
  await by(page, 'trace-read').click();
  await verdict(page, 'route jason');
  // The answer is drawn before the form is.
  await page.waitForFunction(() => /end-user: jason/.test(document.querySelector('[data-testid=trace-headers]').value));
  await by(page, 'trace-pasted').fill('[2026-11-23T14:51:10.123Z] "GET /missing/1 HTTP/1.1" 503 UH no_healthy_upstream - "-" 0 19 0 - "-" "curl/8" "1" "reviews:9080" "-" outbound|9080|v9|reviews.default.svc.cluster.local - 10.96.10.3:9080 10.244.1.12:38142 - missing-subset');
  await by(page, 'trace-read').click();
  await verdict(page, 'missing-subset');
  assert.match(await by(page, 'trace-logged').textContent(), /503 UH.*no healthy endpoint/);
  assert.match(await by(page, 'trace-judged').textContent(), /This dump explains it/);
  await screenshot(page, 'trace-paste');
  assert.deepEqual(await accessibility(page), []);
  await by(page, 'trace-pasted').fill('[2026-11-23T14:51:10.123Z] "GET / HTTP/1.1" in a format of its own');
  await by(page, 'trace-read').click();
  await by(page, 'trace-log-fault').waitFor();
  assert.match(await by(page, 'trace-log-fault').textContent(), /Understood was: .*GET \/ HTTP\/1\.1.*Read are: Envoy's default text/);
  silent(tab);
  await tab.close();
});

/// A sidecar's dump in a folder of its own, and a copy in which one route leads elsewhere: as many bytes, so that nothing
/// but its content tells them apart.
const twoDumps = () => {
  const folder = mkdtempSync(join(tmpdir(), 'xdscope-'));
  const [pod] = readdirSync(join(synced, 'envoy')).filter((it) => it.startsWith('productpage'));
  const dump = JSON.parse(readFileSync(join(synced, 'envoy', pod, 'config_dump.json'), 'utf8'));
  const print = () => JSON.stringify(dump, null, 1);
  const first = print();
  const sections = dump.configs.flatMap(({ dynamic_route_configs: all }) => all ?? []);
  const routes = sections.flatMap(({ route_config: { virtual_hosts: hosts } }) => hosts.flatMap(({ routes }) => routes));
  const jason = routes.find(({ name }) => name === 'jason');
  jason.route.cluster = jason.route.cluster.replace('|v2|', '|v3|');
  const second = print();
  assert.ok(first !== second && first.length === second.length, 'one letter is another');
  const [before, after] = [join(folder, 'before.json'), join(folder, 'after.json')];
  writeFileSync(before, first);
  writeFileSync(after, second);
  return [before, after, folder];
};

test('a request that is kept goes through another capture: before v2, now v3', async () => {
  const [one, other] = twoDumps();
  const tab = await open(browser, host);
  const { page } = tab;
  const headers = 'end-user: jason';
  const look = async (dump) => {
    await drop(page, '[data-testid=drop]', dump);
    await by(page, 'tab-trace').waitFor();
    await by(page, 'tab-trace').click();
    await by(page, 'verdict').waitFor();
  };
  await look(one);
  await by(page, 'trace-more').click();
  await by(page, 'trace-headers').fill(headers);
  // The verdict before it names the route jason too: one header away.
  await ask(page, { to: 'reviews:9080', path: '/reviews/1' }, 'reviews\\.default v2 .*route jason');
  assert.equal(await by(page, 'before').count(), 0, 'nothing was before');
  await by(page, 'trace-keep').click();
  await by(page, 'compare').waitFor();
  await by(page, 'open').click();
  await by(page, 'close-all').click();
  await by(page, 'open-dialog').waitFor({ state: 'detached' });
  await by(page, 'side').waitFor({ state: 'detached' });
  await look(other);
  assert.match(await by(page, 'compare').textContent(), /end-user: jason/, 'what is kept stands beside');
  await by(page, 'compare-again').click();
  await verdict(page, 'reviews\\.default v3 .*route jason');
  assert.match(await by(page, 'before').textContent(), /Before, at productpage.*: .*v2.*Now: .*v3/);
  const ends = await by(page, 'compare-end').allTextContents();
  assert.equal(ends.length, 2, 'one before, one now');
  assert.match(await by(page, 'compare').textContent(), /≠ .*v3/);
  assert.doesNotMatch(page.url(), /reviews|jason/);
  await screenshot(page, 'trace-before', { fullPage: true });
  assert.deepEqual(await accessibility(page), []);
  silent(tab);
  await tab.close();
});

test('a line of an access log leads to its trace, by its position', async () => {
  const [dump, , folder] = twoDumps();
  const logged = (path, end) => `[2026-11-23T14:51:10.123Z] "GET ${path} HTTP/1.1" ${end} - "-" 0 19 0 - "-" "curl/8" "1" "reviews:9080" "-" outbound|9080|v9|reviews.default.svc.cluster.local - 10.96.10.3:9080 10.244.1.12:38142 - missing-subset`;
  const lines = ['2026-11-23T14:51:09.000Z\tinfo\tEnvoy proxy is ready', logged('/reviews/1', '200 - via_upstream'), logged('/missing/1', '503 NC cluster_not_found')];
  const log = join(folder, 'proxy.log');
  writeFileSync(log, `${lines.join('\n')}\n`);
  const tab = await open(browser, host);
  const { page } = tab;
  await drop(page, '[data-testid=drop]', dump, log);
  await by(page, 'side').waitFor();
  await page.getByRole('link', { name: /proxy\.log/ }).first().click();
  await by(page, 'log-access').click();
  await by(page, 'log-trace').nth(1).waitFor();
  assert.equal(await by(page, 'log-trace').count(), 2, 'only lines of requests');
  assert.equal(await by(page, 'log-trace').nth(1).getAttribute('aria-label'), 'Trace the request of line 3');
  await screenshot(page, 'log-trace');
  assert.deepEqual(await accessibility(page), []);
  await by(page, 'log-trace').nth(1).click();
  await verdict(page, 'missing-subset');
  assert.match(page.url(), /\/trace\/line\/\d+\.2$/, 'the address has positions');
  assert.equal(await by(page, 'trace-path').inputValue(), '/missing/1');
  assert.match(await by(page, 'trace-pasted').inputValue(), /\/missing\/1/);
  assert.match(await by(page, 'trace-judged').textContent(), /This dump explains it/);
  await screenshot(page, 'trace-of-line');
  // Back to the log, to another line.
  await page.goBack();
  await by(page, 'log-access').click();
  await by(page, 'log-trace').first().click();
  await page.waitForFunction(() => document.querySelector('[data-testid=trace-path]')?.value === '/reviews/1');
  silent(tab);
  await tab.close();
});

test('by keyboard alone, axe clean in both themes and both languages', async () => {
  for (const [theme, locale] of [['light', 'en-US'], ['dark', 'zh-CN']]) {
    const tab = await open(browser, host, { locale, colorScheme: theme });
    const { page } = tab;
    const { keyboard } = page;
    await sample(page);
    await proxy(page, 'reviews').focus();
    await keyboard.press('Enter');
    await by(page, 'overview').waitFor();
    await by(page, 'tab-trace').focus();
    await keyboard.press('Enter');
    await by(page, 'verdict').waitFor();
    await by(page, 'trace-to').focus();
    await keyboard.press('Control+a');
    await keyboard.type('reviews:9080');
    await keyboard.press('Tab');
    await keyboard.press('Control+a');
    await keyboard.type('/missing');
    await keyboard.press('Enter');
    await verdict(page, '503 NC');
    await by(page, 'trace-keep').focus();
    await keyboard.press('Enter');
    await by(page, 'compare').waitFor();
    await by(page, 'trace-more').focus();
    await keyboard.press('Enter');
    await by(page, 'trace-headers').waitFor();
    await page.waitForTimeout(150);
    await screenshot(page, `${theme}-trace`);
    assert.deepEqual(await accessibility(page), [], `${theme} trace`);
    silent(tab);
    await tab.close();
  }
});
