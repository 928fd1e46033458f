import { addressKeyOf } from './address.js';

describe('the address that limits count', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['::FFFF:10.0.0.1', '10.0.0.1'],
    ['::ffff:a00:1', '10.0.0.1'],
    ['::1', '0:0:0:0::/64'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::', '2001:db8:1:2::/64'],
    ['2001:db8::2:3:4:5:6', '2001:db8:0:2::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['64:ff9b::10.0.0.1', '64:ff9b:0:0::/64'],
    ['10.0.0.1:4711', '10.0.0.1'],
    ['[2001:db8:1:2::3]:4711', '2001:db8:1:2::/64'],
    ['[::ffff:10.0.0.1]', '10.0.0.1'],
    ['/run/app.sock', 'unknown'],
    ['anything a client writes', 'unknown'],
    ['::ffff:999.0.0.1', 'unknown'],
    ['', 'unknown'],
    [undefined, 'unknown'],
  ])('C3 takes %s for %s', (address, key) => {
    expect(addressKeyOf(address)).toBe(key);
  });
});
