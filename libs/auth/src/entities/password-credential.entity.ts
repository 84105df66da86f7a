import { Column, Entity } from 'typeorm';
import { AboutSubject, IdColumn, InstantColumn, IntegerColumn, RefColumn, Secret } from '#kernel';

/** The password of one user, as an argon2id hash in PHC format (RFC 9106). */
@Entity('password_credential')
@AboutSubject('userId')
export class PasswordCredential {
  @IdColumn()
  id: string;

  @RefColumn()
  userId: string;

  @Secret()
  @Column({ type: 'varchar', length: 255 })
  passwordHash: string;

  /**
   * Counts the passwords. A login states the version it checked, so a password changed meanwhile no longer
   * opens a session.
   */
  @IntegerColumn()
  version: number;

  @InstantColumn()
  createdAt: Date;

  @InstantColumn()
  changedAt: Date;

  @InstantColumn({ nullable: true })
  lastUsedAt: Date | null;
}
