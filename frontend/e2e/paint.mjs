// What the page paints while the book changes a thousand times a second.
//
//   node --experimental-websocket e2e/paint.mjs URL DATA
//
// Words and exit status as trading.mjs has them.

import { spawnSync } from 'node:child_process';
import { openSync } from 'node:fs';
import { launch, open_page } from './browser.mjs';
import { expect, expect_equal, expect_soon, verdict } from './check.mjs';
import { Load } from './load.mjs';
import { Trader } from './trader.mjs';
import { Venue } from './venue.mjs';

const [url, data] = process.argv.slice(2);
if (!url || !data) {
  console.error('usage: paint.mjs URL DATA');
  process.exit(2);
}
const kSeconds = process.env.SAKER_FULL ? 10 : 5;
const kAmendsPerSecond = 1_500;
const kChangesPerSecond = 1_000;

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

/** The processor time that the page's main thread took so far, in ms. */
async function main_thread_ms(devtools) {
  const { metrics } = await devtools.send('Performance.getMetrics');
  return metrics.find((metric) => metric.name === 'TaskDuration').value * 1000;
}

/** What the page did during some seconds. */
async function measure(page, devtools, seconds) {
  await page.evaluate(() => {
    window.frame_log.marks.length = 0;
    window.frame_log.frames = 0;
  });
  const before_ms = await main_thread_ms(devtools);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const log = await page.evaluate(() => window.frame_log);
  const used_ms = (await main_thread_ms(devtools)) - before_ms;
  const most_in_a_frame = (name) => {
    const count = new Map();
    for (const mark of log.marks) {
      if (mark.name === name) count.set(mark.frame, (count.get(mark.frame) ?? 0) + 1);
    }
    return Math.max(0, ...count.values());
  };
  const sum = (field) => log.marks.reduce((total, mark) => total + mark[field], 0);
  return {
    frames: log.frames,
    renders: log.marks.filter((mark) => mark.name === 'saker.book').length,
    most_renders_in_a_frame: most_in_a_frame('saker.book'),
    most_flushes_in_a_frame: most_in_a_frame('saker.frame'),
    changes_per_second: Math.round(sum('changes') / seconds),
    pushes_per_second: Math.round(sum('pushes') / seconds),
    main_thread_share: Math.round((used_ms / seconds / 10) * 10) / 1000,
  };
}

/** As in tests/lib.sh. The file stays open, and with it the lock, until this process ends. */
function have_the_machine() {
  if (!process.env.SAKER_TURN) return;
  const turn = openSync(process.env.SAKER_TURN, 'r');
  const { status } = spawnSync('flock', ['-x', '3'], { stdio: ['ignore', 2, 2, turn] });
  expect_equal('it has the machine to itself', status, 0);
}

async function page_paints_once_a_frame({ page, trader, venue }) {
  await trader.leave_fields();
  const devtools = await page.context().newCDPSession(page);
  // Processor time, not time on the clock: the machine may be busy with other things.
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  const idle = await measure(page, devtools, 1);
  const load = new Load(venue, 'KCN/EUR');
  await load.begin();
  load.run(kAmendsPerSecond);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const amended = load.amended;
  const busy = await measure(page, devtools, kSeconds);
  const per_second = Math.round((load.amended - amended) / kSeconds);
  await load.stop();
  console.log(`  idle ${JSON.stringify(idle)}`);
  console.log(`  busy ${JSON.stringify(busy)}, ${per_second} orders amended a second`);
  for (const [code, count] of load.refused) console.log(`  ${count} amends refused: ${code}`);
  expect(
    `the book had ${kChangesPerSecond} changes a second`,
    busy.changes_per_second >= kChangesPerSecond,
    JSON.stringify(busy),
  );
  expect('the book was painted', busy.renders > kSeconds);
  expect_equal('never twice in a frame', busy.most_renders_in_a_frame, 1);
  expect_equal('nor was anything else', busy.most_flushes_in_a_frame, 1);
  expect(
    'its main thread needs less than half a processor',
    busy.main_thread_share < 0.5,
    String(busy.main_thread_share),
  );
  await expect_soon('afterwards the page shows the last book', async () => {
    const path = '/api/depth?market=KCN/EUR&group=none&depth=1';
    const depth = await venue.call('GET', path);
    const row = (await trader.book()).find((one) => one.side === 'buy');
    return row?.price === depth.bids[0][0] && row.quantity === depth.bids[0][1];
  });
}

async function main() {
  const venue = new Venue(url, data);
  const browser = await launch();
  const { page, complaints } = await open_page(browser, url, {}, count_frames);
  const trader = new Trader(page, venue);
  try {
    await trader.sign_in(`ida-${Date.now()}@example.com`);
    await expect_soon('the market is live', () => trader.live(), 40);
    have_the_machine();
    await expect_soon('the market is live', () => trader.live(), 40);
    await page_paints_once_a_frame({ page, trader, venue });
    expect_equal('no complaints in the console', complaints.join('\n'), '');
  } catch (error) {
    expect_equal('it ended early', String(error.stack), '');
    await page.screenshot({ path: `${data}/browser_failure.png` }).catch(() => {});
    console.log(complaints.join('\n'));
  }
  await browser.close();
  process.exit(verdict());
}

await main();
