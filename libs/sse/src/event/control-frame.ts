import type { ControlEventType } from './control-type.js';
import { Frame } from './frame.js';
import { encodeFields } from './wire.js';

/** What a control event says, beside its bytes. */
export interface ControlFields {
  readonly type: ControlEventType;
  readonly data: object;
  readonly id?: string | undefined;
  readonly retry?: number | undefined;
}

/** The block of a control event, in the form of named streams: other forms are made of its fields. */
export class ControlFrame extends Frame {
  constructor(readonly fields: ControlFields) {
    const { type, data, id, retry } = fields;
    // Always with data: parsers drop a block that has only an id, and with it the cursor.
    super(encodeFields({ retry, id, type, data: JSON.stringify(data) }));
  }
}
