export { createStreamDocument } from './stream-document.js';
