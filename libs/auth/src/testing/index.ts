export { bootAuth, CLIENT_ADDRESS, type Answer, type AuthApp, type Tokens } from './boot-auth.js';
