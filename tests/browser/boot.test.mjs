import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { accessibility, built, drop, engine, fetchIn, launch, open, screenshot, serve, serveWithHeaders } from './lib.mjs';

let browser, host;
before(async () => { [browser, host] = await Promise.all([launch(), serve()]); });
after(async () => { await browser?.close(); await host?.close(); });

test('boots under a sub-path of a host without headers, in silence', async () => {
  const tab = await open(browser, host);
  await engine(tab.page);
  await tab.page.waitForTimeout(300);
  await screenshot(tab.page, 'boot');
  assert.deepEqual(tab.violations, []);
  assert.deepEqual(tab.errors, []);
  assert.deepEqual(tab.afterBoot(), []);
  await tab.close();
});

test('refuses the network in the page and in the worker once it has booted', async () => {
  const tab = await open(browser, host);
  const worker = await engine(tab.page);
  const before = host.requests.length;
  for (const url of [host.url, host.origin + '/elsewhere', 'http://127.0.0.1:9/']) {
    assert.equal(await fetchIn(tab.page, url), 'TypeError', `the page, ${url}`);
    assert.equal(await fetchIn(worker, url), 'TypeError', `the worker, ${url}`);
  }
  // fetch fails for other reasons too: the refusals must be the policy's.
  assert.ok(tab.violations.some((text) => text.startsWith('page: connect-src')), tab.violations.join('\n'));
  const reported = await worker.evaluate(() => new Promise((done) => {
    addEventListener('securitypolicyviolation', (event) => done(event.effectiveDirective));
    fetch('http://127.0.0.1:9/').catch(() => {});
    setTimeout(() => done('no violation'), 2000);
  }));
  assert.equal(reported, 'connect-src');
  const others = await worker.evaluate(async () => {
    const tried = { XMLHttpRequest: null, WebSocket: null, importScripts: null, EventSource: null };
    for (const name of Object.keys(tried)) {
      try {
        if (name === 'importScripts') importScripts('http://127.0.0.1:9/x.js');
        else if (name === 'XMLHttpRequest') { const x = new XMLHttpRequest(); x.open('GET', 'http://127.0.0.1:9/', false); x.send(); } else {
          const socket = new globalThis[name]((name === 'WebSocket' ? 'ws' : 'http') + '://127.0.0.1:9/');
          await new Promise((done, refused) => { socket.onopen = done; socket.onerror = () => refused(new Error('refused')); });
        }
        tried[name] = 'went out';
      } catch (error) { tried[name] = 'refused'; }
    }
    return tried;
  });
  for (const [name, what] of Object.entries(others)) assert.equal(what, 'refused', name);
  assert.equal(host.requests.length, before, 'nothing may reach the host');
  await tab.close();
});

test('removing the policies from the page does not bring the network back', async () => {
  const tab = await open(browser, host);
  await tab.page.evaluate(() => document.querySelectorAll('meta[http-equiv]').forEach((meta) => meta.remove()));
  assert.equal(await fetchIn(tab.page, host.url), 'TypeError');
  await tab.close();
});

test('a second worker starts from what is kept, without a request', async () => {
  const tab = await open(browser, host);
  await engine(tab.page);
  const started = tab.page.waitForEvent('worker');
  await tab.page.evaluate(() => { globalThis.second = globalThis.xdscope.spawnWorker(); });
  assert.equal(await fetchIn(await started, host.url), 'TypeError');
  assert.deepEqual(tab.afterBoot(), []);
  await tab.close();
});

test('boots from a host that does not know the type of wasm', async () => {
  const plain = await serve({ wasmType: 'application/octet-stream', below: '/' });
  const tab = await open(browser, plain);
  await engine(tab.page);
  assert.deepEqual(tab.errors, []);
  await tab.close();
  await plain.close();
});

test('says what to do when a part of it is missing', async () => {
  const context = await browser.newContext({ locale: 'en-US' });
  const page = await context.newPage();
  await page.route('**/worker_bg.wasm', (route) => route.fulfill({ status: 404 }));
  await page.goto(host.url);
  const alert = page.getByRole('alert');
  await alert.waitFor();
  assert.match(await alert.textContent(), /worker_bg\.wasm: 404.*Reload/);
  await context.close();
});

test('has nothing that axe-core minds', async () => {
  const tab = await open(browser, host);
  await engine(tab.page);
  assert.deepEqual(await accessibility(tab.page), []);
  await tab.close();
});

test('works the same under the headers of scripts/serve', async () => {
  const served = await serveWithHeaders();
  const tab = await open(browser, served);
  assert.equal(await fetchIn(await engine(tab.page), served.url), 'TypeError');
  assert.equal(await fetchIn(tab.page, served.url), 'TypeError');
  assert.deepEqual(tab.afterBoot(), []);
  const headers = (await tab.context.request.get(served.url)).headers();
  const meta = await tab.page.locator('meta[http-equiv="Content-Security-Policy"]').first().getAttribute('content');
  const missing = meta.split('; ').filter((part) => !headers['content-security-policy'].split('; ').includes(part));
  assert.deepEqual(missing, [], 'static/_headers and index.html say the same');
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.match(headers['connection-allowlist'], /response-origin/);
  await tab.close();
  await served.close();
});

test('takes styles and refuses markup as the policy has it', async () => {
  const tab = await open(browser, host);
  const width = await tab.page.evaluate(() => {
    const box = document.createElement('div');
    // As Yew does it.
    box.setAttribute('style', 'width: 3px');
    document.body.append(box);
    return getComputedStyle(box).width;
  });
  assert.equal(width, '3px');
  assert.deepEqual(tab.violations, []);
  const outcomes = await tab.page.evaluate(() => {
    const attempts = {
      innerHTML: () => { document.body.innerHTML = '<b>x</b>'; },
      Worker: () => new Worker('data:,'),
      createPolicy: () => trustedTypes.createPolicy('other', {}),
    };
    return Object.entries(attempts).map(([name, attempt]) => {
      try { attempt(); return `${name} done`; } catch (error) { return `${name} ${error.name}`; }
    });
  });
  assert.deepEqual(outcomes, ['innerHTML TypeError', 'Worker TypeError', 'createPolicy TypeError']);
  await tab.close();
});

// The library of these tests: a drop must arrive as a real one does.
test('drop() brings real files and folders', async () => {
  const tab = await open(browser, host);
  await tab.page.evaluate(() => {
    const zone = document.createElement('div');
    zone.id = 'zone';
    zone.setAttribute('style', 'height: 50px');
    zone.ondragover = (event) => event.preventDefault();
    zone.ondrop = (event) => {
      event.preventDefault();
      globalThis.dropped = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry())
        .map(({ name, isDirectory }) => `${name} ${isDirectory}`);
    };
    document.body.append(zone);
  });
  await drop(tab.page, '#zone', import.meta.filename, import.meta.dirname);
  await tab.page.waitForFunction(() => globalThis.dropped);
  assert.deepEqual(await tab.page.evaluate(() => globalThis.dropped), ['boot.test.mjs false', 'browser true']);
  await tab.close();
});

// The page draws its graph as a picture by way of an image of its own (`blob:`): from anywhere else there is none.
test('an image from a host is refused', async () => {
  const tab = await open(browser, host);
  const before = host.requests.length;
  const outcome = await tab.page.evaluate((url) => new Promise((done) => {
    const image = new Image();
    image.onload = () => done('loaded');
    image.onerror = () => done('refused');
    image.src = url;
  }), `${host.url}image.png`);
  assert.equal(outcome, 'refused');
  assert.ok(tab.violations.some((text) => text.startsWith('page: img-src')), tab.violations.join('\n'));
  assert.equal(host.requests.length, before, 'nothing may reach the host');
  await tab.close();
});

// The strongest claim of all: wasm cannot call what it does not import.
test('neither wasm imports anything that reaches a network', async () => {
  const reaches = /\bfetch\(|\bnew (XMLHttpRequest|WebSocket|EventSource|RTCPeerConnection|WebTransport|Worker|SharedWorker)\b|sendBeacon|importScripts|\bopen\(|(?<!Object)\.assign\(/g;
  for (const name of ['page.js', 'worker.js']) {
    const glue = await readFile(join(await built(), name), 'utf8');
    // wasm-bindgen's own loader can fetch; boot.js hands it a module instead.
    assert.deepEqual(glue.match(reaches), ['fetch('], name);
    assert.match(glue, /module_or_path = fetch\(module_or_path\)/);
  }
});
