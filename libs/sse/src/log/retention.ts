/** How much a log keeps; whichever bound is reached first evicts the oldest. */
export interface Retention {
  /** Events, 1 or more. */
  readonly maxEvents: number;
  /** Milliseconds, or `false` for any age. */
  readonly maxAgeMs: number | false;
  /** Bytes of topics, types and JSON data with a small allowance for each event. */
  readonly maxBytes: number;
}
