// A headless Chromium that notes every complaint of the page.

import { chromium } from 'playwright-core';

const kFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The shell: Chromium's page without the browser's own windows around it. */
export function launch() {
  const executablePath = process.env.SAKER_CHROMIUM ?? '/usr/bin/chromium-headless-shell';
  return chromium.launch({ executablePath, args: kFlags });
}

/**
 * For the page of a slow machine: it draws ten times a second. Who checks what a page says needs no
 * more, and drawing a market that bots keep busy is most of what a page costs.
 */
export function draw_seldom() {
  const request = window.requestAnimationFrame.bind(window);
  const cancel = window.cancelAnimationFrame.bind(window);
  const requested = new Map(); // of those whose pause is over: the browser's number
  window.requestAnimationFrame = (callback) => {
    const draw = (now) => {
      requested.delete(number);
      callback(now);
    };
    const number = setTimeout(() => requested.set(number, request(draw)), 100);
    return number;
  };
  window.cancelAnimationFrame = (number) => {
    clearTimeout(number);
    cancel(requested.get(number));
    requested.delete(number);
  };
}

/**
 * A page of a new visitor; what it complains about is collected in `complaints`. `script`, if any,
 * is a function that runs in the page before the page's own.
 */
export async function open_page(browser, url, options = {}, script = null) {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    colorScheme: 'dark',
    ...options,
  });
  if (script) await context.addInitScript(script);
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const complaints = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') {
      complaints.push(`${message.type()}: ${message.text()} ${message.location().url}`);
    }
  });
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.stack}`));
  await page.goto(url);
  return { page, complaints };
}
