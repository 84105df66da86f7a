/** What tests outside this room use of it. */
export { checkedLog } from './check-log.js';
export { newSigner, TestLog } from './test-log.js';
export { requestOf, TestWitness, witnessed } from './test-witness.js';
export { cosign } from '../log/witness/cosign.js';
export { parseVkey } from '../log/note/key.js';
