import { closestName } from './closest-name.js';

it.each([
  ['isuer', 'issuer'],
  ['Issuer', 'issuer'],
  ['audeince', 'audience'],
  ['jkws', 'jwks'],
  ['topicClaim', 'topicsClaim'],
  ['secret', undefined],
  ['x', undefined],
  ['', undefined],
])('%s is taken for %s', (name, expected) => {
  const known = ['issuer', 'audience', 'jwks', 'key', 'topicsClaim'];
  expect(closestName(name, known)).toBe(expected);
});
