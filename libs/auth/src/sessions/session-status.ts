import { Injectable } from '@nestjs/common';
import { Clock, Database } from '#kernel';

/**
 * Reads whether a session is live. Every authenticated request asks, uncached; hence one hand-written query
 * by primary key.
 */
@Injectable()
export class SessionStatusReader {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  async isLive(sessionId: string, userId: string): Promise<boolean> {
    const rows = await this.database.lookUp(
      'SELECT 1 FROM session WHERE id = ? AND user_id = ? AND revoked_at IS NULL AND expires_at > ?',
      [sessionId, userId, this.clock.now()],
    );
    return rows.length > 0;
  }
}
