// Follows a media query.

import { useEffect, useState } from 'react';

export function useMedia(query: string): boolean {
  const [matches, set_matches] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query);
    const follow = () => set_matches(media.matches);
    follow();
    media.addEventListener('change', follow);
    return () => media.removeEventListener('change', follow);
  }, [query]);
  return matches;
}

/** Narrow screens get one thing at a time. */
export function usePhone(): boolean {
  return useMedia('(max-width: 767px)');
}
