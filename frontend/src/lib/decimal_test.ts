import { describe, expect, it } from 'vitest';
import {
  ceil_div,
  clean_input,
  decimals_of,
  display,
  format_units,
  group_thousands,
  parse_units,
  percent_of_fraction,
  trim_zeros,
} from './decimal';

describe('parse_units', () => {
  it.each([
    ['0', 2, 0n],
    ['25', 2, 2500n],
    ['25.5', 2, 2550n],
    ['25.50', 1, 255n],
    ['.5', 1, 5n],
    ['7.', 0, 7n],
    ['-1.25', 2, -125n],
    ['123456789012345678.123456789012345678', 18, 123456789012345678123456789012345678n],
  ])('reads %s at scale %i', (text, scale, units) => {
    expect(parse_units(text, scale)).toBe(units);
  });

  it.each(['', '.', 'x', '1e3', '1,5', ' 1', '1 ', '--1', '+1', '0x10', '1.2.3', 'NaN'])(
    'refuses %j',
    (text) => {
      expect(parse_units(text, 8)).toBeNull();
    },
  );

  it('refuses digits finer than the scale', () => {
    expect(parse_units('1.001', 2)).toBeNull();
    expect(parse_units('0.5', 0)).toBeNull();
  });
});

describe('format_units', () => {
  it.each([
    [0n, 2, '0.00'],
    [5n, 2, '0.05'],
    [-5n, 2, '-0.05'],
    [2500n, 2, '25.00'],
    [42n, 0, '42'],
    [10n ** 30n, 18, '1000000000000.000000000000000000'],
  ])('writes %s at scale %i', (units, scale, text) => {
    expect(format_units(units, scale)).toBe(text);
  });

  it('comes back from text exactly', () => {
    let seed = 12345n;
    for (let round = 0; round < 500; round++) {
      seed = (seed * 6364136223846793005n + 1442695040888963407n) % 2n ** 64n;
      const scale = Number(seed % 19n);
      expect(parse_units(format_units(seed, scale), scale)).toBe(seed);
    }
  });
});

describe('reading aids', () => {
  it('groups thousands left of the point only', () => {
    expect(group_thousands('1234567.12345')).toBe('1,234,567.12345');
    expect(group_thousands('999')).toBe('999');
    expect(group_thousands('-1000')).toBe('-1,000');
  });

  it('shows a fixed number of digits', () => {
    expect(display('1234.5', 2)).toBe('1,234.50');
    expect(display('1234', 2)).toBe('1,234.00');
    expect(display('0.129', 2)).toBe('0.12');
    expect(display('7.9', 0)).toBe('7');
    expect(display(null, 2)).toBe('–');
  });

  it('drops zeros but keeps what is asked for', () => {
    expect(trim_zeros('1.500000')).toBe('1.5');
    expect(trim_zeros('1.000000')).toBe('1');
    expect(trim_zeros('1.000000', 2)).toBe('1.00');
    expect(trim_zeros('100')).toBe('100');
  });

  it('counts decimals that matter', () => {
    expect(decimals_of('1')).toBe(0);
    expect(decimals_of('0.010')).toBe(2);
    expect(decimals_of('1.00')).toBe(0);
  });

  it('turns fractions into percent, rounded to nearest', () => {
    expect(percent_of_fraction('0.0005')).toBe('0.05');
    expect(percent_of_fraction('0.03094')).toBe('3.09');
    expect(percent_of_fraction('-0.00005')).toBe('-0.01');
    expect(percent_of_fraction('1')).toBe('100.00');
  });

  it('cleans what people type', () => {
    expect(clean_input('1,5')).toBe('1.5');
    expect(clean_input(' 12 000 ')).toBe('12000');
    expect(clean_input('12a')).toBe('12');
  });

  it('divides upwards', () => {
    expect(ceil_div(7n, 2n)).toBe(4n);
    expect(ceil_div(8n, 2n)).toBe(4n);
    expect(ceil_div(0n, 5n)).toBe(0n);
  });
});
