// How a verdict looks and reads. The words are those of the dashboard's catalogue (a test compares them), in _locales.

export const MARKS = {
  red: { shape: "⬣", colour: "#6E0017", ink: "#FFFFFF" },
  orange: { shape: "▲", colour: "#C8500A", ink: "#FFFFFF" },
  yellow: { shape: "◆", colour: "#E0AC00", ink: "#1B1F24" },
  blue: { shape: "●", colour: "#0B4FA0", ink: "#FFFFFF" },
  grey: { shape: "?", colour: "#6B6B6B", ink: "#FFFFFF" },
};

/** The texts for what `lookUp` found, in the browser's language. */
export function sentences(found, i18n) {
  const chinese = i18n.getUILanguage().startsWith("zh");
  const { entry, key, index, server } = found;
  const say = (name, ...parts) => i18n.getMessage(name, parts);
  const asked = new URLSearchParams({ host: key ?? "", lang: chinese ? "zh" : "en" });
  const common = { name: say("name"), close: say("close"), more: say("more"), demo: index?.demo ? say("demo") : "" };
  if (found.state === "unlisted") return { ...common, word: "", sentence: key ? say("unlisted", key) : say("no_site"), reason: "", link: server ?? "" };
  if (found.state !== "listed") return { ...common, word: "", sentence: say(found.state, index?.valid_until ?? ""), reason: "", link: server ?? "" };
  return {
    ...common,
    word: say(`verdict_${entry.verdict}`),
    sentence: say(`sentence_${entry.verdict}`, entry.as_of, key),
    reason: chinese ? entry.reason_zh : entry.reason_en,
    link: `${server}/site?${asked}`,
  };
}

/** Why something failed, for a reader: the server did not answer, or what it gave did not pass the check; the exact message goes along. */
export function trouble(message, i18n) {
  const kind = /sign|manifest names|older|newer|too large/.test(message) ? "refused" : "unreachable";
  return i18n.getMessage("failed", [i18n.getMessage(kind, [message])]);
}
