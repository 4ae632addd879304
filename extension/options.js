// Which server's lists are used. Saving fetches and checks them at once, and says what came of it.

import { trouble } from "./words.js";

const say = (name, ...parts) => chrome.i18n.getMessage(name, parts);
document.documentElement.lang = chrome.i18n.getUILanguage();
for (const [id, name] of [["title", "name"], ["privacy", "privacy"], ["label", "server"], ["save", "save"]]) document.getElementById(id).textContent = say(name);
const told = document.getElementById("told");
const field = document.getElementById("server");
const { lists } = await chrome.storage.local.get("lists");
field.value = lists?.server ?? "";
document.getElementById("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  told.textContent = "…";
  const { found, error } = await chrome.runtime.sendMessage({ renew: true, server: new URL(field.value).origin });
  told.textContent = error ? trouble(error, chrome.i18n) : say("saved", String(found.sites), found.as_of, found.signed ? say("signed") : say("unsigned"));
});
