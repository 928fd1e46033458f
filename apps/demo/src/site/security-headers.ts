/** Sent with everything the site serves. */
export const securityHeaders: Readonly<Record<string, string>> = {
  // No CDN and no inline script: what is not a file of this server does not run.
  'Content-Security-Policy':
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'Referrer-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
};
