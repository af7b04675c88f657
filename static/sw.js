// Opens the page where there is no network: answers for the files of one version with what static/boot.js has kept of it.
// Whatever else is asked for goes its way as if this were not here. scripts/build puts in the version and its files.
const version = 'VERSION';
const files = FILES;

const scope = registration.scope;
const prefix = `xdscope ${scope} `;
const kept = { cacheName: prefix + version, ignoreVary: true };
const own = new Set([scope, ...files.map((file) => `${scope}${version}/${file}`)]);

// A host cannot put another version in the place of the one that is kept: the user does (boot.js, `update`), and is told.
const install = async () => {
  if (await caches.match(scope, kept)) return skipWaiting();
  await caches.open(`${prefix}newer`);
  throw new Error('another version is kept');
};
const clean = async () => {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(prefix) && name !== kept.cacheName).map((name) => caches.delete(name)));
};
const answer = async (request, url) => (await caches.match(url, kept)) ?? fetch(request);

addEventListener('install', (event) => event.waitUntil(install()));
addEventListener('activate', (event) => event.waitUntil(clean()));
addEventListener('fetch', (event) => {
  const url = event.request.url.split('#')[0];
  const file = url === `${scope}index.html` ? scope : url;
  if (event.request.method === 'GET' && own.has(file)) event.respondWith(answer(event.request, file));
});
