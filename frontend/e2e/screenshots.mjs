// Pictures of the page, for the README and for the eye.

import { mkdirSync } from 'node:fs';
import { open_page } from './browser.mjs';
import { Trader } from './trader.mjs';

const kPhone = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  hasTouch: true,
  isMobile: true,
};

async function settle(page) {
  await page.evaluate(() => document.activeElement?.blur());
  for (const toast of await page.getByRole('button', { name: 'Dismiss' }).all()) {
    await toast.click().catch(() => {});
  }
  await page.waitForTimeout(1_200);
}

async function lay_orders(trader) {
  const book = await trader.book();
  const bid = Number(book.find((row) => row.side === 'buy').price) * 100;
  const ask = Number(book.findLast((row) => row.side === 'sell').price) * 100;
  for (const [side, cents, quantity] of [
    ['buy', bid - 3, '12'],
    ['buy', bid - 5, '20'],
    ['sell', ask + 3, '15'],
  ]) {
    const price = (Math.round(cents) / 100).toFixed(2);
    await trader.order({ side, type: 'limit', price, quantity });
    await trader.send();
    await trader.toast('Order');
  }
  await trader.tab('Open orders');
  await trader.order({ side: 'buy', type: 'limit', price: (bid / 100).toFixed(2), quantity: '40' });
}

/** Saves desktop and phone pictures, dark and light, below `folder`. */
export async function take_pictures({ browser, page, trader, venue, email }, folder) {
  mkdirSync(folder, { recursive: true });
  const save = (from, name) => from.screenshot({ path: `${folder}/${name}.png` });
  await lay_orders(trader);
  await settle(page);
  await save(page, 'desktop_dark');
  await page.keyboard.press('t');
  await page.keyboard.press('d');
  await settle(page);
  await save(page, 'desktop_light');
  await page.keyboard.press('d');
  await page.keyboard.press('t');
  await page.keyboard.press('p');
  await settle(page);
  await save(page, 'portfolio');
  await page.keyboard.press('p');

  const phone = await open_page(browser, venue.url, kPhone);
  const holder = new Trader(phone.page, venue);
  await holder.sign_in(email);
  await settle(phone.page);
  await save(phone.page, 'phone_chart');
  const nav = phone.page.getByRole('navigation', { name: 'Parts of the page' });
  for (const tab of ['Trade', 'Orders']) {
    await nav.getByText(tab).click();
    await settle(phone.page);
    await save(phone.page, `phone_${tab.toLowerCase()}`);
  }
  await phone.page.context().close();
}
