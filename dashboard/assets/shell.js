// What the app's HTML shell does beside Streamlit's client. Served as a file, so that no script stands in the page itself.

// Streamlit's client otherwise probes below the page's own path first, and each probe is a 404 in the console.
window.__streamlit = { BACKEND_BASE_URL: new URL('.', location.href).href };
window.prerenderReady = false;

// Nor need everybody fetch its icon font (375 kB) at the start: the browser does where an icon is shown.
const load = document.fonts.load.bind(document.fonts);
document.fonts.load = (font, ...text) => (font.includes('Material Symbols') ? Promise.resolve([]) : load(font, ...text));

// The client itself begins once what came with the shell is painted: its files would share a slow line and processor with that.
const client = document.getElementById('kw-app');
const begin = () => client?.isConnected && client.replaceWith(document.importNode(client.content, true));
requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(begin)));
setTimeout(begin, 2000); // a tab in the background paints nothing

// The content drawn with the shell gives way to the app's own once that, or a message in its place, is drawn.
// Somebody who types in its search box is not interrupted.
const early = document.getElementById('kw-early');
if (early) {
  const box = early.querySelector('input[name=q]');
  const typing = () => box && (box === document.activeElement || box.value !== box.defaultValue);
  const watch = new MutationObserver(() => giveWay());
  const giveWay = () => {
    if (typing() || !document.querySelector('#root .kw-card, #root .kw-foot, #root [role=alert]')) return;
    const top = early.scrollTop;
    watch.disconnect();
    early.remove();
    if (top) document.querySelector('[data-testid=stMain]')?.scrollTo(0, top);
  };
  watch.observe(document.getElementById('root'), { childList: true, subtree: true });
  box?.addEventListener('blur', () => setTimeout(giveWay));
}

// Each question is an entry of the history, so that Back leads to the one before: Streamlit's client only replaces the address.
// What the app then makes of it (the host alone of a pasted message) takes its place: nobody wants to go back to it, and it may name people.
const asked = (address) => {
  const url = new URL(address, location.href);
  return url.pathname + ['q', 'host', 'h'].map((name) => url.searchParams.getAll(name).join(' ')).join('|');
};
let shown = asked(location.href);
let acted = false;
const act = (event) => {
  if (event.type === 'input' || (event.type === 'keydown' ? event.key === 'Enter' || event.key === ' ' : event.target.closest?.('a, button, [role=option]'))) acted = true;
};
for (const kind of ['input', 'keydown', 'pointerdown']) addEventListener(kind, act, true);
const replace = history.replaceState.bind(history);
const push = history.pushState.bind(history);
const record = (usual) => (state, title, address) => {
  if (!address || asked(address) === shown) return usual(state, title, address);
  shown = asked(address);
  if (!acted) return replace(state, title, address);
  acted = false;
  return push(state, title, address);
};
history.replaceState = record(replace);
history.pushState = record(push);
addEventListener('popstate', () => {
  if (asked(location.href) !== shown) location.reload();
});

// The site page has parts, of which one is in sight: that of the address's fragment, or of what it leads to. A link inside the page
// also opens what its target is folded into; on paper nothing is folded.
const PART = 'st-key-part-';
const partOf = (target) => [...(target?.closest(`[class*="${PART}"]`)?.classList ?? [])].find((name) => name.startsWith(PART))?.slice(PART.length);
const named = () => document.getElementById(decodeURIComponent(location.hash.slice(1)));
const reveal = (target) => {
  const part = partOf(target) ?? (location.hash.length > 1 ? undefined : 'points');
  const before = document.documentElement.dataset.part;
  if (part) document.documentElement.dataset.part = part;
  for (const link of document.querySelectorAll('.kw-contents a')) {
    const here = link.hash === `#${document.documentElement.dataset.part}`;
    if (here) link.setAttribute('aria-current', 'true');
    else link.removeAttribute('aria-current');
    // On a phone the list is wider than the screen.
    if (here && part !== before) link.parentElement.scrollLeft = link.offsetLeft - link.parentElement.offsetLeft - 24;
  }
  for (let fold = target?.closest('details'); fold; fold = fold.parentElement.closest('details')) fold.open = true;
};
const arrive = () => {
  const target = named();
  reveal(target);
  const whole = partOf(target) === target?.id && target?.closest(`[class*="${PART}"]`);
  if (!whole) target?.scrollIntoView();
  else if (whole.getBoundingClientRect().top < 0) whole.scrollIntoView();
};
if (/\/site$/.test(location.pathname)) reveal(named());
addEventListener('hashchange', arrive);
// Escape closes the phone's menu, and leaves the reader at its button.
addEventListener('keydown', (event) => {
  const menu = event.key === 'Escape' && [...document.querySelectorAll('.kw-menu[open]')].pop();
  if (!menu) return;
  menu.open = false;
  menu.querySelector('summary').focus();
});
// Streamlit's link past the menu leads to the whole page, its menu included; ours to what the page is about.
addEventListener('click', (event) => {
  const heading = event.target.closest?.('[data-testid=stSkipToContent]') && document.querySelector('#root h1');
  if (!heading) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  heading.tabIndex = -1;
  heading.focus();
}, true);
// The keyboard, and who listens, are led to what `find` finds, as soon as it is there. Until they move on by themselves they are led back
// when the app draws it a second time, which leaves them nowhere; a slow phone has half a minute.
const lead = (find) => {
  let tries = 300;
  let settled = 15;
  let led = false;
  const timer = setInterval(() => {
    const target = find();
    if (target && (!led || document.activeElement === document.body)) {
      led = true;
      target.focus();
    }
    if ((led && --settled === 0) || --tries === 0) clearInterval(timer);
  }, 100);
  for (const kind of ['keydown', 'pointerdown']) addEventListener(kind, () => clearInterval(timer), { once: true, capture: true });
};
// An answer of the help page takes its question away, a form that is handed in its fields: next is the next question's heading, or the receipt.
const LEADS = { '[class*="st-key-help-"] button': '#root h2', '[class*="-send-"] button': '#root .kw-receipt' };
const leadOn = (place) => {
  const before = document.querySelector(place)?.textContent;
  lead(() => {
    const target = document.querySelector(place);
    if (!target || target.textContent === before) return null;
    target.tabIndex = -1;
    return target;
  });
};
addEventListener('click', (event) => {
  const pressed = Object.keys(LEADS).find((buttons) => event.target.closest?.(buttons));
  if (pressed) leadOn(LEADS[pressed]);
});
addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && event.target.matches?.('.st-key-help-site input')) leadOn('#root h2');
});
// A ranking sorted or filtered by the keyboard is another page: the keyboard goes on where it was, past the menu.
const PLACES = { '.kw-rank th a': '#root .kw-rank th[aria-sort] a', '.kw-filters button': '#root .kw-filters button' };
addEventListener('click', (event) => {
  const pressed = event.detail === 0 && Object.keys(PLACES).find((place) => event.target.closest?.(place));
  if (pressed) sessionStorage.setItem('kw-place', PLACES[pressed]);
});
const left = sessionStorage.getItem('kw-place');
sessionStorage.removeItem('kw-place');
if (left) lead(() => document.querySelector(left));
// A view is its address, which names what was chosen and nothing else.
addEventListener('formdata', (event) => {
  // The app takes the name of a field called lang away, lest it hide the form's own property: the language is added here.
  const lang = document.documentElement.lang.slice(0, 2);
  if (lang !== 'zh' && !event.formData.has('lang')) event.formData.set('lang', lang);
  if (event.target.matches('.kw-filters')) for (const [name, value] of [...event.formData]) if (!value) event.formData.delete(name);
});
addEventListener('beforeprint', () => { for (const fold of document.querySelectorAll('.kw details')) fold.open = true; });

// Streamlit's boxes drop a paste that is longer than they take, without a word. As much as fits goes in, and the browser says so.
addEventListener('paste', (event) => {
  const box = event.target.closest?.('[data-testid=stTextInput] input, [data-testid=stTextArea] textarea');
  const counter = box?.closest('[data-testid=stTextInput], [data-testid=stTextArea]').querySelector('[data-testid=InputInstructions]');
  const most = /\/(\d+)$/.exec(counter?.textContent ?? '')?.[1];
  const text = event.clipboardData?.getData('text') ?? '';
  const room = most - (box?.value.length - (box?.selectionEnd - box?.selectionStart));
  if (!most || text.length <= room) return;
  event.preventDefault();
  const fits = text.slice(0, room);
  document.execCommand('insertText', false, box.matches('input') ? fits.replace(/\s/g, ' ') : fits);
  box.setCustomValidity(document.documentElement.lang.startsWith('zh') ? `太长：这里最多 ${most} 个字，后面的没有放进来` : `Too long: ${most} characters at most, the rest was left out`);
  box.reportValidity();
  box.addEventListener('input', () => box.setCustomValidity(''), { once: true });
}, true);

// A link to a piece of evidence arrives before the evidence is drawn: the page is scrolled to it once it is there, and what is folded opened.
if (location.hash.length > 1) {
  let left = 130;
  const timer = setInterval(() => {
    const target = named();
    if (target && Math.abs(target.getBoundingClientRect().top) > 90) arrive();
    else reveal(target);
    if (--left === 0) clearInterval(timer);
  }, 150);
  for (const moved of ['wheel', 'touchstart', 'keydown', 'pointerdown'])
    addEventListener(moved, () => clearInterval(timer), { once: true, passive: true });
}

// Labels of Streamlit's client that exist in English only; screen readers would read them out on a Chinese page.
if (document.documentElement.lang.startsWith('zh')) {
  const labels = {
    '[data-testid=stSkipToContent]': '跳到正文',
    '[data-testid=stFileUploaderDropzone] button p': '选择文件',
  };
  const names = { 'Choose date': '选择日期', 'file upload': '选择文件', Increment: '增加', Decrement: '减少', Open: '展开选项' };
  const units = { year: '年', month: '月', day: '日' };
  new MutationObserver(() => {
    for (const [selector, words] of Object.entries(labels)) {
      const text = document.querySelector(selector)?.firstChild;
      if (text && text.data && text.data !== words) text.data = words;
    }
    // The parts of a date; what an empty one shows is in style.css.
    for (const part of document.querySelectorAll('[role=spinbutton][data-type]')) {
      const [unit, rest] = (part.getAttribute('aria-label') ?? '').split(', ');
      if (units[unit]) part.setAttribute('aria-label', [units[unit], rest].filter(Boolean).join('，'));
      if (part.getAttribute('aria-valuetext') === 'Empty') part.setAttribute('aria-valuetext', '未填');
    }
    for (const [english, words] of Object.entries(names))
      for (const control of document.querySelectorAll(`[aria-label="${english}"]`)) control.setAttribute('aria-label', words);
  }).observe(document, { childList: true, characterData: true, subtree: true });
}

// What stands in a letter or preview is copied as it is.
document.addEventListener('click', async (event) => {
  const button = event.target.closest?.('[data-kw-copy]');
  if (!button) return;
  const text = button.parentElement.querySelector('pre, code').innerText, words = button.textContent;
  await navigator.clipboard.writeText(text);
  button.textContent = `${words} ✓`;
  setTimeout(() => { button.textContent = words; }, 2000);
});

document.addEventListener('click', (event) => { if (event.target.closest?.('[data-kw-print]')) print(); });

// A picture of a card goes to the phone's own way of sharing; where there is none the link saves it.
document.addEventListener('click', async (event) => {
  const link = event.target.closest?.('a[data-kw-share]');
  if (!link || !navigator.canShare?.({ files: [new File([], 'a.png', { type: 'image/png' })] })) return;
  event.preventDefault();
  const save = () => { link.removeAttribute('data-kw-share'); link.click(); };
  try {
    const answer = await fetch(link.href);
    if (!answer.ok) return save();
    await navigator.share({ files: [new File([await answer.blob()], link.download, { type: 'image/png' })] });
  } catch (error) {
    if (error.name !== 'AbortError') save();
  }
});
