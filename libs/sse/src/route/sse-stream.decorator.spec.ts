import { RequestMethod } from '@nestjs/common';
import { SseStream, type SseStreamOptions } from './sse-stream.decorator.js';

const refused = (message: string) =>
  expect.objectContaining({
    code: 'INVALID_OPTIONS',
    message: expect.stringContaining(message) as string,
  }) as Error;

describe('@SseStream()', () => {
  it.each<[unknown, string]>([
    [
      { methd: RequestMethod.POST },
      'methd is unknown, did you mean method? Known are method, headers, events, heartbeat, retry',
    ],
    [{ method: 'POST' }, 'method must be RequestMethod.POST, not "POST"'],
    [{ method: 'get' }, 'method must be RequestMethod.GET, not "get"'],
    [{ method: 'watch' }, 'method must be a member of RequestMethod'],
    [{ method: 99 }, 'method must be a member of RequestMethod, not 99'],
    [{ method: '1' }, 'method must be a member of RequestMethod, not "1"'],
    [{ heartbeat: { intervalMs: -1 } }, 'heartbeat.intervalMs must be'],
    [{ retry: { minMs: 2, maxMs: 1 } }, 'retry needs minMs (2) <= maxMs (1)'],
    [{ readyTimeoutMs: Infinity }, 'readyTimeoutMs must be a finite number'],
    [{ headers: 'none' }, 'headers must be an object of names and values'],
    [{ headers: { 'x-a': 1 } }, 'headers needs a string for x-a'],
    [{ headers: { 'x-a': 'я' } }, 'headers has a header that cannot be sent'],
    [{ headers: { 'a b': 'c' } }, 'headers has a header that cannot be sent'],
    [
      { headers: { 'Content-Type': 'text/plain' } },
      'headers can only add parameters to the Content-Type text/event-stream',
    ],
    [null, 'must be an object, not null'],
  ])('W3 refuses %p where the class is defined', (options, message) => {
    const given = options as SseStreamOptions;
    expect(() => SseStream('path', given)).toThrow(refused(message));
    expect(() => SseStream(given)).toThrow(refused(message));
  });

  it.each([
    RequestMethod.GET,
    RequestMethod.POST,
    RequestMethod.SEARCH,
    undefined,
  ])('W3 accepts the method %p', (method) => {
    expect(() => SseStream({ method })).not.toThrow();
  });
});
