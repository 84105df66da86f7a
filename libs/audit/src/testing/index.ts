/** What tests outside this room use of it. */
export { checkedLog } from './check-log.js';
export { newSigner, TestLog } from './test-log.js';
export { requestOf, TestWitness, witnessed } from './test-witness.js';
export { cosign } from '../log/witness/cosign.js';
export { parseVkey } from '../log/note/key.js';
export { signAgain, signersOf } from './sign-again.js';
export { type Backup, backUp, restore, tamper, type Tamperer } from './tamper.js';
export { decodeBundle, encodeBundle } from '../log/leaf/bundle.js';
export { exportLog } from '../log/verify/export-log.js';
