import { Column, Entity } from 'typeorm';
import { IdColumn, InstantColumn, PersonalData, RefColumn, Sealed, Secret } from '#kernel';

/**
 * A registration whose address is not verified yet. One is written for every request, whether or not the
 * address has an account, so that neither the answer nor the work tells. It becomes a user, or expires and
 * its key with it.
 */
@Entity('pending_registration')
export class PendingRegistration {
  @IdColumn()
  id: string;

  /** The id that the user will have: the sealed values are bound to that person's key from the beginning. */
  @RefColumn()
  userId: string;

  @PersonalData({
    id: 'auth.pending_email',
    subject: 'userId',
    retention: 'account',
    label: 'E-mail address to be verified',
  })
  email: Sealed<string>;

  @PersonalData({
    id: 'auth.pending_name',
    subject: 'userId',
    retention: 'account',
    label: 'Name given at registration',
  })
  name: Sealed<string>;

  @Secret()
  @Column({ type: 'varchar', length: 255 })
  passwordHash: string;

  @InstantColumn()
  createdAt: Date;

  @InstantColumn()
  expiresAt: Date;
}
