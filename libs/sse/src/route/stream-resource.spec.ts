import type { RawRequest } from '../platform/http-exchange.js';
import { resourceOf } from './stream-resource.js';

const resource = (url: string, method?: string) =>
  resourceOf({ url, method } as RawRequest);

describe('what a request asks for', () => {
  it('W5 is its path and query, however the query is ordered', () => {
    expect(resource('/rooms/1', 'GET')).toBe('/rooms/1');
    expect(resource('/rooms?b=2&a=1', 'GET')).toBe(
      resource('/rooms?a=1&b=2', 'GET'),
    );
    expect(resource('/rooms?a=1', 'GET')).not.toBe(
      resource('/rooms?a=2', 'GET'),
    );
  });

  it('W5 is the same whatever cursor and ticket come with it', () => {
    for (const query of [
      '?lastEventId=1',
      '?last_event_id=x&ticket=y',
      '?ticket=z',
    ])
      expect(resource(`/rooms${query}`, 'GET')).toBe('/rooms');
    expect(resource('/rooms?a=1&ticket=y', 'GET')).toBe('/rooms?a=1');
  });

  it('W5 differs by method', () => {
    expect(resource('/rooms', 'POST')).toBe('POST /rooms');
  });
});
