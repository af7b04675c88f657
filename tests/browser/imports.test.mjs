// What the page and its worker can call at all: a wasm module reaches nothing that it does not import.
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { test } from 'node:test';

const root = resolve(import.meta.dirname, '../..');
const dist = join(root, process.env.XDSCOPE_DIST ?? 'dist');
/// Ways out of a browser, and ways to make a program of a text.
const NEVER = /fetch|xmlhttp|websocket|webtransport|beacon|rtc|eventsource|importscripts|^open$|^assign$|^eval$|no_args|new_with_args|serviceworker|cookie/i;

/// An import's own name: without the prefix, and the hash that names its signature.
const bare = (name) => name.replace(/^__wbg_/, '').replace(/_[0-9a-f]{16}$/, '');

const allowed = async () => {
  const text = await readFile(join(import.meta.dirname, 'imports.txt'), 'utf8');
  const lines = text.split('\n').filter((line) => line && !line.startsWith('#'));
  return new Map(['page', 'worker'].map((of) => [of, new Set(lines.filter((line) => line.startsWith(`${of} `)).map((line) => line.slice(of.length + 1)))]));
};

test('the modules import what is on the list, and no way to the network is on it', async () => {
  const [{ name }] = (await readdir(dist, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  for (const [of, list] of await allowed()) {
    assert.deepEqual([...list].filter((it) => NEVER.test(it)), [], `the list of the ${of}`);
    const module = new WebAssembly.Module(await readFile(join(dist, name, `${of}_bg.wasm`)));
    const imports = WebAssembly.Module.imports(module);
    assert.ok(imports.length > 10, `the ${of} imports something`);
    // The glue is all that it imports from.
    assert.deepEqual([...new Set(imports.map((it) => it.module))], [`./${of}_bg.js`]);
    const unknown = [...new Set(imports.map((it) => bare(it.name)))].filter((it) => !list.has(it));
    assert.deepEqual(unknown, [], `the ${of} imports more than tests/browser/imports.txt has; is it needed?`);
  }
});

test('the test can fail: ways out are known by their names', () => {
  for (const name of ['fetch', 'new_WebSocket', 'sendBeacon', 'open', 'new_no_args']) {
    assert.match(bare(`__wbg_${name}_0123456789abcdef`), NEVER);
  }
  for (const name of ['openCursor', 'getRandomValues', 'readEntries']) assert.doesNotMatch(name, NEVER);
});
