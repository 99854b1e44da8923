// Rough weather: a gateway that dies.

import { expect, expect_equal, expect_soon } from './check.mjs';

export async function page_outlives_its_gateway({ page, trader, venue }) {
  const before = await trader.balances();
  venue.signal('gateway', 'SIGSTOP');
  await expect_soon('a silent gateway is noticed, its data marked as not current', async () => {
    return (await page.locator('.stale').count()) > 0;
  });
  venue.signal('gateway', 'SIGKILL');
  await expect_soon('the page is live again by itself', () => trader.live(), 90);
  await expect_soon('nothing is marked any more', async () => {
    return (await page.locator('.stale').count()) === 0;
  });
  const after = await trader.balances();
  expect_equal('balances are as before', after.EUR?.total, before.EUR.total);
  await trader.order({ side: 'buy', type: 'market', quantity: '1' });
  await trader.send();
  expect('and it trades', await trader.toast('Order filled'));
}
