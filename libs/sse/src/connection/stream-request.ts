/** What a request says of the stream it asks for. */
export interface StreamRequest {
  /** The URL's path, without the query. */
  readonly path: string;
  /** `Controller.method`, for messages. */
  readonly route: string;
  readonly lastEventId: string | undefined;
  /** As the platform's trust-proxy setting sees it. */
  readonly address: string | undefined;
}
