import { acceptsGzip } from './accept-encoding.js';

it.each([
  [undefined, false],
  ['', false],
  ['gzip', true],
  ['br, GZip', true],
  ['deflate, gzip;q=0.5', true],
  ['gzip;q=0', false],
  ['gzip; q=0.000, *', false],
  ['*', true],
  ['*;q=0', false],
  ['br', false],
  ['identity', false],
  ['notgzip', false],
])('accept-encoding %j means gzip: %j', (header, expected) => {
  expect(acceptsGzip(header)).toBe(expected);
});
