import { Column, Entity } from 'typeorm';
import { IdColumn, InstantColumn, RefColumn, Secret } from '#kernel';

/**
 * One refresh token. Only its SHA-256 is kept: 256 random bits need no slow hash, and a leaked table opens
 * nothing.
 */
@Entity('refresh_token')
export class RefreshToken {
  @IdColumn()
  id: string;

  @RefColumn()
  sessionId: string;

  @RefColumn()
  userId: string;

  @Secret()
  @Column({ type: 'varchar', length: 64 })
  tokenHash: string;

  @InstantColumn()
  createdAt: Date;

  @InstantColumn()
  expiresAt: Date;

  /** When it was exchanged for its successor. */
  @InstantColumn({ nullable: true })
  spentAt: Date | null;

  get isSpent(): boolean {
    return this.spentAt !== null;
  }
}
