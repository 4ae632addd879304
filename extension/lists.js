// The lists of a server: fetched, checked against its signed manifest, kept, and asked by prefix. The format is docs/lists.md.
// What page the user is on never leaves this machine: only the first digits of a hash do, and only where a kept prefix matches.

const KEPT = "lists";
const LARGEST = 40_000_000;

/** Fetch the server's lists and keep them. Throws an Error whose message says which file and why; what was kept then stays. */
export async function refresh(server, store) {
  const before = (await store.get(KEPT))[KEPT];
  const manifest = await bytes(server, "manifest.json");
  const named = JSON.parse(text(manifest));
  const key = await signer(server, manifest, before && before.server === server ? before.key : null);
  const files = Object.fromEntries(Object.entries(named.files).filter(([name]) => name.startsWith("lists/")));
  const index = JSON.parse(text(await checked(server, "lists/index.json", files)));
  if (index.format !== 1) throw new Error("lists/index.json: a newer format");
  if (before && before.server === server && index.as_of < before.index.as_of) throw new Error("lists/index.json: older than what is kept");
  const prefixes = await checked(server, "lists/prefixes.bin", files);
  const kept = { server, key, index, files, prefixes: base64(prefixes), fetched: new Date().toISOString() };
  await store.set({ [KEPT]: kept });
  return kept;
}

/** What is known of the site at `address`: {state: "none" | "expired" | "unlisted" | "listed", key, entry, index}. */
export async function lookUp(address, store, today = new Date().toISOString().slice(0, 10)) {
  const kept = (await store.get(KEPT))[KEPT];
  if (!kept) return { state: "none" };
  const { index } = kept;
  const keys = candidates(address, index.malls);
  if (!keys.length) return { state: "unlisted", index };
  if (today > index.valid_until) return { state: "expired", key: keys[0], index };
  const prefixes = unbase64(kept.prefixes);
  for (const key of keys) {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key)));
    if (!holds(prefixes, digest, index.prefix_bytes)) continue;
    const name = `lists/verdicts/${hex(digest).slice(0, index.file_digits) || "all"}.json`;
    const entry = JSON.parse(text(await checked(kept.server, name, kept.files)))[hex(digest)];
    if (entry) return { state: "listed", key, entry, index, server: kept.server };
  }
  return { state: "unlisted", key: keys[0], index, server: kept.server };
}

/** The keys under which the site at an address may be listed, the merchant of a mall before the mall. Never its path otherwise. */
export function candidates(address, malls) {
  let url;
  try {
    url = new URL(address);
  } catch {
    return [];
  }
  if (!/^https?:$/.test(url.protocol) || !url.hostname) return [];
  const host = url.hostname.toLowerCase().replace(/\.$/, "");
  const bare = host.replace(/^www\./, "");
  const mall = [bare, bare.replace(/^(m|wap|mobile|h5)\./, "")].find((name) => Object.hasOwn(malls, name));
  if (!mall) return [bare];
  const [section, name] = url.pathname.split("/").filter(Boolean);
  const { sections, lower_case } = malls[mall];
  if (!name || !sections.includes(section)) return [mall];
  const merchant = name.replace(/\.html?$/, "");
  return [`${mall}/${section}/${lower_case ? merchant.toLowerCase() : merchant}`, mall];
}

function holds(prefixes, digest, width) {
  let low = 0;
  let high = prefixes.length / width;
  while (low < high) {
    const middle = (low + high) >> 1;
    let order = 0;
    for (let i = 0; i < width && !order; i++) order = prefixes[middle * width + i] - digest[i];
    if (!order) return true;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return false;
}

/** The key that signed the manifest: the one kept from before, or the first one met. null where the server signs nothing. */
async function signer(server, manifest, known) {
  const said = await bytes(server, "manifest.sig").then((body) => JSON.parse(text(body)), () => null);
  if (!said) {
    if (known) throw new Error("manifest.json: no longer signed");
    return null;
  }
  const { keys } = JSON.parse(text(await bytes(server, "keys.json")));
  const trusted = known ? await followed(known, keys) : keys.map((entry) => entry.public_key);
  for (const raw of trusted) {
    const entry = keys.find((one) => one.public_key === raw);
    if (entry && entry.id === said.key && (await holdsFor(raw, said.signature, manifest))) return raw;
  }
  throw new Error("manifest.json: the signature is not of a key known from before");
}

/** The kept key and those it was handed over to, each by a signature of the one before. */
async function followed(known, keys) {
  const trusted = [known];
  for (const entry of keys) {
    const giver = keys.find((one) => one.id === entry.handed_over_by);
    if (!giver || !trusted.includes(giver.public_key)) continue;
    const { signature, ...unsigned } = entry;
    if (await holdsFor(giver.public_key, signature, new TextEncoder().encode(canonical(unsigned)))) trusted.push(entry.public_key);
  }
  return trusted;
}

function canonical(entry) {
  const sorted = Object.keys(entry).sort().map((name) => `${JSON.stringify(name)}:${JSON.stringify(entry[name])}`);
  return `{${sorted.join(",")}}`;
}

async function holdsFor(raw, signature, message) {
  const key = await crypto.subtle.importKey("raw", unbase64(raw), "Ed25519", false, ["verify"]);
  return crypto.subtle.verify("Ed25519", key, unbase64(signature), message);
}

async function checked(server, name, files) {
  const body = await bytes(server, name);
  const digest = hex(new Uint8Array(await crypto.subtle.digest("SHA-256", body)));
  if (digest !== files[name]) throw new Error(`${name}: not what the manifest names`);
  return body;
}

async function bytes(server, name) {
  const answer = await fetch(`${server}/snapshot/${name}`, { credentials: "omit", redirect: "error", cache: "no-cache", referrerPolicy: "no-referrer" });
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  const body = new Uint8Array(await answer.arrayBuffer());
  if (body.length > LARGEST) throw new Error(`${name}: too large`);
  return body;
}

const text = (body) => new TextDecoder().decode(body);
const hex = (body) => Array.from(body, (byte) => byte.toString(16).padStart(2, "0")).join("");
const unbase64 = (said) => Uint8Array.from(atob(said), (letter) => letter.charCodeAt(0));
const base64 = (body) => {
  let said = "";
  for (let i = 0; i < body.length; i += 32768) said += String.fromCharCode(...body.subarray(i, i + 32768));
  return btoa(said);
};
