// Measures in one run of one browser: the engine beside what a page in JavaScript would do with the same bytes.
// usage: bench.mjs DUMP FOLDER   (FOLDER: load.js and load_bg.wasm, benches/load for wasm; dist/ is built)
// Prints rows of a Markdown table; remarks go to standard error.
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { drop, engine, launch, open, serve, serveWithHeaders } from './lib.mjs';

const [dump, folder] = process.argv.slice(2);
const rounds = 5;
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const ms = (value) => `${Math.round(value)} ms`;
const row = (...cells) => console.log(`| ${cells.join(' | ')} |`);

const browser = await launch();
console.error(`bench: Chromium ${browser.version()}, ${dump}`);

// 1. Bytes in JavaScript's memory, in a fresh worker each time. The shipped one warms up before there is work
// (src/bin/worker/warm.rs); even so the first run is slower, for memory must grow.
await writeFile(join(folder, 'index.html'), '<!doctype html><input type="file">');
await writeFile(join(folder, 'worker.js'), `
  importScripts('load.js');
  onmessage = async ({ data: { file, times, warm } }) => {
    const bytes = new Uint8Array(await file.arrayBuffer());
    await wasm_bindgen({ module_or_path: 'load_bg.wasm' });
    const found = [];
    if (warm) {
      for (let round = 0; round < 12; round++) wasm_bindgen.warm_up();
      await new Promise((done) => setTimeout(done, 1000));
    }
    for (let time = 0; time < times; time++) {
      let began = performance.now();
      const steps = [...wasm_bindgen.load(bytes, began)];
      // Up to the table; what follows is judged later, while a reader looks.
      const wasm = steps[4];
      began = performance.now();
      const text = new TextDecoder().decode(bytes);
      const decoded = performance.now() - began;
      JSON.parse(text);
      found.push({ steps, wasm, decoded, js: performance.now() - began });
    }
    postMessage(found);
  };`);
const plain = await serve({ folder, below: '/' });
const page = await (await browser.newContext()).newPage();
await page.goto(plain.url);
await page.setInputFiles('input', dump);
const size = await page.evaluate(() => document.querySelector('input').files[0].size);
const loads = (warm, times) => page.evaluate(([warm, times]) => new Promise((done, failed) => {
  const worker = new Worker('worker.js');
  worker.onmessage = ({ data }) => { worker.terminate(); done(data); };
  worker.onerror = ({ message }) => failed(new Error(message));
  worker.postMessage({ file: document.querySelector('input').files[0], times, warm });
}), [warm, times]);
const runs = [];
const raw = [];
for (let round = 0; round < rounds; round++) {
  runs.push(await loads(true, 3));
  raw.push(await loads(false, 1));
}
await page.context().close();
await plain.close();
for (const [name, chosen] of [
  ['the first in a worker as shipped', runs.map((run) => run[0])],
  ['later ones', runs.flatMap((run) => run.slice(1))],
  ['the first without warming up', raw.flat()],
]) {
  const wasm = median(chosen.map((run) => run.wasm));
  const js = median(chosen.map((run) => run.js));
  const steps = ['copy', 'outline', 'index', 'link', 'table']
    .map((step, at) => `${step} ${Math.round(median(chosen.map((run) => run.steps[at] - (run.steps[at - 1] ?? 0))))}`);
  const decoded = median(chosen.map((run) => run.decoded));
  row(`bytes → index → first table, ${name} (${steps.join(', ')})`, ms(wasm),
    `${ms(js)} (TextDecoder ${ms(decoded)}, JSON.parse ${ms(js - decoded)})`, (wasm / js).toFixed(2), '0.33, at most 0.5');
}
{
  const later = runs.flatMap((run) => run.slice(1));
  const opened = median(later.map(({ steps }) => steps[4]));
  const judged = median(later.map(({ steps }) => steps[5] - steps[4]));
  row('what is wrong with it, between questions', ms(judged), `${ms(opened)} (opened, to the first table)`, (judged / opened).toFixed(2), '');
}
const rows = runs[0][0].steps.at(-1);
console.error(`bench: ${rows} rows in the first table`);
if (!(rows > 0)) throw new Error('nothing was loaded: these figures say nothing');

// 2. The page as it is shipped, with the headers of scripts/serve (which measuring memory needs).
const host = await serveWithHeaders();
const tab = await open(browser, host);
await tab.page.evaluate(() => {
  const input = document.createElement('input');
  input.type = 'file';
  input.id = 'bench';
  document.body.append(input);
});
await tab.page.setInputFiles('#bench', dump);
const whole = [];
for (let round = 0; round < rounds; round++) {
  const started = tab.page.waitForEvent('worker');
  await tab.page.evaluate(() => new Promise((ready) => {
    globalThis.benched = globalThis.xdscope.spawnWorker();
    globalThis.benched.onmessage = ({ data }) => { if (JSON.parse(data) === 'ready') ready(); };
  }));
  const worker = await started;
  // A person takes longer than this to drop a file.
  await tab.page.waitForTimeout(1000);
  const wasm = await tab.page.evaluate(() => new Promise((done, failed) => {
    const file = document.getElementById('bench').files[0];
    const window = { text: '', columns: [], only: null, sort: null, offset: 0, limit: 50 };
    const began = performance.now();
    globalThis.benched.onerror = ({ message }) => failed(new Error(message));
    globalThis.benched.onmessage = ({ data }) => {
      const said = JSON.parse(data);
      if (said.opened) {
        globalThis.benched.postMessage({ t: 'ask', id: 1, query: JSON.stringify({ table: { proxy: 0, table: 'clusters', window } }) });
      } else if (said.answer) {
        done({ time: performance.now() - began, rows: said.answer.answer.table?.total });
      }
    };
    globalThis.benched.postMessage({ t: 'open', files: [file], paths: [file.name] });
  }));
  const memory = await worker.evaluate(() => globalThis.engine.memory.buffer.byteLength);
  const measured = await tab.page.evaluate(async () => {
    if (!globalThis.crossOriginIsolated) return null;
    const { breakdown } = await performance.measureUserAgentSpecificMemory();
    return breakdown.filter(({ attribution }) => attribution.some(({ scope }) => scope === 'DedicatedWorkerGlobalScope'))
      .reduce((sum, { bytes }) => sum + bytes, 0);
  });
  const gone = worker.waitForEvent('close');
  await tab.page.evaluate(() => globalThis.benched.terminate());
  await gone;
  const js = await tab.page.evaluate(async () => {
    const file = document.getElementById('bench').files[0];
    const began = performance.now();
    JSON.parse(new TextDecoder().decode(await file.arrayBuffer()));
    return performance.now() - began;
  });
  whole.push({ ...wasm, memory, measured, js });
}
{
  const wasm = median(whole.map(({ time }) => time));
  const js = median(whole.map(({ js }) => js));
  row('File → first table, fresh worker, a second after its start', ms(wasm), `${ms(js)} (arrayBuffer + TextDecoder + JSON.parse)`, (wasm / js).toFixed(2), '0.6, at most 1');
  const times = (bytes) => `${(bytes / size).toFixed(2)} × the file`;
  row('memory of the worker after loading', times(median(whole.map(({ memory }) => memory))),
    `with JavaScript's own: ${times(median(whole.map(({ measured }) => measured)))}`, '', 'at most 2');
}

// 3. A drop on the page, as a user does it: how long its thread is busy at a stretch.
await tab.page.evaluate(() => {
  globalThis.tasks = [];
  new PerformanceObserver((list) => globalThis.tasks.push(...list.getEntries().map(({ duration }) => duration)))
    .observe({ entryTypes: ['longtask'] });
});
const began = Date.now();
await drop(tab.page, '[data-testid=drop]', dump);
await tab.page.locator('[data-testid=proxy]').first().waitFor({ timeout: 60_000 });
const seen = Date.now() - began;
await tab.page.waitForTimeout(500);
const tasks = await tab.page.evaluate(() => globalThis.tasks);
row('longest task on the page’s thread while loading', tasks.length ? ms(Math.max(...tasks)) : 'under 50 ms',
  `${tasks.length} over 50 ms; shown after ${ms(seen)}`, '', 'none over 50 ms');

// 4. A request traced there: from Enter to its verdict on the page, two hosts in turn.
await tab.page.getByTestId('tab-trace').click();
await tab.page.getByTestId('verdict').waitFor();
const traced = await tab.page.evaluate(async () => {
  const at = (id) => document.querySelector(`[data-testid=${id}]`);
  const type = (id, text) => {
    at(id).value = text;
    at(id).dispatchEvent(new InputEvent('input', { bubbles: true }));
  };
  const offered = async () => {
    type('trace-to', '.');
    await new Promise((done) => setTimeout(done, 300));
    return [...document.querySelectorAll('#trace-hosts option')].map(({ value }) => value);
  };
  const hosts = [...new Set(await offered())].slice(0, 2);
  const times = [];
  for (let round = 0; round < 11; round++) {
    const host = hosts[round % 2];
    type('trace-to', host);
    // What is offered for it comes first.
    await new Promise((done) => setTimeout(done, 150));
    const began = performance.now();
    at('trace-run').click();
    await new Promise((done) => {
      const look = () => at('verdict-details')?.textContent.includes(host) && (watch.disconnect(), done());
      const watch = new MutationObserver(look);
      watch.observe(document.body, { subtree: true, childList: true, characterData: true });
    });
    times.push(performance.now() - began);
  }
  return times;
});
row('a request traced on the page, from Enter to the verdict', ms(median(traced)), `longest ${ms(Math.max(...traced))}`, '', 'at most 50 ms');

// 5. The graph of the same dump: from a click on what was found to the frame in which it is drawn; then panned.
const by = (id) => tab.page.getByTestId(id);
await by('tab-graph').click();
await by('graph-listener').first().waitFor({ timeout: 30_000 });
const first = [];
const later = [];
for (const name of ['outbound|8080||svc0003.team03.svc.cluster.local', 'svc0004.team04.svc.cluster.local:8080', '0.0.0.0_8080', '0.0.0.0_8080', '0.0.0.0_80', 'svc0007.team07.svc.cluster.local:80', 'virtualOutbound']) {
  await by('graph-find').fill(name);
  await by('graph-hit').first().waitFor({ timeout: 30_000 });
  const time = await tab.page.evaluate(() => new Promise((done) => {
    const hit = document.querySelector('[data-testid=graph-hit]');
    const before = document.querySelector('[data-testid=graph-focus]')?.textContent;
    const began = performance.now();
    hit.click();
    const look = () => {
      const now = document.querySelector('[data-testid=graph-focus]')?.textContent;
      if (now && now !== before && document.querySelector('[data-testid=graph-node]')) requestAnimationFrame(() => done(performance.now() - began));
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }));
  (first.length ? later : first).push(time);
  await tab.page.waitForTimeout(300);
  if (name === '0.0.0.0_8080') await by('graph-clear').click();
}
row('graph: from a click to the drawn focus', ms(median(later)), `the first, which reads routes: ${ms(first[0])}; the slowest: ${ms(Math.max(...later))}`, '', 'under 150 ms');
const frames = await tab.page.evaluate(() => new Promise((done) => {
  const canvas = document.querySelector('[data-testid=graph]');
  const { left, top } = canvas.getBoundingClientRect();
  const point = (type, step) => canvas.dispatchEvent(new PointerEvent(type, {
    bubbles: true, button: 0, pointerId: 1, clientX: left + 200 + 80 * Math.sin(step / 9), clientY: top + 200 + 3 * (step % 60) }));
  const times = [];
  let before;
  let step = 0;
  point('pointerdown', 0);
  const frame = (now) => {
    if (before !== undefined) times.push(now - before);
    before = now;
    point('pointermove', ++step);
    if (step < 180) requestAnimationFrame(frame);
    else { point('pointerup', step); done(times.sort((a, b) => a - b)); }
  };
  requestAnimationFrame(frame);
}));
row('graph: a frame while panning', `${frames[Math.floor(frames.length / 2)].toFixed(1)} ms`, `19 of 20 under ${frames[Math.floor(frames.length * 0.95)].toFixed(1)} ms`, '', '16.7 ms');
await tab.close();

// 4. A reader's clicks, on the dump as it is: a second after it was opened, as a person is that slow.
const TABLES = { clusters: 'clusters', endpoints: 'endpoints', routes: 'routes', listeners: 'listeners', secrets: 'secrets', extensions: 'filters', bootstrap: 'bootstrap' };
/// From an act to the frame in which what `selector` finds says something else.
const until = (page, act, selector) => page.evaluate(([act, selector]) => new Promise((done) => {
  const says = () => document.querySelector(selector)?.textContent;
  const before = says();
  const look = () => { if ((says() && says() !== before) || performance.now() - began > 3000) done(performance.now() - began); else requestAnimationFrame(look); };
  const began = performance.now();
  const target = document.querySelector(act.on);
  if (act.text === undefined) target.click();
  else { target.value = act.text; target.dispatchEvent(new Event('input', { bubbles: true })); }
  look();
}), [act, selector]);
const clicks = {};
const note = (name, time) => { (clicks[name] ??= []).push(time); };
for (let round = 0; round < 3; round++) {
  const { page, close } = await open(browser, host);
  await drop(page, '[data-testid=drop]', join(folder, 'once.json'));
  await page.locator('[data-testid=tab-clusters]').waitFor({ timeout: 60_000 });
  await page.waitForTimeout(1000);
  for (const [tab, table] of Object.entries(TABLES)) {
    note(`first rows: ${tab}`, await until(page, { on: `[data-testid=tab-${tab}]` }, `[data-testid=table-${table}] [data-testid=row]`));
  }
  for (const table of ['clusters', 'endpoints']) {
    await page.locator(`[data-testid=tab-${table}]`).click();
    const grid = `[data-testid=table-${table}]`;
    await page.locator(`${grid} [data-testid=row]`).first().waitFor();
    if (round === 0) console.error(`bench: ${table}: ${await page.locator('[data-testid=matched]').textContent()}`);
    const heads = await page.locator(`${grid} [role=columnheader] button`).count();
    for (let at = 0; at < Math.min(heads, 3); at++) {
      note(`sorting ${table}`, await until(page, { on: `${grid} [role=columnheader]:nth-child(${at + 1}) button` }, `${grid} [data-testid=row]`));
    }
    note(`filtering ${table}`, await until(page, { on: `${grid} [data-testid=filter]`, text: '443' }, `${grid} [data-testid=matched]`));
    await until(page, { on: `${grid} [data-testid=filter]`, text: '' }, `${grid} [data-testid=matched]`);
  }
  await close();
}
for (const kind of ['first rows', 'sorting', 'filtering']) {
  const of = Object.entries(clicks).filter(([name]) => name.startsWith(kind));
  const all = of.map(([name, times]) => `${name.replace('first rows: ', '').replace(`${kind} `, '')} ${Math.round(median(times))}`);
  row(`page, a 45 MB dump: ${kind}, from the click to the frame, slowest`, ms(Math.max(...of.map(([, times]) => median(times)))), all.join(', '), '', 'at most 100 ms');
}

// 6. A copy that can be sent, made and checked in the worker: from the click to what is told of it.
const copies = [];
const once = (await stat(join(folder, 'once.json'))).size;
for (let round = 0; round < 3; round++) {
  const { page, close } = await open(browser, host);
  const worker = await engine(page);
  await drop(page, '[data-testid=drop]', join(folder, 'once.json'));
  await page.locator('[data-testid=tab-clusters]').waitFor({ timeout: 60_000 });
  await page.waitForTimeout(3000);
  const time = await page.evaluate(() => new Promise((done) => {
    const began = performance.now();
    const look = () => document.querySelector('[data-testid=share-made]') && (watch.disconnect(), done(performance.now() - began));
    const watch = new MutationObserver(look);
    watch.observe(document.body, { subtree: true, childList: true });
    document.querySelector('[data-testid=share-open]').click();
  }));
  const memory = await worker.evaluate(() => globalThis.engine.memory.buffer.byteLength);
  copies.push({ time, memory });
  await close();
}
row(`${Math.round(once / 1e6)} MB redacted and checked, in the browser's worker`, `${(median(copies.map((it) => it.time)) / 1000).toFixed(2)} s`,
  `memory of the worker: ${(median(copies.map((it) => it.memory)) / once).toFixed(1)} times the file`, '', 'under 6 s; 4 times the file');
await host.close();
await browser.close();
