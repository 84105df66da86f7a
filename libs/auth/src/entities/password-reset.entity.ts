import { Entity } from 'typeorm';
import { AboutSubject, IdColumn, InstantColumn, RefColumn } from '#kernel';

/**
 * A request to reset a password. One is written for every request; it names no user when the address has no
 * account. The token in the mail is a keyed hash of the id, so nothing here lets anyone in.
 */
@Entity('password_reset')
@AboutSubject('userId')
export class PasswordReset {
  @IdColumn()
  id: string;

  @RefColumn({ nullable: true })
  userId: string | null;

  @InstantColumn()
  createdAt: Date;

  @InstantColumn()
  expiresAt: Date;

  @InstantColumn({ nullable: true })
  usedAt: Date | null;
}
