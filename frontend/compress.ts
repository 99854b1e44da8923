// Lays `x.gz` beside every file of the built page that gets smaller by it: the gateway serves it.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

const kText = /\.(html|js|css|svg)$/;

export function compress(): Plugin {
  return {
    name: 'compress',
    apply: 'build',
    writeBundle({ dir = 'dist' }) {
      const names = readdirSync(dir, { recursive: true, encoding: 'utf8' });
      for (const name of names.filter((one) => kText.test(one))) {
        const file = readFileSync(join(dir, name));
        const packed = gzipSync(file, { level: 9 });
        if (packed.length < file.length) writeFileSync(join(dir, `${name}.gz`), packed);
      }
    },
  };
}
