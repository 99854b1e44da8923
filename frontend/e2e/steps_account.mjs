// Money out, statement, profile, sessions; signing out and in again.

import { readFileSync } from 'node:fs';
import { open_page } from './browser.mjs';
import { expect, expect_equal, expect_soon } from './check.mjs';
import { Trader } from './trader.mjs';
import { units } from './venue.mjs';

export async function customer_withdraws({ page, trader }) {
  await trader.leave_fields();
  await page.keyboard.press('p');
  const total = async () => {
    const rows = await trader.table('Balances');
    return units(rows.find((row) => row.Asset === 'EUR')?.Total ?? '0');
  };
  const before = await total();
  await page.getByRole('tab', { name: 'Withdraw' }).click();
  await page.locator('input[name=amount]').fill('12.34');
  await page.locator('input[name=destination]').fill('a test account');
  await page.getByRole('button', { name: 'Withdraw', exact: true }).click();
  await trader.toast('Withdrawal');
  await expect_soon(
    'the withdrawal is paid',
    async () => (await trader.table('Transfers'))[0]?.State === 'Paid',
    60,
  );
  await expect_soon('and taken off', async () => (await total()) === before - units('12.34'));
}

export async function customer_reads_the_statement({ page }) {
  const waiting = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download CSV' }).click();
  const file = await (await waiting).path();
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  expect(
    'the statement has a heading and entries',
    lines.length > 10,
    lines.slice(0, 3).join('\n'),
  );
  expect(
    'the withdrawal is in it',
    lines.some((line) => line.includes('12.34')),
  );
}

export async function customer_minds_sessions({ browser, page, trader, venue, email }) {
  const other = await open_page(browser, venue.url, { viewport: { width: 390, height: 844 } });
  const elsewhere = new Trader(other.page, venue);
  await elsewhere.sign_in(email);
  await page.getByRole('button', { name: 'Your account' }).click();
  await page.getByRole('link', { name: 'Profile and sessions' }).click();
  await page.locator('input[name=display_name]').fill('Ana of the test');
  await page.getByRole('button', { name: 'Save' }).click();
  expect('the display name is saved', await trader.toast('Saved'));
  const sessions = page.getByRole('region', { name: 'Sessions' }).locator('li');
  await expect_soon('both sessions are listed', async () => (await sessions.count()) === 2);
  await sessions.getByRole('button', { name: 'End' }).click();
  await trader.toast('Session ended');
  await expect_soon('one is left', async () => (await sessions.count()) === 1);
  await other.page.context().close();
}

/** The token of the session rotates at every load; impatience must not end the session. */
export async function customer_is_impatient({ page }) {
  const second = await page.context().newPage();
  await Promise.all([page.reload(), second.goto(page.url())]);
  for (let round = 0; round < 3; round++) {
    page.reload({ waitUntil: 'commit' }).catch(() => {});
    await page.waitForTimeout(150 + 100 * round);
  }
  for (const one of [page, second]) {
    await one.getByRole('button', { name: 'Your account' }).waitFor();
  }
  expect('reloading in haste and in two tabs keeps the session', true);
  await second.close();
}

export async function customer_comes_back({ page, trader }) {
  await page.reload();
  await page.getByRole('button', { name: 'Your account' }).waitFor();
  expect_equal(
    'a reload keeps who is signed in',
    await page.locator('input[name=display_name]').inputValue(),
    'Ana of the test',
  );
  await page.goto(`${new URL(page.url()).origin}/trade/KCN-EUR`);
  await expect_soon('the market is live', () => trader.live(), 40);
  await trader.tab('Order history');
  await expect_soon('the history is there', async () => {
    return (await trader.table('Order history')).length >= 5;
  });
}
