import { Entity } from 'typeorm';
import { CodeColumn, IdColumn, InstantColumn, PersonalData, RefColumn, Sealed } from '#kernel';

export type RevocationReason =
  | 'logged_out'
  | 'revoked_by_user'
  | 'password_changed'
  | 'password_reset'
  | 'account_deactivated'
  | 'refresh_token_reused';

/**
 * One login on one device: the family that all its refresh tokens belong to. Access tokens name it, and die
 * with it.
 */
@Entity('session')
export class Session {
  @IdColumn()
  id: string;

  @RefColumn()
  userId: string;

  @PersonalData({
    id: 'auth.session_user_agent',
    subject: 'userId',
    retention: 'account',
    nullable: true,
    label: 'Browser or program that logged in',
  })
  userAgent: Sealed<string> | null;

  @PersonalData({
    id: 'auth.session_client_address',
    subject: 'userId',
    retention: 'account',
    nullable: true,
    label: 'Network address of the login',
  })
  clientAddress: Sealed<string> | null;

  @InstantColumn()
  createdAt: Date;

  @InstantColumn()
  refreshedAt: Date;

  @InstantColumn()
  expiresAt: Date;

  @InstantColumn({ nullable: true })
  revokedAt: Date | null;

  @CodeColumn({ nullable: true })
  revocationReason: RevocationReason | null;
}
