// A person who trades on the page while the venue's processes die, and remembers what it said.
//
//   node --experimental-websocket e2e/endurance.mjs URL DATA STOP_FILE
//
// Makes STOP_FILE.browser once they trade, and ends when STOP_FILE exists and enough was done.
// Quantities rise from order to order and begin anew. Afterwards there are as many orders of each
// side and quantity in the venue's list as the page called done, and at most as many more as it
// left in doubt; none that it called refused, or that never was sent; the page shows that very
// list, and the venue's balances.

import { existsSync, writeFileSync } from 'node:fs';
import { draw_seldom, launch, open_page } from './browser.mjs';
import { expect, expect_equal, expect_soon, verdict } from './check.mjs';
import { Trader } from './trader.mjs';
import { units, Venue } from './venue.mjs';

const [url, data, stop_file] = process.argv.slice(2);
if (!stop_file) {
  console.error('usage: endurance.mjs URL DATA STOP_FILE');
  process.exit(2);
}
const kLeastOrders = 8;
const kMostQuantity = 40;
/** What the toast that ends an order means: it was taken, it was not, nobody knows yet. */
const kOutcomes = [
  ['Order filled', 'taken'],
  ['Partly filled', 'taken'],
  ['Not filled', 'taken'],
  ['Order is in the book', 'taken'],
  ['Order refused', 'refused'],
  ['Not sent', 'refused'],
  ['The order did not reach the venue', 'refused'],
  ['Outcome not known yet', 'doubtful'],
];

/** A claim is repeated until it is told to be there; the venue grants one a day. */
async function claim(page, trader, asset) {
  await expect_soon(
    `the faucet's ${asset}`,
    async () => {
      const rows = await trader.table('Balances');
      if (rows.some((row) => row.Asset === asset && units(row.Available) > 0n)) return true;
      const button = page.locator(`[data-claim=${asset}]`);
      if (await button.isEnabled().catch(() => false)) await button.click({ timeout: 1_000 });
      await page.waitForTimeout(500);
      return false;
    },
    60,
  );
}

/** Dismisses all toasts. */
function clear_toasts(page) {
  return page.evaluate(() => {
    for (const one of document.querySelectorAll('[data-toast] button')) one.click();
  });
}

/**
 * What the page says of the order just sent, in the end; null when it says nothing. It is waited
 * for however long the venue is away: another order sent meanwhile might be taken for it.
 */
async function outcome(page, side) {
  const first = await told(page, 30, side);
  // It tells of a lost answer's order by itself.
  return first === 'doubtful' ? ((await told(page, 180, side, ['doubtful'])) ?? first) : first;
}

/**
 * The meaning of a toast that is there within `seconds`, those in `but` left aside; or null. One
 * about an order of the other side is not meant.
 */
async function told(page, seconds, side, but = []) {
  const other = side === 'buy' ? 'Sold ' : 'Bought ';
  const deadline = Date.now() + seconds * 1000;
  while (Date.now() < deadline) {
    const words = await page.evaluate(() =>
      [...document.querySelectorAll('[data-toast]')].map((toast) => toast.textContent),
    );
    for (const [title, meaning] of kOutcomes) {
      if (but.includes(meaning)) continue;
      if (words.some((text) => text.includes(title) && !text.includes(other))) return meaning;
    }
    await page.waitForTimeout(50);
  }
  return null;
}

/** Trades until told to stop: {'buy 7': {taken: 1, refused: 0, doubtful: 0}}. */
async function trade(page, trader) {
  const said = new Map();
  let taken = 0;
  let late = 0; // orders since it was told to stop
  for (let number = 0; ; number++) {
    const quantity = (number % kMostQuantity) + 1;
    for (const side of ['buy', 'sell']) {
      if (existsSync(stop_file) && (taken >= kLeastOrders || late++ >= 2 * kMostQuantity)) {
        return said;
      }
      if (!(await trader.live())) await page.waitForTimeout(200);
      await clear_toasts(page);
      await trader.order({ side, type: 'market', quantity: String(quantity) });
      // A form that may not be sent (data not current) is left as it is.
      const may_send = await page.locator('form button[type=submit]').first().isEnabled();
      if (!may_send) continue;
      await trader.send();
      const name = `${side} ${quantity}`;
      const counts = said.get(name) ?? { taken: 0, refused: 0, doubtful: 0 };
      said.set(name, counts);
      const meaning = (await outcome(page, side)) ?? 'doubtful';
      counts[meaning]++;
      if (meaning === 'taken') taken++;
      await page.waitForTimeout(250);
    }
  }
}

async function all_orders(venue, token) {
  const orders = [];
  for (let before = ''; ; ) {
    const path = `/api/orders?status=closed&limit=100${before}`;
    const reply = await venue.call('GET', path, null, token);
    orders.push(...reply.orders);
    if (!reply.next) return orders;
    before = `&before=${reply.next}`;
  }
}

function compare(said, orders) {
  const listed = new Map();
  for (const order of orders) {
    const name = `${order.side} ${Number(order.quantity)}`;
    if (order.status !== 'rejected') listed.set(name, (listed.get(name) ?? 0) + 1);
  }
  const wrong = [];
  for (const [name, { taken, refused, doubtful }] of said) {
    const count = listed.get(name) ?? 0;
    if (count >= taken && count <= taken + doubtful) continue;
    wrong.push(
      `${name}: taken ${taken}, refused ${refused}, doubtful ${doubtful}, listed ${count} times`,
    );
  }
  for (const name of listed.keys()) if (!said.has(name)) wrong.push(`${name} was never sent`);
  expect_equal('orders and what the page said of them', wrong.join('\n'), '');
  const count = (meaning) => [...said.values()].reduce((sum, one) => sum + one[meaning], 0);
  console.log(
    `browser: ${count('taken')} orders taken, ${count('refused')} refused, ` +
      `${count('doubtful')} in doubt`,
  );
  expect(`at least ${kLeastOrders} orders were taken`, count('taken') >= kLeastOrders);
}

async function expect_the_page_shows(page, trader, venue, token, orders) {
  await expect_soon('the page is live', () => trader.live(), 90);
  await page.reload();
  await page.getByRole('button', { name: 'Your account' }).waitFor();
  const wanted = orders.map((order) => `${order.side} ${Number(order.quantity)}`).slice(0, 20);
  let shown = '';
  await trader.tab('Order history');
  await expect_soon('the page lists the orders of the venue', async () => {
    const rows = await trader.table('Order history');
    // "3 / 7": filled of ordered
    const name = (row) => `${row.Side.toLowerCase()} ${Number(row.Filled.split('/')[1])}`;
    shown = rows.map(name).slice(0, 20);
    return shown.join() === wanted.join();
  });
  expect_equal('in its order', shown.join(', '), wanted.join(', '));
  const { balances } = await venue.call('GET', '/api/balances', null, token);
  const page_balances = await trader.balances();
  for (const { asset, total } of balances.filter((one) => units(one.total) > 0n)) {
    expect_equal(`total ${asset}`, page_balances[asset]?.total, units(total));
  }
}

async function main() {
  const venue = new Venue(url, data);
  const browser = await launch();
  const { page, complaints } = await open_page(browser, url, {}, draw_seldom);
  const trader = new Trader(page, venue);
  const email = `eve-${Date.now()}@example.com`;
  try {
    await trader.sign_in(email);
    await page.getByRole('link', { name: 'Portfolio', exact: true }).first().click();
    for (const asset of ['EUR', 'KCN']) await claim(page, trader, asset);
    await page.goto(`${url}/trade/KCN-EUR`);
    await expect_soon('the market is live', () => trader.live(), 40);
    writeFileSync(`${stop_file}.browser`, '');
    const said = await trade(page, trader);
    await expect_soon(
      'the venue answers',
      async () => {
        return (await fetch(`${url}/readyz`).catch(() => null))?.ok;
      },
      90,
    );
    const token = await venue.sign_up(email);
    const orders = await all_orders(venue, token);
    compare(said, orders);
    await expect_the_page_shows(page, trader, venue, token, orders);
    const uncaught = complaints.filter((one) => one.startsWith('uncaught'));
    expect_equal('nothing was uncaught', uncaught.join('\n'), '');
  } catch (error) {
    expect_equal('it ended early', String(error.stack), '');
    await page.screenshot({ path: `${data}/browser_failure.png` }).catch(() => {});
  }
  await browser.close();
  process.exit(verdict());
}

await main();
