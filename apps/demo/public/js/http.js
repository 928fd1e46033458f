/**
 * Asks the server, and never throws: `ok` says whether it went well, `body` is the JSON of the answer, and `problem`
 * a sentence for a person if it went wrong. `status` is 0 if there was no answer.
 */
async function ask(path, options) {
  try {
    const response = await fetch(path, options);
    const { ok, status } = response;
    const body = await response.json().catch(() => undefined);
    const problem = ok
      ? undefined
      : `The server answered ${status}: ${body?.message ?? response.statusText}`;
    return { ok, status, body, problem };
  } catch {
    const problem = 'The server could not be reached.';
    return { ok: false, status: 0, body: undefined, problem };
  }
}

export const get = (path) => ask(path, { cache: 'no-store' });

export const remove = (path) => ask(path, { method: 'DELETE' });

export const post = (path, body = {}) =>
  ask(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
