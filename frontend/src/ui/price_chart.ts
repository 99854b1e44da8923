// The candle chart. The chart library draws with numbers, so decimal strings become numbers here
// and nowhere else: what it shows are pixels; no money is reckoned with them.

import {
  type CandlestickData,
  CandlestickSeries,
  ColorType,
  CrosshairMode,
  createChart,
  createSeriesMarkers,
  HistogramSeries,
  type IChartApi,
  type IPriceLine,
  type ISeriesApi,
  LineSeries,
  LineStyle,
  type MouseEventParams,
  type UTCTimestamp,
} from 'lightweight-charts';
import type { Candle, Fill, Order } from '../api/types';
import { moving_average } from '../lib/candles';
import { trim_zeros } from '../lib/decimal';

const kAverages = [20, 50] as const;
// A young market's few candles keep the width of candles.
const kMostShown = 120;
const kFewestShown = 60;

/** Charts count in UTC; shifting by the zone makes their clock the reader's. */
function chart_time(time_ms: number): UTCTimestamp {
  const zone_minutes = new Date(time_ms).getTimezoneOffset();
  return (Math.floor(time_ms / 1000) - zone_minutes * 60) as UTCTimestamp;
}

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** "#rrggbb" with an opacity of 0 to 255. */
function faded(name: string, alpha: number): string {
  return colour(name) + alpha.toString(16).padStart(2, '0');
}

function bar_of(candle: Candle): CandlestickData {
  return {
    time: chart_time(candle.open_time),
    open: Number(candle.open),
    high: Number(candle.high),
    low: Number(candle.low),
    close: Number(candle.close),
  };
}

export class PriceChart {
  private readonly chart_: IChartApi;
  private readonly bars_: ISeriesApi<'Candlestick'>;
  private readonly volume_: ISeriesApi<'Histogram'>;
  private readonly averages_: ISeriesApi<'Line'>[];
  private readonly markers_;
  private readonly lines_: IPriceLine[] = [];
  private candles_: readonly Candle[] = [];
  private shows_averages_ = false;

  /** `on_hover` gets the candle under the pointer, or null. */
  constructor(
    element: HTMLElement,
    private readonly on_hover_: (candle: Candle | null) => void,
  ) {
    this.chart_ = createChart(element, {
      autoSize: true,
      layout: { attributionLogo: false },
      crosshair: { mode: CrosshairMode.Normal },
      timeScale: { timeVisible: true, secondsVisible: false, rightOffset: 4 },
    });
    this.bars_ = this.chart_.addSeries(CandlestickSeries, { borderVisible: false });
    this.volume_ = this.chart_.addSeries(HistogramSeries, {
      priceScaleId: 'volume',
      priceFormat: { type: 'volume' },
      lastValueVisible: false,
      priceLineVisible: false,
    });
    this.chart_.priceScale('volume').applyOptions({ scaleMargins: { top: 0.84, bottom: 0 } });
    this.bars_.priceScale().applyOptions({ scaleMargins: { top: 0.12, bottom: 0.2 } });
    this.averages_ = kAverages.map(() =>
      this.chart_.addSeries(LineSeries, {
        lineWidth: 1,
        lastValueVisible: false,
        priceLineVisible: false,
        crosshairMarkerVisible: false,
      }),
    );
    this.markers_ = createSeriesMarkers(this.bars_, []);
    this.chart_.subscribeCrosshairMove((event) => this.hover(event));
    this.restyle();
  }

  remove(): void {
    this.chart_.remove();
  }

  /** Takes the colours of the present theme. */
  restyle(): void {
    this.chart_.applyOptions({
      layout: {
        background: { type: ColorType.Solid, color: colour('--panel') },
        textColor: colour('--muted'),
        fontFamily: getComputedStyle(document.documentElement).fontFamily,
        fontSize: 11,
      },
      grid: {
        vertLines: { color: faded('--line', 0x99) },
        horzLines: { color: faded('--line', 0x99) },
      },
      rightPriceScale: { borderColor: colour('--line') },
      timeScale: { borderColor: colour('--line') },
    });
    this.bars_.applyOptions({
      upColor: colour('--buy'),
      downColor: colour('--sell'),
      wickUpColor: colour('--buy'),
      wickDownColor: colour('--sell'),
    });
    this.averages_[0]?.applyOptions({ color: colour('--accent') });
    this.averages_[1]?.applyOptions({ color: faded('--muted', 0xcc) });
    if (this.candles_.length > 0) this.volume_.setData(this.candles_.map((c) => this.volume(c)));
  }

  /** Another list of candles, oldest first, of a market with these price decimals. */
  show(candles: readonly Candle[], price_decimals: number): void {
    this.candles_ = candles;
    const minMove = 1 / 10 ** price_decimals;
    this.bars_.applyOptions({
      priceFormat: { type: 'price', precision: price_decimals, minMove },
    });
    this.bars_.setData(candles.map(bar_of));
    this.volume_.setData(candles.map((candle) => this.volume(candle)));
    this.draw_averages();
    this.chart_.timeScale().setVisibleLogicalRange({
      from: candles.length - Math.min(kMostShown, Math.max(kFewestShown, candles.length)),
      to: candles.length + 4,
    });
  }

  /** The same list with live candles at its end; draws only those. */
  update(candles: readonly Candle[]): void {
    const since = this.candles_.at(-1)?.open_time ?? 0;
    this.candles_ = candles;
    const fresh = candles.slice(-5).filter((candle) => candle.open_time >= since);
    for (const candle of fresh) {
      this.bars_.update(bar_of(candle));
      this.volume_.update(this.volume(candle));
    }
    if (this.shows_averages_) this.draw_averages();
  }

  show_averages(shown: boolean): void {
    this.shows_averages_ = shown;
    this.draw_averages();
  }

  /** Open orders as lines, the account's last fills as arrows. */
  show_own(orders: readonly Order[], fills: readonly Fill[]): void {
    for (const line of this.lines_.splice(0)) this.bars_.removePriceLine(line);
    for (const order of orders) {
      const name = order.side === 'buy' ? '--buy' : '--sell';
      const line = this.bars_.createPriceLine({
        price: Number(order.price),
        color: colour(name),
        lineWidth: 1,
        lineStyle: LineStyle.Dashed,
        axisLabelVisible: true,
        title: `${order.side} ${trim_zeros(order.remaining_quantity)}`,
      });
      this.lines_.push(line);
    }
    const marks = fills.map((fill) => ({
      time: this.candle_time(fill.time),
      position: fill.side === 'buy' ? ('belowBar' as const) : ('aboveBar' as const),
      shape: fill.side === 'buy' ? ('arrowUp' as const) : ('arrowDown' as const),
      color: colour(fill.side === 'buy' ? '--buy' : '--sell'),
      size: 0.7,
    }));
    const known = marks.filter((one) => one.time !== null) as ((typeof marks)[0] & {
      time: UTCTimestamp;
    })[];
    this.markers_.setMarkers(known.sort((a, b) => a.time - b.time));
  }

  private candle_time(time_ms: number): UTCTimestamp | null {
    const candle = this.candles_.findLast((one) => one.open_time <= time_ms);
    return candle ? chart_time(candle.open_time) : null;
  }

  private volume(candle: Candle) {
    const up = Number(candle.close) >= Number(candle.open);
    return {
      time: chart_time(candle.open_time),
      value: Number(candle.volume),
      color: faded(up ? '--buy' : '--sell', 0x55),
    };
  }

  private draw_averages(): void {
    const closes = this.candles_.map((candle) => Number(candle.close));
    kAverages.forEach((length, at) => {
      const values = this.shows_averages_ ? moving_average(closes, length) : [];
      const points = values.flatMap((value, index) => {
        const candle = this.candles_[index];
        return value === null || !candle ? [] : [{ time: chart_time(candle.open_time), value }];
      });
      this.averages_[at]?.setData(points);
    });
  }

  private hover(event: MouseEventParams): void {
    const at = event.logical;
    const candle = event.time !== undefined && at !== undefined ? this.candles_[at] : undefined;
    this.on_hover_(candle ?? null);
  }
}
