import { Injectable, type LoggerService } from '@nestjs/common';
import type { Level } from 'pino';
import { RootLogger } from './root-logger.js';

/** What Nest tells at every boot about its own work. */
const CHATTER = new Set([
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestFactory',
  'NestApplication',
]);

/**
 * Nest's `Logger` on pino. `logger.warn({ paymentId }, 'refund failed')` gives the object's fields and the message;
 * Nest adds the context as the last argument.
 */
@Injectable()
export class NestLogger implements LoggerService {
  constructor(private readonly root: RootLogger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.write('info', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  private write(level: Level, message: unknown, rest: unknown[]): void {
    const { pino } = this.root;
    const words = rest.filter((part): part is string => typeof part === 'string');
    const context = words.pop();
    const effective = level === 'info' && context !== undefined && CHATTER.has(context) ? 'debug' : level;
    if (!pino.isLevelEnabled(effective)) return;
    const line: Record<string, unknown> = { context };
    if (message instanceof Error) pino[effective]({ ...line, err: message }, message.message);
    else if (typeof message === 'object' && message !== null)
      pino[effective]({ ...line, ...message }, words.join(' '));
    else {
      const cause = rest.find((part) => part instanceof Error);
      // Nest passes a stack as a string.
      const stack = words.find((part) => part.includes('\n    at '));
      pino[effective](
        { ...line, ...(cause ? { err: cause } : {}), ...(stack ? { stack } : {}) },
        String(message),
      );
    }
  }
}
