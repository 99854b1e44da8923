// A person and the whole venue, in a real browser.
//
//   node --experimental-websocket e2e/trading.mjs URL DATA [--pictures FOLDER]
//
// URL is where the page is served, DATA the data directory of that venue (its mail is read, its
// gateway is killed). Exit status 0: everything held.

import { draw_seldom, launch, open_page } from './browser.mjs';
import { expect_equal, verdict } from './check.mjs';
import { take_pictures } from './screenshots.mjs';
import * as account from './steps_account.mjs';
import * as guest from './steps_guest.mjs';
import * as rough from './steps_rough.mjs';
import * as trade from './steps_trade.mjs';
import { Trader } from './trader.mjs';
import { Venue } from './venue.mjs';

const [url, data, ...words] = process.argv.slice(2);
if (!url || !data) {
  console.error('usage: trading.mjs URL DATA [--pictures FOLDER]');
  process.exit(2);
}
const pictures = words[0] === '--pictures' ? words[1] : null;

async function main() {
  const venue = new Venue(url, data);
  const browser = await launch();
  const { page, complaints } = await open_page(browser, url, {}, draw_seldom);
  const trader = new Trader(page, venue);
  const email = `ana-${Date.now()}@example.com`;
  const scene = { browser, page, trader, venue, email };
  const quiet = (when) =>
    expect_equal(`no complaints in the console ${when}`, complaints.join('\n'), '');
  const act = async (step) => {
    console.log(`-- ${step.name.replaceAll('_', ' ')}`);
    await step(scene);
  };
  try {
    await act(guest.guest_sees_a_live_market);
    await act(guest.guest_sees_charts);
    await act(guest.guest_groups_the_book);
    await act(guest.guest_looks_around);
    quiet('of a guest');
    console.log('-- customer signs up with a mailed code');
    await trader.sign_in(email);
    await act(trade.customer_claims_test_money);
    await act(trade.customer_rests_amends_cancels);
    await act(trade.customer_trades);
    await act(trade.customer_is_refused);
    await act(trade.customer_cancels_all);
    await act(account.customer_withdraws);
    await act(account.customer_reads_the_statement);
    await act(account.customer_minds_sessions);
    await act(account.customer_is_impatient);
    await act(account.customer_comes_back);
    quiet('of a customer');
    if (pictures) await take_pictures(scene, pictures);
    // From here on a browser rightly reports that it cannot connect.
    await act(rough.page_outlives_its_gateway);
  } catch (error) {
    expect_equal('a step ended early', String(error.stack), '');
    await page.screenshot({ path: `${data}/browser_failure.png` }).catch(() => {});
    console.log(complaints.join('\n'));
  }
  await browser.close();
  process.exit(verdict());
}

await main();
