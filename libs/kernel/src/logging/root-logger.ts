import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { destination, pino, type DestinationStream, type Logger } from 'pino';
import { type ConfigOf, InjectConfig } from '../config/define-config.js';
import { RequestContext } from '../context/request-context.js';
import { describeError } from './describe-error.js';
import { loggingConfig } from './logging.config.js';

const SECRETS = [
  'password',
  'token',
  'accessToken',
  'refreshToken',
  'authorization',
  'secret',
  'cookie',
  'email',
];

/** Where the process writes its log. Replace it in tests to read the lines. */
export abstract class LogDestination implements DestinationStream {
  abstract write(line: string): void;
}

/** The pino logger of the process: JSON lines, each with the ids of the request it belongs to. */
@Injectable()
export class RootLogger implements OnApplicationShutdown {
  readonly pino: Logger;
  /** For the request log, whose fields are fixed: nothing to hide, and no ids to look up. */
  readonly requests: Logger;

  constructor(
    @InjectConfig(loggingConfig) config: ConfigOf<typeof loggingConfig>,
    private readonly output: LogDestination,
    context: RequestContext,
  ) {
    const common = {
      level: config.level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (level: string) => ({ level }) },
    };
    this.requests = pino(common, output);
    this.pino = pino(
      {
        ...common,
        serializers: { err: describeError },
        redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`]), censor: '[redacted]' },
        mixin: () => {
          const state = context.get();
          return state ? { requestId: state.requestId, traceId: state.traceId } : {};
        },
      },
      output,
    );
  }

  onApplicationShutdown(): void {
    const { flushSync } = this.output as Partial<{ flushSync(): void }>;
    flushSync?.call(this.output);
  }
}

/** Standard output, written in the background, a quarter of a second late at most, and flushed when the process ends. */
export const standardOutput = (): LogDestination =>
  destination({ dest: 1, sync: false, minLength: 4096, periodicFlush: 250 });
