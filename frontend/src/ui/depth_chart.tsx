// Cumulative depth on both sides of the mid price, drawn as steps.

import { type PointerEvent, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { Market } from '../api/types';
import type { BookView, ViewLevel } from '../lib/book';
import { display, group_thousands } from '../lib/decimal';
import { type DepthPoint, depth_path, depth_shape } from '../lib/depth';
import { book } from '../state/feed';
import { useStore } from '../state/store';
import { Empty } from './parts';

const kFoot = 24;
const kHead = 44;

function useSize() {
  const element = useRef<HTMLDivElement>(null);
  const [size, set_size] = useState({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const measured = element.current;
    if (!measured) return;
    const observer = new ResizeObserver(() => {
      set_size({ width: measured.clientWidth, height: measured.clientHeight });
    });
    observer.observe(measured);
    return () => observer.disconnect();
  }, []);
  return { element, ...size };
}

interface Pointed {
  level: ViewLevel;
  point: DepthPoint;
  side: 'buy' | 'sell';
}

/** The level whose step is at `x` (0 to 1). */
function level_at(view: BookView, bids: DepthPoint[], asks: DepthPoint[], x: number) {
  const side = x < 0.5 ? 'buy' : 'sell';
  const points = side === 'buy' ? bids : asks;
  const levels = side === 'buy' ? view.bids : view.asks;
  let at = -1;
  points.forEach((point, index) => {
    if (side === 'buy' ? point.x >= x : point.x <= x) at = index;
  });
  const level = levels[at];
  const point = points[at];
  return level && point ? ({ level, point, side } as Pointed) : null;
}

function Readout({ pointed, market }: { pointed: Pointed; market: Market }) {
  return (
    <div className="absolute top-2 left-3 rounded border border-line bg-panel px-2 py-1 text-xs">
      <span className={pointed.side === 'buy' ? 'text-buy' : 'text-sell'}>
        {display(pointed.level.price, market.price_decimals)}
      </span>
      <span className="text-muted">
        {' '}
        · {group_thousands(pointed.level.total)} {market.base} up to here
      </span>
    </div>
  );
}

function Axis({ prices, decimals }: { prices: string[]; decimals: number }) {
  return (
    <div className="absolute inset-x-3 bottom-1 flex justify-between text-2xs text-muted">
      {prices.map((price) => (
        <span key={price}>{display(price, decimals)}</span>
      ))}
    </div>
  );
}

export function DepthChart({ market }: { market: Market }) {
  const view = useStore(book);
  const { element, width, height } = useSize();
  const [pointer, set_pointer] = useState<number | null>(null);
  const { price_decimals, quantity_decimals } = market;
  const shape = useMemo(
    () => view && depth_shape(view.bids, view.asks, price_decimals, quantity_decimals),
    [view, price_decimals, quantity_decimals],
  );
  const room = Math.max(0, height - kFoot - kHead);
  const on_move = (event: PointerEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    set_pointer((event.clientX - box.left) / box.width);
  };
  const pointed =
    view && shape && pointer !== null ? level_at(view, shape.bids, shape.asks, pointer) : null;
  return (
    <div
      ref={element}
      onPointerMove={on_move}
      onPointerLeave={() => set_pointer(null)}
      className="relative h-full w-full"
    >
      {shape && width > 0 ? (
        <svg width={width} height={height} role="img" aria-label="Depth of the order book">
          <g transform={`translate(0 ${kHead})`}>
            <Shape points={shape.bids} edge={0} width={width} height={room} name="buy" />
            <Shape points={shape.asks} edge={1} width={width} height={room} name="sell" />
            {pointed && (
              <circle
                cx={pointed.point.x * width}
                cy={room - pointed.point.y * room}
                r="3.5"
                fill={`var(--${pointed.side})`}
              />
            )}
          </g>
        </svg>
      ) : (
        <Empty title="No orders on one of the sides" />
      )}
      {shape && (
        <Axis
          prices={[shape.low_price, shape.mid_price, shape.high_price]}
          decimals={price_decimals}
        />
      )}
      {pointed && <Readout pointed={pointed} market={market} />}
    </div>
  );
}

function Shape(props: {
  points: DepthPoint[];
  edge: number;
  width: number;
  height: number;
  name: 'buy' | 'sell';
}) {
  const { line, area } = depth_path(props.points, props.width, props.height, props.edge);
  const ink = `var(--${props.name})`;
  return (
    <>
      <path d={area} fill={ink} fillOpacity="0.13" />
      <path d={line} fill="none" stroke={ink} strokeWidth="1.5" />
    </>
  );
}
