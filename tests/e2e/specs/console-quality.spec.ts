/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
// What a quality check of a browser looks at beside accessibility: nothing jumps while a page comes, what is tapped is large
// enough, the document says its language, title and width, and nothing fails in the console.
import { expect, test } from '../lib/console.ts';

const paths: [name: string, path: (account: string) => string, heading: string][] = [
  ['Overview', (account) => `/a/${account}`, 'Northwind Payments'],
  ['API keys', (account) => `/a/${account}/keys`, 'API keys'],
  ['IP allowlist', (account) => `/a/${account}/allowlist`, 'IP allowlist'],
  ['Usage logs', (account) => `/a/${account}/usage`, 'Usage logs'],
  ['Accounts', () => '/operator/accounts', 'Accounts'],
  ['Instance', () => '/operator/instance', 'Instance settings'],
];

/** The sum of what moved without a person's doing, as the browser counts it. */
function noteShifts(): void {
  const shifts: number[] = [];
  Object.assign(globalThis, { kfShifts: shifts });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[]) {
      if (!entry.hadRecentInput) shifts.push(entry.value);
    }
  }).observe({ type: 'layout-shift', buffered: true });
}

/** Buttons and fields under 24 by 24 pixels: those that a finger misses. Links in a line of text are as high as the line. */
function smallTargets(): string[] {
  const small: string[] = [];
  for (const element of document.querySelectorAll<HTMLElement>('button, select, [role=menuitem], input:not([type=radio], [type=checkbox])')) {
    const box = element.getBoundingClientRect();
    const isShown = box.width > 1 && box.height > 1 && getComputedStyle(element).visibility === 'visible';
    if (!isShown || element.tabIndex < 0) continue;
    const isInText = getComputedStyle(element).display === 'inline';
    if (!isInText && (box.width < 24 || box.height < 24)) {
      const name = element.getAttribute('aria-label') ?? element.textContent;
      small.push(`${element.tagName} "${name?.trim()}" ${Math.round(box.width)}x${Math.round(box.height)}`);
    }
  }
  return small;
}

for (const [width, height] of [
  [1280, 900],
  [360, 780],
] as const) {
  test(`at ${width} pixels nothing jumps, everything can be tapped, and no page complains`, async ({ signedIn: desk }) => {
    test.setTimeout(120_000);
    const { page } = desk;
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    await desk.createKey('Billing service', [{ text: '203.0.113.0/24', label: 'Office' }]);
    await page.setViewportSize({ width, height });
    await page.addInitScript(noteShifts);
    for (const [name, path, heading] of paths) {
      await test.step(name, async () => {
        await desk.open(path(desk.accountId));
        await expect(page.getByRole('heading', { name: heading, exact: true }).first()).toBeVisible();
        await page.waitForLoadState('networkidle');
        const shift = await page.evaluate(() => (globalThis as unknown as { kfShifts: number[] }).kfShifts.reduce((a, b) => a + b, 0));
        expect.soft(shift, `${name}: layout shift`).toBeLessThan(0.1);
        expect.soft(await page.evaluate(smallTargets), `${name}: small targets`).toEqual([]);
        expect.soft(await page.title()).toContain('Keyfence');
        expect.soft(await page.locator('html').getAttribute('lang')).toBe('en');
        expect.soft(await page.locator('meta[name=viewport]').getAttribute('content')).toContain('width=device-width');
      });
    }
    expect(complaints).toEqual([]);
  });
}
