import { isControlType as isControlTypeOfServer } from '../../sse/src/event/control-type.js';
import { isControlType } from './control-type.js';

describe('isControlType', () => {
  it.each([
    'stream-open',
    'stream-reset',
    'stream-live',
    'stream-cursor',
    'stream-topics',
    'stream-error',
    'stream-end',
    'stream-',
    'stream-opened',
    'my-stream-open',
    'message',
    'error',
    'open',
    'constructor',
    'stream-open\n',
  ])('says of %j what the server says', (type) => {
    expect(isControlType(type)).toBe(isControlTypeOfServer(type));
  });
});
