import { type Dialect, driverCode, driverNumber, sqlState } from './dialect.js';

/** Lost races. 3101 is how a group of MySQL servers says that another one of them was faster. */
const DEADLOCK = [1213, 1205, 1020, 3101];
const DUPLICATE = [1062, 1586];
const LOST = [
  'PROTOCOL_CONNECTION_LOST',
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'ER_SERVER_SHUTDOWN',
  'PROTOCOL_SEQUENCE_TIMEOUT',
];
/**
 * A server that takes no connections, or none of this user, or has closed this one because it was idle; one that may only
 * be read, as after a failover: another connection leads to its successor.
 */
const UNAVAILABLE = [1040, 1203, 1226, 1290, 1836, 3032, 4031];
/** The SQLSTATE class of what was killed, or ran out of time. A COMMIT may have gone through when it is told so. */
const INTERRUPTED = '70';

/** SQLSTATE classes of a connection, a transaction or an operator's intervention. */
const NOT_THE_STATEMENT = ['08', '40', '57', INTERRUPTED];
/** Timeouts, kills and exhausted resources that come under a general SQLSTATE. */
const OVERLOADED = [1037, 1038, 1053, 1129, 1130, 1205, 3024];

const OUT_OF_RANGE = 1690;

type Errors = Pick<Dialect, 'isRetryable' | 'isFatal' | 'isUniqueViolation' | 'isMistake' | 'isMissed'>;

/** What errors of MySQL, MariaDB and mysql2 mean. */
export const mysqlErrors: Errors = {
  isRetryable: (error) => DEADLOCK.includes(driverNumber(error) ?? 0),
  isFatal: (error) =>
    LOST.includes(String(driverCode(error))) ||
    UNAVAILABLE.includes(driverNumber(error) ?? 0) ||
    sqlState(error)?.startsWith(INTERRUPTED) === true ||
    (error as { fatal?: boolean })?.fatal === true,
  isUniqueViolation: (error) => DUPLICATE.includes(driverNumber(error) ?? 0),
  isMistake(error) {
    const state = sqlState(error);
    return (
      state !== undefined &&
      !NOT_THE_STATEMENT.includes(state.slice(0, 2)) &&
      !OVERLOADED.includes(driverNumber(error) ?? 0) &&
      !mysqlErrors.isFatal(error)
    );
  },
  isMissed: (error) => driverNumber(error) === OUT_OF_RANGE && /row_count/i.test(String(error)),
};
