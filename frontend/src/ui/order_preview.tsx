// What the order will cost, before it is sent. Its lines are always there, so nothing jumps.

import type { Market } from '../api/types';
import { display, percent_of_fraction, trim_zeros } from '../lib/decimal';
import type { FormCheck } from '../lib/form_check';
import { form } from '../state/form';
import { useStore } from '../state/store';

function Line({ name, value, title }: { name: string; value: string; title?: string }) {
  return (
    <div className="flex justify-between" title={title}>
      <dt className="text-muted">{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

export function Preview({ market, check }: { market: Market; check: FormCheck }) {
  const { side, type, by_amount } = useStore(form);
  const { preview } = check;
  const money = (text: string | undefined) =>
    text === undefined ? '–' : `${display(text, market.quote_decimals)} ${market.quote}`;
  const rate = trim_zeros(percent_of_fraction(market.taker_fee), 2);
  const about = type === 'market' ? '≈ ' : '';
  const spends = type === 'market' && side === 'buy' && by_amount;
  const first = spends
    ? { name: 'You get about', value: preview ? `${preview.quantity} ${market.base}` : '–' }
    : type === 'market'
      ? { name: 'Average price', value: preview?.average ? `≈ ${money(preview.average)}` : '–' }
      : { name: 'Order value', value: money(preview?.value) };
  return (
    <div className="border-t border-line pt-2.5">
      <dl data-testid="preview" className="flex flex-col gap-1 text-xs">
        <Line {...first} />
        <Line
          name={type === 'limit' ? 'Fee, at most' : 'Fee'}
          value={preview ? about + money(preview.fee) : '–'}
          title={`Taker ${rate} %, maker ${percent_of_fraction(market.maker_fee)} %`}
        />
        <div className="flex justify-between font-medium">
          <dt>{side === 'buy' ? 'Total' : 'You receive'}</dt>
          <dd>{preview ? about + money(preview.total) : '–'}</dd>
        </div>
      </dl>
      <p className="-mb-1.5 h-5 pt-1 text-2xs text-warn">
        {preview?.short && 'The visible book does not hold that much.'}
      </p>
    </div>
  );
}
