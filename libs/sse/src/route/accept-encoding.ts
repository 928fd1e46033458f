/**
 * Whether a client takes gzip.
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-accept-encoding
 */
export function acceptsGzip(header: string | undefined): boolean {
  let byWildcard = false;
  for (const part of header?.toLowerCase().split(',') ?? []) {
    const [coding, ...parameters] = part.split(';').map((text) => text.trim());
    const quality = parameters.find((text) => text.startsWith('q='));
    const isAccepted = quality === undefined || Number(quality.slice(2)) > 0;
    if (coding === 'gzip' || coding === 'x-gzip') return isAccepted;
    if (coding === '*') byWildcard = isAccepted;
  }
  return byWildcard;
}
