const LOG_PAUSE_MS = 1500;
const STATE_PAUSE_MS = 5000;
const LOG_ROWS = 200;

const words = document.getElementById('words').dataset;
const by = (id) => document.getElementById(id);
const copy = (id) => by(id).content.firstElementChild.cloneNode(true);
const language = document.documentElement.lang;

// Escapes what could hide, break a line or turn the reading direction; a joiner inside an emoji stays.
const JOINER = /(?<=[\p{Extended_Pictographic}\u{1f3fb}-\u{1f3ff}\ufe0f])\u200d(?=\p{Extended_Pictographic})/gu;
const DISTURBING = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu;
function visible(text) {
  return String(text ?? '').split(JOINER)
    .map((part) => part.replace(DISTURBING, (c) => '\\u{' + c.codePointAt(0).toString(16) + '}')).join('\u200d');
}

function say(text) {
  by('said').textContent = text;
  by('said').hidden = !text;
}

async function api(method, path, body) {
  let response;
  try {
    response = await fetch('/_emulator/' + path, {
      method, cache: 'no-store',
      headers: body ? { 'content-type': 'application/json' } : {},
      body: body && JSON.stringify(body),
    });
  } catch (error) {
    say(words.offline);
    throw error;
  }
  const text = await response.text();
  let value = null;
  try { value = text ? JSON.parse(text) : null; } catch { /* shown by its status */ }
  if (!response.ok) {
    say(words.failed + visible(value?.error ?? response.status));
    throw new Error('refused');
  }
  say('');
  return value;
}

const quietly = (work) => work().catch(() => {});

async function change(method, path, body) {
  await api(method, path, body);
  await refresh();
}

function showUsers(users) {
  by('users').replaceChildren(...users.map((user) => {
    const card = copy('user-card');
    card.classList.toggle('current', Boolean(user.current));
    card.querySelector('[data-avatar]').replaceWith(avatar(user));
    const name = card.querySelector('.name');
    name.textContent = visible(user.nickname) || words.noName;
    name.classList.toggle('muted', !user.nickname);
    card.querySelector('[data-snapshot]').hidden = !user.snapshot;
    card.querySelector('[data-current]').hidden = !user.current;
    const hold = card.querySelector('[data-hold]');
    hold.hidden = Boolean(user.current);
    hold.addEventListener('click', () => quietly(() => change('POST', 'current-user', { user: user.id })));
    return card;
  }));
}

function avatar(user) {
  if (!user.avatar) return copy('no-avatar');
  const image = new Image(48, 48);
  image.className = 'avatar';
  image.alt = '';
  image.src = user.avatar;
  return image;
}

let accounts = [];
const revealed = new Set();

function showAccounts() {
  by('accounts').replaceChildren(...accounts.map((account) => {
    const card = copy('account-card');
    card.querySelector('[data-name]').textContent = visible(account.name) || account.appid;
    card.querySelector('[data-kind]').textContent = words[account.kind] ?? account.kind;
    const list = card.querySelector('dl');
    const add = (label, ...values) => {
      const term = document.createElement('dt');
      const definition = document.createElement('dd');
      term.textContent = label;
      definition.append(...values);
      list.append(term, definition);
    };
    add('appid', visible(account.appid));
    if (account.secret) add('secret', ...secret(account.appid + ' secret', account.secret));
    if (account.component_appid) add('component_appid', visible(account.component_appid));
    if (account.component_access_token) {
      add('component_access_token', ...secret(account.appid + ' token', account.component_access_token));
    }
    if (account.domain) add(words.domain, account.domain === 'loopback' ? words.loopback : visible(account.domain));
    return card;
  }));
  const options = accounts.map((account) => new Option((visible(account.name) || account.appid) + ' · ' + (words[account.kind] ?? account.kind), account.appid));
  choose(by('fault-account'), options);
}

function secret(key, value) {
  const text = document.createElement('span');
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'link small';
  const show = () => {
    const open = revealed.has(key);
    text.textContent = open ? visible(value) : '••••••••••••';
    button.textContent = open ? words.conceal : words.reveal;
    button.setAttribute('aria-expanded', String(open));
  };
  button.addEventListener('click', () => {
    if (!revealed.delete(key)) revealed.add(key);
    show();
  });
  show();
  return [text, ' ', button];
}

// Keeps what was chosen.
function choose(select, options) {
  const chosen = select.value;
  select.replaceChildren(...options);
  if (options.some((option) => option.value === chosen)) select.value = chosen;
}

let clock = null;
let clockReadAt = 0;

function showClock() {
  if (!clock) return;
  const since = Math.floor((performance.now() - clockReadAt) / 1000);
  by('now').textContent = new Date((clock.now + since) * 1000).toLocaleString(language, { dateStyle: 'medium', timeStyle: 'medium' });
  by('offset').textContent = clock.offset ? words.ahead + ' ' + span(clock.offset) : '';
}

function span(seconds) {
  const parts = [[86400, words.days], [3600, words.hours], [60, words.minutes], [1, words.seconds]];
  const said = [];
  for (const [size, word] of parts) {
    const count = Math.floor(seconds / size);
    seconds -= count * size;
    if (count) said.push(count + ' ' + word);
  }
  return said.join(' ');
}

let faults = { misbehaviours: [], next: [] };

function showFaults() {
  const endpoints = [...new Set(faults.misbehaviours.flatMap((fault) => fault.endpoints ?? []))];
  choose(by('fault-endpoint'), [new Option(words.any, ''), ...endpoints.map((name) => new Option(name, name))]);
  const account = accounts.find((one) => one.appid === by('fault-account').value);
  const on = new Set(account?.misbehaviours ?? []);
  const endpoint = by('fault-endpoint').value;
  const wanted = by('fault-filter').value.trim().toLowerCase();
  const rows = faults.misbehaviours
    .filter((fault) => [fault.name, fault.en, fault.zh].some((text) => String(text ?? '').toLowerCase().includes(wanted)))
    .map((fault) => {
      const row = copy('fault-row');
      row.querySelector('code').textContent = fault.name;
      row.querySelector('.told').textContent = language === 'en' ? fault.en : fault.zh;
      const box = row.querySelector('input');
      box.checked = on.has(fault.name);
      box.dataset.key = fault.name;
      box.disabled = !account;
      box.addEventListener('change', () => quietly(() =>
        change(box.checked ? 'POST' : 'DELETE', 'faults', { name: fault.name, appid: account.appid })));
      const armed = (faults.next ?? []).filter((one) => one.name === fault.name);
      const badge = row.querySelector('[data-armed]');
      badge.hidden = !armed.length;
      badge.textContent = words.remaining + armed.map((one) => one.remaining + (one.endpoint ? ' ' + one.endpoint : '')).join(', ');
      const arm = row.querySelector('[data-arm]');
      arm.textContent = words.next.replace('#', by('fault-times').value || '…');
      arm.dataset.key = fault.name + ' arm';
      arm.disabled = Boolean(endpoint) && !(fault.endpoints ?? []).includes(endpoint);
      arm.addEventListener('click', () => quietly(async () => {
        if (!by('fault-times').reportValidity()) return;
        const next = Number(by('fault-times').value);
        await change('POST', 'faults', endpoint ? { name: fault.name, endpoint, next } : { name: fault.name, next });
      }));
      return row;
    });
  // A row that is drawn anew keeps the focus of the one it replaces.
  const focused = document.activeElement?.dataset?.key;
  by('faults').replaceChildren(...rows);
  if (focused) by('faults').querySelector('[data-key="' + CSS.escape(focused) + '"]')?.focus({ preventScroll: true });
  const count = accounts.reduce((sum, one) => sum + (one.misbehaviours?.length ?? 0), 0) + (faults.next?.length ?? 0);
  by('faults-count').textContent = count ? count + ' ' + words.active : '';
}

// What is drawn again only when it changed, so that focus and selection stay.
let shown = '';

async function refresh() {
  const [users, someAccounts, now, someFaults] = await Promise.all(
    ['users', 'accounts', 'clock', 'faults'].map((path) => api('GET', path)));
  clock = now;
  clockReadAt = performance.now();
  showClock();
  const state = JSON.stringify([users, someAccounts, someFaults]);
  if (state === shown) return;
  shown = state;
  accounts = someAccounts;
  faults = someFaults;
  showUsers(users);
  showAccounts();
  showFaults();
}

let loggedBefore = '';

async function refreshLog() {
  const entries = await api('GET', 'log');
  const text = JSON.stringify(entries);
  if (text === loggedBefore) return;
  loggedBefore = text;
  by('log-empty').hidden = entries.length > 0;
  by('log').replaceChildren(...entries.slice(-LOG_ROWS).reverse().map((entry) => {
    const row = document.createElement('tr');
    const cell = (text) => {
      const made = row.insertCell();
      made.textContent = visible(text);
      return made;
    };
    cell(new Date(entry.time * 1000).toLocaleTimeString(language, { hour12: false }));
    cell(entry.method);
    const path = cell(entry.path);
    if (entry.query) {
      const query = document.createElement('span');
      query.className = 'query';
      query.textContent = visible('?' + entry.query);
      path.append(query);
    }
    cell('').append(badge(entry.status, entry.status < 400));
    cell('').append(...(entry.errcode == null ? [] : [badge(entry.errcode, entry.errcode === 0)]));
    return row;
  }));
}

function badge(text, good) {
  const made = document.createElement('span');
  made.className = 'badge ' + (good ? 'on' : 'off');
  made.textContent = visible(text);
  return made;
}

function repeat(pause, work) {
  setTimeout(async () => {
    if (!document.hidden) await quietly(work);
    repeat(pause, work);
  }, pause);
}

by('add-user').addEventListener('submit', (event) => {
  event.preventDefault();
  const form = event.currentTarget;
  quietly(async () => {
    await change('POST', 'users', { nickname: form.elements.nickname.value });
    form.reset();
  });
});
by('advance').addEventListener('submit', (event) => {
  event.preventDefault();
  const form = event.currentTarget;
  quietly(() => change('POST', 'clock', { advance: Number(form.elements.seconds.value) }));
});
for (const button of document.querySelectorAll('[data-advance]')) {
  button.addEventListener('click', () => quietly(() => change('POST', 'clock', { advance: Number(button.dataset.advance) })));
}
by('reset').addEventListener('click', () => {
  if (confirm(by('reset').dataset.ask)) quietly(async () => { await change('POST', 'reset', {}); await refreshLog(); });
});
by('fault-none').addEventListener('click', () => quietly(() => change('DELETE', 'faults', {})));
by('fault-account').addEventListener('change', showFaults);
by('fault-endpoint').addEventListener('change', showFaults);
by('fault-filter').addEventListener('input', showFaults);
by('fault-times').addEventListener('input', showFaults);

quietly(refresh);
quietly(refreshLog);
setInterval(showClock, 1000);
repeat(STATE_PAUSE_MS, refresh);
repeat(LOG_PAUSE_MS, async () => { if (by('log-live').checked) await refreshLog(); });
