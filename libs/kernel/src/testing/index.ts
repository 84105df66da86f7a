export { bootTestHttp, type BootedHttp, type BootHttpOptions } from './boot-http.js';
export {
  bindGlobally,
  type BootedModule,
  bootTestModule,
  type BootOptions,
  nullPorts,
  runAsUser,
} from './boot.js';
export {
  describeOnEveryDialect,
  describeOnEveryServer,
  type TestDatabase,
  testDatabase,
  type TestDialect,
  type TestServer,
} from './dialects.js';
export { engineBinary, engines, isRequired } from './engines.config.js';
export { loggedInAs, testLogin } from './logged-in.js';
export { freePort, type MariadbServer, startMariadb } from './mariadb-server.js';
