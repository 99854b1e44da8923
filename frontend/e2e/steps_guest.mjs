// What somebody sees who only looks.

import { expect, expect_equal, expect_soon } from './check.mjs';

export async function guest_sees_a_live_market({ page, trader }) {
  await expect_soon('the page says that it is live', () => trader.live(), 40);
  const rows = await expect_soon('the book has both sides', async () => {
    const book = await trader.book();
    return ['buy', 'sell'].every((side) => book.some((row) => row.side === side)) && book;
  });
  const prices = rows.map((row) => Number(row.price.replaceAll(',', '')));
  expect(
    'the book runs from dear to cheap',
    prices.every((price, at) => at === 0 || price < prices[at - 1]),
    JSON.stringify(rows),
  );
  const best_ask = prices[rows.findLastIndex((row) => row.side === 'sell')];
  const best_bid = prices[rows.findIndex((row) => row.side === 'buy')];
  expect('bids are below asks', best_bid < best_ask);
  const before = JSON.stringify(rows);
  await expect_soon('the book moves', async () => JSON.stringify(await trader.book()) !== before);
  const tape = page.getByRole('region', { name: 'Recent trades' });
  const newest = await tape.locator('button').first().textContent();
  await expect_soon('the tape moves', async () => {
    return (await tape.locator('button').first().textContent()) !== newest;
  });
}

/** Whether anything but background is drawn in the middle of the chart's canvases. */
function chart_is_drawn(element) {
  return [...element.querySelectorAll('canvas')].some((canvas) => {
    if (canvas.width < 200) return false;
    const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    const colours = new Set();
    for (let at = 0; at < pixels.length; at += 4 * 7) {
      colours.add((pixels[at] << 16) | (pixels[at + 1] << 8) | pixels[at + 2]);
    }
    return colours.size > 5;
  });
}

export async function guest_sees_charts({ page }) {
  const chart = page.getByRole('region', { name: 'Chart' });
  await expect_soon('candles are drawn', () =>
    page.getByTestId('candles').evaluate(chart_is_drawn),
  );
  const legend = await chart.textContent();
  await expect_soon(
    'the last candle lives',
    async () => (await chart.textContent()) !== legend,
    40,
  );
  for (const interval of ['5m', '15m', '1h', '4h', '1d', '1m']) {
    await chart.getByRole('button', { name: interval, exact: true }).click();
    await expect_soon(`candles of ${interval}`, async () => {
      return /O \d/.test(await chart.textContent());
    });
  }
  await page.keyboard.press('d');
  const paths = page.getByRole('img', { name: 'Depth of the order book' }).locator('path');
  await expect_soon('the depth chart has two sides', async () => (await paths.count()) === 4);
  await page.keyboard.press('d');
}

export async function guest_groups_the_book({ page, trader }) {
  await page.getByLabel('Price grouping').selectOption('0.10');
  await expect_soon('grouped levels are multiples of the group', async () => {
    const rows = await trader.book();
    return rows.length > 1 && rows.every((row) => row.price.endsWith('0'));
  });
  await expect_soon('and live again', () => trader.live());
  await page.getByLabel('Price grouping').selectOption('none');
  await expect_soon('and back', async () => {
    const rows = await trader.book();
    return rows.some((row) => !row.price.endsWith('0'));
  });
}

export async function guest_looks_around({ page, trader }) {
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('/');
  const dialog = page.getByRole('dialog', { name: 'Markets' });
  await dialog.waitFor();
  await page.keyboard.type('btc');
  await page.keyboard.press('Enter');
  await expect_soon('another market by keys', async () => page.url().endsWith('/trade/BTC-EUR'));
  await expect_soon('its book is live', async () => {
    const rows = await trader.book();
    return (await trader.live()) && rows.length > 2 && rows[0].price.includes(',');
  });
  await page.goBack();
  await expect_soon('and back', async () => page.url().endsWith('/trade/KCN-EUR'));
  await expect_soon('live again', async () => {
    const rows = await trader.book();
    return (await trader.live()) && rows.length > 2 && !rows[0].price.includes(',');
  });
  // Found and clicked in one go: between two, the book may have moved.
  const price = await page.evaluate(() => {
    const row = [...document.querySelectorAll('[data-price]')].at(-1);
    row.click();
    return row.dataset.price;
  });
  expect_equal(
    'a click on a price fills the form',
    await page.locator('input[name=price]').inputValue(),
    price,
  );
}
