// What a person does on the page, and what they see there.

import { units } from './venue.mjs';

export class Trader {
  constructor(page, venue) {
    this.page = page;
    this.venue = venue;
  }

  async sign_in(email) {
    const { page } = this;
    await page.getByRole('button', { name: 'Sign in', exact: true }).first().click();
    await page.getByLabel('Email address').fill(email);
    await page.getByRole('button', { name: 'Send me a code' }).click();
    const field = page.getByLabel('Code', { exact: true });
    await field.waitFor();
    await field.fill(await this.venue.mailed_code(email));
    await page.getByRole('dialog').getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('button', { name: 'Your account' }).waitFor();
  }

  link_state() {
    return this.page.locator('[data-link]').getAttribute('data-link');
  }

  async live() {
    return (await this.link_state()) === 'live';
  }

  /**
   * Rows of the book from top to bottom: {price, quantity, total, own}. Found and read in one step:
   * a row that the page takes away in between would lie at the top of everything.
   */
  book() {
    return this.page.evaluate(() =>
      [...document.querySelectorAll('[data-price]')]
        .map((row) => ({ row, top: row.getBoundingClientRect().top }))
        .sort((a, b) => a.top - b.top)
        .map(({ row }) => {
          const [, ...cells] = row.children;
          const [price, quantity, total] = cells.map((cell) => cell.textContent);
          const own = row.querySelector('[aria-label="your order"]') !== null;
          const ask = row.innerHTML.includes('text-sell');
          return { price, quantity, total, own, side: ask ? 'sell' : 'buy' };
        }),
    );
  }

  async tab(name) {
    await this.page.getByRole('tab', { name }).click();
  }

  /** The rows of one of the account's tables, as {column: text}; [] while there is no table. */
  async table(label) {
    // One look at the page: between two, the last row and the table with it may go.
    return this.page.getByRole('table', { name: label, exact: true }).evaluateAll((tables) =>
      tables.flatMap((table) => {
        const names = [...table.querySelectorAll('th')].map((cell) => cell.textContent);
        return [...table.querySelectorAll('tbody tr')].map((row) =>
          Object.fromEntries([...row.children].map((cell, at) => [names[at], cell.textContent])),
        );
      }),
    );
  }

  /** {EUR: {available, held, total}} in units of 10^-8, read from the Balances tab. */
  async balances() {
    await this.tab('Balances');
    // While the page reads them, it shows that it does, and no numbers.
    const table = this.page.getByRole('table', { name: 'Balances', exact: true });
    await table.locator('tbody tr', { hasText: 'EUR' }).first().waitFor();
    const rows = await this.table('Balances');
    return Object.fromEntries(
      rows.map((row) => [
        row.Asset,
        {
          available: units(row.Available),
          held: units(row['In orders']),
          total: units(row.Total),
        },
      ]),
    );
  }

  /** Fills the order form by keys alone and sends it. */
  async order({ side, type, price, quantity, ioc = false }) {
    const { page } = this;
    await this.key(side === 'buy' ? 'b' : 's', 'quantity');
    await this.key(type === 'market' ? 'm' : 'l', type === 'market' ? 'quantity' : 'price');
    if (type === 'limit') {
      await page.getByRole('button', { name: ioc ? 'IOC' : 'GTC', exact: true }).click();
      await page.locator('input[name=price]').fill(price);
    }
    await page.locator('input[name=quantity]').fill(quantity);
  }

  /**
   * Presses a shortcut that leads to a field, and waits until the field has the focus. A page that
   * is just being drawn anew may miss a key; then a person presses it again.
   */
  async key(key, field) {
    const focused = this.page.locator(`input[name=${field}]:focus`);
    for (let tries = 1; ; tries++) {
      await this.leave_fields();
      await this.page.keyboard.press(key);
      try {
        return await focused.waitFor({ timeout: 3_000 });
      } catch (error) {
        if (tries === 10) throw error;
      }
    }
  }

  async leave_fields() {
    await this.page.evaluate(() => document.activeElement?.blur());
  }

  async send() {
    await this.page.locator('input[name=quantity]').press('Enter');
  }

  /** The words of the newest toast with such a title, waited for and, in one go, dismissed. */
  async toast(title, seconds = 60) {
    const deadline = Date.now() + seconds * 1000;
    while (Date.now() < deadline) {
      const words = await this.page.evaluate((wanted) => {
        const all = [...document.querySelectorAll('[data-toast]')];
        const newest = all.findLast((one) => one.textContent.includes(wanted));
        newest?.querySelector('button').click();
        return newest?.textContent ?? null;
      }, title);
      if (words) return words;
      await this.page.waitForTimeout(50);
    }
    throw new Error(`no toast said "${title}"`);
  }

  async preview() {
    return this.page
      .getByTestId('preview')
      .evaluate((list) =>
        Object.fromEntries(
          [...list.querySelectorAll('div')].map((line) => [
            line.querySelector('dt').textContent,
            line.querySelector('dd').textContent,
          ]),
        ),
      );
  }
}
