// What the test knows of the venue beside the page: its mail, its interface, its processes.

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const kInbox = fileURLToPath(new URL('../../deploy/mail/inbox.py', import.meta.url));

export class Venue {
  constructor(url, data) {
    this.url = url;
    this.data = data;
  }

  /** The newest code mailed to `address`, waited for. */
  async mailed_code(address) {
    const words = ['-B', kInbox, `${this.data}/mail`, address, '--code', '--wait', '20'];
    const { stdout } = await promisify(execFile)('/usr/bin/python3', words);
    return stdout.trim();
  }

  async call(method, path, body, token) {
    const headers = { 'Content-Type': 'application/json' };
    if (token) headers.Authorization = `Bearer ${token}`;
    const response = await fetch(this.url + path, {
      method,
      headers,
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const reply = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(reply)}`);
    return reply;
  }

  /** Signs a new person up over the interface; the result is an access token. */
  async sign_up(email) {
    await this.call('POST', '/auth/code', { email });
    const code = await this.mailed_code(email);
    const signed_in = await this.call('POST', '/auth/session', { email, code });
    return signed_in.access_token;
  }

  /** Sends a signal to one process of the venue. */
  signal(process_name, signal) {
    const [pid] = readFileSync(`${this.data}/run/${process_name}.pid`, 'utf8').split(/\s/);
    process.kill(Number(pid), signal);
  }
}

/** Decimal text in units of 10^-scale. */
export function units(text, scale = 8) {
  const [whole, fraction = ''] = text.replaceAll(',', '').split('.');
  return BigInt(whole + fraction.padEnd(scale, '0').slice(0, scale));
}
