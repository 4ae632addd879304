// What is known of the site in front, and how old the lists are. A site that is not listed is asked about only by a press.

import { MARKS, sentences, trouble } from "./words.js";

const put = (id, text) => {
  const place = document.getElementById(id);
  place.textContent = text;
  place.hidden = !text;
  return place;
};
const say = (name, ...parts) => chrome.i18n.getMessage(name, parts);

document.documentElement.lang = chrome.i18n.getUILanguage();
put("settings", say("settings"));
const [tab] = await chrome.tabs.query({ active: true, currentWindow: true });
const { lists, failure } = await chrome.storage.local.get(["lists", "failure"]);
const { found, error } = await chrome.runtime.sendMessage({ address: tab?.url ?? "" });
if (error) {
  put("sentence", say("no_answer"));
} else {
  const said = sentences(found, chrome.i18n);
  put("demo", said.demo);
  if (found.state === "listed") {
    const { shape, colour, ink } = MARKS[found.entry.verdict];
    Object.assign(put("word", `${shape} ${said.word}`).style, { background: colour, color: ink });
  }
  put("sentence", said.sentence);
  put("reason", said.reason);
  if (found.state === "listed") put("link", said.more).href = said.link;
  if (found.state === "unlisted" && found.key) put("link", say("look")).href = `${lists.server}/?${new URLSearchParams({ q: found.key })}`;
}
put("age", [lists && say("as_of", lists.index.as_of, lists.key ? say("signed") : say("unsigned")), (error || failure) && trouble(error || failure.message, chrome.i18n)].filter(Boolean).join(" "));
