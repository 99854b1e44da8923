// A headless Chromium that notes every complaint of the page, and a clock of its frames.

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

export function launch() {
  const executablePath = process.env.SAKER_CHROMIUM ?? '/usr/bin/chromium';
  return chromium.launch({ executablePath, args: kFlags });
}

/** Notes in which animation frame each of the page's performance marks was made. */
function count_frames() {
  const log = { frames: 0, frame: 0, marks: [] };
  Object.defineProperty(window, 'frame_log', { value: log });
  const request = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (callback) =>
    request((time) => {
      log.frame = time;
      callback(time);
    });
  const tick = (time) => {
    if (time !== log.frame) log.frame = time;
    log.frames++;
    request(tick);
  };
  request(tick);
  const mark = performance.mark.bind(performance);
  performance.mark = (name, options) => {
    const { sequence = 0, changes = 0, pushes = 0 } = options?.detail ?? {};
    log.marks.push({ name, frame: log.frame, sequence, changes, pushes });
    return mark(name, options);
  };
}

/** A page of a new visitor; what it complains about is collected in `complaints`. */
export async function open_page(browser, url, options = {}) {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    colorScheme: 'dark',
    ...options,
  });
  await context.addInitScript(count_frames);
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
