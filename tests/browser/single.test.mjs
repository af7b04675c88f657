import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { readFile } from 'node:fs/promises';
import { createServer as http } from 'node:http';
import { createServer as tcp } from 'node:net';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { engine, fetchIn, fixture, launch, open, screenshot } from './lib.mjs';

const root = resolve(import.meta.dirname, '../..');
const file = join(root, 'target', 'xdscope.html');
const make = (to) => execFileSync('node', [join(root, 'scripts', 'single-file.mjs'), join(root, process.env.XDSCOPE_DIST ?? 'dist'), to], { encoding: 'utf8' });

// Whatever arrives anywhere is written down.
const arrived = [];
const sinks = {};
let browser, says;
before(async () => {
  says = make(file);
  browser = await launch();
  const web = http((request, response) => { arrived.push(`http ${request.url}`); response.end(); });
  const raw = tcp((socket) => { arrived.push('tcp'); socket.destroy(); });
  const udp = createSocket('udp4');
  udp.on('message', () => arrived.push('udp'));
  await new Promise((done) => web.listen(0, '127.0.0.1', done));
  await new Promise((done) => raw.listen(0, '127.0.0.1', done));
  await new Promise((done) => udp.bind(0, '127.0.0.1', done));
  Object.assign(sinks, { web, raw, udp });
});
after(async () => {
  await browser?.close();
  sinks.web?.close();
  sinks.raw?.close();
  sinks.udp?.close();
});

test('one file says its sum, and is the same made twice', async () => {
  const bytes = await readFile(file);
  const sum = createHash('sha256').update(bytes).digest('hex');
  assert.ok(says.startsWith(sum), says);
  make(`${file}.again`);
  assert.ok(bytes.equals(await readFile(`${file}.again`)));
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(bytes.toString())[1];
  assert.match(policy, /connect-src 'none'/);
  assert.doesNotMatch(policy, /'self'|'unsafe-inline'|'unsafe-eval'|https?:/);
});

test('from a disk, without a network: a capture is opened and read, and nothing arrives anywhere', async () => {
  const host = { url: pathToFileURL(file).href, requests: [] };
  const tab = await open(browser, host);
  await tab.context.setOffline(true);
  const worker = await engine(tab.page);
  await tab.page.setInputFiles('input[type=file]:not([webkitdirectory])', fixture('istio/1.27/bug-report.tar.gz'));
  await tab.page.getByTestId('captured').waitFor({ timeout: 20_000 });
  await screenshot(tab.page, 'single-file');
  await tab.page.getByTestId('search').click();
  await tab.page.keyboard.type('reviews');
  await tab.page.keyboard.press('Escape');
  assert.deepEqual(tab.violations, []);
  assert.deepEqual(tab.errors, []);
  assert.deepEqual(tab.afterBoot(), []);
  // Now it tries, with the network back: the policy alone must hold.
  await tab.context.setOffline(false);
  const at = `127.0.0.1:${sinks.web.address().port}`;
  for (const place of [tab.page, worker]) assert.equal(await fetchIn(place, `http://${at}/fetch`), 'TypeError');
  await tab.page.evaluate(async ({ at, raw }) => {
    navigator.sendBeacon(`http://${at}/beacon`, 'x');
    new Image().src = `http://${at}/image`;
    for (const url of [`ws://${at}/ws`, `ws://127.0.0.1:${raw}/`]) try { new WebSocket(url); } catch { /* refused */ }
    const frame = document.createElement('iframe');
    frame.src = `http://${at}/frame`;
    document.body.append(frame);
    const style = document.createElement('link');
    style.rel = 'stylesheet';
    style.href = `http://${at}/style`;
    document.head.append(style);
    await new Promise((done) => setTimeout(done, 700));
  }, { at, raw: sinks.raw.address().port });
  assert.deepEqual(arrived, []);
  await tab.close();
});
