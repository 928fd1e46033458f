/** How a request is answered once Nest's pipeline has succeeded. */
export type Answer = () => void | Promise<void>;

/** What the owner of a stream route leaves for {@link SuccessPath} to find, when it has let the pipeline go on. */
export class Handover {
  /** Whether an interceptor unsubscribed in the middle of the owner's one value. */
  isInterrupted = false;

  constructor(
    readonly answer: Answer,
    /** Gives the stream up; somebody else answers. */
    readonly cancel: () => void,
  ) {}

  /**
   * Whether the pipeline's success is the owner's. It is, whatever envelopes have made of the owner's `undefined`,
   * but for two cases in which an interceptor has put an answer of its own in place of it after it had failed.
   */
  isMeant(value: unknown, status: number): boolean {
    if (value === undefined) return true;
    if (status >= 400) return false;
    // `first()` interrupts, and so does an operator that throws: only the first goes on with the owner's value.
    return !this.isInterrupted || isEnvelope(value);
  }
}

/** Whether `undefined` is a part of it. */
function isEnvelope(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).includes(undefined)
  );
}
