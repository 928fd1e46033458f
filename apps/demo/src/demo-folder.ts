import { fileURLToPath } from 'node:url';

/** The folder of the demo: both src and what is built from it lie directly below. */
export const demoFolder = fileURLToPath(new URL('..', import.meta.url));
