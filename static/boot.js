// Starts the page and its worker so that neither has the network once a file can be opened.
//
// A worker loaded by its URL takes its policy from that response's headers, which a plain static
// host does not send: it would keep the network. So everything is fetched first, the policy is
// tightened, and only then the page starts; its workers are made from a Blob and inherit the
// policy. See src/bin/README.md for what the page's Rust is given.
import start from './page.js';

// Yew sets `style` as an attribute, which a policy without 'unsafe-inline' refuses; the same text
// through CSSOM is allowed.
const setAttribute = Element.prototype.setAttribute;
Element.prototype.setAttribute = function (name, value) {
  if (name === 'style') this.style.cssText = value;
  else setAttribute.call(this, name, value);
};

// In the single file (scripts/single-file.mjs) all parts stand in the page itself, packed, and nothing is fetched.
const bytes = (id) => {
  const text = atob(document.getElementById(id).textContent);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
};
const taken = (id) => {
  const part = document.getElementById(id) && bytes(id);
  document.getElementById(id)?.remove();
  return part;
};
const inside = (name) => {
  const packed = taken(`part:${name}`);
  return packed && new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip')));
};

// The single file's own text, as it was built, up to where a capture stands in it and from there on: to be saved again with
// one. Not what the document is by now: of that, no more is read than the elements that the frame names.
const ownText = () => {
  if (!document.getElementById('part:frame')) return null;
  const frame = new TextDecoder().decode(bytes('part:frame'));
  const [before, after] = frame.split('[[capture]]').map((half) =>
    half.split(/\[\[(part:[^\]]+)\]\]/).map((piece, at) => (at % 2 ? document.getElementById(piece).textContent : piece)));
  // As blobs, which a browser need not keep in this process.
  return [new Blob(before), new Blob(after)];
};

const get = async (name) => {
  const part = inside(name);
  if (part) return part;
  const response = await fetch(new URL(name, import.meta.url));
  if (!response.ok) throw new Error(`${name}: ${response.status}`);
  return response;
};
const compile = async (name) => {
  const response = await get(name);
  // Some static hosts do not know the type of .wasm, which streaming insists on.
  return response.headers.get('content-type') === 'application/wasm'
    ? WebAssembly.compileStreaming(response)
    : WebAssembly.compile(await response.arrayBuffer());
};

// What may be started: the worker, and what answers where there is no network. Nothing of a name that came from elsewhere.
const startable = new Set();
const policy = globalThis.trustedTypes?.createPolicy('xdscope-worker', {
  createScriptURL: (given) => {
    if (!startable.has(given)) throw new TypeError('no script of xdscope');
    return given;
  },
});
const script = (url) => (policy ? policy.createScriptURL(url) : url);

// For when there is no network: all files of this version are kept, and static/sw.js answers with them. Done before the policy
// is tightened, and then this version stays until the user asks for another.
const offline = async () => {
  if (!navigator.serviceWorker || !globalThis.caches || location.protocol === 'file:') return { newer: false };
  const here = new URL('.', import.meta.url);
  const root = new URL('..', here);
  const prefix = `xdscope ${root} `;
  const cacheName = prefix + here.pathname.split('/').at(-2);
  if (!(await caches.match(root, { cacheName, ignoreVary: true }))) {
    const files = await (await fetch(new URL('files.json', here))).json();
    const cache = await caches.open(cacheName);
    // All of them or none.
    await cache.addAll([root, ...files.map((file) => new URL(file, here))]);
  }
  const { href } = new URL('sw.js', root);
  startable.add(href);
  const registration = await navigator.serviceWorker.register(script(href), { scope: root.pathname });
  const newer = await caches.has(`${prefix}newer`);
  const update = async () => {
    const names = await caches.keys();
    await Promise.all(names.filter((name) => name.startsWith(prefix)).map((name) => caches.delete(name)));
    await registration.unregister();
    location.reload();
  };
  return { newer, update };
};

const tighten = () => {
  const meta = document.createElement('meta');
  meta.httpEquiv = 'Content-Security-Policy';
  meta.content = "default-src 'none'; script-src 'wasm-unsafe-eval'; img-src data: blob:; worker-src blob:; connect-src 'none'";
  document.head.append(meta);
};

const boot = async () => {
  const own = ownText();
  const capture = taken('capture');
  const about = taken('capture:about');
  const [page, engine, glue, sample] = await Promise.all([
    compile('page_bg.wasm'),
    compile('worker_bg.wasm'),
    get('worker.js').then((response) => response.text()),
    get('sample.tar.gz').then((response) => response.arrayBuffer()),
  ]);
  // Where the browser refuses to keep anything, the page works with the network alone.
  const { newer, update } = own ? { newer: false } : await offline().catch(() => ({ newer: false }));
  tighten();

  // The engine's module arrives as the first message. Its main runs within that message, so its
  // own handler is in place before the next one. (`engine` is for measuring: how much memory it has.)
  const receive = 'onmessage = ({ data }) => { onmessage = null; globalThis.engine = wasm_bindgen.initSync({ module: data }); };';
  const url = URL.createObjectURL(new Blob([glue, '\n', receive], { type: 'text/javascript' }));
  startable.add(url);
  globalThis.xdscope = Object.freeze({
    spawnWorker: () => {
      const worker = new Worker(script(url), { name: 'engine' });
      worker.postMessage(engine);
      return worker;
    },
    sample: () => new Blob([sample]),
    oneFile: () => own !== null,
    enclose: (capture) => (own ? new Blob([own[0], capture, own[1]], { type: 'text/html' }) : undefined),
    enclosed: () => (capture ? new Blob([capture]) : undefined),
    newer: () => newer,
    update,
    about: () => (about ? new TextDecoder().decode(about) : ''),
  });
  await start({ module_or_path: page });
  document.getElementById('boot')?.remove();
};

boot().catch((error) => {
  const message = document.getElementById('boot-message') ?? document.body;
  message.setAttribute('role', 'alert');
  message.textContent = navigator.language.startsWith('zh')
    ? `xdscope 无法启动（${error.message}）。请重新加载页面；需要 2023 年以后的浏览器。`
    : `xdscope could not start (${error.message}). Reload the page; it needs a browser of 2023 or later.`;
});
