// Expectations that say what they were about, and waiting until something is so.

let held = 0;
const failures = [];

export function expect(what, condition, detail = '') {
  if (condition) {
    held++;
    console.log(`ok: ${what}`);
  } else {
    failures.push(what);
    console.log(`FAILED: ${what} ${detail}`);
  }
  return Boolean(condition);
}

export function expect_equal(what, found, wanted) {
  return expect(what, found === wanted, `\n  found  ${found}\n  wanted ${wanted}`);
}

/** Polls `read` until it gives something true; fails the expectation after `seconds`. */
export async function expect_soon(what, read, seconds = 20) {
  const deadline = Date.now() + seconds * 1000;
  let value = null;
  while (Date.now() < deadline) {
    value = await read();
    if (value) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect(what, value);
  return value;
}

/** The closing line; the exit status says whether all held. */
export function verdict() {
  console.log(`${held} held, ${failures.length} failed`);
  for (const failure of failures) console.log(`  ${failure}`);
  return failures.length === 0 && held > 0 ? 0 : 1;
}
