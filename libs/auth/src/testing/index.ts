export { bootAuth, type Answer, type AuthApp, type Tokens } from './boot-auth.js';
