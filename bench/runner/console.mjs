// The console in a real browser: what its first load weighs, when it answers on a slow machine, and whether a list of
// 100,000 entries scrolls without a frame that one sees. Everything over loopback from `keyfence serve`.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { call, importText, startDaemon } from './daemon.mjs';
import { rowsOf } from './processes.mjs';
import { summarise } from './statistics.mjs';

const slowdown = 4;

// Runs in the page before anything of it: notes long tasks, what was painted, what jumped, tells where the thing is that a person would use first as
// soon as it can be used, and when what was typed or clicked had been painted. Little, for it is slowed down as well.
function watchPage(selector) {
  window.kfLongTasks = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.kfLongTasks.push(entry.duration);
  }).observe({ type: 'longtask', buffered: true });
  window.kfSeen = { lcp: 0, shift: 0 };
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.kfSeen.lcp = entry.startTime;
  }).observe({ type: 'largest-contentful-paint', buffered: true });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.kfSeen.shift += entry.value;
  }).observe({ type: 'layout-shift', buffered: true });
  let answered = false;
  for (const kind of ['input', 'change']) {
    addEventListener(kind, () => {
      if (answered) return;
      answered = true;
      requestAnimationFrame(() => setTimeout(() => window.kfSays(JSON.stringify({ answered: performance.now() }))));
    }, true);
  }
  const look = () => {
    const box = document.querySelector(selector)?.getBoundingClientRect();
    if (box && box.width > 0) window.kfSays(JSON.stringify({ x: box.x + box.width / 2, y: box.y + box.height / 2 }));
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

// A new profile, so that nothing is cached, on a processor that is slowed down.
async function visit({ browser, origin, cookies, factor, selector = 'html' }) {
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 900 } });
  await context.addCookies(cookies);
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send('Runtime.enable');
  await devtools.send('Runtime.addBinding', { name: 'kfSays' });
  await page.addInitScript(watchPage, selector);
  await devtools.send('Network.enable');
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: factor });
  const bytes = { script: 0, all: 0 };
  const kinds = new Map();
  devtools.on('Network.responseReceived', ({ requestId, type, response }) =>
    kinds.set(requestId, { type, head: response.encodedDataLength }),
  );
  devtools.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const { type, head } = kinds.get(requestId) ?? { head: 0 };
    bytes.all += encodedDataLength;
    if (type === 'Script') bytes.script += encodedDataLength - head;
  });
  return { context, page, devtools, bytes, origin };
}

// From the start of the navigation until what a person does first had its effect on the screen. What is done is done from
// outside of the page, and only seen by what watchPage() put into it.
async function firstAnswer(setup, path, { selector, key }, factor) {
  const { context, page, devtools, bytes, origin } = await visit({ ...setup, factor, selector });
  try {
    await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
    const told = [];
    let wake = () => {};
    devtools.on('Runtime.bindingCalled', ({ payload }) => {
      told.push(JSON.parse(payload));
      wake();
    });
    const hear = async () => {
      while (told.length === 0) {
        await new Promise((resolve, reject) => {
          wake = resolve;
          setTimeout(() => reject(new Error(`${path} does not answer`)), 60_000).unref();
        });
      }
      return told.shift();
    };
    await page.goto(origin + path, { waitUntil: 'commit' });
    const { x, y } = await hear();
    for (const type of ['mousePressed', 'mouseReleased']) {
      await devtools.send('Input.dispatchMouseEvent', { type, x, y, button: 'left', clickCount: 1 });
    }
    if (key) await devtools.send('Input.insertText', { text: key });
    const { answered } = await hear();
    const { metrics } = await devtools.send('Performance.getMetrics');
    const tasks = await page.evaluate(() => window.kfLongTasks);
    await page.waitForLoadState('networkidle');
    const work = metrics.find(({ name }) => name === 'TaskDuration').value * 1000;
    return { answered_ms: answered, work_ms: work, longest_task_ms: Math.max(0, ...tasks), long_tasks: tasks.length, ...bytes };
  } finally {
    await context.close();
  }
}

const typeLogin = { selector: 'input[autocomplete="username"]', key: 'o' };
const chooseSpan = { selector: 'input[type=radio][value="1h"]' };

// As a quality check of a browser counts: nobody touches the page, which is left alone until nothing moves any more.
async function untouched(setup, path, factor) {
  const { context, page, origin } = await visit({ ...setup, factor, selector: 'body' });
  try {
    await page.goto(origin + path);
    await page.waitForLoadState('networkidle');
    await page.waitForTimeout(1_500);
    return await page.evaluate(() => ({
      lcp_ms: window.kfSeen.lcp,
      blocked_ms: window.kfLongTasks.reduce((sum, task) => sum + task - 50, 0),
      shift: window.kfSeen.shift,
    }));
  } finally {
    await context.close();
  }
}

async function loads(name, setup, path, act, rounds) {
  const samples = [];
  for (let round = 0; round < rounds; ++round) samples.push(await firstAnswer(setup, path, act, slowdown));
  // At full speed the processor time of the page's own thread, which a busy machine hardly changes.
  const work = [];
  for (let round = 0; round < rounds; ++round) work.push((await firstAnswer(setup, path, act, 1)).work_ms);
  const quiet = [];
  for (let round = 0; round < rounds; ++round) quiet.push(await untouched(setup, path, slowdown));
  const of = (field) => summarise(samples.map((sample) => sample[field]));
  return {
    kind: 'load',
    name,
    slowdown,
    script_bytes: samples[0].script,
    all_bytes: samples[0].all,
    answered_ms: of('answered_ms'),
    work_ms: summarise(work),
    longest_task_ms: of('longest_task_ms'),
    long_tasks: of('long_tasks'),
    lcp_ms: summarise(quiet.map(({ lcp_ms }) => lcp_ms)),
    blocked_ms: summarise(quiet.map(({ blocked_ms }) => blocked_ms)),
    shift_max: Math.max(...quiet.map(({ shift }) => shift)),
  };
}

// The events of a trace, as DevTools would record them.
async function traced(devtools, during) {
  const events = [];
  const collect = ({ value }) => events.push(...value);
  devtools.on('Tracing.dataCollected', collect);
  await devtools.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: ['toplevel', 'devtools.timeline', 'disabled-by-default-devtools.timeline', '__metadata'] },
  });
  const result = await during();
  const complete = new Promise((resolve) => devtools.once('Tracing.tracingComplete', resolve));
  await devtools.send('Tracing.end');
  await complete;
  devtools.off('Tracing.dataCollected', collect);
  return { events, result };
}

// The longest tasks of the page's own main thread, and what it was busy with all in all.
function mainThread(events, pid) {
  const named = events.find((event) => event.name === 'thread_name' && event.pid === pid && event.args.name === 'CrRendererMain');
  const tasks = events.filter(
    (event) => event.pid === pid && event.tid === named?.tid && event.ph === 'X' && /RunTask$/.test(event.name),
  );
  const milliseconds = tasks.map((event) => event.dur / 1000).sort((a, b) => b - a);
  return { longest: milliseconds[0] ?? 0, over_50: milliseconds.filter((ms) => ms > 50).length, tasks: milliseconds.length };
}

const rendererOf = (events, origin) => {
  const committed = events.filter((event) => event.name === 'FunctionCall' && String(event.args?.data?.url ?? '').startsWith(origin));
  return committed.at(-1)?.pid;
};

// Scrolls as far as `pixels` a frame bring it, and notes what every frame took.
const scrollBy = ([label, pixels, framesMax, rowsWanted]) =>
  new Promise((resolve) => {
    const box = document.querySelector(`section[aria-label="${label}"]`);
    const frames = [];
    let last;
    let still = 0;
    let rowsMax = 0;
    const step = (now) => {
      if (last !== undefined) frames.push(now - last);
      last = now;
      rowsMax = Math.max(rowsMax, box.querySelectorAll('li').length);
      const before = box.scrollTop;
      box.scrollTop += pixels;
      // At the end of what is loaded the next part is awaited.
      still = box.scrollTop === before ? still + 1 : 0;
      const isFar = rowsWanted && box.scrollTop > rowsWanted * (box.querySelector('li')?.offsetHeight ?? 0);
      if (still > 60 || frames.length >= framesMax || isFar) {
        const set = box.querySelector('li')?.getAttribute('aria-setsize');
        const position = box.querySelector('li:last-child')?.getAttribute('aria-posinset');
        resolve({ frames, rows_max: rowsMax, position: Number(position), of: Number(set) });
        return;
      }
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  });

// Scrolls while the main thread is watched: where it got to, and what one would have seen of it.
async function watchedScroll({ page, devtools, origin }, scrolling) {
  const { events, result } = await traced(devtools, () => page.evaluate(scrollBy, scrolling));
  const thread = mainThread(events, rendererOf(events, origin));
  const frames = result.frames.sort((a, b) => b - a);
  const seen = {
    frames: frames.length,
    rows_in_document_max: result.rows_max,
    longest_frame_ms: frames[0],
    frames_over_50_ms: frames.filter((ms) => ms > 50).length,
    frame_p99_ms: frames[Math.floor(frames.length / 100)],
    longest_task_ms: thread.longest,
    tasks_over_50_ms: thread.over_50,
  };
  return { result, seen };
}

async function scrolls({ setup, entries, quick, say }) {
  const rows = [];
  const { context, page, devtools, origin } = await visit({ ...setup, factor: 1 });
  try {
    await page.goto(`${origin}/operator/allowlist`);
    await page.locator('[data-entry]').first().waitFor();
    await page.waitForLoadState('networkidle');
    // In leaps the whole list goes by and is loaded on the way; in steps it goes by as a wheel moves it.
    for (const [name, pixels, framesMax] of [
      ['top to bottom in leaps, loading on the way', 24_000, 4_000],
      ['back up in leaps', -24_000, 1_000],
      ['as a wheel does', 120, quick ? 60 : 600],
    ]) {
      say(`scrolling ${entries.toLocaleString('en')} entries: ${name}`);
      const { result, seen } = await watchedScroll({ page, devtools, origin }, ['Entries of the list', pixels, framesMax]);
      rows.push({ kind: 'scroll', name, entries, reached: `${result.position} of ${result.of}`, ...seen });
    }
  } finally {
    await context.close();
  }
  return rows;
}

// The log of the whole instance with as many records as `rows`: the first view of it, then as far down as `deep` rows,
// which are read page by page on the way, and back.
async function logScrolls({ setup, rows, deep, quick, say }) {
  const found = [];
  const { context, page, devtools, origin } = await visit({ ...setup, factor: 1 });
  let pages = 0;
  page.on('request', (request) => {
    if (/\/api\/v1\/usage\?/.test(request.url())) ++pages;
  });
  try {
    await page.goto(`${origin}/operator/usage`);
    await page.locator('[data-request]').first().waitFor();
    await page.waitForLoadState('networkidle');
    for (const [name, pixels, framesMax, wanted] of [
      [`${deep.toLocaleString('en')} rows down, loading on the way`, 6_000, 20_000, deep],
      ['back up in leaps', -24_000, 1_000, undefined],
      ['as a wheel does', 120, quick ? 60 : 600, undefined],
    ]) {
      say(`scrolling a log of ${rows.toLocaleString('en')} records: ${name}`);
      const { seen } = await watchedScroll({ page, devtools, origin }, ['Requests, newest first', pixels, framesMax, wanted]);
      found.push({ kind: 'scroll', name: `log, ${name}`, entries: rows, pages_read: pages, ...seen });
    }
  } finally {
    await context.close();
  }
  return found;
}

async function signedIn(origin, password) {
  const response = await fetch(`${origin}/api/v1/session`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Keyfence-Csrf': '1', Origin: origin },
    body: JSON.stringify({ login: 'operator', password }),
  });
  if (!response.ok) throw new Error(`signing in: ${response.status} ${await response.text()}`);
  // Of a __Host- cookie the browser wants a secure origin; it counts loopback as one when it sends it.
  return response.headers.getSetCookie().map((line) => {
    const [pair] = line.split(';');
    const [name, value] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
    return { name, value, url: origin.replace('http:', 'https:'), secure: true, httpOnly: true, sameSite: 'Strict' };
  });
}

export async function consoleBench(rows, { root, programs, keyfence, disk, quick, say }) {
  const { chromium } = await import(join(root, 'tests/e2e/node_modules/playwright-core/index.mjs'));
  const home = mkdtempSync(join(disk, 'keyfence-console-'));
  const policyDir = join(home, 'policy');
  mkdirSync(policyDir);
  const passwordFile = join(home, 'first-password');
  const daemon = await startDaemon({
    keyfence,
    home,
    policyDir,
    dataDir: join(home, 'data'),
    flags: ['--first-password-file', passwordFile, '--console-dir', join(root, 'console/dist')],
  });
  const browser = await chromium.launch({
    executablePath: process.env.KEYFENCE_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--no-first-run'],
  });
  try {
    const origin = `http://127.0.0.1:${daemon.port}`;
    const token = readFileSync(join(home, 'first-token'), 'utf8').trim();
    const account = await call(daemon, token, 'POST', '/api/v1/accounts', '{"name":"Northwind Payments"}');
    for (const name of ['Billing service', 'Mobile app', 'Partner import']) {
      await call(daemon, token, 'POST', `/api/v1/accounts/${account.id}/keys`, JSON.stringify({ name }));
    }
    const rounds = quick ? 2 : 9;
    say('the sign-in form on a slowed processor');
    rows.push(await loads('sign-in form', { browser, origin, cookies: [] }, '/sign-in', typeLogin, rounds));
    const cookies = await signedIn(origin, readFileSync(passwordFile, 'utf8').trim());
    say('the overview on a slowed processor');
    rows.push(await loads('overview', { browser, origin, cookies }, `/a/${account.id}`, chooseSpan, rounds));
    const entries = quick ? 10_000 : 100_000;
    await call(daemon, token, 'POST', '/api/v1/allowlist/import', importText(entries), 'text/plain');
    rows.push(...(await scrolls({ setup: { browser, origin, cookies }, entries, quick, say })));
    const records = quick ? 20_000 : 1_000_000;
    say(`filling the log with ${records.toLocaleString('en')} records`);
    await rowsOf([join(programs, 'bench_fill_spool'), join(policyDir, 'spool'), String(records)]);
    while ((await call(daemon, token, 'GET', '/api/v1/status')).usage.stored < records) {
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    const deep = quick ? 2_000 : 50_000;
    rows.push(...(await logScrolls({ setup: { browser, origin, cookies }, rows: records, deep, quick, say })));
  } finally {
    await browser.close();
    await daemon.server.stop();
    rmSync(home, { recursive: true, force: true });
  }
}
