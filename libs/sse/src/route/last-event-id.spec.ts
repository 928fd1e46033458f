import type { RawRequest } from '../platform/http-exchange.js';
import { lastEventIdOf, pathOf } from './last-event-id.js';

const request = (url: string, header?: string): RawRequest =>
  ({ url, headers: { 'last-event-id': header } }) as unknown as RawRequest;

describe('the cursor of a request', () => {
  it.each<[string, string | undefined, string | undefined]>([
    ['/a', undefined, undefined],
    ['/a?x=1', undefined, undefined],
    ['/a', 'e.1', 'e.1'],
    ['/a?lastEventId=e.2', undefined, 'e.2'],
    ['/a?last_event_id=e.3', undefined, 'e.3'],
    ['/a?lastEventId=e.2', 'e.1', 'e.1'],
    ['/a?lastEventId=e.2', '', 'e.2'],
    ['/a?lastEventId=1&lastEventId=2', undefined, '2'],
    ['/a?lastEventId=1&last_event_id=2', undefined, '2'],
    ['/a?last_event_id=1&lastEventId=2', undefined, '2'],
    ['/a?lastEventId=1&x=lastEventId', undefined, '1'],
    ['/a?lastEventId=1&lastEventId=', undefined, '1'],
    ['/a?lastEventId=', undefined, undefined],
    ['/a?notlastEventId=1', undefined, undefined],
    ['/a?lastEventId=a%2Eb%20c', undefined, 'a.b c'],
    ['/a?lastEventId=%', undefined, '%'],
  ])('R3 of %j with the header %j is %j', (url, header, expected) => {
    expect(lastEventIdOf(request(url, header))).toBe(expected);
  });

  // Node gives header bytes as Latin-1; clients send UTF-8.
  it.each(['grün-1', '日本', '🦊'])(
    'R3 reads the header as UTF-8: %s',
    (id) => {
      const header = Buffer.from(id, 'utf8').toString('latin1');
      expect(lastEventIdOf(request('/a', header))).toBe(id);
    },
  );

  it('R3 keeps a header that is no UTF-8', () => {
    expect(lastEventIdOf(request('/a', '\xff\xfe'))).toBe('\xff\xfe');
  });

  it('W5 takes the path without the query', () => {
    expect(pathOf(request('/a/b?c=/d?e'))).toBe('/a/b');
    expect(pathOf(request('/a'))).toBe('/a');
  });
});
