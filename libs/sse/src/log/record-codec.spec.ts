import { decodeEntry, encodeEntry } from './record-codec.js';

const ENTRY = {
  topic: 'orders.42',
  type: 'order.shipped',
  json: '{"a":1}',
  publishedAt: 1_790_000_000_000,
};

describe('the codec of records', () => {
  it.each([
    [{}, { messageId: undefined, isTransient: false }],
    [{ messageId: 'm' }, { messageId: 'm', isTransient: false }],
    [{ transient: true }, { messageId: undefined, isTransient: true }],
    [{ trace: '00-a-b-01' }, { trace: '00-a-b-01', isTransient: false }],
  ])('B6 gives back what it was given: %j', (more, expected) => {
    expect(decodeEntry(encodeEntry({ ...ENTRY, ...more }))).toEqual({
      ...ENTRY,
      ...expected,
    });
  });

  it('N6 passes over fields of newer versions, wherever they stand', () => {
    const fields = encodeEntry(ENTRY);
    const extended = ['new', 'first', ...fields, 'z', 'last'];
    expect(decodeEntry(extended)).toMatchObject(ENTRY);
  });

  it.each([
    ['nothing', []],
    ['fields of others', ['user', '7', 'action', 'login']],
    ['a name without a value', encodeEntry(ENTRY).slice(0, 7)],
    ['no time', encodeEntry(ENTRY).slice(0, 6)],
    ['no number as its time', [...encodeEntry(ENTRY).slice(0, 7), 'soon']],
    ['an empty topic', ['t', '', ...encodeEntry(ENTRY).slice(2)]],
  ])('N6 takes %s for no record of ours', (_name, fields) => {
    expect(decodeEntry(fields)).toBeUndefined();
  });
});
