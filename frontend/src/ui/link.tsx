// A link within the page: an ordinary one for the browser, without a reload for the reader.

import type { MouseEvent, ReactNode } from 'react';
import { go } from '../state/router';

export function Link({
  to,
  children,
  className = '',
  current = false,
}: {
  to: string;
  children: ReactNode;
  className?: string;
  current?: boolean;
}) {
  const follow = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    go(to);
  };
  return (
    <a href={to} onClick={follow} aria-current={current ? 'page' : undefined} className={className}>
      {children}
    </a>
  );
}
