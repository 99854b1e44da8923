// Small line drawings, 16 by 16, in the colour of the text around them.

const kRays = 'M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M3 13l1-1M12 4l1-1';

const kPaths = {
  chevron: 'M4 6l4 4 4-4',
  close: 'M4 4l8 8M12 4l-8 8',
  sun: `M8 5a3 3 0 100 6 3 3 0 000-6${kRays}`,
  moon: 'M13.5 9.5A6 6 0 016.5 2.5a6 6 0 107 7z',
  help: 'M6 6a2 2 0 113 1.7c-.7.4-1 .8-1 1.5M8 11.7v.1M8 1.5a6.5 6.5 0 100 13 6.5 6.5 0 000-13',
  settings: 'M2 4.5h7M12 4.5h2M2 11.5h2M7 11.5h7M10.5 3v3M5.5 10v3',
  user: 'M8 8a3 3 0 100-6 3 3 0 000 6M2.5 14c.5-3 2.5-4.5 5.5-4.5s5 1.5 5.5 4.5',
  edit: 'M3 13l.6-3L11 2.6l2.4 2.4L6 12.4 3 13z',
  chart: 'M2 2v12h12M5 11V8M8 11V5M11 11V7',
  book: 'M2 4h9M2 7h6M2 10h11M2 13h5',
  trade: 'M3 5.5h9.5L10 3M13 10.5H3.5L6 13',
  orders: 'M3 2.5h10v11H3zM5.5 6h5M5.5 9h5',
  wallet: 'M2 4.5h11.5v9H2zM2 4.5L11 2v2.5M11 9h.1',
  download: 'M8 2v8M5 7.5L8 10.5l3-3M3 13.5h10',
  search: 'M7 2.5a4.5 4.5 0 100 9 4.5 4.5 0 000-9M10.5 10.5L14 14',
  up: 'M8 13V3M4 7l4-4 4 4',
  down: 'M8 3v10M4 9l4 4 4-4',
} as const;

export type IconName = keyof typeof kPaths;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg
      aria-hidden="true"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
      strokeLinecap="round"
      strokeLinejoin="round"
      className="shrink-0"
    >
      <path d={kPaths[name]} />
    </svg>
  );
}

const kFalcon =
  'M5 19.5C9.2 18.6 11.6 15.4 13 10c2 3.4 4.3 5.2 7 5.4L27 8c-.4 6.2-2.8 10.4-7 12.4' +
  'l1.4 4.1-5-2.7C12 22.6 8.2 21.9 5 19.5Z';

/** The falcon of the name. */
export function Logo() {
  return (
    <svg aria-hidden="true" width="20" height="20" viewBox="4 6 24 20" className="shrink-0">
      <path fill="var(--accent)" d={kFalcon} />
    </svg>
  );
}
