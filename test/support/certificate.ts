import { readFileSync } from 'node:fs';

const pem = readFileSync(new URL('./localhost.pem', import.meta.url));

/** What a server needs to speak TLS as localhost; clients must not ask who vouches for it. */
export const CERTIFICATE = { key: pem, cert: pem };
