// Tables of the account: the same look everywhere, columns that give way on narrow screens.

import type { ReactNode } from 'react';
import { cx } from './classes';

export interface Column<T> {
  name: string;
  cell: (row: T) => ReactNode;
  /** Numbers stand right. */
  right?: boolean;
  /** Left out below this width. */
  from?: 'md' | 'lg' | 'xl';
}

const kFrom = {
  md: 'hidden md:table-cell',
  lg: 'hidden lg:table-cell',
  xl: 'hidden xl:table-cell',
};

function place<T>(column: Column<T>): string {
  const from = column.from ? kFrom[column.from] : '';
  return `${column.right ? 'text-right' : 'text-left'} ${from}`;
}

export function Table<T>({
  label,
  columns,
  rows,
  row_key,
}: {
  label: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  row_key: (row: T) => string;
}) {
  return (
    <table aria-label={label} className="w-full border-separate border-spacing-0 text-xs">
      <thead>
        <tr>
          {columns.map((column) => (
            <th
              key={column.name}
              scope="col"
              className={cx(
                'sticky top-0 z-10 h-7 border-b border-line bg-panel px-2 font-normal',
                'whitespace-nowrap text-faint first:pl-3 last:pr-3',
                place(column),
              )}
            >
              {column.name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row_key(row)} className="hover:bg-hover">
            {columns.map((column) => (
              <td
                key={column.name}
                className={cx(
                  'h-8 border-b border-line/60 px-2 whitespace-nowrap first:pl-3',
                  'last:pr-3',
                  place(column),
                )}
              >
                {column.cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
