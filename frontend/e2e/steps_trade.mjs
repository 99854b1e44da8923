// What a customer does; every amount is checked to the last digit.

import { expect, expect_equal, expect_soon } from './check.mjs';
import { units } from './venue.mjs';

const kFaucet = { EUR: '10000', KCN: '100' };

export async function customer_claims_test_money({ page, trader }) {
  await page.getByRole('link', { name: 'Portfolio', exact: true }).first().click();
  for (const [asset, amount] of Object.entries(kFaucet)) {
    await page.locator(`[data-claim=${asset}]`).click();
    await trader.toast(`${asset} added`);
    await expect_soon(`the faucet's ${asset} is in the balances`, async () => {
      const rows = await trader.table('Balances');
      const row = rows.find((one) => one.Asset === asset);
      return row && units(row.Available) === units(amount);
    });
  }
  const transfers = await expect_soon('both claims are in the transfers', async () => {
    const rows = await trader.table('Transfers');
    return rows.length === 2 && rows;
  });
  expect(
    'both are completed',
    transfers.every((row) => row.State === 'Completed'),
  );
  await page.locator('input[name=amount]').fill('250.5');
  await page.getByRole('button', { name: 'Deposit', exact: true }).click();
  await trader.toast('Deposit');
  await expect_soon('a deposit is credited', async () => {
    const rows = await trader.table('Balances');
    return rows.some((row) => row.Asset === 'EUR' && units(row.Total) === units('10250.5'));
  });
  await page.keyboard.press('p');
}

async function best_bid(trader) {
  return (await trader.book()).find((row) => row.side === 'buy' && !row.own).price;
}

/** The tab has just been opened: its rows may still be on their way. */
async function expect_newest_in_history(trader, what, status) {
  await expect_soon(what, async () => {
    return (await trader.table('Order history'))[0]?.Status === status;
  });
}

export async function customer_rests_amends_cancels({ page, trader }) {
  const before = await trader.balances();
  const price = ((Number(await best_bid(trader)) * 100 - 100) / 100).toFixed(2);
  await trader.order({ side: 'buy', type: 'limit', price, quantity: '3' });
  const notional = units(price, 2) * 3n;
  const fee = (notional * 5n + 9_999n) / 10_000n;
  const preview = await trader.preview();
  expect_equal('the value previewed', units(preview['Order value'].split(' ')[0], 2), notional);
  expect_equal('the fee previewed', units(preview['Fee, at most'].split(' ')[0], 2), fee);
  expect_equal('the total previewed', units(preview.Total.split(' ')[0], 2), notional + fee);
  await trader.send();
  await trader.toast('Order is in the book');
  const held = await expect_soon('value and fee are held', async () => {
    const now = await trader.balances();
    return now.EUR.held === (notional + fee) * 1_000_000n && now;
  });
  expect_equal('to the cent', held?.EUR.total, before.EUR.total);
  await expect_soon('the book marks the order', async () => {
    return (await trader.book()).some((row) => row.own && row.price === price);
  });
  await trader.tab('Open orders');
  await page.getByRole('button', { name: /^Amend order/ }).click();
  await page.locator('input[name=amend_quantity]').fill('2');
  await page.locator('input[name=amend_quantity]').press('Enter');
  await trader.toast('Order amended');
  await expect_soon('the amended quantity is shown', async () => {
    return (await trader.table('Open orders'))[0]?.Quantity === '2';
  });
  await page.getByRole('button', { name: /^Cancel order/ }).click();
  await trader.toast('Order cancelled');
  await expect_soon('no order is open', async () => {
    return (await trader.table('Open orders')).length === 0;
  });
  const after = await expect_soon('the hold is given back', async () => {
    const now = await trader.balances();
    return now.EUR.held === 0n && now;
  });
  expect_equal('all of it', after?.EUR.available, before.EUR.available);
  await trader.tab('Order history');
  await expect_newest_in_history(trader, 'history tells of it', 'Cancelled');
}

/** What fills did to the balances, in units of 10^-8. */
function sum_of(fills) {
  let quote = 0n;
  let base = 0n;
  for (const fill of fills) {
    const sign = fill.Side === 'Buy' ? 1n : -1n;
    const notional = units(fill.Price, 2) * units(fill.Quantity, 0);
    quote -= (sign * notional + units(fill.Fee.split(' ')[0], 2)) * 1_000_000n;
    base += sign * units(fill.Quantity, 8);
  }
  return { quote, base };
}

async function expect_fills(trader, before, fills_before, what, quantity) {
  await trader.tab('Fills');
  const fills = await expect_soon(`fills of ${what} are shown`, async () => {
    const rows = (await trader.table('Fills')).slice(0, -fills_before || undefined);
    const filled = rows.reduce((sum, row) => sum + units(row.Quantity, 0), 0n);
    return filled === quantity && rows;
  });
  if (!fills) return 0;
  const { quote, base } = sum_of(fills);
  await expect_soon(`${what} changed the balances by its fills and fees exactly`, async () => {
    const now = await trader.balances();
    return now.EUR.total === before.EUR.total + quote && now.KCN.total === before.KCN.total + base;
  });
  await trader.tab('Order history');
  await expect_newest_in_history(trader, `history tells of ${what}`, 'Filled');
  return fills_before + fills.length;
}

export async function customer_trades({ page, trader }) {
  let before = await trader.balances();
  await trader.order({ side: 'buy', type: 'market', quantity: '7' });
  await trader.send();
  await trader.toast('Order filled');
  let count = await expect_fills(trader, before, 0, 'a market buy', 7n);

  before = await trader.balances();
  await trader.order({ side: 'sell', type: 'market', quantity: '11' });
  await trader.send();
  await trader.toast('Order filled');
  count = await expect_fills(trader, before, count, 'a market sell', 11n);

  before = await trader.balances();
  const ask = (await trader.book()).findLast((row) => row.side === 'sell').price;
  const through = ((Number(ask) * 100 + 50) / 100).toFixed(2);
  await trader.order({ side: 'buy', type: 'limit', price: through, quantity: '4', ioc: true });
  await trader.send();
  await trader.toast('Order filled');
  await expect_fills(trader, before, count, 'a limit order through the book', 4n);

  await trader.order({ side: 'buy', type: 'limit', price: '21.00', quantity: '4', ioc: true });
  await trader.send();
  expect('an IOC order away from the book ends unfilled', await trader.toast('Not filled'));
  await page.getByRole('button', { name: 'GTC', exact: true }).click();
}

export async function customer_is_refused({ page, trader }) {
  await trader.order({ side: 'sell', type: 'limit', price: '26.00', quantity: '100000' });
  await trader.send();
  const words = page.getByText(/^Needs 100000 KCN/);
  await expect_soon('more than there is is refused before it is sent', () => words.isVisible());
  await trader.order({ side: 'buy', type: 'limit', price: '1.00', quantity: '1' });
  await trader.send();
  expect('the venue refuses a price out of its band', await trader.toast('Order refused'));
}

export async function customer_cancels_all({ page, trader }) {
  const price = ((Number(await best_bid(trader)) * 100 - 120) / 100).toFixed(2);
  for (let round = 0; round < 3; round++) {
    await trader.order({ side: 'buy', type: 'limit', price, quantity: '1' });
    await trader.send();
    await trader.toast('Order is in the book');
  }
  await trader.leave_fields();
  await page.keyboard.press('x');
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel all' }).click();
  expect('all three are cancelled', await trader.toast('3 orders cancelled'));
  await trader.tab('Open orders');
  await expect_soon('and gone', async () => (await trader.table('Open orders')).length === 0);
}
