// Keeps the lists fresh, and tells on a watched site what is known of it: a mark on the button and a strip on the page.

import { lookUp, refresh } from "./lists.js";
import { MARKS, sentences } from "./words.js";

const HOURS = 6;
const store = chrome.storage.local;

chrome.runtime.onInstalled.addListener(({ reason }) => {
  chrome.alarms.create("refresh", { periodInMinutes: HOURS * 60 });
  if (reason === "install") chrome.runtime.openOptionsPage();
});
chrome.alarms.onAlarm.addListener(() => renew().catch(() => {}));
chrome.tabs.onUpdated.addListener((tab, change, { url }) => {
  if (change.status === "complete" && url) show(tab, url).catch(() => {});
});
chrome.runtime.onMessage.addListener((asked, _, answer) => {
  const work = asked.renew ? renew(asked.server) : lookUp(asked.address, store);
  work.then((found) => answer({ found }), (error) => answer({ error: error.message }));
  return true;
});

/** Fetch the lists of the given server, or of the one kept; what went wrong is kept for the popup to say. */
async function renew(server) {
  const from = server || (await store.get("lists")).lists?.server;
  if (!from) return null;
  try {
    const kept = await refresh(from, store);
    await store.remove("failure");
    return { as_of: kept.index.as_of, sites: kept.index.sites, signed: Boolean(kept.key) };
  } catch (error) {
    await store.set({ failure: { message: error.message, at: new Date().toISOString() } });
    throw error;
  }
}

async function show(tab, address) {
  const found = await lookUp(address, store);
  const listed = found.state === "listed";
  const mark = listed ? MARKS[found.entry.verdict] : { shape: "", colour: "#7C7C7C" };
  await chrome.action.setBadgeText({ tabId: tab, text: mark.shape });
  await chrome.action.setBadgeBackgroundColor({ tabId: tab, color: mark.colour });
  if (!listed) return;
  await chrome.scripting.executeScript({ target: { tabId: tab }, func: strip, args: [sentences(found, chrome.i18n), mark] });
}

/** Runs in the page: a strip at its foot, closed off from the page's own script and style. Everything is text. */
function strip(said, mark) {
  const id = "kamengwatch-strip";
  document.getElementById(id)?.remove();
  const frame = document.createElement("div");
  frame.id = id;
  frame.style.cssText = "all:initial;position:fixed;left:0;right:0;bottom:0;z-index:2147483647";
  const inside = frame.attachShadow({ mode: "closed" });
  const bar = document.createElement("div");
  bar.setAttribute("role", "region");
  bar.setAttribute("aria-label", said.name);
  bar.style.cssText = `display:flex;gap:12px;align-items:center;padding:10px 14px;font:15px/1.4 system-ui,sans-serif;background:${mark.colour};color:${mark.ink}`;
  const words = document.createElement("span");
  words.style.cssText = "flex:1";
  words.textContent = [said.demo, `${mark.shape} ${said.word}`, said.sentence, said.reason].filter(Boolean).join("　");
  const more = document.createElement("a");
  more.href = said.link;
  more.target = "_blank";
  more.rel = "noopener noreferrer";
  more.textContent = said.more;
  more.style.cssText = "color:inherit;white-space:nowrap;padding:12px 4px";
  const close = document.createElement("button");
  close.textContent = "×";
  close.setAttribute("aria-label", said.close);
  close.style.cssText = "font:22px/1 system-ui;min-width:44px;min-height:44px;border:0;background:transparent;color:inherit;cursor:pointer";
  close.addEventListener("click", () => frame.remove());
  bar.append(words, more, close);
  inside.append(bar);
  document.documentElement.append(frame);
}
