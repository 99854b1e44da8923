// Exact decimals. Money, prices and quantities travel as decimal strings and are counted here in
// BigInt units of 10^-scale; no floating point touches them.

const kDecimal = /^(\d+)(?:\.(\d*))?$|^\.(\d+)$/;

/** 10^exponent; exponent >= 0. */
export function power_of_ten(exponent: number): bigint {
  return 10n ** BigInt(exponent);
}

/**
 * `text` in units of 10^-scale, or null when it is no plain decimal or has digits finer than the
 * scale. A sign is accepted in front; "1." and ".5" are, for people who are still typing.
 */
export function parse_units(text: string, scale: number): bigint | null {
  const negative = text.startsWith('-');
  const found = kDecimal.exec(negative ? text.slice(1) : text);
  if (!found) return null;
  const whole = found[1] ?? '0';
  const fraction = (found[2] ?? found[3] ?? '').replace(/0+$/, '');
  if (fraction.length > scale) return null;
  const units = BigInt(whole + fraction.padEnd(scale, '0'));
  return negative ? -units : units;
}

/** As parse_units, for text that a server sent: anything unreadable counts as 0. */
export function units_of(text: string | null | undefined, scale: number): bigint {
  return text == null ? 0n : (parse_units(text, scale) ?? 0n);
}

/** `units` as text with exactly `scale` digits after the point. */
export function format_units(units: bigint, scale: number): string {
  const negative = units < 0n;
  const digits = (negative ? -units : units).toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const text = scale === 0 ? whole : `${whole}.${digits.slice(digits.length - scale)}`;
  return negative ? `-${text}` : text;
}

/** Drops zeros at the end of the fraction, but keeps at least `keep` digits of it. */
export function trim_zeros(text: string, keep = 0): string {
  const point = text.indexOf('.');
  if (point < 0) return text;
  let end = text.length;
  while (end > point + 1 + keep && text[end - 1] === '0') end--;
  return end === point + 1 ? text.slice(0, point) : text.slice(0, end);
}

/** "1234567.5" -> "1,234,567.5". */
export function group_thousands(text: string): string {
  const point = text.indexOf('.');
  const whole = point < 0 ? text : text.slice(0, point);
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return point < 0 ? grouped : grouped + text.slice(point);
}

/** `text` with exactly `scale` digits, grouped, for reading; finer digits are cut off. */
export function display(text: string | null | undefined, scale: number): string {
  if (text == null) return '–';
  const point = text.indexOf('.');
  if (point < 0) return group_thousands(scale > 0 ? `${text}.${'0'.repeat(scale)}` : text);
  const fraction = text.slice(point + 1, point + 1 + scale).padEnd(scale, '0');
  const whole = text.slice(0, point);
  return group_thousands(scale > 0 ? `${whole}.${fraction}` : whole);
}

export function ceil_div(dividend: bigint, divisor: bigint): bigint {
  return dividend <= 0n ? dividend / divisor : (dividend + divisor - 1n) / divisor;
}

/** How many digits after the point `text` needs; 0 for whole numbers. */
export function decimals_of(text: string): number {
  const point = text.indexOf('.');
  return point < 0
    ? 0
    : trim_zeros(text).length - (trim_zeros(text).includes('.') ? point + 1 : point);
}

/** A fraction such as "0.0123" as percent with two digits, rounded to nearest: "1.23". */
export function percent_of_fraction(text: string): string {
  const point = text.indexOf('.');
  const scale = point < 0 ? 0 : text.length - point - 1;
  const units = parse_units(text, scale) ?? 0n;
  const scaled = units * 10_000n;
  const divisor = power_of_ten(scale);
  const half = divisor / 2n;
  const rounded = scaled >= 0n ? (scaled + half) / divisor : -((-scaled + half) / divisor);
  return format_units(rounded, 2);
}

/** What a person typed, made a decimal: a comma counts as the point, spaces are dropped. */
export function clean_input(text: string): string {
  const plain = text.replace(/\s/g, '').replace(',', '.');
  return /^\d*\.?\d*$/.test(plain) ? plain : plain.replace(/[^\d.]/g, '');
}
