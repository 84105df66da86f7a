import { Injectable } from '@nestjs/common';

/** The only source of the present time. Tests replace it to move time. */
@Injectable()
export class Clock {
  /** The present instant; JavaScript dates carry milliseconds. */
  now(): Date {
    return new Date();
  }
}
