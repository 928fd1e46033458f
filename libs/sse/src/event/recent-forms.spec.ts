import { EventRecord } from './event-record.js';
import { RecentForms, type HoldsForms } from './recent-forms.js';

class Holder implements HoldsForms {
  isForgotten = false;

  forgetForms(): void {
    this.isForgotten = true;
  }
}

function recordOf(data: unknown, offset: number): EventRecord {
  const json = JSON.stringify(data);
  return new EventRecord({
    topic: 't',
    type: 'message',
    json,
    publishedAt: Date.now(),
    epoch: 'e',
    offset,
  });
}

describe('what was made of records', () => {
  it('B7 is let go of in the order it was made, once it takes too much', () => {
    const forms = new RecentForms(100);
    const holders = Array.from({ length: 5 }, () => new Holder());
    for (const holder of holders) forms.add(holder, 40);

    expect(holders.map(({ isForgotten }) => isForgotten)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  it('B3 stays for the record that it was made of last, however large', () => {
    const forms = new RecentForms(100);
    const [small, large] = [new Holder(), new Holder()];
    forms.add(small, 40);
    forms.add(large, 1_000);
    forms.add(large, 1_000);
    expect([small.isForgotten, large.isForgotten]).toEqual([true, false]);

    forms.add(small, 40);
    expect(large.isForgotten).toBe(true);
  });

  it('B3 is the same for all that ask at about the same time, and made anew long after', () => {
    const first = recordOf({ text: 'x'.repeat(1_000) }, 1);
    const { frame, event } = first;
    expect(first.frame).toBe(frame);
    expect(first.event).toBe(event);

    for (let offset = 2; offset < 2_000; offset++)
      expect(recordOf({ text: 'x'.repeat(1_000) }, offset).event).toBeDefined();
    expect(first.event).not.toBe(event);
    expect(first.event.data).toEqual(event.data);
    expect(first.frame.bytes).toEqual(frame.bytes);
  });
});
