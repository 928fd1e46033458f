import { isIPv4, isIPv6 } from 'node:net';

const UNKNOWN = 'unknown';

/** Some proxies name the client's port too: `10.0.0.1:4711`, `[2001:db8::1]:4711`. */
const WITH_PORT = /^(?:\[([^\]]*)\]|([\d.]+))(?::\d{1,5})?$/;

/**
 * Who counts as one address: an IPv4 address, also where it is written as IPv6, or the first 64 bits of an
 * IPv6 one, since every subscriber has all of the other 64. What is no address counts as one unknown: a
 * proxy that is believed too easily lets clients write there what they like.
 */
export function addressKeyOf(address: string | undefined): string {
  if (address === undefined) return UNKNOWN;
  const [, bracketed, bare] = WITH_PORT.exec(address) ?? [];
  const [plain = ''] = (bracketed ?? bare ?? address).split('%', 1);
  if (isIPv4(plain)) return plain;
  return isIPv6(plain) ? networkOf(plain) : UNKNOWN;
}

function networkOf(address: string): string {
  const [head = '', tail] = address.toLowerCase().split('::');
  const groups = groupsOf(head);
  if (tail !== undefined) {
    const rest = groupsOf(tail);
    while (groups.length + rest.length < 8) groups.push('0');
    groups.push(...rest);
  }
  const network = groups.slice(0, 4);
  // Mapped IPv4 in its hexadecimal form.
  if (groups.slice(0, 6).join(':') === '0:0:0:0:0:ffff')
    return dotted(groups[6]!, groups[7]!);
  return `${network.join(':')}::/64`;
}

// Without leading zeros; a dotted tail takes two groups.
function groupsOf(text: string): string[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16).toString(16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [((a << 8) | b).toString(16), ((c << 8) | d).toString(16)];
  });
}

function dotted(high: string, low: string): string {
  const [first, second] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [first >> 8, first & 255, second >> 8, second & 255].join('.');
}
